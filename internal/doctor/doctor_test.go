package doctor_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/doctor"
)

const key = "pk_live_0123456789abcdefghijklmnop"

// mcpServer is one that is not ours, wants the key, and has a limit of 10 calls.
func mcpServer(t *testing.T, left string) *httptest.Server {
	t.Helper()
	m := server.NewMCPServer("notes", "2", server.WithToolCapabilities(true))
	m.AddTool(mcp.NewTool("get_connection_status"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("fine"), nil
	})
	h := server.NewStreamableHTTPServer(m, server.WithDisableLocalhostProtection(true))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/health":
			return
		case r.Header.Get("Authorization") != "Bearer "+key:
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if left != "" {
			w.Header().Set("RateLimit", `"month";r=`+left+`;t=3600`)
			w.Header().Set("RateLimit-Policy", `"month";q=10`)
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv
}

// examine runs the doctor for a user with this home folder.
func examine(t *testing.T, home string, settings connection.Settings) (doctor.Report, string) {
	t.Helper()
	env := map[string]string{"HOME": home, "USERPROFILE": home, "APPDATA": home, "LOCALAPPDATA": home}
	report := doctor.Run(t.Context(), &settings, "pierre", func(name string) string { return env[name] })
	return report, report.Text()
}

// has fails unless the report has each check, as "status name part of the detail".
func has(t *testing.T, report doctor.Report, wants ...string) {
	t.Helper()
	for _, want := range wants {
		parts := strings.SplitN(want, " ", 3)
		found := false
		for _, c := range report.Checks {
			found = found || string(c.Status) == parts[0] && c.Name == parts[1] && strings.Contains(c.Detail+" → "+c.Fix, parts[2])
		}
		if !found {
			t.Errorf("no check %q in\n%s", want, report.Text())
		}
	}
}

func TestAllIsWell(t *testing.T) {
	srv := mcpServer(t, "7")
	report, text := examine(t, t.TempDir(), connection.Settings{URL: srv.URL, AuthKey: key})
	if !report.OK || report.Err() != nil || strings.Contains(text, key) {
		t.Errorf("%v\n%s", report.Err(), text)
	}
	has(t, report, "ok settings /mcp, from flags and environment", "ok proxy none", "ok name is an address", "ok reach answers 200 OK to GET /health",
		"ok tls not used", "ok clock agrees", "ok key accepted", "ok protocol notes 2 speaks 2025-", "ok tools 1 tool with this key",
		"ok limit 7 of 10 calls left; the next period begins in 1 h", "warn hosts no MCP host was found")
}

func TestKeysAndLimits(t *testing.T) {
	report, _ := examine(t, t.TempDir(), connection.Settings{URL: mcpServer(t, "0").URL, AuthKey: key})
	has(t, report, "warn limit no call is left")
	report, _ = examine(t, t.TempDir(), connection.Settings{URL: mcpServer(t, "").URL, AuthKey: key})
	has(t, report, "ok limit the server names none")
	report, _ = examine(t, t.TempDir(), connection.Settings{URL: mcpServer(t, "").URL, AuthKey: key + "x"})
	has(t, report, "fail key copy the key again")
	if report.OK || report.Err() == nil {
		t.Error("a refused key is no problem")
	}
	report, _ = examine(t, t.TempDir(), connection.Settings{URL: mcpServer(t, "").URL})
	has(t, report, "fail key the server wants an access key")
}

func TestTheWayToTheServer(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	report, _ := examine(t, t.TempDir(), connection.Settings{URL: closed.URL})
	has(t, report, "fail reach refuses the connection", "skipped key not checked", "skipped protocol not checked")
	report, _ = examine(t, t.TempDir(), connection.Settings{URL: "https://name.invalid"})
	has(t, report, "fail name cannot be found")
	report, _ = examine(t, t.TempDir(), connection.Settings{URL: "https://name.invalid", Proxy: closed.URL})
	has(t, report, "fail reach the proxy")
	report, _ = examine(t, t.TempDir(), connection.Settings{})
	has(t, report, "fail settings use --url https://HOST")
	report, _ = examine(t, t.TempDir(), connection.Settings{URL: "https://a.example", AuthKey: "two words"})
	has(t, report, "fail settings correct the flag")

	site := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html>Welcome</html>")
	}))
	defer site.Close()
	report, _ = examine(t, t.TempDir(), connection.Settings{URL: site.URL})
	has(t, report, "fail tls --ca-cert FILE")
	plain := httptest.NewServer(nil)
	defer plain.Close()
	report, _ = examine(t, t.TempDir(), connection.Settings{URL: strings.Replace(plain.URL, "http:", "https:", 1)})
	has(t, report, "fail reach does not speak TLS")
}

// The entries of the hosts are looked at as a host would use them.
func TestHosts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes are Unix's")
	}
	srv := mcpServer(t, "")
	home := t.TempDir()
	write := func(path, content string, mode os.FileMode) string {
		path = filepath.Join(home, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	program := write("bin/mcp-client", "#!/bin/sh\n", 0o755)
	private, open := write("private", key, 0o600), write("open", key, 0o644)
	entry := func(command, url, keyFile string) string {
		return `{"mcpServers":{"pierre":{"command":"` + command + `","args":["--url","` + url + `","--auth-key-file","` + keyFile + `"]}}}`
	}
	for config, want := range map[string]string{
		entry(program, srv.URL, private):                                       "ok cursor leads to " + srv.URL,
		entry(program, "https://b.example", private):                           "warn cursor another server than the one checked here",
		entry(program, srv.URL, open):                                          "warn cursor can be read by others (mode 0644)",
		entry(program, srv.URL, home+"/missing"):                               "fail cursor no such file",
		entry("/nowhere/mcp-client", srv.URL, private):                         "fail cursor which does not exist",
		entry("mcp-client", srv.URL, private):                                  "fail cursor is no absolute path",
		entry("/opt/other", srv.URL, private):                                  "warn cursor starts /opt/other",
		strings.Replace(entry(program, srv.URL, private), "--url", "--new", 1): "fail cursor arguments that this version does not know",
		`{"mcpServers":{}}`:                                                    "skipped cursor has no entry pierre",
		`{`:                                                                    "fail cursor not valid JSON",
	} {
		write(".cursor/mcp.json", config, 0o600)
		report, _ := examine(t, home, connection.Settings{URL: srv.URL, AuthKey: key})
		has(t, report, want)
	}
	write(".cursor/mcp.json", entry(program, srv.URL, private), 0o600)
	report, _ := examine(t, home, connection.Settings{})
	has(t, report, "ok settings from "+home, "ok key accepted")
	if !report.OK {
		t.Errorf("what is installed does not work:\n%s", report.Text())
	}
}
