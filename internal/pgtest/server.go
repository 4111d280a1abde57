package pgtest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	adminDatabase = "postgres"
	startTimeout  = 30 * time.Second
)

// A Server is a PostgreSQL of a test's own, which the test can stop, kill and start again.
type Server struct {
	dir, bin string
	port     int
	fsync    bool
	options  []string
	keeper   *exec.Cmd
	hold     io.Closer // closing it ends the keeper, and so does the end of this process

	mu      sync.Mutex
	running *exec.Cmd
}

// Start starts a server with an empty database, which is stopped when the test ends. With fsync, what was committed
// survives even the machine's crash, as in production; without, it survives that of the server.
func Start(t testing.TB, fsync bool) *Server {
	t.Helper()
	s, err := start(fsync)
	if err != nil {
		missing(t, err)
	}
	t.Cleanup(s.Close)
	return s
}

// Open starts a server for a program that measures; options are more of postgres' arguments, such as "-c",
// "shared_buffers=1GB". Whoever opens it closes it.
func Open(fsync bool, options ...string) (*Server, error) { return start(fsync, options...) }

// Database makes an empty database and returns its URL.
func (s *Server) Database() (string, error) {
	name := newName()
	return databaseURL(s.admin(), name), execute(s.admin(), `CREATE DATABASE `+name)
}

// Processes returns the ids of the server's processes that run at present, on Linux.
func (s *Server) Processes() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return nil
	}
	return append(childrenOf(s.running), s.running.Process.Pid)
}

// URL returns the URL of an empty database of the server.
func (s *Server) URL(t testing.TB) string {
	t.Helper()
	return create(t, []string{s.admin()}, "")
}

// Kill ends the server and the processes that it started with kill -9.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	children := childrenOf(s.running)
	s.mu.Unlock()
	s.end(syscall.SIGKILL)
	for _, pid := range children {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	for _, pid := range children {
		awaitEnd(pid)
	}
}

// Stop ends the server in good order: connections are closed, transactions rolled back.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.end(syscall.SIGINT)
}

// Restart starts the server again on the same address, after Kill or Stop.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.launch(); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) admin() string {
	return fmt.Sprintf("postgresql://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, adminDatabase)
}

// binaries finds the folder of PostgreSQL's programs.
func binaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // where Debian keeps them; the pattern is right
	if len(found) == 0 {
		return "", errors.New("no postgres in PATH nor in /usr/lib/postgresql")
	}
	return filepath.Dir(slices.Max(found)), nil
}

func start(fsync bool, options ...string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := folder(fsync)
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: bin, fsync: fsync, options: options}
	if err := errors.Join(own(dir), s.keep()); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	initdb := s.command("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions", "--locale=C.UTF-8")
	if out, err := initdb.CombinedOutput(); err != nil {
		s.Close()
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	if err := s.launch(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	path := filepath.Join(s.bin, name)
	if _, err := os.Stat(path); err != nil {
		path = name // that of PATH
	}
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.SysProcAttr = s.dir, credentials()
	cmd.Env = append(cmd.Environ(), "LC_ALL=C.UTF-8")
	return cmd
}

// keep starts a shell that waits for the end of this process or of hold, then ends the server and removes its folder.
func (s *Server) keep() error {
	const script = `cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
n=0
while [ -e "$1/data/postmaster.pid" ] && [ $n -lt 100 ]; do sleep 0.05; n=$((n + 1)); done
rm -rf "$1"`
	s.keeper = exec.Command("/bin/sh", "-c", script, "sh", s.dir)
	s.keeper.Dir, s.keeper.SysProcAttr = "/", apart(credentials()) // an interrupt at the terminal does not end it
	hold, err := s.keeper.StdinPipe()
	if err != nil {
		return err
	}
	s.hold = hold
	return s.keeper.Start()
}

// Close ends the server and removes its data.
func (s *Server) Close() {
	s.end(syscall.SIGQUIT)
	s.hold.Close()
	s.keeper.Wait()
}

// launch starts the server and waits until it answers.
func (s *Server) launch() error {
	var err error
	for range 3 { // another program may take the port first
		if s.port == 0 {
			if s.port, err = freePort(); err != nil {
				return err
			}
		}
		if err = s.launchOnce(); err == nil {
			return nil
		}
	}
	return err
}

func (s *Server) launchOnce() error {
	args := []string{
		"-D", s.data(), "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-k", "",
		"-c", "max_connections=500", "-c", "shared_buffers=64MB", "-c", "logging_collector=off", "-c", "fsync=" + onOff(s.fsync),
	}
	if !s.fsync {
		args = append(args, "-c", "max_wal_size=128MB") // it may be in memory
	}
	cmd := s.command("postgres", append(args, s.options...)...)
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = apart(cmd.SysProcAttr)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() { // ends with the server
		cmd.Wait()
		close(ended)
	}()
	deadline := time.Now().Add(startTimeout)
	for {
		err := execute(s.admin(), `SELECT 1`)
		if err == nil {
			s.mu.Lock()
			s.running = cmd
			s.mu.Unlock()
			return nil
		}
		select {
		case <-ended:
			text, _ := os.ReadFile(log.Name())
			return fmt.Errorf("postgres ended: %s", strings.TrimSpace(string(text)))
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return errors.Join(fmt.Errorf("postgres does not answer: %w", err), cmd.Process.Kill())
		}
	}
}

// end sends the server a signal and waits for its end.
func (s *Server) end(signal syscall.Signal) {
	s.mu.Lock()
	cmd := s.running
	s.running = nil
	s.mu.Unlock()
	if cmd == nil {
		return
	}
	cmd.Process.Signal(signal)
	awaitEnd(cmd.Process.Pid) // launchOnce waits for it
}

func awaitEnd(pid int) {
	for deadline := time.Now().Add(startTimeout); syscall.Kill(pid, 0) == nil && time.Now().Before(deadline); {
		<-time.After(5 * time.Millisecond)
	}
}

// childrenOf returns the processes that the server started, on Linux.
func childrenOf(cmd *exec.Cmd) []int {
	if cmd == nil {
		return nil
	}
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", cmd.Process.Pid, cmd.Process.Pid)) // elsewhere there is none
	var pids []int
	for field := range strings.FieldsSeq(string(text)) {
		if pid, err := strconv.Atoi(field); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
