// Package redistest gives tests real Redis servers: the redis-server that is installed on this machine, empty, with
// its data in memory only, on a port of its own. Without it, tests are skipped, or fail where CI is set.
package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const startTimeout = 10 * time.Second

// A Server is a Redis of a test's own, which the test can empty, stop, kill and start again. It ends with the test,
// and with the process, however that ends.
type Server struct {
	address string
	dir     string // for what copies are sent as
	options []string
	watches string // a sentinel's configuration; "": it is none

	mu      sync.Mutex
	running *process
}

// A process is a running redis-server. Its end is in ended.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// Start starts an empty server. options are more of redis-server's arguments, such as "--maxmemory", "2mb".
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	return opened(t, &Server{options: options})
}

func opened(t testing.TB, s *Server) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("redis-server is needed in CI:", err)
		}
		t.Skip("without redis-server:", err)
	}
	if err := s.open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Open starts an empty server for a program that measures. Whoever opens it closes it.
func Open(options ...string) (*Server, error) {
	s := &Server{options: options}
	return s, s.open()
}

func (s *Server) open() (err error) {
	if s.dir, err = os.MkdirTemp("", "pierre-redis-"); err != nil {
		return err
	}
	for range 3 { // another program may take the port first
		if s.address, err = freeAddress(); err != nil {
			break
		}
		if err = s.launch(); err == nil {
			return nil
		}
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// Close ends the server.
func (s *Server) Close() {
	s.end(syscall.SIGKILL)
	os.RemoveAll(s.dir)
}

// Process returns the id of the server's process, 0 if it does not run.
func (s *Server) Process() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return 0
	}
	return s.running.cmd.Process.Pid
}

// URL is the server's address as redis://HOST:PORT/0.
func (s *Server) URL() string { return "redis://" + s.address + "/0" }

// Kill ends the server with kill -9. What it held is lost.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.end(syscall.SIGKILL)
}

// Stop ends the server in good order. What it held is lost.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.end(syscall.SIGTERM)
}

// Pause stops the server's process without closing its connections, until Resume.
func (s *Server) Pause(t testing.TB) {
	t.Helper()
	s.signal(t, syscall.SIGSTOP)
}

// Resume lets a paused server go on.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	s.signal(t, syscall.SIGCONT)
}

// Restart starts the server again on the same address, empty, after Kill or Stop.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.launch(); err != nil {
		t.Fatal(err)
	}
}

// FlushAll empties the server.
func (s *Server) FlushAll(t testing.TB) {
	t.Helper()
	s.must(t, "FLUSHALL")
}

// command sends one command and returns the first line of its answer.
func (s *Server) command(text string) (string, error) {
	conn, err := net.DialTimeout("tcp", s.address, time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(startTimeout)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(conn, "%s\r\n", text); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(line), err
}

// launch starts the server and waits until it answers.
func (s *Server) launch() error {
	args, err := s.arguments()
	if err != nil {
		return err
	}
	cmd := exec.Command("redis-server", args...)
	cmd.SysProcAttr = tied()
	p := &process{cmd, make(chan struct{})}
	if err := startTied(p); err != nil {
		return err
	}
	for deadline := time.Now().Add(startTimeout); ; {
		if answer, err := s.command("PING"); err == nil && answer == "+PONG" {
			s.mu.Lock()
			s.running = p
			s.mu.Unlock()
			return nil
		}
		select {
		case <-p.ended:
			return errors.New("redis-server ended at once")
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return errors.Join(errors.New("redis-server does not answer"), cmd.Process.Kill())
		}
	}
}

// arguments are redis-server's.
func (s *Server) arguments() ([]string, error) {
	_, port, err := net.SplitHostPort(s.address)
	if err != nil {
		return nil, err
	}
	own := []string{"--bind", "127.0.0.1", "--port", port, "--dir", s.dir}
	if s.watches != "" {
		path := filepath.Join(s.dir, "sentinel.conf") // which the sentinel rewrites
		return append([]string{path, "--sentinel"}, own...), os.WriteFile(path, []byte(s.watches), 0o600)
	}
	if err := os.Remove(filepath.Join(s.dir, "dump.rdb")); err != nil && !errors.Is(err, os.ErrNotExist) { // it would be read
		return nil, err
	}
	own = append(own, "--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0")
	return append(own, s.options...), nil
}

func (s *Server) signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		t.Fatal("the Redis server does not run")
	}
	if err := s.running.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// end sends the server a signal and waits for its end.
func (s *Server) end(signal syscall.Signal) {
	s.mu.Lock()
	p := s.running
	s.running = nil
	s.mu.Unlock()
	if p == nil {
		return
	}
	p.cmd.Process.Signal(signal)
	<-p.ended
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
