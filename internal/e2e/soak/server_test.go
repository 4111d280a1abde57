//go:build e2e

package soak

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bin is the folder of the built programs, for all tests.
var bin string

func TestMain(m *testing.M) { os.Exit(withPrograms(m)) }

func withPrograms(m *testing.M) int {
	dir, err := os.MkdirTemp("", "pierre-soak-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	bin = dir
	build := exec.Command("go", "build", "-o", dir, "../../../cmd/pierre-mcp-server", "../../../cmd/admin-setup")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the programs: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// A server is the built pierre-mcp-server with a data folder of its own.
type server struct {
	t       *testing.T
	addr    string // of the API
	metrics string // URL
	data    string
	env     []string
	token   string
	stderr  lockedBuffer
}

// A lockedBuffer is written by a process while the test reads.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// tail returns the last lines.
func (b *lockedBuffer) tail() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := b.b.String()
	return text[max(0, len(text)-4000):]
}

// size returns how much was written.
func (b *lockedBuffer) size() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Len()
}

// startServer starts one with more environment variables, given as NAME=VALUE.
func startServer(t *testing.T, env ...string) *server {
	t.Helper()
	s := &server{t: t, addr: freeAddr(t), data: t.TempDir()}
	s.env = append(append(os.Environ(), "PIERRE_DATA_DIR="+s.data, "PUBLIC_URL=http://"+s.addr), env...)
	metrics := freeAddr(t)
	s.metrics = "http://" + metrics + "/metrics"
	_, port, _ := net.SplitHostPort(s.addr)
	cmd := exec.Command(filepath.Join(bin, "pierre-mcp-server"), "--port", port, "--metrics-addr", metrics, "--log-level", "warn")
	cmd.Env, cmd.Stderr = s.env, &s.stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the server ended: %v\n%s", err, s.stderr.tail())
			}
		case <-time.After(20 * time.Second):
			cmd.Process.Kill()
			t.Error("the server did not end within 20 s of SIGTERM")
		}
	})
	s.eventually(20*time.Second, func() error {
		status, body, err := s.send(http.MethodGet, "/ready", nil, "")
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("%d %s %w", status, body, err)
		}
		return nil
	})
	s.token = strings.TrimSpace(s.adminSetup())
	return s
}

func (s *server) adminSetup() string {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(bin, "admin-setup"), "generate-token", "--service", "soak", "--super-admin")
	cmd.Env = s.env
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("admin-setup: %v", err)
	}
	return string(out)
}

// provision returns a new key; more is appended to the request's fields.
func (s *server) provision(email, tier, more string) string {
	s.t.Helper()
	body := fmt.Sprintf(`{"user_email":%q,"tier":%q%s}`, email, tier, more)
	status, raw, err := s.send(http.MethodPost, "/admin/provision-api-key", strings.NewReader(body), s.token)
	if err != nil || status != http.StatusCreated {
		s.t.Fatalf("provisioning: %d %s %v", status, raw, err)
	}
	var key struct {
		APIKey string `json:"api_key"`
	}
	if err := json.Unmarshal(raw, &key); err != nil {
		s.t.Fatal(err)
	}
	return key.APIKey
}

func (s *server) send(method, path string, body io.Reader, token string) (int, []byte, error) {
	req, err := http.NewRequest(method, "http://"+s.addr+path, body)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, raw, err
}

// A footprint is what the server's process holds.
type footprint struct {
	memory, heap, goroutines, descriptors, connections float64 // connections to the database
}

func (f footprint) String() string {
	return fmt.Sprintf("%.0f MB (heap %.0f MB), %.0f goroutines, %.0f descriptors, %.0f connections to the database",
		f.memory/1e6, f.heap/1e6, f.goroutines, f.descriptors, f.connections)
}

// footprint reads /metrics.
func (s *server) footprint() (footprint, error) {
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Get(s.metrics)
	if err != nil {
		return footprint{}, err
	}
	defer resp.Body.Close()
	var f footprint
	places := map[string]*float64{
		"process_resident_memory_bytes": &f.memory, "go_memstats_heap_alloc_bytes": &f.heap, "go_goroutines": &f.goroutines, "process_open_fds": &f.descriptors,
	}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if strings.HasPrefix(name, "pierre_db_connections{") { // of each pool and state
			if n, err := strconv.ParseFloat(value, 64); err == nil {
				f.connections += n
			}
		}
		if place := places[name]; place != nil {
			if *place, err = strconv.ParseFloat(value, 64); err != nil {
				return f, err
			}
		}
	}
	return f, lines.Err()
}

func (s *server) eventually(within time.Duration, check func() error) {
	s.t.Helper()
	deadline := time.After(within)
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			s.t.Errorf("not within %v: %v\n%s", within, err, s.stderr.tail())
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
