package doctor_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/doctor"
)

// What a server refuses is told apart by its status, and each has another remedy.
func TestRefusals(t *testing.T) {
	for status, want := range map[int]string{
		http.StatusForbidden:           "fail key what your plan includes",
		http.StatusNotFound:            "fail protocol check that the URL is that of an MCP server",
		http.StatusInternalServerError: "fail protocol ",
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		report, text := examine(t, t.TempDir(), connection.Settings{URL: srv.URL, AuthKey: key})
		srv.Close()
		has(t, report, want)
		if report.OK || strings.Contains(text, key) {
			t.Errorf("%d:\n%s", status, text)
		}
	}
}

// A proxy that refuses to connect is named, and not the server behind it; its password is not shown.
func TestProxyRefuses(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }))
	defer proxy.Close()
	withPassword := strings.Replace(proxy.URL, "http://", "http://ana:hunter2@", 1)
	report, text := examine(t, t.TempDir(), connection.Settings{URL: "https://pierre.example", Proxy: withPassword})
	has(t, report, "ok proxy from --proxy", "fail reach the proxy 127.0.0.1", "skipped key not checked")
	if strings.Contains(text, "hunter2") {
		t.Errorf("the password is shown:\n%s", text)
	}
}

// What is printed cannot steer a terminal, whatever a configuration holds.
func TestReportIsPlainText(t *testing.T) {
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".cursor"), 0o700); err != nil {
		t.Fatal(err)
	}
	config := `{"mcpServers":{"pierre":{"command":"/x/\u001b[2J\u202eother"}}}`
	if err := os.WriteFile(filepath.Join(home, ".cursor/mcp.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	report, text := examine(t, home, connection.Settings{})
	has(t, report, "warn cursor starts /x/")
	if strings.ContainsAny(text, "\x1b\u202e") {
		t.Errorf("printed %q", text)
	}
}

// An entry starts a program: a folder of that name, a file that is none, and a link to nowhere are not.
func TestUnusablePrograms(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes and links are Unix's")
	}
	home := t.TempDir()
	in := func(dir string) string {
		path := filepath.Join(home, dir, connection.Program)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	folder, text, dangling, linked := in("folder"), in("text"), in("dangling"), in("linked")
	for _, err := range []error{
		os.Mkdir(folder, 0o700), os.WriteFile(text, nil, 0o600), os.Symlink("/nowhere", dangling), os.Symlink("/bin/sh", linked), os.MkdirAll(filepath.Join(home, ".cursor"), 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for program, want := range map[string]string{
		folder: "fail cursor is a folder", text: "fail cursor is not executable", dangling: "fail cursor does not exist", linked: "ok cursor leads to https://a.example/mcp",
	} {
		config := `{"mcpServers":{"pierre":{"command":"` + program + `","args":["--url","https://a.example"]}}}`
		if err := os.WriteFile(filepath.Join(home, ".cursor/mcp.json"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		env := map[string]string{"HOME": home}
		// The proxy ends the way to the server at once: this is about the entry.
		report := doctor.Run(t.Context(), &connection.Settings{URL: "https://a.example", Proxy: "http://127.0.0.1:1"}, "pierre", func(name string) string { return env[name] })
		has(t, report, want)
	}
}
