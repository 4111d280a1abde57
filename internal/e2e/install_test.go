//go:build e2e && unix

package e2e

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestInstallScripts runs the client's commands for people, on a home folder of
// their own, against a server with two keys: one has one call in a month.
func TestInstallScripts(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("it would write into the developer's own keychain")
	}
	s := startServer(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/install",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin)
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("CLIENT", filepath.Join(bin, "mcp-client"))
			env.Setenv("URL", s.url)
			env.Setenv("KEY", s.provision(`{"user_email":"ana@example.com","tier":"professional"}`).APIKey)
			env.Setenv("ONCE", s.provision(`{"user_email":"bob@example.com","tier":"starter","rate_limit_requests":1,"rate_limit_period":"month"}`).APIKey)
			return os.MkdirAll(filepath.Join(env.WorkDir, "home"), 0o700)
		},
	})
}

// A terminal is a program that runs at a pseudo-terminal.
type terminal struct {
	t      *testing.T
	tty    *os.File
	cmd    *exec.Cmd
	screen *buffer
	ended  chan struct{}
}

func startTerminal(t *testing.T, env []string, args ...string) *terminal {
	t.Helper()
	term := &terminal{t: t, cmd: exec.Command(filepath.Join(bin, "mcp-client"), args...), screen: &buffer{}, ended: make(chan struct{})}
	term.cmd.Env = env
	var err error
	if term.tty, err = pty.Start(term.cmd); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(term.ended)
		io.Copy(term.screen, term.tty) // ends with EIO, as terminals do
	}()
	t.Cleanup(func() {
		term.cmd.Process.Kill()
		<-term.ended
		term.tty.Close()
	})
	return term
}

// answer waits for a question, and types.
func (term *terminal) answer(question, typed string) {
	term.t.Helper()
	eventually(term.t, 10*time.Second, func() error {
		if !strings.Contains(term.screen.String(), question) {
			return os.ErrDeadlineExceeded
		}
		return nil
	})
	if _, err := io.WriteString(term.tty, typed+"\n"); err != nil {
		term.t.Fatal(err)
	}
}

// wait returns all that the terminal showed, and how the program ended.
func (term *terminal) wait() (string, error) {
	term.t.Helper()
	select {
	case <-term.ended:
	case <-time.After(20 * time.Second):
		term.t.Fatalf("the program waits for more:\n%s", term.screen)
	}
	return term.screen.String(), term.cmd.Wait()
}

func TestInstallAsksAtATerminal(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("it would write into the developer's own keychain")
	}
	s := startServer(t)
	key := s.provision(`{"user_email":"ana@example.com","tier":"professional"}`).APIKey
	home := t.TempDir()
	config := filepath.Join(home, ".cursor", "mcp.json")
	if err := os.MkdirAll(filepath.Dir(config), 0o700); err != nil {
		t.Fatal(err)
	}
	env := []string{"HOME=" + home, "PATH=/usr/bin:/bin", "TERM=xterm"}

	t.Run("no is no", func(t *testing.T) {
		term := startTerminal(t, env, "install", "--url", s.url)
		term.answer("(not shown): ", key)
		term.answer("[y/N] ", "")
		screen, err := term.wait()
		if err == nil || !strings.Contains(screen, "nothing was changed") {
			t.Errorf("%v\n%s", err, screen)
		}
		if _, err := os.Stat(config); err == nil {
			t.Error("the configuration was written")
		}
		if _, err := os.Stat(filepath.Join(home, ".config")); err == nil {
			t.Error("the key was stored")
		}
	})
	t.Run("a wrong key", func(t *testing.T) {
		term := startTerminal(t, env, "install", "--url", s.url)
		term.answer("(not shown): ", strings.Replace(key, "pk_live_", "pk_live_x", 1))
		screen, err := term.wait()
		if err == nil || !strings.Contains(screen, "nothing was changed") || strings.Contains(screen, "[y/N]") {
			t.Errorf("%v\n%s", err, screen)
		}
	})
	t.Run("yes", func(t *testing.T) {
		term := startTerminal(t, env, "install", "--url", s.url)
		term.answer("(not shown): ", key)
		term.answer("[y/N] ", "yes")
		screen, err := term.wait()
		if err != nil || strings.Count(screen, "+++ ") != 1 || !strings.Contains(screen, "Cursor") {
			t.Errorf("%v\n%s", err, screen)
		}
		if strings.Contains(screen, key) {
			t.Error("the key was shown")
		}
		written, err := os.ReadFile(config)
		if err != nil || strings.Contains(string(written), key) {
			t.Errorf("%v: %s", err, written)
		}
	})
	t.Run("what was installed works", func(t *testing.T) {
		entry := decode[struct {
			Servers map[string]struct {
				Command string
				Args    []string
			} `json:"mcpServers"`
		}](t, read(t, config)).Servers["pierre"]
		if entry.Command != filepath.Join(bin, "mcp-client") {
			t.Errorf("the entry starts %s", entry.Command)
		}
		// As a host does: without the user's environment.
		h := startHost(t, []string{"HOME=" + home}, "mcp-client", entry.Args...)
		if r := h.initialize(); r.Error != nil {
			t.Fatalf("initialize: %s", r.Error.Message)
		}
		if r := h.ask("1", "tools/list", "{}"); !strings.Contains(string(r.Result), "get_activities") {
			t.Errorf("tools/list: %s", r.Result)
		}
		h.end()
	})
}

// TestStoredKeyStaysWithItsServer installs a second server under the name of the first one.
func TestStoredKeyStaysWithItsServer(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("it would write into the developer's own keychain")
	}
	s := startServer(t)
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".cursor"), 0o700); err != nil {
		t.Fatal(err)
	}
	env := []string{"HOME=" + home}
	key := s.provision(`{"user_email":"ana@example.com","tier":"professional"}`).APIKey
	if out, err := client(t, append(env, "PIERRE_AUTH_KEY="+key), "install", "--url", s.url, "--yes"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var asked atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if got := r.Header.Get("Authorization"); got != "" {
			t.Errorf("another server got %q", got)
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer other.Close()
	out, err := client(t, env, "install", "--url", other.URL, "--yes")
	if err == nil || asked.Load() == 0 || !strings.Contains(out, "wants an access key") {
		t.Errorf("after %d requests: %v\n%s", asked.Load(), err, out)
	}
}

func TestInstallRefusesSudo(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can find out")
	}
	home := t.TempDir()
	for _, args := range [][]string{{"install", "--url", "http://127.0.0.1:1", "--yes"}, {"uninstall", "--yes"}} {
		out, err := client(t, []string{"HOME=" + home, "SUDO_USER=ana"}, args...)
		if err == nil || !strings.Contains(out, "without sudo") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

func TestDoctorOnCertificates(t *testing.T) {
	env := []string{"HOME=" + t.TempDir()}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html>Welcome to our network</html>")
	}))
	defer server.Close()

	out, err := client(t, env, "doctor", "--url", server.URL)
	if err == nil || !strings.Contains(out, "fail     tls") || !strings.Contains(out, "--ca-cert FILE") || !strings.Contains(out, "by Acme Co until 2084") {
		t.Errorf("an unknown authority: %v\n%s", err, out)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err = client(t, env, "doctor", "--url", server.URL, "--ca-cert", ca)
	for _, want := range []string{
		"ok       tls             TLS 1.3, certificate for example.com",
		"warn     clock           this computer's clock is 1h0m",
		"ahead of the server's",
		"fail     protocol        127.0.0.1:", "a web page instead of MCP",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing (%v):\n%s", want, err, out)
		}
	}
}

// client runs mcp-client without a terminal and returns what it printed.
func client(t *testing.T, env []string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "mcp-client"), args...)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
