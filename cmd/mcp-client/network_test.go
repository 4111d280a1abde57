package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// An authority issues certificates, and writes files for the flags.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	cert := a.issue("authority", func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	a.cert, a.key = cert.Leaf, cert.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

// issue makes a certificate for 127.0.0.1, by default valid now, and writes NAME.pem and NAME.key.
func (a *authority) issue(name string, change func(*x509.Certificate)) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	change(template)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".pem", "CERTIFICATE", der)
	a.write(name+".key", "PRIVATE KEY", keyDER)
	pair, err := tls.LoadX509KeyPair(a.file(name+".pem"), a.file(name+".key"))
	if err != nil {
		a.t.Fatal(err)
	}
	return pair
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

func (a *authority) write(name, kind string, der []byte) {
	a.t.Helper()
	if err := os.WriteFile(a.file(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func same(*x509.Certificate) {}

func TestCertificates(t *testing.T) {
	a := newAuthority(t)
	good := a.issue("good", same)
	expired := a.issue("expired", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	foreign := a.issue("foreign", func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example"} })
	a.issue("client", same)
	clients := x509.NewCertPool()
	clients.AddCert(a.cert)
	ca := []string{"--ca-cert", a.file("authority.pem")}
	for _, tt := range []struct {
		name   string
		config *tls.Config
		args   []string
		want   []string // in the error; none: it works
	}{
		{"own authority", &tls.Config{Certificates: []tls.Certificate{good}}, ca, nil},
		{"unknown authority", &tls.Config{Certificates: []tls.Certificate{good}}, nil, []string{"127.0.0.1", "does not know", "--ca-cert"}},
		{"expired", &tls.Config{Certificates: []tls.Certificate{expired}}, ca, []string{"not valid at this time", "clock"}},
		{"another name", &tls.Config{Certificates: []tls.Certificate{foreign}}, ca, []string{"other.example"}},
		{
			"client certificate", &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients},
			append([]string{"--client-cert", a.file("client.pem"), "--client-key", a.file("client.key")}, ca...), nil,
		},
		{
			"client certificate missing", &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients},
			ca,
			[]string{"certificate required", "--client-cert"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newMCPServer(t, func(srv *httptest.Server) {
				srv.TLS = tt.config
				srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
				srv.StartTLS()
			})
			p := launch(t, nil, "mcp-client", append(tt.args, "--url", s.URL)...)
			p.send(initializeLine)
			got := p.answer(0)
			if tt.want == nil && got.Result == nil {
				t.Errorf("error = %s", got.Error.Message)
			}
			for _, want := range tt.want {
				if !strings.Contains(got.Error.Message, want) {
					t.Errorf("error %q does not say %q", got.Error.Message, want)
				}
			}
		})
	}
	t.Run("no TLS on the port", func(t *testing.T) {
		s := newMCPServer(t, (*httptest.Server).Start)
		p := launch(t, nil, "mcp-client", "--url", "https://"+s.Listener.Addr().String())
		p.send(initializeLine)
		if got := p.answer(0); !strings.Contains(got.Error.Message, "does not speak TLS") {
			t.Errorf("error = %+v", got.Error)
		}
	})
}

// The key goes to the host of --url and nowhere else.
func TestRedirectNeverSeesTheKey(t *testing.T) {
	other := newMCPServer(t, (*httptest.Server).Start)
	s := httptest.NewServer(http.RedirectHandler(other.URL+"/mcp", http.StatusPermanentRedirect))
	t.Cleanup(s.Close)
	p := launch(t, nil, "mcp-client", "--url", s.URL)
	p.send(initializeLine)
	if got := p.answer(0); !strings.Contains(got.Error.Message, other.URL) || !strings.Contains(got.Error.Message, "no redirect") {
		t.Errorf("error = %+v", got.Error)
	}
	if len(other.seen) > 0 {
		t.Errorf("the other host got %d requests", len(other.seen))
	}
}

func TestProxies(t *testing.T) {
	s := newMCPServer(t, (*httptest.Server).Start)
	proxied := make(chan string, 16)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxied <- r.Host
		if r.Method == http.MethodConnect {
			http.Error(w, "log in first", http.StatusProxyAuthRequired)
			return
		}
		(&httputil.ReverseProxy{Rewrite: func(pr *httputil.ProxyRequest) {
			pr.Out.URL.Scheme, pr.Out.URL.Host = "http", s.Listener.Addr().String()
		}}).ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		proxy.CloseClientConnections()
		proxy.Close()
	})
	const url = "http://pierre.invalid:8081"
	for name, tt := range map[string]struct{ env, args []string }{
		"HTTP_PROXY": {[]string{"HTTP_PROXY=" + proxy.URL}, nil},
		"--proxy":    {nil, []string{"--proxy", proxy.URL}},
	} {
		t.Run(name, func(t *testing.T) {
			launch(t, tt.env, "mcp-client", append(tt.args, "--url", url, "--allow-http")...).handshake()
			if host := <-proxied; host != "pierre.invalid:8081" {
				t.Errorf("the proxy was asked for %s", host)
			}
		})
	}
	for len(proxied) > 0 {
		<-proxied
	}
	t.Run("NO_PROXY", func(t *testing.T) {
		p := launch(t, []string{"HTTP_PROXY=" + proxy.URL, "NO_PROXY=.invalid"}, "mcp-client", "--url", url, "--allow-http")
		p.send(initializeLine)
		p.in.Close() // it would wait for the name to be found
		p.answer(0)
		if len(proxied) > 0 {
			t.Error("the proxy was asked")
		}
	})
	t.Run("a proxy that refuses", func(t *testing.T) {
		p := launch(t, []string{"HTTPS_PROXY=" + proxy.URL}, "mcp-client", "--url", "https://pierre.invalid")
		p.send(initializeLine)
		if got := p.answer(0); !strings.Contains(got.Error.Message, "proxy") || !strings.Contains(got.Error.Message, "407") {
			t.Errorf("error = %+v", got.Error)
		}
	})
}

func TestExtraHeaders(t *testing.T) {
	s := newMCPServer(t, (*httptest.Server).Start)
	p := launch(t, []string{"TEAM=red$1"}, "mcp-client", "--url", s.URL, "--header", "X-Team: ${TEAM} team", "--header", "X-Cost: $5")
	p.handshake()
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.seen[0].Header; h.Get("X-Team") != "red$1 team" || h.Get("X-Cost") != "$5" || !strings.HasPrefix(h.Get("User-Agent"), "mcp-client/") {
		t.Errorf("headers = %v", h)
	}
}

// A connection that is reset by the network, not closed by the server.
func TestConnectionReset(t *testing.T) {
	ln := listen(t, "127.0.0.1:0")
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || strings.Contains(string(body), `"initialize"`) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{}}}`)
			return
		}
		if strings.Contains(string(body), "notifications/") || r.Method != http.MethodPost {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	})}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	t.Cleanup(func() {
		srv.Close()
		<-done
	})
	p := launch(t, nil, "mcp-client", "--url", "http://"+ln.Addr().String())
	p.handshake()
	p.send(callLine(1, "write"))
	if got := p.answer(1); !strings.Contains(got.Error.Message, "reset") || !strings.Contains(got.Error.Message, "may or may not") {
		t.Errorf("error = %+v", got.Error)
	}
}
