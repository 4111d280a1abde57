package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/probe"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
)

// A behind is a server and a site behind a real proxy, which listens with TLS.
type behind struct {
	site

	addr string // of the proxy
	key  string
	logs string // the file in which the proxy writes
	stop func() // ends the server behind it
}

// clientIP is the address that clients come from: another than the proxies'.
const clientIP = "127.0.0.2"

// client reaches any name at the proxy.
func (b behind) client() *http.Client {
	return &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(clientIP)}}).DialContext(ctx, network, b.addr)
		},
	}}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// example reads an example configuration and replaces what an operator replaces, each of which must be there.
func example(t *testing.T, path string, replace ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../deploy", path))
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(replace); n += 2 {
		if !bytes.Contains(text, []byte(replace[n])) {
			t.Fatalf("%s has no %q", path, replace[n])
		}
	}
	return strings.NewReplacer(replace...).Replace(string(text))
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// proxy is how a kind of proxy is set up from its example.
type proxy struct {
	program string
	command func(t *testing.T, dir, addr, server, admin string) *exec.Cmd
}

func proxies() []proxy {
	return []proxy{
		{"caddy", func(t *testing.T, dir, addr, server, admin string) *exec.Cmd {
			_, port, _ := net.SplitHostPort(addr)
			text := example(t, "caddy/Caddyfile",
				"\tservers {", "\tadmin off\n\tauto_https disable_redirects\n\tlocal_certs\n\tskip_install_trust\n\thttps_port "+port+"\n\tservers {",
				"lb_try_duration 10s", "lb_try_duration 100ms")
			cmd := exec.CommandContext(t.Context(), "caddy", "run", "--config", write(t, dir, "Caddyfile", text), "--adapter", "caddyfile")
			cmd.Env = append(cmd.Environ(), "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir, "HOME="+dir, "MCP_ADDR="+server, "ADMIN_ADDR="+admin)
			return cmd
		}},
		{"nginx", func(t *testing.T, dir, addr, server, admin string) *exec.Cmd {
			issue(t, filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), "pierre.example.com")
			plain := freeAddr(t)
			text := example(t, "nginx/pierre.conf",
				"listen 443 ssl http2;", "listen "+addr+" ssl http2;", "listen [::]:443 ssl http2;", "", "listen 80;", "listen "+plain+";", "listen [::]:80;", "",
				"server 127.0.0.1:8081;", "server "+server+";", "server 127.0.0.1:8082;", "server "+admin+";",
				"/etc/letsencrypt/live/pierre.example.com/fullchain.pem", dir+"/cert.pem", "/etc/letsencrypt/live/pierre.example.com/privkey.pem", dir+"/key.pem",
				"/etc/letsencrypt/live/keys.example.com/fullchain.pem", dir+"/cert.pem", "/etc/letsencrypt/live/keys.example.com/privkey.pem", dir+"/key.pem")
			for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
				text += fmt.Sprintf("\n%s_temp_path %s/%s;", kind, dir, kind)
			}
			main := fmt.Sprintf("daemon off;\npid %[1]s/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log %[1]s/log;\ninclude %[1]s/pierre.conf;\n}\n", dir)
			write(t, dir, "pierre.conf", text)
			return exec.CommandContext(t.Context(), "nginx", "-p", dir, "-c", write(t, dir, "nginx.conf", main))
		}},
	}
}

// start runs a proxy in front of a server, and of a stand-in for the site that tells what reaches it.
func (p proxy) start(t *testing.T) behind {
	t.Helper()
	if _, err := exec.LookPath(p.program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is needed in CI", p.program)
		}
		t.Skipf("%s is not here", p.program)
	}
	b := behind{site: site{dir: filepath.Join(t.TempDir(), "data"), more: map[string]string{"TRUSTED_PROXIES": "127.0.0.1/32,::1/128"}}, addr: freeAddr(t)}
	b.key = b.adminToken(t)
	origin, stop := b.serve(t)
	b.stop = stop
	admin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "site %s %s %s", r.Host, r.Header.Get("X-Forwarded-For"), r.Header.Get("X-Forwarded-Proto"))
	}))
	t.Cleanup(admin.Close)
	dir := t.TempDir()
	b.logs = filepath.Join(dir, "log")
	out, err := os.OpenFile(b.logs, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := p.command(t, dir, b.addr, strings.TrimPrefix(origin, "http://"), strings.TrimPrefix(admin.URL, "http://"))
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			text, err := os.ReadFile(b.logs)
			t.Logf("%s wrote, %v:\n%s", p.program, err, text)
		}
	})
	deadline := time.Now().Add(time.Minute)
	for _, name := range []string{"pierre", "keys"} {
		for {
			status, _, err := askBy(t.Context(), b.client(), "https://"+name+".example.com/ready", "", http.NoBody, 0)
			if err == nil && status == http.StatusOK {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s does not answer: %d, %v", p.program, status, err)
			}
			<-time.After(20 * time.Millisecond)
		}
	}
	return b
}

// The example configurations of proxies do what they say: streams pass as they come, uploads up to the server's limit pass without
// waiting on a disk, clients' addresses are the real ones, the site has a name of its own, metrics stay inside.
func TestProxyExamples(t *testing.T) {
	for _, p := range proxies() {
		t.Run(p.program, func(t *testing.T) {
			b := p.start(t)
			client := b.client()
			if status, body := get(t, client, "https://keys.example.com/", ""); status != http.StatusOK || body != "site keys.example.com "+clientIP+" https" {
				t.Errorf("the site answered %d %q", status, body)
			}
			if status, _ := get(t, client, "https://pierre.example.com/metrics", ""); status != http.StatusNotFound {
				t.Errorf("/metrics answered %d", status)
			}
			secret, err := keyring.JWTSecret(b.dir, keyring.Source{})
			if err != nil {
				t.Fatal(err)
			}
			a, err := probe.Ask(t.Context(), client, "https://pierre.example.com", secret, time.Now())
			if err != nil || !a.Streamed || !a.Trusted || a.Client != clientIP || a.Forwarded[len(a.Forwarded)-1] != clientIP {
				t.Errorf("requests reach the server as %+v, %v", a, err)
			}
			b.uploads(t, client)
			b.streams(t, client)
			b.keepsSecrets(t, client)
		})
	}
}

// keepsSecrets wants nothing in the proxy's log of what links and providers' calls hold, whether the server answers or not.
func (b behind) keepsSecrets(t *testing.T, client *http.Client) {
	t.Helper()
	for _, want := range []int{http.StatusNotFound, http.StatusBadGateway} {
		for _, path := range []string{"/connect/hidden-link", "/connect/callback/polar?code=hidden-code&state=x", "/hooks/strava/hidden-secret", "/v1/calendar/hidden-secret.ics", "/no-such-page"} {
			status, _ := get(t, client, "https://pierre.example.com"+path, "")
			if path == "/no-such-page" && status != want || status == http.StatusOK {
				t.Errorf("%s answered %d", path, status)
			}
		}
		b.stop()
	}
	deadline := time.Now().Add(time.Minute)
	for {
		text, err := os.ReadFile(b.logs)
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the request that failed is not in the log, %v", err)
		}
		if bytes.Contains(text, []byte("hidden")) {
			t.Error("the log holds secrets")
			return
		}
		if bytes.Contains(text, []byte("/no-such-page")) {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
}

// uploads sends 64 MB, which arrive, and announces more than the server takes, which the server refuses by itself: the proxy
// lets 2 GB pass. PIERRE_TEST_UPLOAD_MB sends as much as it says instead of 64.
func (b behind) uploads(t *testing.T, client *http.Client) {
	t.Helper()
	_, key := b.provision(t, client)
	size := int64(64 << 20)
	if text := os.Getenv("PIERRE_TEST_UPLOAD_MB"); text != "" {
		megabytes, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		size = megabytes << 20
	}
	const address = "https://pierre.example.com/api/import?name=a.fit"
	status, body, err := askBy(t.Context(), client, address, key, io.LimitReader(zeros{}, size), size)
	if err != nil || status != http.StatusOK || !strings.Contains(body, "a.fit") {
		t.Errorf("an upload of %d bytes answered %d %.300s, %v", size, status, body, err)
	}
	const over = 2048<<20 + 1 // MAX_UPLOAD_MB
	status, body, err = askBy(t.Context(), client, address, key, io.LimitReader(zeros{}, over), over)
	if err == nil && (status != http.StatusRequestEntityTooLarge || !strings.Contains(body, "limit of")) {
		t.Errorf("an upload of 2 GB and a byte answered %d %.300s", status, body)
	}
	if err != nil {
		t.Errorf("an upload of 2 GB and a byte got no answer: %v", err)
	}
}

// provision makes a key, and returns its id and the key.
func (b behind) provision(t *testing.T, client *http.Client) (id, key string) {
	t.Helper()
	status, body, err := askBy(t.Context(), client, "https://pierre.example.com/admin/provision-api-key", b.key, strings.NewReader(`{"user_email":"ana@example.com","tier":"starter"}`), 0)
	var made struct {
		ID  string `json:"api_key_id"`
		Key string `json:"api_key"`
	}
	if err = errors.Join(err, json.Unmarshal([]byte(body), &made)); err != nil || status != http.StatusCreated {
		t.Fatalf("provisioning answered %d %s, %v", status, body, err)
	}
	return made.ID, made.Key
}

// streams opens the streams of both eras of the protocol: each begins at once, carries its first event while it stays open, and
// ends with its key.
func (b behind) streams(t *testing.T, client *http.Client) {
	t.Helper()
	id, key := b.provision(t, client)
	c := &streamabletest.Client{T: t, URL: "https://pierre.example.com", Key: key, Transport: client.Transport}
	c.Initialize(`{}`)
	listening := c.Send(c.Request(http.MethodGet, "/mcp", ""))
	if listening.StatusCode != http.StatusOK {
		t.Fatalf("the stream of the older era: %s", listening.Status)
	}
	subscribed := c.Events(c.Send(c.ModernRequest("7", "subscriptions/listen", `"notifications":{"toolsListChanged":true}`)))
	if first, ok := subscribed.Next(); !ok || !strings.Contains(first.Data, "notifications/subscriptions/acknowledged") {
		t.Fatalf("the stream of the newer era begins with %v", first)
	}
	if resp := c.Post(streamabletest.Call("1", "get_stats", "")); !strings.Contains(resp.Text, `"structuredContent"`) {
		t.Errorf("a call of the older era beside its stream: %s %s", resp.Status, resp.Text)
	}
	if resp := c.Modern("2", "tools/call", `"name":"get_stats","arguments":{}`); !strings.Contains(resp.Text, `"structuredContent"`) {
		t.Errorf("a call of the newer era: %s %s", resp.Status, resp.Text)
	}
	admin := &streamabletest.Client{T: t, URL: c.URL, Key: b.key, Transport: c.Transport}
	if resp := admin.Do(admin.Request(http.MethodDelete, "/admin/api-keys/"+id, "")); resp.StatusCode != http.StatusOK {
		t.Fatalf("revoking answered %d %s", resp.StatusCode, resp.Text)
	}
	if events := c.Events(listening).All(); len(events) != 0 {
		t.Errorf("the stream of the older era had %v", events)
	}
	if events := subscribed.All(); len(events) != 1 || !strings.Contains(events[0].Data, `"result"`) {
		t.Errorf("the stream of the newer era ends with %v", events)
	}
}

// zeros are without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func askBy(ctx context.Context, client *http.Client, url, token string, body io.Reader, size int64) (int, string, error) {
	method := http.MethodPost
	if body == http.NoBody {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return 0, "", err
	}
	if size > 0 {
		req.ContentLength = size
		req.Header.Set("Expect", "100-continue")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw), err
}
