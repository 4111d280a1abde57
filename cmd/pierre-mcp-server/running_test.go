package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/cli"
)

// A log is written by the server while the test reads.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// find waits for a line that matches, and returns what its first group matched.
func (l *log) find(t *testing.T, pattern string) string {
	t.Helper()
	line := regexp.MustCompile(pattern)
	for deadline := time.After(20 * time.Second); ; {
		l.mu.Lock()
		text := l.text.String()
		l.mu.Unlock()
		if m := line.FindStringSubmatch(text); m != nil {
			return m[1]
		}
		select {
		case <-deadline:
			t.Fatalf("nothing in the log matches %s:\n%s", pattern, text)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// running starts a server for many on a free port; it ends with the test, by itself and without an error.
func running(t *testing.T, args ...string) (url string, l *log) {
	t.Helper()
	l = &log{}
	ctx, cancel := context.WithCancel(t.Context())
	w := cli.World{Getenv: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: l}
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(ctx, newRoot(w), append([]string{"--port", "0", "--data-dir", t.TempDir()}, args...), w)
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("the server ended with %d:\n%s", code, &l.text)
		}
	})
	return l.find(t, `msg=listening url=(\S+)`), l
}

func get(t *testing.T, client *http.Client, url, accept string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

func TestRoutes(t *testing.T) {
	url, _ := running(t, "--downloads-dir", t.TempDir())
	client := &http.Client{Timeout: time.Minute}
	for _, tc := range []struct {
		path, accept string
		status       int
		want         string
	}{
		{"/", "text/html", http.StatusOK, "<title>Pierre</title>"},
		{"/", "text/event-stream", http.StatusMethodNotAllowed, ""},
		{"/install.sh", "", http.StatusOK, "origin='http://127.0.0.1:"},
		{"/download/", "", http.StatusOK, "no builds yet"},
		{"/download/mcp-client_linux_amd64", "", http.StatusNotFound, "no build"},
		{"/health", "", http.StatusOK, "ok"},
		{"/ready", "", http.StatusOK, "ready"},
		{"/metrics", "", http.StatusOK, "pierre_mcp_sessions 0"},
		{"/nowhere", "", http.StatusNotFound, ""},
		{"/admin/api-keys", "", http.StatusUnauthorized, ""},
	} {
		if status, body := get(t, client, url+tc.path, tc.accept); status != tc.status || !strings.Contains(body, tc.want) {
			t.Errorf("%s (%s) answered %d %.200s; want %d with %q", tc.path, tc.accept, status, body, tc.status, tc.want)
		}
	}
}

// With a listener of their own, the metrics are for everybody who can reach it, and not on the other one.
func TestMetricsHaveAListenerOfTheirOwn(t *testing.T) {
	url, l := running(t, "--metrics-addr", "127.0.0.1:0")
	client := &http.Client{Timeout: time.Minute}
	metrics := l.find(t, `msg="listening for metrics" url=(\S+)`)
	if status, body := get(t, client, metrics, ""); status != http.StatusOK || !strings.Contains(body, "go_goroutines") {
		t.Errorf("%s answered %d %.100s", metrics, status, body)
	}
	if status, _ := get(t, client, url+"/metrics", ""); status != http.StatusNotFound {
		t.Errorf("%s/metrics answered %d, want 404", url, status)
	}
}

func TestHangupReadsTheCertificateAgain(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	issue(t, cert, key, "old.example")
	url, l := running(t, "--tls-cert", cert, "--tls-key", key)
	served := func() string {
		conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "https://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if got := served(); got != "old.example" {
		t.Fatalf("served %s", got)
	}
	issue(t, cert, key, "new.example")
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGHUP); err != nil {
		t.Skipf("this system has no SIGHUP: %v", err)
	}
	l.find(t, `(SIGHUP: read the certificate again)`)
	if got := served(); got != "new.example" {
		t.Errorf("served %s after SIGHUP", got)
	}
}

// issue writes a certificate and its key.
func issue(t *testing.T, cert, key, name string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A personal server speaks MCP on stdio, and on HTTP to programs, not to web pages.
func TestPersonalServer(t *testing.T) {
	stdin, host := io.Pipe()
	var stdout, stderr log
	w := cli.World{Getenv: func(string) string { return "" }, Stdin: stdin, Stdout: &stdout, Stderr: &stderr}
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(t.Context(), newRoot(w), []string{"--single-tenant", "--port", "0", "--data-dir", t.TempDir()}, w)
		stdin.Close() // a server that ended early must not hold up the test
	}()
	io.WriteString(host, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`+"\n")
	stdout.find(t, `"name":"(pierre-mcp-server)"`)
	url := stderr.find(t, `msg=listening url=(\S+)`)
	client := &http.Client{Timeout: time.Minute}
	for origin, want := range map[string]int{"": http.StatusOK, "http://localhost:3000": http.StatusForbidden, "null": http.StatusForbidden} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_stats","arguments":{}}}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("Origin %q: %d, want %d", origin, resp.StatusCode, want)
		}
	}
	if status, body := get(t, client, url+"/", "text/html"); status != http.StatusOK || !strings.Contains(body, "Your personal server") {
		t.Errorf("the page answered %d %.100s", status, body)
	}
	host.Close()
	if code := <-ended; code != 0 {
		t.Errorf("it ended with %d:\n%s", code, &stderr.text)
	}
}
