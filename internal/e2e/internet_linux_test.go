//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/browser"
	"github.com/pierre-mcp/pierre/internal/provider/providertest"
	"github.com/pierre-mcp/pierre/internal/redistest"
)

const (
	// ownInternet is set, to the URL of a database, where the machine's network is one of the test's own.
	ownInternet = "PIERRE_E2E_OWN_INTERNET"
	// ouraAddress is where the names of Oura's servers lead there. The servers reach public addresses only.
	ouraAddress = "11.0.0.1"
	ouraNames   = "api.ouraring.com cloud.ouraring.com"
	peerHeader  = "X-Peer"
)

// withOwnInternet runs the test again in a process whose network has nobody in it, and in which the names of a provider's
// servers lead to the process: the programs are those that everybody has, and ask where they always ask.
func withOwnInternet(t *testing.T) {
	t.Helper()
	browser.Path(t)
	if !networks() {
		if inCI() {
			t.Fatal("CI has to give programs a network of their own")
		}
		t.Skip("programs cannot be given a network of their own")
	}
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte("127.0.0.1 localhost\n"+ouraAddress+" "+ouraNames+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const enter = `set -e
ip() { command ip "$@" 2>/dev/null || busybox ip "$@"; }
mount --make-rprivate /
mount --bind "$1" /etc/hosts
ip link set lo up
ip addr add ` + ouraAddress + `/32 dev lo
exec "$2" -test.run "^$3\$" -test.v`
	cmd := exec.CommandContext(t.Context(), "sh", "-c", enter, "sh", hosts, program, t.Name())
	cmd.Env = append(os.Environ(), "PIERRE_E2E_PROGRAMS="+bin, ownInternet+"="+socketDatabase(t))
	cmd.SysProcAttr = ownNetwork()
	cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNS
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
}

// accounts are two servers on one database, behind a load balancer, and a provider's fake at that provider's addresses.
type accounts struct {
	t        *testing.T
	fake     *providertest.Fake
	replicas []*server
	url      string // of the balancer
	db       *sql.DB
	key      key
}

func startAccounts(t *testing.T, database string) *accounts {
	t.Helper()
	a := &accounts{t: t}
	for _, d := range providertest.Dialects() {
		if d.Name == "oura" {
			a.fake = providertest.New(t, d, time.Now, ouraActivities, ouraDays)
		}
	}
	front := httptest.NewServer(a.balance())
	t.Cleanup(front.Close)
	a.url = front.URL
	env := append(os.Environ(), "DATABASE_URL="+database, "REDIS_URL="+redistest.Start(t).URL(), "PUBLIC_URL="+a.url,
		"SSL_CERT_FILE="+a.serveOura(),
		"JWT_SECRET=qL0zvWmT9hXe4KcJ2rUyB7nGd5sPaF1i", "ENCRYPTION_KEY=Zt8oNvR3wQxE6yHjM0uKbC4gLf9kDs2p",
		"PIERRE_PROVIDER_OURA_CLIENT_ID="+providertest.ClientID, "PIERRE_PROVIDER_OURA_CLIENT_SECRET="+providertest.ClientSecret)
	migrate := exec.Command(filepath.Join(bin, "pierre-mcp-server"), "migrate", "--data-dir", t.TempDir())
	migrate.Env = env
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for range 2 {
		s := &server{t: t, data: t.TempDir(), port: freePort(t)}
		s.url = "http://127.0.0.1:" + s.port
		s.env = append(slices.Clip(env), "PIERRE_DATA_DIR="+s.data)
		s.start()
		t.Cleanup(func() {
			if s.cmd != nil {
				if err := s.stop(syscall.SIGTERM); err != nil {
					t.Errorf("%v\n%s", err, s.stderr)
				}
			}
			if t.Failed() {
				t.Logf("%s:\n%s", s.url, s.stderr)
			}
		})
		a.replicas = append(a.replicas, s)
	}
	s := a.replicas[0]
	s.admin = strings.TrimSpace(s.setup("generate-token", "--service", "e2e", "--super-admin"))
	a.key = s.provision(`{"user_email":"ana@example.com","tier":"enterprise"}`)
	var err error
	if a.db, err = sql.Open("pgx", database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.db.Close() })
	return a
}

// balance sends each request to another server than the one before, if that runs.
func (a *accounts) balance() http.Handler {
	var turn atomic.Int64
	return &httputil.ReverseProxy{
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		Rewrite: func(r *httputil.ProxyRequest) {
			n := int(turn.Add(1)) % len(a.replicas)
			if a.replicas[n].cmd == nil {
				n = (n + 1) % len(a.replicas)
			}
			r.SetURL(&url.URL{Scheme: "http", Host: "127.0.0.1:" + a.replicas[n].port})
			r.SetXForwarded()
		},
	}
}

// serveOura serves the fake at Oura's addresses, and returns the file of the certificate.
func (a *accounts) serveOura() string {
	a.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: strings.Fields(ouraNames), IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		a.t.Fatal(err)
	}
	file := filepath.Join(a.t.TempDir(), "roots.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
	ln, err := net.Listen("tcp", ouraAddress+":443")
	if err != nil {
		a.t.Fatal(err)
	}
	to, err := url.Parse(a.fake.URL)
	if err != nil {
		a.t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(&httputil.ReverseProxy{ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Header.Set(peerHeader, r.In.RemoteAddr)
	}})
	srv.Listener.Close()
	srv.Listener, srv.Config.ErrorLog = ln, slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}}
	srv.StartTLS()
	a.t.Cleanup(srv.Close)
	return file
}

// holder is the server that has the other end of a connection from peer.
func (a *accounts) holder(peer string) *server {
	a.t.Helper()
	_, port, _ := net.SplitHostPort(peer)
	number, err := strconv.Atoi(port)
	if err != nil {
		a.t.Fatal(err)
	}
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		a.t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line) // 1: local address, 9: inode
		if len(fields) < 10 || !strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", number)) {
			continue
		}
		for _, s := range a.replicas {
			files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", s.cmd.Process.Pid))
			for _, f := range files {
				if to, _ := os.Readlink(f); to == "socket:["+fields[9]+"]" {
					return s
				}
			}
		}
	}
	a.t.Fatalf("no server has a connection from %s\n%s", peer, table)
	return nil
}

// execute changes the database as nobody else does.
func (a *accounts) execute(statement string) {
	a.t.Helper()
	if r, err := a.db.ExecContext(a.t.Context(), statement); err != nil {
		a.t.Fatal(err)
	} else if n, _ := r.RowsAffected(); n != 1 {
		a.t.Fatalf("%s changed %d rows", statement, n)
	}
}

// count asks the database with the user's id.
func (a *accounts) count(query string) (n int) {
	a.t.Helper()
	if err := a.db.QueryRowContext(a.t.Context(), query, a.key.UserID).Scan(&n); err != nil {
		a.t.Fatal(err)
	}
	return n
}
