package staff_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/staff"
)

// register makes the site known to all providers of this process.
var register = sync.OnceFunc(func() {
	storage.RegisterClients(storage.WebClient("site", "its secret", base+"/admin/sign-in/oidc/callback"))
})

// issuer starts a real OpenID provider with two users, test-user@localhost and test-user2, and returns its address.
func issuer(t *testing.T) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	address := "http://localhost:" + port
	register()
	srv := &httptest.Server{Listener: ln, Config: &http.Server{
		Handler: exampleop.SetupServer(address, storage.NewStorage(storage.NewUserStore(address)), slog.New(slog.DiscardHandler), false),
	}}
	srv.Start()
	t.Cleanup(srv.Close)
	return address
}

// switchable is a way to the provider that can be interrupted.
type switchable struct {
	http.Transport

	off atomic.Bool
}

func (s *switchable) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.off.Load() {
		return nil, errors.New("no way")
	}
	return s.Transport.RoundTrip(r)
}

// oidcSite returns a site whose staff sign in at a provider.
func oidcSite(t *testing.T, address string) *site {
	t.Helper()
	return oidcSiteBy(t, address, nil)
}

func oidcSiteBy(t *testing.T, address string, way http.RoundTripper) *site {
	t.Helper()
	o := staff.NewOIDC(staff.OIDCConfig{Name: "Example SSO", Issuer: address, Client: "site", Secret: secret.New("its secret"), Base: base}, way)
	return newSite(t, staff.Options{OIDC: o})
}

// through signs in at the provider as a user, and returns the page that this ends at.
func (b *browser) through(user string) page {
	b.t.Helper()
	login := b.get("/admin/sign-in/oidc?next=/admin/team")
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(login.body)
	if id == nil {
		b.t.Fatalf("the provider's page: %+v", login)
	}
	return b.answer(login, id[1], user)
}

func (b *browser) answer(login page, id, user string) page {
	b.t.Helper()
	return b.ask(login.origin+"/login/username", url.Values{"id": {id}, "username": {user}, "password": {"verysecure"}})
}

// TestOIDC: staff sign in at another site, and nowhere else. Who has no account or invitation stays outside.
func TestOIDC(t *testing.T) {
	t.Parallel()
	s := oidcSite(t, issuer(t))
	b := s.browser()
	b.get("/admin/team").want(t, http.StatusOK, "/admin/sign-in?next=%2Fadmin%2Fteam", "Continue with Example SSO", "/admin/sign-in/oidc?next=%2fadmin%2fteam")
	if got := b.post("/admin/sign-in", "email", "x@example.com", "password", password); got.status != http.StatusNotFound {
		t.Errorf("a password: status %d", got.status)
	}
	if got := b.through("test-user@localhost"); got.status != http.StatusForbidden || !strings.Contains(got.body, "You have no account here") {
		t.Errorf("without an invitation: %+v", got)
	}
	link, _, err := s.OwnerLink(t.Context(), "test-user@zitadel.ch")
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(link, base)
	b.get(path).want(t, http.StatusOK, path, "Continue with Example SSO")
	for range 2 { // the first time makes the account
		b = s.browser()
		b.through("test-user@localhost").want(t, http.StatusOK, "/admin/team", "test-user@zitadel.ch")
		b.get("/admin").want(t, http.StatusOK, "/admin", "test-user@zitadel.ch, owner")
	}
	b.get("/admin/me").want(t, http.StatusOK, "/admin/me", "You sign in with Example SSO")
	if got := s.browser().through("test-user2"); got.status != http.StatusForbidden {
		t.Errorf("another user: %+v", got)
	}
}

// TestOIDCWithoutTheIssuer: a site starts while the issuer is away, says so to who signs in, and goes on when it is there.
func TestOIDCWithoutTheIssuer(t *testing.T) {
	t.Parallel()
	way := &switchable{}
	way.off.Store(true)
	s := oidcSiteBy(t, issuer(t), way)
	link, _, err := s.OwnerLink(t.Context(), "test-user@zitadel.ch")
	if err != nil {
		t.Fatal(err)
	}
	b, path := s.browser(), strings.TrimPrefix(link, base)
	b.get(path).want(t, http.StatusOK, path, "Continue with Example SSO")
	if got := b.get("/admin/sign-in/oidc"); got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "Example SSO does not answer") || strings.Contains(got.body, "no way") {
		t.Errorf("without the issuer: %+v", got)
	}
	way.off.Store(false)
	b.through("test-user@localhost").want(t, http.StatusOK, "/admin/team", "test-user@zitadel.ch")
}

// TestShellPromotesWithOIDC: a link of the operator's makes an owner of an account that is there, once. An owner's does not.
func TestShellPromotesWithOIDC(t *testing.T) {
	t.Parallel()
	s := oidcSite(t, issuer(t))
	signIn := func(role string) {
		t.Helper()
		b := s.browser()
		b.through("test-user@localhost").want(t, http.StatusOK, "/admin/team")
		b.get("/admin").want(t, http.StatusOK, "/admin", "test-user@zitadel.ch, "+role)
	}
	for range 2 {
		if _, _, err := s.OwnerLink(t.Context(), "test-user@zitadel.ch"); err != nil {
			t.Fatal(err)
		}
		signIn("owner")
		if _, err := s.db.Writer().ExecContext(t.Context(), `UPDATE portal_staff SET role = 'viewer'`); err != nil {
			t.Fatal(err)
		}
		signIn("viewer")
	}
	l := db.Link{Hash: "x", Kind: db.LinkReset, Email: "test-user@zitadel.ch", Role: "owner", By: "owner@example.com", Created: s.clock(), Expires: s.clock().Add(time.Hour)}
	if err := s.db.AddLink(t.Context(), db.Act{Person: "x", At: s.clock()}, l, func(*db.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	signIn("viewer")
}

// TestOIDCAnswersAreForOneBrowser: an answer of the provider that was made for another browser, or was used, signs nobody
// in.
func TestOIDCAnswersAreForOneBrowser(t *testing.T) {
	t.Parallel()
	s := oidcSite(t, issuer(t))
	if _, _, err := s.OwnerLink(t.Context(), "test-user@zitadel.ch"); err != nil {
		t.Fatal(err)
	}
	attacker := s.browser()
	stop := errors.New("stopped")
	var callback string
	attacker.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/admin/sign-in/oidc/callback" {
			callback = r.URL.RequestURI()
			return stop
		}
		return nil
	}
	login := attacker.get("/admin/sign-in/oidc")
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(login.body)
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, login.origin+"/login/username",
		strings.NewReader(url.Values{"id": {id[1]}, "username": {"test-user@localhost"}, "password": {"verysecure"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if resp, err := attacker.Do(r); !errors.Is(err, stop) {
		t.Fatalf("the way back: %v, %v", resp, err)
	} else {
		resp.Body.Close()
	}
	victim := s.browser()
	victim.get("/admin/sign-in/oidc") // a sign-in of its own
	for name, b := range map[string]*browser{"another browser": victim, "a browser without a sign-in": s.browser()} {
		if got := b.get(callback); got.status != http.StatusUnauthorized {
			t.Errorf("in %s: status %d at %s", name, got.status, got.path)
		}
	}
	attacker.CheckRedirect = nil
	attacker.get(callback).want(t, http.StatusOK, "/admin", "test-user@zitadel.ch")
	if got := attacker.get(callback); got.status != http.StatusUnauthorized {
		t.Errorf("twice: status %d", got.status)
	}
}
