//go:build e2e

package e2e

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "github.com/mattn/go-sqlite3"    // the driver "sqlite3"

	"github.com/pierre-mcp/pierre/internal/pgtest"
)

// A gate stands between a site and its server. It kills the site at a moment of one request.
type gate struct {
	url string

	mu   sync.Mutex
	at   string // the beginning of "METHOD PATH"; "": never
	when string // before the server has the request, after it has answered, or answered: the site has the answer
	kill func(when string)
	done chan struct{}
}

func openGate(t *testing.T, to string) *gate {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(resp *http.Response) error {
			g.pass(resp.Request, "after")
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.pass(r, "before") {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		g.hold(r)
		proxy.ServeHTTP(w, r)
		g.pass(r, "answered")
	}))
	t.Cleanup(srv.Close)
	g.url = srv.URL
	return g
}

// arm makes the gate kill at the next such request. What it returns is closed then.
func (g *gate) arm(at, when string, kill func(when string)) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.at, g.when, g.kill, g.done = at, when, kill, make(chan struct{})
	return g.done
}

// hold prepares the kill that follows the answer.
func (g *gate) hold(r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.at != "" && g.when == "answered" && strings.HasPrefix(r.Method+" "+r.URL.Path, g.at) {
		g.kill("hold")
	}
}

func (g *gate) pass(r *http.Request, when string) (killed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.at == "" || g.when != when || !strings.HasPrefix(r.Method+" "+r.URL.Path, g.at) {
		return false
	}
	g.kill(when)
	g.at = ""
	close(g.done)
	return true
}

// A ledger is the site's database, which the test locks so that nothing is written.
type ledger struct {
	t    *testing.T
	db   *sql.DB
	lock string
	held *sql.Conn
}

func openLedger(t *testing.T, driver, dsn, lock string) *ledger {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &ledger{t: t, db: db, lock: lock}
}

func (l *ledger) hold() {
	conn, err := l.db.Conn(l.t.Context())
	if err == nil {
		_, err = conn.ExecContext(l.t.Context(), l.lock)
	}
	if err != nil {
		l.t.Error(err)
		return
	}
	l.held = conn
}

func (l *ledger) release() {
	if l.held != nil {
		l.held.ExecContext(l.t.Context(), "ROLLBACK")
		l.held.Close()
		l.held = nil
	}
}

var shownKey = regexp.MustCompile(`pk_live_[0-9A-Za-z]{32}`)

// TestSiteSurvivesKills ends the site with kill -9 at each step of provisioning and of showing a key, and goes on: there
// is exactly one key, and it is shown once.
func TestSiteSurvivesKills(t *testing.T) {
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			g := openGate(t, s.url)
			var l *ledger
			var env []string
			if kind == "postgres" {
				u := pgtest.URL(t)
				l = openLedger(t, "pgx", u, "BEGIN; LOCK TABLE portal_requests IN EXCLUSIVE MODE")
				env = []string{"DATABASE_URL=" + u, "ADMIN_ENCRYPTION_KEY=" + rand.Text() + rand.Text()}
			} else {
				dir := t.TempDir()
				l = openLedger(t, "sqlite3", filepath.Join(dir, "admin.db")+"?_busy_timeout=5000", "BEGIN IMMEDIATE")
				env = []string{"PIERRE_DATA_DIR=" + dir}
			}
			killAtEachStep(t, startSite(t, s, g.url, env...), g, l)
		})
	}
}

func killAtEachStep(t *testing.T, site *adminSite, g *gate, l *ledger) {
	staff := site.owner("olivia@example.com")
	kill := func(when string) {
		switch when {
		case "hold":
			l.hold()
			return
		case "answered": // the site has the answer; it keeps nothing, because the database is locked
			for range 3 {
				if resp, err := http.Get(site.url + "/health"); err == nil {
					resp.Body.Close()
				}
			}
		}
		site.end(syscall.SIGKILL)
		l.release()
	}
	const provision, rotate, find = "POST /admin/provision-api-key", "POST /admin/api-keys/", "GET /admin/api-keys"
	for n, step := range []struct{ name, at, when string }{
		{"when it was approved", "", ""},
		{"before the server is asked", provision, "before"},
		{"after the server made the key", provision, "after"},
		{"after the answer, before it is noted", provision, "answered"},
	} {
		t.Run("provisioning/"+step.name, func(t *testing.T) {
			email := fmt.Sprintf("p%d@example.com", n)
			path := site.verified(staff, email)
			if step.at == "" {
				site.approve(staff, path)
				site.end(syscall.SIGKILL)
			} else {
				killed := g.arm(step.at, step.when, kill)
				site.approve(staff, path)
				wait(t, killed)
				// The next try looks for a key first: it is killed there, too.
				site.start()
				killed = g.arm(find, "before", kill)
				if status, body, err := staff.do(http.MethodPost, path+"/retry", nil); err == nil && status >= http.StatusBadRequest {
					t.Fatalf("retrying: %d %s", status, body) // an error of the connection: the site was killed meanwhile
				}
				wait(t, killed)
			}
			site.start()
			if page := staff.get(path); strings.Contains(page, "Try now") {
				status, body, err := staff.do(http.MethodPost, path+"/retry", nil)
				if err != nil || status >= http.StatusBadRequest && status != http.StatusConflict { // a conflict: the site did it by itself
					t.Fatalf("retrying: %d, %v %s", status, err, body)
				}
			}
			eventually(t, 20*time.Second, func() error {
				if page := staff.get(path); !strings.Contains(page, "Key not shown yet") {
					return fmt.Errorf("the key is not there yet\n%s", site.stderr)
				}
				return nil
			})
			if keys := site.keys(email, false); len(keys) != 1 {
				t.Errorf("%d keys at the server, want 1: %+v", len(keys), keys)
			}
		})
	}
	for n, step := range []struct{ name, at, when string }{
		{"before the server is asked", rotate, "before"},
		{"after the server made its successor", rotate, "after"},
		{"after the answer, before it is noted", rotate, "answered"},
	} {
		t.Run("showing/"+step.name, func(t *testing.T) {
			email := fmt.Sprintf("c%d@example.com", n)
			site.approve(staff, site.verified(staff, email))
			claim := site.link(email, "claim")
			eventually(t, 20*time.Second, func() error {
				if n := len(site.keys(email, false)); n != 1 {
					return fmt.Errorf("%d keys", n)
				}
				return nil
			})
			killed := g.arm(step.at, step.when, kill)
			if _, page, err := site.visitor().do(http.MethodPost, claim, nil); err == nil && shownKey.MatchString(page) {
				t.Fatal("the key was shown by a site that was killed")
			}
			wait(t, killed)
			site.start()
			key := shownKey.FindString(site.visitor().post(claim, nil))
			if key == "" {
				t.Fatal("the key is not shown after the kill")
			}
			keys := site.keys(email, true)
			if len(keys) != 1 || !strings.HasPrefix(key, keys[0].KeyPrefix) {
				t.Errorf("shown %s, in use %+v", key[:12], keys)
			}
			if again := shownKey.FindString(site.visitor().post(claim, nil)); again != "" {
				t.Error("the key is shown twice")
			}
		})
	}
}

func wait(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("the request that the test waits for did not come")
	}
}
