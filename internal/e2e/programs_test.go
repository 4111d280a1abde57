//go:build e2e

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
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
	if bin = os.Getenv("PIERRE_E2E_PROGRAMS"); bin != "" {
		return m.Run() // those of the process that started this one
	}
	dir, err := os.MkdirTemp("", "pierre-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	bin = dir
	for _, program := range []string{"mcp-client", "pierre-mcp-server", "admin-setup", "pierre-admin-service"} {
		build := exec.Command("go", "build", "-o", filepath.Join(dir, program), "../../cmd/"+program)
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "building %s: %v\n%s", program, err, out)
			return 1
		}
	}
	return m.Run()
}

// A buffer that a process writes while the test reads.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// A server is a running pierre-mcp-server on SQLite.
type server struct {
	t      *testing.T
	url    string
	data   string
	port   string
	env    []string
	cmd    *exec.Cmd
	ended  chan error
	stderr *buffer
	admin  string

	programs string              // folder of the server's programs; "": bin
	inside   func(cmd *exec.Cmd) // makes a program start in another root file system; nil: in this one
}

// startServer starts one with more environment variables, given as NAME=VALUE.
func startServer(t *testing.T, env ...string) *server {
	t.Helper()
	s := &server{t: t, data: t.TempDir(), port: freePort(t)}
	s.url = "http://127.0.0.1:" + s.port
	s.env = append(append(os.Environ(), "PIERRE_DATA_DIR="+s.data), env...)
	s.start()
	t.Cleanup(func() {
		if s.cmd != nil {
			s.stop(syscall.SIGTERM)
		}
	})
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.stderr = &buffer{}
	s.cmd = exec.Command(filepath.Join(cmp.Or(s.programs, bin), "pierre-mcp-server"), "--port", s.port)
	s.cmd.Env, s.cmd.Stderr = s.env, s.stderr
	if s.inside != nil {
		s.inside(s.cmd)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	cmd, ended := s.cmd, make(chan error, 1)
	s.ended = ended
	go func() { ended <- cmd.Wait() }()
	eventually(s.t, 15*time.Second, func() error {
		resp, err := http.Get(s.url + "/ready")
		if err != nil {
			return fmt.Errorf("%w\n%s", err, s.stderr)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return errors.New(resp.Status)
		}
		return nil
	})
}

// stop sends sig and returns how the server ended.
func (s *server) stop(sig os.Signal) error {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Fatal(err)
	}
	s.cmd = nil
	select {
	case err := <-s.ended:
		return err
	case <-time.After(20 * time.Second):
		s.t.Fatalf("the server did not end after %v\n%s", sig, s.stderr)
		return nil
	}
}

// adminToken makes an admin token as the guide says.
func (s *server) adminToken() string {
	s.t.Helper()
	if s.admin == "" {
		s.admin = strings.TrimSpace(s.setup("generate-token", "--service", "e2e",
			"--permissions", "provision_keys,revoke_keys,list_keys", "--expires-in-days", "365"))
	}
	return s.admin
}

// setup runs admin-setup and returns its stdout.
func (s *server) setup(args ...string) string {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(cmp.Or(s.programs, bin), "admin-setup"), args...)
	cmd.Env = s.env
	if s.inside != nil {
		s.inside(cmd)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("admin-setup %v: %v\n%s", args, err, &stderr)
	}
	return string(out)
}

// A key is what the admin API answers when it provisions one.
type key struct {
	Success   bool   `json:"success"`
	APIKey    string `json:"api_key"`
	APIKeyID  string `json:"api_key_id"`
	UserID    string `json:"user_id"`
	Tier      string `json:"tier"`
	ExpiresAt string `json:"expires_at"`
}

func (s *server) provision(body string) key {
	s.t.Helper()
	status, raw := s.do("POST", "/admin/provision-api-key", body, "Authorization", "Bearer "+s.adminToken())
	if status != http.StatusCreated {
		s.t.Fatalf("provisioning answered %d: %s", status, raw)
	}
	return decode[key](s.t, raw)
}

// do sends a request with headers given as name, value, name, value….
func (s *server) do(method, path, body string, headers ...string) (status int, raw []byte) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Timeout: 30 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", method, path, err, s.stderr)
	}
	defer resp.Body.Close()
	raw, err = io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, raw
}

func decode[T any](t *testing.T, raw []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("decoding %s: %v", raw, err)
	}
	return v
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func eventually(t *testing.T, within time.Duration, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("not within %v: %v", within, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
