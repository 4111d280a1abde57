package billing_test

import (
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/portal/billing"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// A server is a real server: its store, its reports and its admin API over HTTP. Only the clock is the test's.
type server struct {
	t      *testing.T
	store  *store.Store
	client *adminapi.Client

	mu  sync.Mutex
	now time.Time
}

func newServer(t *testing.T) *server {
	t.Helper()
	ring, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, store: storetest.New(t), now: time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)}
	reports := usage.NewReporter(s.store, s.store, limit.New(s.store), usage.NewRecorder(s.store), s.clock)
	api := httptest.NewServer(adminapi.New(s.store, access.NewAdminVerifier(ring, s.store, s.clock), reports, ring, adminapi.Options{Now: s.clock}))
	t.Cleanup(api.Close)
	row := pierre.AdminToken{ID: pierre.NewAdminTokenID(), Service: "site", Permissions: pierre.Permissions(), Created: s.clock()}
	if err := s.store.CreateAdminToken(t.Context(), pierre.Act{Person: "test", At: s.clock()}, row); err != nil {
		t.Fatal(err)
	}
	token, err := access.SignAdminToken(ring.JWTSecret(), row)
	if err != nil {
		t.Fatal(err)
	}
	if s.client, err = adminapi.NewClient(api.URL, token, adminapi.ClientOptions{}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *server) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *server) at(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// key makes a key of a customer.
func (s *server) key(email string, tier pierre.Tier, name string) adminapi.FreshKey {
	s.t.Helper()
	req := adminapi.ProvisionRequest{UserEmail: email, Tier: tier}
	req.Name = &name
	k, err := s.client.Provision(s.t.Context(), req, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return k
}

// calls records calls of a key at a time, and one that a limit refused.
func (s *server) calls(k adminapi.FreshKey, tier pierre.Tier, at time.Time, n int) {
	s.t.Helper()
	batch := make([]pierre.Call, 0, n)
	for i := range n {
		status := pierre.CallSucceeded
		if i%3 == 2 {
			status = pierre.CallFailed
		}
		batch = append(batch, pierre.Call{ID: pierre.NewCallID(), KeyID: k.APIKeyID, UserID: k.UserID, Customer: k.UserID, Tier: tier, Tool: "get_stats", Status: status, Started: at.Add(time.Duration(i) * time.Second)})
	}
	if err := s.store.RecordCalls(s.t.Context(), batch); err != nil {
		s.t.Fatal(err)
	}
	refused := []pierre.RefusedCalls{{KeyID: k.APIKeyID, Customer: k.UserID, Tier: tier, Tool: "get_stats", Minute: at.Truncate(time.Minute), Calls: 5}}
	if err := s.store.RecordRefusedCalls(s.t.Context(), refused); err != nil {
		s.t.Fatal(err)
	}
}

// mailbox keeps which invoices were mailed.
type mailbox struct {
	mu   sync.Mutex
	sent []string
}

func (m *mailbox) Invoice(_ context.Context, _ *db.Tx, i db.Invoice) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = append(m.sent, i.Printed+" to "+i.Email+" over "+i.Total().String())
	return nil
}

// A site is the billing's pages.
type site struct {
	*billing.Service

	db   *db.DB
	http *httptest.Server
	mail *mailbox
}

// newSite returns the pages over a database. Requests say in the headers As and Customer who makes them.
func newSite(t *testing.T, d *db.DB, s billing.Server, opts billing.Options) *site {
	t.Helper()
	pages, err := ui.New(func(context.Context) ui.Brand { return ui.Brand{} }, map[string]fs.FS{"billing": billing.Templates()}, ui.Options{Now: opts.Now})
	if err != nil {
		t.Fatal(err)
	}
	b := &site{db: d, mail: &mailbox{}}
	b.Service = billing.New(d, pages, s, b.mail, opts)
	mux := route.Mux(append(b.Routes(), pages.Routes()...), route.Fallback{StaffSignIn: "/admin/sign-in", CustomerSignIn: "/account/sign-in", Fail: pages.Fail})
	b.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if role, ok := route.ParseStaffRole(r.Header.Get("As")); ok {
			r = r.WithContext(route.WithPerson(r.Context(), route.Person{Email: role.String() + "@example.com", Role: role}))
		}
		if email := r.Header.Get("Customer"); email != "" {
			r = r.WithContext(route.WithCustomer(r.Context(), route.Account{Email: email}))
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(b.http.Close)
	return b
}

// ask makes a request as somebody, such as "admin" or the address of a customer.
func (b *site) ask(t *testing.T, as, method, path string, fields ...string) (status int, body string) {
	t.Helper()
	f := url.Values{}
	for n := 0; n < len(fields); n += 2 {
		f.Set(fields[n], fields[n+1])
	}
	r, err := http.NewRequestWithContext(t.Context(), method, b.http.URL+path, strings.NewReader(f.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("As", as)
	if strings.Contains(as, "@") {
		r.Header.Set("Customer", as)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// want makes a request such as "GET /admin/billing".
func (b *site) want(t *testing.T, as, request string, status int, texts []string, fields ...string) string {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	got, body := b.ask(t, as, method, path, fields...)
	if got != status {
		t.Fatalf("%s as %s: status %d, want %d:\n%s", request, as, got, status, body)
	}
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Errorf("%s lacks %q:\n%s", request, text, body)
		}
	}
	return body
}

func pro() db.Price {
	return db.Price{Tier: "professional", Currency: "EUR", Base: 2000, Included: 100, Overage: 50, OverageCalls: 10}
}

func newDB(t *testing.T) *db.DB { t.Helper(); return dbtest.New(t) }

func stripeClient(t *testing.T, fake http.Handler) *billing.Stripe {
	t.Helper()
	srv := httptest.NewServer(fake)
	t.Cleanup(srv.Close)
	return billing.NewStripe(srv.URL, secret.New("sk_test_x"))
}
