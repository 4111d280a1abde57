package downloads_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/remote/downloads"
)

// visit asks a server for a page.
func visit(t *testing.T, s *downloads.Server, path, host string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	r.Host = host
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func newServer(t *testing.T, isReady func(context.Context) error, opts downloads.Options) *downloads.Server {
	t.Helper()
	s, err := downloads.New(isReady, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestHomePage(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "mcp-client_linux_amd64"), "x")
	down := func(context.Context) error { return errors.New("locked") }
	for name, tc := range map[string]struct {
		ready   func(context.Context) error
		opts    downloads.Options
		want    []string
		without []string
	}{
		"with builds": {
			ready,
			downloads.Options{Dir: dir},
			[]string{"curl -fsSL http://fit.example:8081/install.sh | sh", "irm http://fit.example:8081/install.ps1 | iex", `href="/download/"`, "that you used", "Ready"},
			[]string{"Not ready"},
		},
		"with a public URL": {
			ready,
			downloads.Options{Dir: dir, PublicURL: "https://pierre.example.com"},
			[]string{"curl -fsSL https://pierre.example.com/install.sh"},
			[]string{"fit.example", "that you used"},
		},
		"without builds": {down, downloads.Options{}, []string{"mcp-client install --url http://fit.example:8081", "Not ready"}, []string{"install.sh", "/download/", "locked"}},
		"personal":       {ready, downloads.Options{Personal: true}, []string{"Your personal server", "--single-tenant install"}, []string{"API key from"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := visit(t, newServer(t, tc.ready, tc.opts), "/", "fit.example:8081")
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
				t.Fatalf("%d %s\n%s", w.Code, w.Header().Get("Content-Type"), w.Body)
			}
			for _, want := range tc.want {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			for _, bad := range tc.without {
				if strings.Contains(w.Body.String(), bad) {
					t.Errorf("the page has %q", bad)
				}
			}
		})
	}
}

// A page runs nothing, loads nothing, and is shown in no frame.
func TestPagesAreLocked(t *testing.T) {
	s := newServer(t, ready, downloads.Options{Dir: t.TempDir()})
	for _, path := range []string{"/", "/download/"} {
		w := visit(t, s, path, "fit.example")
		policy := w.Header().Get("Content-Security-Policy")
		if !regexp.MustCompile(`^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; .*frame-ancestors 'none'$`).MatchString(policy) {
			t.Errorf("%s: policy %q", path, policy)
		}
		if cache := w.Header().Get("Cache-Control"); cache != "no-store" {
			t.Errorf("%s repeats the visitor's Host and may be cached: %q", path, cache)
		}
		if strings.Contains(w.Body.String(), "<script") || strings.Contains(w.Body.String(), "ZgotmplZ") {
			t.Errorf("%s has a script, or text that the template refused:\n%s", path, w.Body)
		}
	}
}

func TestPagesRefuseAHostThatIsNone(t *testing.T) {
	s := newServer(t, ready, downloads.Options{})
	if w := visit(t, s, "/", `"><script>alert(1)</script>`); w.Code != http.StatusUnprocessableEntity || strings.Contains(w.Body.String(), "<script") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestDownloadsPageListsTheReleaseWithChecksums(t *testing.T) {
	dir := t.TempDir()
	sum := strings.Repeat("ab", 32)
	for name, text := range map[string]string{
		"mcp-client_darwin_arm64": "x", "mcp-client_windows_amd64.exe": "x", "mcp-client_linux_arm64.mcpb": "x", "mcp-client.sbom.json": "{}",
		"pierre.db": "x", "checksums.txt": sum + "  mcp-client_darwin_arm64\nnonsense\n" + sum[:10] + "  mcp-client_linux_arm64.mcpb\n",
	} {
		write(t, filepath.Join(dir, name), text)
	}
	body := visit(t, newServer(t, ready, downloads.Options{Dir: dir}), "/download/", "fit.example").Body.String()
	for _, want := range []string{"macOS, Apple silicon", "Windows, Intel or AMD", `href="/download/mcp-client_linux_arm64.mcpb"`, "Bundles for Claude Desktop", "mcp-client.sbom.json", sum} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q:\n%s", want, body)
		}
	}
	if strings.Contains(body, "pierre.db") || strings.Count(body, "SHA-256") != 1 {
		t.Errorf("the page lists what it should not:\n%s", body)
	}
}

// An MCP client that looks for a stream at / must not get a page.
func TestWantsPage(t *testing.T) {
	for accept, want := range map[string]bool{
		"": true, "*/*": true, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": true,
		"text/event-stream": false, "application/json, text/event-stream": false, "application/json": false, "text/event-stream, */*": false,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		if accept != "" {
			r.Header.Set("Accept", accept)
		}
		if got := downloads.WantsPage(r); got != want {
			t.Errorf("Accept %q: %v, want %v", accept, got, want)
		}
	}
}

// A page costs little, because anybody may ask for it: its template is parsed once.
func TestPagesAreCheap(t *testing.T) {
	s := newServer(t, ready, downloads.Options{})
	allocs := testing.AllocsPerRun(20, func() { visit(t, s, "/", "fit.example:8081") })
	if most := 500.0; allocs > most {
		t.Errorf("the home page takes %.0f allocations; it should take at most %.0f", allocs, most)
	}
}
