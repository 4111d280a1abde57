package connection_test

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/connection"
)

// certificateOf writes the certificate of a server into a file.
func certificateOf(t *testing.T, srv *httptest.Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func get(t *testing.T, s connection.Settings, path string) (*http.Response, error) {
	t.Helper()
	e, err := s.Endpoint(env(nil))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.At(path).String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	e.Authorize(req)
	resp, err := e.HTTP.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	return resp, err
}

// A server of one's own authority is trusted with --ca-cert, and only with it.
func TestOwnAuthority(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	if _, err := get(t, connection.Settings{URL: srv.URL, CACert: certificateOf(t, srv)}, "/health"); err != nil {
		t.Errorf("with its certificate: %v", err)
	}
	_, err := get(t, connection.Settings{URL: srv.URL}, "/health")
	if unknown := (x509.UnknownAuthorityError{}); !errors.As(err, &unknown) {
		t.Errorf("without: %v", err)
	}
}

// The key goes to the host of the URL, and not to where that host sends its clients.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other server got %v", r.Header)
	}))
	defer elsewhere.Close()
	srv := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer srv.Close()
	resp, err := get(t, connection.Settings{URL: srv.URL, AuthKey: "pk_live_a"}, "/api/import")
	if err != nil || resp.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("%v, %v", resp, err)
	}
}

// A proxy gets requests for other machines, even if the environment names another one.
func TestProxy(t *testing.T) {
	asked := make(chan string, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.String() }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	if _, err := get(t, connection.Settings{URL: "http://pierre.example", AllowHTTP: true, Proxy: proxy.URL}, "/health"); err != nil {
		t.Fatal(err)
	}
	if got := <-asked; got != "http://pierre.example/health" {
		t.Errorf("the proxy was asked for %s", got)
	}
}

// Mistakes in files and flags are found before anything is sent, and name the flag.
func TestTransportMistakes(t *testing.T) {
	dir := t.TempDir()
	noPEM := filepath.Join(dir, "no.pem")
	if err := os.WriteFile(noPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		settings connection.Settings
		says     string
	}{
		"missing authority":      {connection.Settings{CACert: filepath.Join(dir, "missing")}, "reading --ca-cert"},
		"a folder as authority":  {connection.Settings{CACert: dir}, "reading --ca-cert"},
		"no PEM":                 {connection.Settings{CACert: noPEM}, "holds no PEM certificate"},
		"certificate alone":      {connection.Settings{ClientCert: noPEM}, "need each other"},
		"its key alone":          {connection.Settings{ClientKey: noPEM}, "need each other"},
		"a broken certificate":   {connection.Settings{ClientCert: noPEM, ClientKey: noPEM}, "loading --client-cert"},
		"a proxy without scheme": {connection.Settings{Proxy: "proxy:3128"}, "--proxy must look like"},
		"no URL as proxy":        {connection.Settings{Proxy: "http://%zz"}, "--proxy must look like"},
	} {
		tc.settings.URL = "https://a.example"
		if _, err := tc.settings.Endpoint(env(nil)); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want %q", name, err, tc.says)
		}
	}
	_, err := (&connection.Settings{URL: "https://a.example", CACert: filepath.Join(dir, "missing")}).Endpoint(env(nil))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cause of a missing file is lost: %v", err)
	}
}
