package adminapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

var start = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// A harness is the admin API over real HTTP, as the server mounts it: with the real store, the
// real verifiers and the real reports. Only the clock is the test's.
type harness struct {
	t        *testing.T
	url      string
	client   *http.Client
	store    *store.Store
	dir      string // of the database file
	ring     *keyring.Ring
	verifier *access.Verifier
	limiter  *limit.Limiter
	log      *buffer
	schemas  *schemas
	admin    string // a token with all permissions

	mu      sync.Mutex
	now     time.Time
	events  []string        // what the listeners of key changes were told
	left    []pierre.UserID // whose access to other services was ended while they were there
	secrets []string        // what no listing and no log may show
}

// A buffer is a log that several goroutines write.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func open(t *testing.T) *harness {
	t.Helper()
	ring, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	database := storetest.SQLite(t)
	d := &harness{t: t, dir: filepath.Dir(database), ring: ring, log: &buffer{}, schemas: loadSchemas(t), now: start}
	if d.store, err = store.OpenSQLite(database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.store.Close() })
	d.verifier = access.NewVerifier(d.store, d.clock)
	d.limiter = limit.New(d.store)
	log := slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	api := adminapi.New(d.store, access.NewAdminVerifier(ring, d.store, d.clock),
		usage.NewReporter(d.store, d.store, d.limiter, usage.NewRecorder(d.store), d.clock), ring,
		adminapi.Options{Keys: access.KeyListeners{d.verifier, d}, Leave: d.leave, Log: log, Now: d.clock})
	srv := httptest.NewServer(api)
	t.Cleanup(srv.Close)
	t.Cleanup(d.checkLog)
	d.url, d.client = srv.URL, srv.Client()
	d.client.Timeout = 30 * time.Second
	d.admin = d.token(pierre.Permissions()...)
	return d
}

func (d *harness) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

// Revoked implements [access.KeyListener].
func (d *harness) Revoked(id pierre.KeyID) { d.heard("revoked " + string(id)) }

// AllChanged implements [access.KeyListener].
func (d *harness) AllChanged() { d.heard("all changed") }

func (d *harness) AthleteDeleted(id pierre.UserID) { d.heard("deleted " + string(id)) }

// Changed implements [access.KeyListener].
func (d *harness) Changed(id pierre.KeyID) { d.heard("changed " + string(id)) }

func (d *harness) heard(event string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, event)
}

func (d *harness) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

// hide makes the test fail if the log shows any of the texts.
func (d *harness) hide(texts ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.secrets = append(d.secrets, texts...)
}

func (d *harness) checkLog() {
	for _, s := range append(d.secrets, "@club.test") {
		if strings.Contains(d.log.String(), s) {
			d.t.Errorf("the log shows %q:\n%s", s, d.log)
		}
	}
}

// token returns an admin token with those permissions.
func (d *harness) token(perms ...pierre.Permission) string {
	d.t.Helper()
	return d.keep(pierre.AdminToken{ID: pierre.NewAdminTokenID(), Service: "test", Permissions: perms, Created: d.clock()})
}

// keep returns the token of a row, which it keeps.
func (d *harness) keep(row pierre.AdminToken) string {
	d.t.Helper()
	if err := d.store.CreateAdminToken(d.t.Context(), pierre.Act{Person: "admin-setup", At: d.clock()}, row); err != nil {
		d.t.Fatal(err)
	}
	token, err := access.SignAdminToken(d.ring.JWTSecret(), row)
	if err != nil {
		d.t.Fatal(err)
	}
	d.hide(token.Reveal())
	return token.Reveal()
}

// inDatabase reports whether the database's files hold the text.
func (d *harness) inDatabase(text string) bool {
	d.t.Helper()
	files, err := filepath.Glob(filepath.Join(d.dir, "*"))
	if err != nil || len(files) == 0 {
		d.t.Fatalf("files of the database: %v, %v", files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			d.t.Fatal(err)
		}
		if bytes.Contains(b, []byte(text)) {
			return true
		}
	}
	return false
}

// An answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   string
}

// decode reads the body into a T.
func decode[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("decoding %s: %v", a.body, err)
	}
	return v
}

// do sends a request as the admin, with more headers given as name, value, …; a value "" takes the header away.
// Whatever the answer is, it must be as the OpenAPI document says, and show no insides.
func (d *harness) do(method, path, body string, headers ...string) answer {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Error(err)
		return answer{}
	}
	req.Header.Set("Authorization", "Bearer "+d.admin)
	req.Header.Set("Content-Type", "application/json")
	for pair := range slices.Chunk(headers, 2) {
		if req.Header.Set(pair[0], pair[1]); pair[1] == "" {
			req.Header.Del(pair[0])
		}
	}
	resp, err := d.client.Do(req)
	if err != nil {
		d.t.Error(err)
		return answer{}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Error(err)
	}
	a := answer{resp.StatusCode, resp.Header, string(raw)}
	d.check(method, req.URL.Path, a)
	return a
}

var randomID = regexp.MustCompile(`(key|user|admin_token|grant)_[a-z0-9]+`)

func (d *harness) check(method, path string, a answer) {
	d.t.Helper()
	if err := d.schemas.validate(method, path, a); err != nil {
		d.t.Errorf("%s %s answered %d against the document: %v\n%s", method, path, a.status, err, a.body)
	}
	if cc := a.header.Get("Cache-Control"); cc != "no-store" {
		d.t.Errorf("%s %s: Cache-Control = %q, want no-store", method, path, cc)
	}
	if a.status < 400 {
		return
	}
	shown := randomID.ReplaceAllString(strings.ToLower(a.body), "id")
	for _, inside := range []string{"sql", ".go:", "goroutine", "constraint"} {
		if strings.Contains(shown, inside) {
			d.t.Errorf("%s %s shows its insides (%s): %s", method, path, inside, a.body)
		}
	}
}

// problem checks for a problem document about the field, which says want.
func (d *harness) problem(a answer, status int, field, want string) {
	d.t.Helper()
	p := decode[struct {
		Status  int
		Detail  string
		Field   string
		Success *bool
	}](d.t, a)
	if a.status != status || p.Status != status || p.Field != field || !strings.Contains(p.Detail, want) || p.Success == nil || *p.Success {
		d.t.Errorf("answer %d %s; want %d about %q with %q", a.status, a.body, status, field, want)
	}
	if ct := a.header.Get("Content-Type"); ct != "application/problem+json" {
		d.t.Errorf("Content-Type = %q, want a problem document", ct)
	}
	if challenge := a.header.Get("WWW-Authenticate"); (status == http.StatusUnauthorized) != strings.HasPrefix(challenge, "Bearer") {
		d.t.Errorf("WWW-Authenticate = %q with status %d", challenge, status)
	}
}

// leave notes who is about to be deleted.
func (d *harness) leave(ctx context.Context, id pierre.UserID) {
	if _, err := d.store.Customer(ctx, id, pierre.CustomerQuery{At: d.clock()}); err == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.left = append(d.left, id)
	}
}
