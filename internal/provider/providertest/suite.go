package providertest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/remote/providerapi"
)

// Dialects returns the dialects of all services.
func Dialects() []Dialect {
	return []Dialect{intervals("key", "a-personal-key"), intervals("OAuth", ""), strava(), polar(), wahoo(), oura(), whoop(), withings(), googleHealth()}
}

// String returns the dialect's name, for tables.
func (d Dialect) String() string {
	if d.Variant == "" {
		return string(d.Name)
	}
	return string(d.Name) + " " + d.Variant
}

func app(d Dialect) provider.App {
	if d.Key != "" {
		return provider.App{}
	}
	return provider.App{ClientID: ClientID, ClientSecret: secret.New(ClientSecret), WebhookSecret: secret.New(HookSecret), RiskAccepted: true}
}

// A Clock is the time of a test, which it can move.
type Clock struct{ ahead atomic.Int64 }

// Now returns the time.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())).UTC() }

// Advance moves the time.
func (c *Clock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }

// A server is one of several over one database, with its pages.
type server struct {
	*provider.Service

	url   string
	store *killable
	pages http.Handler
}

// A bench is what a case has: a fake, servers over one database, and a user.
type bench struct {
	*testing.T

	fake    *Fake
	clock   *Clock
	stores  []*store.Store
	servers []*server
	user    pierre.UserID
	ring    *keyring.Ring
}

// newBench starts a fake with so many activities and days, and a server for each of the stores.
func newBench(t *testing.T, d Dialect, stores []*store.Store, clock *Clock, activities, days int) *bench {
	t.Helper()
	b := &bench{T: t, fake: New(t, d, clock.Now, activities, days), clock: clock, stores: stores}
	var err error
	if b.ring, err = keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{}); err != nil {
		t.Fatal(err)
	}
	for _, s := range stores {
		b.servers = append(b.servers, b.server(s))
	}
	u, err := stores[0].EnsureUser(t.Context(), fmt.Sprintf("%d@example.com", time.Now().UnixNano()), clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	b.user = u.ID
	t.Cleanup(func() {
		if err := stores[0].DeleteConnection(context.Background(), b.user, d.Name); err != nil && pierre.KindOf(err) != pierre.KindNotFound { //nolint:usetesting // the test's has ended
			t.Error(err)
		}
	})
	return b
}

// server starts one more server over a store.
func (b *bench) server(st *store.Store) *server {
	b.Helper()
	s := &server{store: &killable{Store: st}}
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	b.Cleanup(srv.Close)
	s.url = srv.URL
	keeper := killableKeeper{importer.New(st, b.clock.Now, importer.Options{TempDir: b.TempDir()}), s.store}
	s.Service = provider.New([]provider.Provider{b.fake.Row()}, s.store, keeper, b.ring, provider.Options{
		Apps: map[pierre.Provider]provider.App{b.fake.Dialect.Name: b.fake.App()}, Origin: func() string { return b.servers[0].url },
		Transport: killableTransport{&http.Transport{ResponseHeaderTimeout: 2 * time.Second}, s.store}, Now: b.clock.Now,
		RetryWait: time.Millisecond,
	})
	pages, err := providerapi.New(s.Service, providerapi.Options{})
	if err != nil {
		b.Fatal(err)
	}
	mux.Handle("/", pages)
	s.pages = pages
	return s
}

// A visitor is a browser.
type visitor struct {
	*bench

	http *http.Client
}

func (b *bench) visitor() visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	return visitor{b, &http.Client{Jar: jar, Timeout: time.Minute}}
}

// get opens a page.
func (v visitor) get(address string) (status int, body string) {
	v.Helper()
	return v.do(http.MethodGet, address, nil)
}

// post sends a form.
func (v visitor) post(address string, form url.Values) (status int, body string) {
	v.Helper()
	return v.do(http.MethodPost, address, form)
}

func (v visitor) do(method, address string, form url.Values) (status int, body string) {
	v.Helper()
	req, err := http.NewRequestWithContext(v.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		v.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.http.Do(req)
	if err != nil {
		v.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if err := copyAll(&b, resp); err != nil {
		v.Fatal(err)
	}
	address = resp.Request.URL.String()
	if form.Has("then") && strings.HasPrefix(address, v.fake.URL) { // it was led to the service's page: consent, or not
		return v.post(address, url.Values{"decision": {form.Get("then")}})
	}
	return resp.StatusCode, b.String()
}

// invite returns a link.
func (b *bench) invite(s *server) string {
	b.Helper()
	l, err := s.Invite(b.Context(), b.user, b.fake.Dialect.Name)
	if err != nil {
		b.Fatal(err)
	}
	return l.URL
}

// consent is what the athlete enters on the page of a link.
func (b *bench) consent(decision string) url.Values {
	if b.fake.Dialect.Key != "" {
		key := map[string]string{"allow": b.fake.Dialect.Key, "deny": "a-wrong-key"}[decision]
		return url.Values{"key": {key}}
	}
	return url.Values{"then": {decision}}
}

// connect goes the whole way.
func (b *bench) connect() {
	b.Helper()
	link := b.invite(b.servers[0])
	v := b.visitor()
	if status, page := v.get(link); status != http.StatusOK || !strings.Contains(page, "example.com") {
		b.Fatalf("the page of the link: %d %s", status, page)
	}
	if status, page := v.post(link, b.consent("allow")); status != http.StatusOK || !strings.Contains(page, "is connected") {
		b.Fatalf("connecting: %d %s", status, page)
	}
}

// sync lets a server fetch until nothing is due.
func (b *bench) sync(s *server) {
	b.Helper()
	if err := s.SyncDue(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// connection returns the user's connection.
func (b *bench) connection() pierre.Connection {
	b.Helper()
	c, err := b.stores[0].Connection(b.Context(), b.user, b.fake.Dialect.Name)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// due moves the time to when the connection is due again.
func (b *bench) due() {
	b.Helper()
	if wait := b.connection().Due.Sub(b.clock.Now()); wait > 0 {
		b.clock.Advance(wait + time.Second)
	}
}

// complete demands that all that the service has is there, once.
func (b *bench) complete() {
	b.Helper()
	if problem := b.missing(); problem != "" {
		b.Errorf("%s; state %+v", problem, b.connection().Sync)
	}
}

// missing says what is not as it is at the service, "" if all is.
func (b *bench) missing() string {
	b.Helper()
	st := b.stores[0]
	activities, days := b.fake.Activities()
	want := map[string]bool{}
	for _, a := range activities {
		if !a.Stub {
			want[a.ID] = true
		}
	}
	page, err := st.Activities(b.Context(), b.user, pierre.ActivityQuery{})
	if err != nil {
		b.Fatal(err)
	}
	if len(page.Activities) != len(want) {
		return fmt.Sprintf("%d activities, want %d", len(page.Activities), len(want))
	}
	for _, a := range page.Activities {
		sources, err := st.Sources(b.Context(), b.user, a.ID)
		if err != nil {
			b.Fatal(err)
		}
		if len(sources) != 1 || !want[sources[0].ExternalID] || sources[0].Provider != b.fake.Dialect.Name {
			return fmt.Sprintf("an activity has the sources %+v", sources)
		}
		delete(want, sources[0].ExternalID)
	}
	return b.missingValues(days)
}

func (b *bench) missingValues(days []Day) string {
	b.Helper()
	var want []pierre.Wellness
	for _, d := range days {
		date, err := time.Parse(time.DateOnly, d.Date)
		if err != nil {
			b.Fatal(err)
		}
		if b.fake.Dialect.Values == nil {
			continue
		}
		for kind, v := range b.fake.Dialect.Values(d) {
			want = append(want, pierre.Wellness{Day: date, Kind: kind, Source: b.fake.Dialect.Name, Value: v})
		}
	}
	got, err := b.stores[0].Wellness(b.Context(), b.user, pierre.WellnessQuery{})
	if err != nil {
		b.Fatal(err)
	}
	key := func(w pierre.Wellness) string {
		return fmt.Sprintf("%s %s %s %.6f", w.Day.Format(time.DateOnly), w.Kind, w.Source, w.Value)
	}
	var wants, gots []string
	for _, w := range want {
		wants = append(wants, key(w))
	}
	for _, w := range got {
		gots = append(gots, key(w))
	}
	slices.Sort(wants)
	slices.Sort(gots)
	if !slices.Equal(wants, gots) {
		return fmt.Sprintf("values of days:\n%s\nwant\n%s", strings.Join(gots, "\n"), strings.Join(wants, "\n"))
	}
	return ""
}

func forgedSecret() secret.String { return secret.New("another-secret-than-was-agreed") }

// errKilled is what everything answers in a program that was killed.
var errKilled = errors.New("killed")
