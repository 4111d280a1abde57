package console_test

import (
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/browser"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/console"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

// noon is a Wednesday.
func noon() time.Time { return time.Date(2026, 11, 25, 12, 30, 0, 0, time.UTC) }

// A site is the pages over a real server, without sign-in: the cookie "role" says who one is.
type site struct {
	t      testing.TB
	url    string
	server *adminapitest.Server
	db     *db.DB
	opts   console.Options
}

type priceList struct{ kept map[pierre.Tier]db.Price }

func (p *priceList) Prices(context.Context) (all []db.Price, err error) {
	for _, price := range p.kept {
		all = append(all, price)
	}
	return all, nil
}

func (p *priceList) SetPrice(_ context.Context, _ db.Act, price db.Price) error {
	p.kept[price.Tier] = price
	return nil
}

func (p *priceList) DeletePrice(_ context.Context, _ db.Act, tier pierre.Tier) error {
	delete(p.kept, tier)
	return nil
}

func start(t testing.TB) *site {
	t.Helper()
	s := &site{t: t, server: adminapitest.Start(t, noon()), db: dbtest.New(t)}
	s.opts = console.Options{Prices: &priceList{map[pierre.Tier]db.Price{}}, Now: s.server.Now}
	s.serve(s.server.Client)
	return s
}

func (s *site) serve(server *adminapi.Client) {
	s.t.Helper()
	own, err := console.Templates()
	if err != nil {
		s.t.Fatal(err)
	}
	pages, err := ui.New(func(context.Context) ui.Brand { return ui.Brand{} }, map[string]fs.FS{"console": own}, ui.Options{Now: s.server.Now})
	if err != nil {
		s.t.Fatal(err)
	}
	mux := route.Mux(append(console.New(s.db, server, pages, s.opts).Routes(), pages.Routes()...), route.Fallback{Fail: pages.Fail})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("role"); err == nil {
			if role, ok := route.ParseStaffRole(c.Value); ok {
				r = r.WithContext(route.WithPerson(r.Context(), route.Person{Email: "eva@staff.test", Name: "Eva Muster", Role: role}))
			}
		}
		mux.ServeHTTP(w, r)
	}))
	s.t.Cleanup(srv.Close)
	s.url = srv.URL
}

// An answer is what the site answered.
type answer struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(role, method, path string, values url.Values) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(values.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "role", Value: role})
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func (s *site) get(path string) answer { return s.do("viewer", http.MethodGet, path, nil) }

func (s *site) post(path string, values url.Values) answer {
	return s.do("admin", http.MethodPost, path, values)
}

func (s *site) shows(a answer, parts ...string) {
	s.t.Helper()
	if a.status != http.StatusOK {
		s.t.Fatalf("status %d: %.300s", a.status, a.body)
	}
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			s.t.Errorf("the page lacks %q", part)
		}
	}
}

// key makes a key of a customer with a name.
func (s *site) key(email, name string, tier pierre.Tier) adminapi.FreshKey {
	s.t.Helper()
	k, err := s.server.Client.Provision(s.t.Context(), adminapi.ProvisionRequest{UserEmail: email, Tier: tier, Settings: adminapi.Settings{Name: &name}}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return k
}

const hostile = `<script>alert("x")</script>`

// filled has keys in all states, four weeks of calls, names that are long or hostile, and requests.
func filled(t *testing.T) (s *site, busy adminapi.FreshKey) {
	t.Helper()
	s = start(t)
	busy = s.key("ana@club.example", "Club app", pierre.TierStarter)
	s.key("a-rather-long-address-of-a-person@department.of-a-company-with-a-long-name.example", strings.Repeat("A long name ", 8), pierre.TierProfessional)
	s.key("x@evil.example", hostile, pierre.TierTrial)
	s.key("x@evil.example", "=cmd|' /C calc'!A0", pierre.TierTrial)
	gone := s.key("bob@club.example", "Old watch", pierre.TierStarter)
	if _, err := s.server.Client.Revoke(t.Context(), gone.APIKeyID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.server.Client.Update(t.Context(), busy.APIKeyID, adminapi.UpdateRequest{Settings: adminapi.Settings{RuleSettings: adminapi.RuleSettings{
		RateLimitRequests: adminapi.Nullable[int64]{Given: true, Value: new(int64(3000))},
	}}}); err != nil {
		t.Fatal(err)
	}
	now, tools, countries := s.server.Now(), []string{"get_activities", "get_stats", "analyze_training_load", "predict_performance"}, []string{"CH", "DE", "US", "SG", "ZZ"}
	for day := range 29 {
		for hour := 6; hour <= 22; hour += 2 {
			at := now.AddDate(0, 0, -day).Truncate(24 * time.Hour).Add(time.Duration(hour) * time.Hour)
			if at.After(now) {
				continue
			}
			n := 6 + (day*7+hour*3)%9
			s.server.Record(t, adminapitest.Calls{Key: busy.APIKeyID, At: at, N: n, Status: pierre.CallSucceeded, Tool: tools[(day+hour)%4], Country: countries[(day+hour/2)%5], Took: time.Duration(20+day*3+hour) * time.Millisecond})
			if hour%6 == 0 {
				s.server.Record(t, adminapitest.Calls{Key: busy.APIKeyID, At: at, N: 1, Status: pierre.CallFailed, Took: time.Second})
			}
		}
	}
	s.server.Record(t, adminapitest.Calls{Key: busy.APIKeyID, At: now.Add(-30 * time.Minute), N: 40, Status: pierre.CallFailed})
	s.server.Record(t, adminapitest.Calls{Key: busy.APIKeyID, At: now.Add(-20 * time.Minute), N: 30, Status: pierre.CallRateLimited})
	if err := s.server.Store.FoldUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.db.SetCustomer(t.Context(), db.Act{Person: "eva@staff.test", At: now}, db.Customer{User: busy.UserID, Company: hostile, Contacts: "Ana\n+41 44 000 00 00"}); err != nil {
		t.Fatal(err)
	}
	return s, busy
}

func asRole(role, url string) func(*browser.Tab) {
	return func(tab *browser.Tab) { tab.SetCookie(url, "role", role) }
}
