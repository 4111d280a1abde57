package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/doctor"
	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/redisconn"
	"github.com/pierre-mcp/pierre/internal/redistest"
	"github.com/pierre-mcp/pierre/internal/store"
)

// examined runs the doctor and returns its checks by name, the worst of each.
func (s site) examined(t *testing.T, args ...string) map[string]doctor.Check {
	t.Helper()
	code, out := s.command(t.Context(), append([]string{"doctor", "--json"}, args...)...)
	text, _, _ := strings.Cut(out, "\npierre-mcp-server: ")
	var report doctor.Report
	if err := json.Unmarshal([]byte(text), &report); err != nil || report.OK != (code == 0) {
		t.Fatalf("doctor ended with %d: %s, %v", code, out, err)
	}
	rank := map[doctor.Status]int{doctor.OK: 1, doctor.Warn: 2, doctor.Fail: 3}
	found := map[string]doctor.Check{}
	for _, c := range report.Checks {
		if rank[c.Status] >= rank[found[c.Name].Status] {
			found[c.Name] = c
		}
		if (c.Status == doctor.Fail || c.Status == doctor.Warn) && c.Fix == "" {
			t.Errorf("%+v says not what to do", c)
		}
	}
	return found
}

func expect(t *testing.T, found map[string]doctor.Check, name string, status doctor.Status, detail string) {
	t.Helper()
	if c := found[name]; c.Status != status || !strings.Contains(c.Detail, detail) {
		t.Errorf("%s is %+v; want %s with %q", name, c, status, detail)
	}
}

func TestDoctorOfAHealthyServer(t *testing.T) {
	folder := t.TempDir()
	here := site{dir: filepath.Join(t.TempDir(), "data")}
	here.adminToken(t)
	origin, _ := here.serve(t)
	if code, out := here.command(t.Context(), "backup", folder, "--without-secrets"); code != 0 {
		t.Fatal(out)
	}
	here.more = map[string]string{"BACKUP_DIR": folder}
	found := here.examined(t, "--public-url", origin)
	for _, name := range []string{"settings", "data folder", "file modes", "database", "integrity", "public URL", "client address", "streaming", "secrets", "backups"} {
		expect(t, found, name, doctor.OK, "")
	}
	expect(t, found, "server", doctor.OK, "one server uses the database")
	expect(t, found, "redis", doctor.Skipped, "")
	expect(t, found, "mail", doctor.Skipped, "pierre-admin-service doctor")
	if code, out := here.command(t.Context(), "doctor", "--public-url", origin); code != 0 || !strings.Contains(out, "ok       database") {
		t.Errorf("for people it prints, with %d:\n%s", code, out)
	}
}

func TestDoctorFindsFaultsOfTheFolder(t *testing.T) {
	here, folder := site{dir: filepath.Join(t.TempDir(), "data")}, t.TempDir()
	expect(t, here.examined(t), "data folder", doctor.Skipped, "not there yet")
	here.adminToken(t)
	expect(t, here.examined(t), "server", doctor.OK, "no server uses")
	expect(t, here.examined(t), "backups", doctor.Warn, "BACKUP_DIR")
	here.more = map[string]string{"BACKUP_DIR": folder}
	expect(t, here.examined(t), "backups", doctor.Fail, "no backup")
	if err := os.WriteFile(filepath.Join(folder, "pierre-mcp-server-20261101T000000.000Z.zip"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, here.examined(t), "backups", doctor.Fail, "old")
	database, old := filepath.Join(here.dir, "pierre.db"), time.Now().Add(-500*24*time.Hour)
	for _, err := range []error{os.Chmod(here.dir, 0o755), os.Chmod(database, 0o644), os.Chtimes(filepath.Join(here.dir, "jwt.secret"), old, old)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	found := here.examined(t)
	expect(t, found, "data folder", doctor.Warn, "0755")
	expect(t, found, "file modes", doctor.Fail, database)
	expect(t, found, "secrets", doctor.Warn, "jwt.secret")
	if err := os.Link(database, filepath.Join(here.dir, "second.db")); err != nil {
		t.Fatal(err)
	}
	expect(t, here.examined(t), "server", doctor.Fail, "hard link")
	text, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	for page, check := range map[int]string{rootPage(t, here, "calls"): "integrity", 1: "database"} {
		damaged := bytes.Clone(text)
		copy(damaged[(page-1)*4096:], strings.Repeat("\xff", 64))
		if err := os.WriteFile(database, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		expect(t, here.examined(t), check, doctor.Fail, "damaged")
	}
	expect(t, here.examined(t, "--port", "x"), "settings", doctor.Fail, "--port")
}

// rootPage returns which page of the database's file a table begins in.
func rootPage(t *testing.T, s site, table string) int {
	t.Helper()
	st, err := store.Open("", s.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var page int
	if err := st.Base().Row(t.Context(), `SELECT rootpage FROM sqlite_master WHERE name = $1`, table).Scan(&page); err != nil {
		t.Fatal(err)
	}
	return page
}

func TestDoctorOfPostgresAndRedis(t *testing.T) {
	server := redistest.Start(t)
	here := site{dir: filepath.Join(t.TempDir(), "data"), database: pgtest.URL(t)}
	here.adminToken(t)
	found := here.examined(t, "--redis-url", server.URL())
	for _, name := range []string{"database", "connections", "clock", "redis"} {
		expect(t, found, name, doctor.OK, "")
	}
	client, err := redisconn.Open(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for name, value := range map[string]string{"maxmemory": "100mb", "maxmemory-policy": "allkeys-lru"} {
		if err := client.ConfigSet(t.Context(), name, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, here.examined(t, "--redis-url", server.URL()), "redis", doctor.Fail, "allkeys-lru")
	expect(t, here.examined(t, "--redis-url", "redis://127.0.0.1:1/0"), "redis", doctor.Fail, "cannot be reached")
	expect(t, here.examined(t, "--database-url", "postgresql://nobody@127.0.0.1:1/none"), "database", doctor.Fail, "")
}

// A proxy is found out by what it does to a request of the doctor.
func TestDoctorTriesTheProxy(t *testing.T) {
	here := site{dir: filepath.Join(t.TempDir(), "data")}
	here.adminToken(t)
	trusting := here
	trusting.more = map[string]string{"TRUSTED_PROXIES": "127.0.0.0/8"}
	origin, _ := trusting.serve(t)
	target, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	proxy := func(rewrite func(*httputil.ProxyRequest), buffered bool) string {
		p := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); rewrite(r) }}
		if buffered {
			p.ModifyResponse = func(resp *http.Response) error {
				text, err := io.ReadAll(resp.Body)
				resp.Body = io.NopCloser(strings.NewReader(string(text)))
				return err
			}
		}
		s := httptest.NewServer(p)
		t.Cleanup(s.Close)
		return s.URL
	}
	appends := func(r *httputil.ProxyRequest) {
		r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		r.SetXForwarded()
	}
	found := here.examined(t, "--public-url", proxy(appends, false))
	expect(t, found, "public URL", doctor.OK, "")
	expect(t, found, "client address", doctor.OK, "through the proxy")
	expect(t, found, "streaming", doctor.OK, "")
	found = here.examined(t, "--public-url", proxy(func(r *httputil.ProxyRequest) { r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"] }, true))
	expect(t, found, "client address", doctor.Fail, "clients make up")
	expect(t, found, "streaming", doctor.Fail, "holds answers back")
	expect(t, here.examined(t, "--public-url", proxy(func(*httputil.ProxyRequest) {}, false)), "client address", doctor.Fail, "does not say whose requests")
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	expect(t, here.examined(t, "--public-url", other.URL), "public URL", doctor.Fail, "something else answers, with 404")
	expect(t, here.examined(t, "--public-url", "http://127.0.0.1:1"), "public URL", doctor.Fail, "does not answer")
	secured := httptest.NewTLSServer(http.NotFoundHandler())
	defer secured.Close()
	expect(t, here.examined(t, "--public-url", secured.URL), "public URL", doctor.Fail, "not trusted")
	if status, _, err := ask(t.Context(), http.MethodGet, origin+"/health/probe", "x", ""); err != nil || status != http.StatusNotFound {
		t.Errorf("the probe answers strangers with %d, %v", status, err)
	}
}

// Behind a proxy that is not trusted, all clients seem to be the proxy.
func TestDoctorFindsAnUntrustedProxy(t *testing.T) {
	here := site{dir: filepath.Join(t.TempDir(), "data")}
	here.adminToken(t)
	origin, _ := here.serve(t)
	target, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(&httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.SetXForwarded() }})
	defer s.Close()
	expect(t, here.examined(t, "--public-url", s.URL), "client address", doctor.Fail, "not among --trusted-proxies")
}
