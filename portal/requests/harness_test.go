package requests_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/requests"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

var start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// A site is the requests with a server of their own and a mailbox.
type site struct {
	t      testing.TB
	db     *db.DB
	server *adminapitest.Server
	*requests.Service

	url      string
	handler  http.Handler
	settings requests.Settings
	outbox   *mail.Worker

	mu      sync.Mutex
	network string // that requests come from
	mails   []mail.Outgoing
	gone    string // an address that no mail can be sent to
}

// Send implements [mail.Sender].
func (s *site) Send(_ context.Context, p mail.Outgoing) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.To == s.gone {
		return pierre.Invalid("to", "There is no such mailbox.")
	}
	s.mails = append(s.mails, p)
	return nil
}

// eachSite runs f on each kind of database.
func eachSite(t *testing.T, f func(s *site)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) { f(open(t, d, adminapitest.Start(t, start))) })
}

func newSite(t testing.TB) *site {
	t.Helper()
	return open(t, dbtest.New(t), adminapitest.Start(t, start))
}

func open(t testing.TB, d *db.DB, server *adminapitest.Server) *site {
	t.Helper()
	return openWith(t, d, server, newRing(t))
}

func newRing(t testing.TB) *keyring.Ring {
	t.Helper()
	ring, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// openWith opens a site whose outbox others read that have the same ring.
func openWith(t testing.TB, d *db.DB, server *adminapitest.Server, ring *keyring.Ring) *site {
	t.Helper()
	set, err := requests.Templates()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := ui.New(func(context.Context) ui.Brand { return ui.Brand{} }, map[string]fsFS{requests.Set: set}, ui.Options{Now: server.Now})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, db: d, server: server}
	s.settings = requests.Settings{Within: "one working day", Texts: mail.Texts{Operator: "Alpine Data", BaseURL: "https://keys.example.com"}}
	box := mail.NewOutbox(d, ring, server.Now)
	s.outbox = mail.NewWorker(box, s, discard)
	s.Service = requests.New(d, server.Client, box, pages, func(context.Context) (requests.Settings, error) { return s.settings, nil }, requests.Options{
		Now: server.Now, PublicURL: "https://mcp.example.com",
		Network: func(*http.Request) string { s.mu.Lock(); defer s.mu.Unlock(); return s.network },
	})
	mux := route.Mux(s.Routes(), route.Fallback{StaffSignIn: "/admin/sign-in", Fail: pages.Fail})
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, role, ok := strings.Cut(r.Header.Get("X-Person"), " "); ok {
			as, _ := route.ParseStaffRole(role)
			r = r.WithContext(route.WithPerson(r.Context(), route.Person{Email: name, Role: as}))
		}
		mux.ServeHTTP(w, r)
	})
	srv := httptest.NewServer(s.handler)
	t.Cleanup(srv.Close)
	s.url = srv.URL
	return s
}

// deliver lets the mail leave, and returns what arrived for the address, the last one last.
func (s *site) deliver(to string) []mail.Outgoing {
	s.t.Helper()
	if err := s.outbox.Deliver(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := slices.DeleteFunc(slices.Clone(s.mails), func(p mail.Outgoing) bool { return p.To != to })
	slices.SortFunc(mine, func(a, b mail.Outgoing) int { return a.Written.Compare(b.Written) }) // several are sent at once
	return mine
}

var links = regexp.MustCompile(`https://keys\.example\.com(/(verify|claim|answer)/[A-Z0-9]+)`)

// link returns the path of the link in the last mail to the address.
func (s *site) link(to string) string {
	s.t.Helper()
	mails := s.deliver(to)
	if len(mails) == 0 {
		s.t.Fatalf("no mail for %s", to)
	}
	found := links.FindStringSubmatch(mails[len(mails)-1].Text)
	if found == nil {
		s.t.Fatalf("no link in %s", mails[len(mails)-1].Text)
	}
	return found[1]
}

type answer struct {
	status int
	at     string // the path of a redirect
	body   string
}

// do sends a request as somebody of the staff, "ana@example.com approver", or as a visitor, "".
func (s *site) do(as, method, path string, form url.Values) answer {
	s.t.Helper()
	s.server.Pass(time.Second)
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Person", as)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header.Get("Location"), string(body)}
}

func (s *site) get(as, path string) answer { s.t.Helper(); return s.do(as, http.MethodGet, path, nil) }

func (s *site) post(as, path string, form url.Values) answer {
	s.t.Helper()
	return s.do(as, http.MethodPost, path, form)
}

// form is a filled-in request form.
func form(email string) url.Values {
	return url.Values{"email": {email}, "company": {"Alpine Club"}, "use_case": {"Our coaches look at the week of each athlete."}, "tier": {"starter"}}
}

// verified makes a request whose address is confirmed.
func (s *site) verified(email string) db.Request {
	s.t.Helper()
	if a := s.post("", "/request", form(email)); a.status != http.StatusSeeOther {
		s.t.Fatalf("POST /request: %d %s", a.status, a.body)
	}
	path := s.link(email)
	if a := s.post("", path, nil); a.status != http.StatusSeeOther {
		s.t.Fatalf("POST %s: %d %s", path, a.status, a.body)
	}
	s.server.Pass(time.Second)
	return s.latest(email)
}

// latest returns the last request of the address.
func (s *site) latest(email string) db.Request {
	s.t.Helper()
	page, err := s.db.Requests(s.t.Context(), db.RequestFilter{Text: email, Newest: true, Limit: 1})
	if err != nil || len(page.Requests) == 0 {
		s.t.Fatalf("no request of %s: %v", email, err)
	}
	return page.Requests[0]
}

// keys returns the keys of the address at the server that are in use.
func (s *site) keys(email string) []adminapi.Key {
	s.t.Helper()
	list, err := s.server.Client.Keys(s.t.Context(), adminapi.KeyFilter{UserEmail: email, ActiveOnly: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return list.APIKeys
}

func approval(r db.Request, by string) requests.Decision {
	return requests.Decision{Request: r.ID, Version: r.Version, By: by}
}

var starter = requests.Plan{Tier: pierre.TierStarter}
