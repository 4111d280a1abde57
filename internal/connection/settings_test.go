package connection_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/connection"
)

func env(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

// What a user may give as --url, the endpoint that it means, and where the import API is beside it.
func TestURLs(t *testing.T) {
	for given, want := range map[string]struct{ endpoint, importing string }{
		"https://a.example":                {"https://a.example/mcp", "https://a.example/api/import"},
		" https://a.example/ ":             {"https://a.example/mcp", "https://a.example/api/import"},
		"https://a.example//":              {"https://a.example/mcp", "https://a.example/api/import"},
		"https://a.example/mcp":            {"https://a.example/mcp", "https://a.example/api/import"},
		"https://a.example/mcp/":           {"https://a.example/mcp/", "https://a.example/api/import"},
		"https://a.example/mcp//":          {"https://a.example/mcp//", "https://a.example/api/import"},
		"https://a.example/pierre/mcp/":    {"https://a.example/pierre/mcp/", "https://a.example/pierre/api/import"},
		"https://a.example/pierre/":        {"https://a.example/pierre/", "https://a.example/pierre/api/import"},
		"https://a.example/a%2Fb/mcp":      {"https://a.example/a%2Fb/mcp", "https://a.example/a%2Fb/api/import"},
		"https://a.example/xmcp":           {"https://a.example/xmcp", "https://a.example/xmcp/api/import"},
		"https://a.example?team=1":         {"https://a.example/mcp?team=1", "https://a.example/api/import"},
		"https://a.example/mcp/?team=1#x":  {"https://a.example/mcp/?team=1", "https://a.example/api/import"},
		"HTTPS://a.example/mcp":            {"https://a.example/mcp", "https://a.example/api/import"},
		"http://localhost:8080":            {"http://localhost:8080/mcp", "http://localhost:8080/api/import"},
		"http://[::1]:8080/mcp":            {"http://[::1]:8080/mcp", "http://[::1]:8080/api/import"},
		"http://127.0.0.1:8080/mcp/?a=b&c": {"http://127.0.0.1:8080/mcp/?a=b&c", "http://127.0.0.1:8080/api/import"},
	} {
		e, err := (&connection.Settings{URL: given}).Endpoint(env(nil))
		if err != nil {
			t.Errorf("%s: %v", given, err)
			continue
		}
		if e.URL.String() != want.endpoint || e.At("/api/import").String() != want.importing {
			t.Errorf("%s: %s and %s, want %s and %s", given, e.URL, e.At("/api/import"), want.endpoint, want.importing)
		}
	}
	for given, says := range map[string]string{
		"": "no server", "a.example:8080": "must look like", "ftp://a.example": "must look like", "https://": "must look like",
		"http://a.example": "unencrypted", "https://u:hunter2@a.example": "must not hold a password", "https://%zz": "not a URL",
	} {
		if _, err := (&connection.Settings{URL: given}).Endpoint(env(nil)); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v, want %q", given, err, says)
		}
	}
	if e, err := (&connection.Settings{AllowHTTP: true}).Endpoint(env(map[string]string{connection.URLVariable: "http://a.example"})); err != nil || e.URL.Host != "a.example" {
		t.Errorf("from the environment: %+v, %v", e, err)
	}
}

// The key comes from one place, in any form in which people keep one.
func TestKeys(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	home := env(map[string]string{"HOME": dir, "APPDATA": dir, "USERPROFILE": dir})
	for name, tc := range map[string]struct {
		settings connection.Settings
		getenv   func(string) string
		key      string
		says     string
	}{
		"none":                 {getenv: env(nil)},
		"environment":          {getenv: env(map[string]string{"PIERRE_AUTH_KEY": "\"pk_live_e\"\r"}), key: "pk_live_e"},
		"flag before":          {connection.Settings{AuthKey: "pk_live_f"}, env(map[string]string{"PIERRE_AUTH_KEY": "pk_live_e"}), "pk_live_f", ""},
		"file of PowerShell":   {connection.Settings{AuthKeyFile: write("utf16", "\xff\xfep\x00k\x00\r\x00\n\x00")}, env(nil), "pk", ""},
		"file with a BOM":      {connection.Settings{AuthKeyFile: write("bom", "\ufeffpk_live_b\r\n")}, env(nil), "pk_live_b", ""},
		".env":                 {connection.Settings{AuthKeyFile: write("env", "export PIERRE_AUTH_KEY='pk_live_n'\n")}, env(nil), "pk_live_n", ""},
		"empty file":           {connection.Settings{AuthKeyFile: write("empty", "")}, env(nil), "", "is empty"},
		"missing file":         {connection.Settings{AuthKeyFile: filepath.Join(dir, "missing")}, env(nil), "", "reading --auth-key-file: open"},
		"certificate":          {connection.Settings{AuthKeyFile: write("pem", "-----BEGIN CERTIFICATE-----")}, env(nil), "", "PEM"},
		"two words":            {connection.Settings{AuthKey: "two words"}, env(nil), "", "--auth-key holds a space"},
		"two places":           {connection.Settings{AuthKey: "a", KeyName: "b"}, env(nil), "", "exclude each other"},
		"a name without a key": {connection.Settings{KeyName: "nobody"}, home, "", "--key-name: looking for the key"},
	} {
		if runtime.GOOS == "darwin" && tc.settings.KeyName != "" {
			continue // it would ask the developer's own keychain
		}
		tc.settings.URL = "https://a.example"
		e, err := tc.settings.Endpoint(tc.getenv)
		if e.Key.Reveal() != tc.key || (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %q, %v; want %q, %q", name, e.Key.Reveal(), err, tc.key, tc.says)
		}
	}
	if key, err := connection.ParseKey(" pk_live_typed\n"); err != nil || key.Reveal() != "pk_live_typed" {
		t.Errorf("typed: %v", err)
	}
}

func TestHeadersAndAuthorization(t *testing.T) {
	s := connection.Settings{URL: "https://a.example", AuthKey: "pk_live_a", Headers: []string{"X-Team: ${TEAM} $5", "X-Team: b"}}
	e, err := s.Endpoint(env(map[string]string{"TEAM": "red"}))
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	e.Authorize(req)
	if got := req.Header; got.Get("Authorization") != "Bearer pk_live_a" || strings.Join(got["X-Team"], "|") != "red $5|b" {
		t.Errorf("headers %v", got)
	}
	for header, says := range map[string]string{"X-Team: ${NONE}": "NONE is not set", "no colon": "must look like", "a b: c": "must look like", "A: b\r\nc": "line break"} {
		if _, err := (&connection.Settings{URL: "https://a.example", Headers: []string{header}}).Endpoint(env(nil)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", header, err, says)
		}
	}
}

func TestAthlete(t *testing.T) {
	named := env(map[string]string{connection.AthleteVariable: "bob"})
	for _, tc := range []struct {
		name    string
		s       connection.Settings
		env     func(string) string
		want    string
		refusal string
	}{
		{name: "none", env: env(nil)},
		{name: "by the flag", s: connection.Settings{Athlete: "ana"}, env: named, want: "ana"},
		{name: "by the environment", env: named, want: "bob"},
		{name: "beyond ASCII", s: connection.Settings{Athlete: "ána"}, env: env(nil), want: "=?base64?w6FuYQ==?="},
		{name: "by a header", s: connection.Settings{Headers: []string{"x-pierre-athlete: cy"}}, env: env(nil), want: "cy"},
		{name: "twice", s: connection.Settings{Athlete: "ana", Headers: []string{"x-pierre-athlete: cy"}}, env: env(nil), refusal: "exclude each other"},
		{name: "a line break", s: connection.Settings{Athlete: "a\nb"}, env: env(nil), refusal: "--athlete must be"},
		{name: "too long", env: env(map[string]string{connection.AthleteVariable: strings.Repeat("x", 129)}), refusal: "PIERRE_ATHLETE must be"},
	} {
		tc.s.URL = "https://a.example"
		e, err := tc.s.Endpoint(tc.env)
		if tc.refusal != "" {
			if err == nil || !strings.Contains(err.Error(), tc.refusal) {
				t.Errorf("%s: %v, want %q", tc.name, err, tc.refusal)
			}
			continue
		}
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		e.Authorize(req)
		if got := strings.Join(req.Header.Values("X-Pierre-Athlete"), "|"); err != nil || got != tc.want {
			t.Errorf("%s: %q, %v; want %q", tc.name, got, err, tc.want)
		}
	}
}

// What goes into an entry comes back out of it.
func TestEntryRoundTrip(t *testing.T) {
	s := connection.Settings{URL: "https://a.example/mcp", CACert: "ca.pem", Proxy: "http://proxy:3128", Athlete: "ana", Headers: []string{"A: ${B}"}, AllowHTTP: true}
	args, err := s.Args(env(nil))
	if err != nil {
		t.Fatal(err)
	}
	back, ok := connection.FromEntry(install.Entry{Command: "/x/mcp-client", Args: append(args, "--key-name", "pierre")})
	if !ok || back.URL != s.URL || !filepath.IsAbs(back.CACert) || back.Proxy != s.Proxy || back.Athlete != "ana" || back.Headers[0] != "A: ${B}" || !back.AllowHTTP || back.KeyName != "pierre" {
		t.Errorf("%v became %+v, %v", args, back, ok)
	}
	for name, e := range map[string]install.Entry{
		"another program": {Command: "/x/other", Args: args}, "unknown flag": {Command: "/x/mcp-client", Args: []string{"--url", "x", "--new"}}, "no URL": {Command: "/x/mcp-client"},
	} {
		if _, ok := connection.FromEntry(e); ok {
			t.Errorf("%s was taken for ours", name)
		}
	}
	flags := pflag.NewFlagSet("x", pflag.ContinueOnError)
	new(connection.Settings).Register(flags)
	if flags.Lookup("auth-key-file") == nil {
		t.Error("flags are missing")
	}
}

func TestLastResponse(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Method", r.Method)
		w.WriteHeader(http.StatusTeapot)
	}))
	defer srv.Close()
	e, err := (&connection.Settings{URL: srv.URL}).Endpoint(env(nil))
	if err != nil {
		t.Fatal(err)
	}
	e, last := e.Recorded()
	if status, _ := last.Get(); status != 0 {
		t.Errorf("before: %d", status)
	}
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := e.HTTP.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	if status, header := last.Get(); status != http.StatusTeapot || header.Get("X-Method") != http.MethodPost {
		t.Errorf("%d %v, want the answer to the message", status, header)
	}
}
