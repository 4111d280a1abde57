package alerts_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	secretpkg "github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/portal/alerts"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/mail/mailtest"
	"github.com/pierre-mcp/pierre/remote/adminapi"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

// A Friday, at a full hour.
var noon = time.Date(2026, time.November, 20, 12, 0, 0, 0, time.UTC)

var silent = slog.New(slog.DiscardHandler)

// A harness is two programs that watch one server and share a database.
type harness struct {
	*testing.T

	server  *adminapitest.Server
	db      *db.DB
	ring    *keyring.Ring
	watches []*alerts.Watch
	outbox  *mail.Outbox
	hook    *receiver
}

func open(t *testing.T, replicas ...*db.DB) *harness {
	t.Helper()
	h := &harness{T: t, server: adminapitest.Start(t, noon), db: replicas[0], hook: &receiver{status: http.StatusNoContent}}
	var err error
	if h.ring, err = keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{}); err != nil {
		t.Fatal(err)
	}
	for _, d := range replicas {
		h.outbox = mail.NewOutbox(d, h.ring, h.server.Now)
		h.watches = append(h.watches, alerts.New(d, h.outbox, texts, h.server.Client, h.ring, silent,
			alerts.Options{Now: h.server.Now, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}))
	}
	srv := httptest.NewServer(h.hook)
	t.Cleanup(srv.Close)
	h.hook.url = srv.URL
	for _, r := range h.rules() { // only a test's own rules
		if err := h.db.DeleteRule(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func texts(context.Context) mail.Texts {
	return mail.Texts{Operator: "Pierre", BaseURL: "https://keys.example"}
}

// A receiver takes webhooks.
type receiver struct {
	url    string
	mu     sync.Mutex
	status int
	after  string // Retry-After
	got    []hook
}

type hook struct {
	header http.Header
	body   string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, hook{req.Header, string(body)})
	if r.after != "" {
		w.Header().Set("Retry-After", r.after)
	}
	if r.status == http.StatusFound {
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(r.status)
}

func (r *receiver) events(t *testing.T) (list []alerts.Event) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range r.got {
		var e alerts.Event
		if err := json.Unmarshal([]byte(g.body), &e); err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

func (h *harness) rules() []db.Rule {
	h.Helper()
	list, err := h.db.Rules(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	return list
}

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" // the example of the specification

// webhook makes a channel.
func (h *harness) channel(kind, target string) string {
	h.Helper()
	c := db.Channel{ID: "channel_" + kind, Kind: kind, Name: kind, Target: target, Made: noon}
	if kind != "mail" {
		plain, err := json.Marshal(alerts.Target{URL: target, Secret: secret})
		if err != nil {
			h.Fatal(err)
		}
		c.Sealed = h.ring.Seal(plain, []byte("portal_channels/"+c.ID))
	}
	if err := h.db.AddChannel(h.Context(), c); err != nil {
		h.Fatal(err)
	}
	return c.ID
}

func (h *harness) rule(r db.Rule) {
	h.Helper()
	if r.ID == "" {
		r.ID = "rule_" + r.Condition
	}
	if r.Scope == "" {
		r.Scope = "all"
	}
	r.Name, r.Made = "Rule "+r.Condition, noon
	if err := h.db.PutRule(h.Context(), r); err != nil {
		h.Fatal(err)
	}
}

// look lets both programs look at all rules at once, after some time.
func (h *harness) look(after time.Duration) {
	h.Helper()
	h.server.Pass(after)
	var wg sync.WaitGroup
	for _, w := range h.watches {
		wg.Go(func() {
			for _, hourly := range []bool{false, true} {
				if err := w.Evaluate(h.Context(), hourly); err != nil {
					h.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, w := range h.watches {
		wg.Go(func() {
			if err := w.Deliver(h.Context()); err != nil {
				h.Error(err)
			}
			if err := w.MailAll(h.Context()); err != nil {
				h.Error(err)
			}
		})
	}
	wg.Wait()
}

// open returns the titles of open alerts.
func (h *harness) open() (titles []string) {
	h.Helper()
	list, err := h.db.OpenAlerts(h.Context(), "")
	if err != nil {
		h.Fatal(err)
	}
	for _, a := range list {
		titles = append(titles, a.Title)
	}
	return titles
}

func (h *harness) wantOpen(parts ...string) {
	h.Helper()
	titles := h.open()
	if len(titles) != len(parts) {
		h.Fatalf("open are %q, want %q", titles, parts)
	}
	for _, part := range parts { // alerts of one moment stand in any order
		if !slices.ContainsFunc(titles, func(title string) bool { return strings.Contains(title, part) }) {
			h.Errorf("open are %q, want one with %q", titles, part)
		}
	}
}

func (h *harness) wantEvents(types ...string) {
	h.Helper()
	var got []string
	for _, e := range h.hook.events(h.T) {
		got = append(got, e.Type)
	}
	if strings.Join(got, " ") != strings.Join(types, " ") {
		h.Fatalf("told %v, want %v", got, types)
	}
}

func (h *harness) mails(to string) (list []db.Mail) {
	h.Helper()
	list, err := h.outbox.To(h.Context(), to)
	if err != nil {
		h.Fatal(err)
	}
	return list
}

// Of two programs that look at once one tells, once for a rule and its subject, until it is over; then there is an all-clear.
func TestEachAlertIsToldOnce(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		h := open(t, replicas...)
		k := h.server.Provision(t, "ana@example.com", "trial")
		h.rule(db.Rule{Condition: "errors", Threshold: 10, Window: 15 * time.Minute, Channel: h.channel("webhook", h.hook.url)})
		h.look(0)
		h.wantOpen()
		h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: noon, N: 30, Status: pierre.CallSucceeded})
		h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: noon, N: 10, Status: pierre.CallFailed})
		for range 3 {
			h.look(time.Minute)
			h.wantOpen("25 % of all calls fail")
			h.wantEvents("alert.opened")
		}
		h.look(13 * time.Minute) // the calls leave the window, and nothing must be found for a while
		h.look(time.Minute)
		h.wantOpen()
		h.wantEvents("alert.opened", "alert.over")
		h.look(10 * time.Minute)
		h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: h.server.Now(), N: 40, Status: pierre.CallFailed})
		h.look(time.Minute)
		h.wantEvents("alert.opened", "alert.over", "alert.opened")
		first := h.hook.events(t)[0]
		if first.Data.Rule != "Rule errors" || first.Data.Subject != "all" || first.Data.URL != "https://keys.example/admin/alerts" {
			t.Errorf("the event is %+v", first)
		}
	})
}

// A webhook is signed as Standard Webhooks says, and is the same at each try.
func TestWebhooks(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		w := h.watches[0]
		id := h.channel("webhook", h.hook.url)
		deliver := func(after time.Duration, want int) {
			t.Helper()
			h.server.Pass(after)
			if err := w.Deliver(t.Context()); err != nil || len(h.hook.got) != want {
				t.Fatalf("%d tries, want %d, %v", len(h.hook.got), want, err)
			}
		}
		state := func() db.Delivery {
			t.Helper()
			list, err := d.Deliveries(t.Context(), id, 10)
			if err != nil || len(list) == 0 {
				t.Fatal(list, err)
			}
			return list[0]
		}
		if err := w.Test(t.Context(), id, "olivia@example.com"); err != nil {
			t.Fatal(err)
		}
		h.hook.status = http.StatusInternalServerError
		deliver(0, 1)
		deliver(4*time.Second, 1)
		h.hook.status, h.hook.after = http.StatusTooManyRequests, "600"
		deliver(time.Second, 2)
		h.hook.status, h.hook.after = http.StatusFound, ""
		deliver(9*time.Minute, 2)
		deliver(time.Minute, 3)
		if s := state(); s.State != "waiting" || !strings.Contains(s.Outcome, "302") {
			t.Errorf("%+v", s)
		}
		h.hook.status = http.StatusNoContent
		deliver(5*time.Minute, 4)
		if s := state(); s.State != "done" || s.Tries != 4 {
			t.Errorf("%+v", s)
		}
		for _, g := range h.hook.got {
			if g.body != h.hook.got[0].body || g.header.Get("webhook-id") != h.hook.got[0].header.Get("webhook-id") {
				t.Errorf("a try is another message: %+v", g)
			}
			checkSignature(t, g)
		}
		if err := d.ReplayDelivery(t.Context(), id, state().ID, h.server.Now()); err != nil {
			t.Fatal(err)
		}
		deliver(0, 5)
		if err := d.ReplayDelivery(t.Context(), "channel_other", state().ID, h.server.Now()); pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("a delivery of another channel was sent again: %v", err)
		}

		h.server.Pass(time.Minute)
		h.hook.status = http.StatusBadGateway // a day long
		if err := w.Test(t.Context(), id, "olivia@example.com"); err != nil {
			t.Fatal(err)
		}
		for range 60 {
			h.server.Pass(30 * time.Minute)
			if err := w.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if s := state(); s.State != "dead" || s.Tries < 8 || s.Ended.Sub(s.Made) > 25*time.Hour {
			t.Errorf("%+v", s)
		}
		h.hook.status = http.StatusGone
		if err := w.Test(t.Context(), id, "olivia@example.com"); err != nil {
			t.Fatal(err)
		}
		deliver(0, len(h.hook.got)+1)
		if c, err := d.Channel(t.Context(), id); err != nil || c.Stopped == "" || state().State != "dead" {
			t.Errorf("after 410: %+v, %v", c, err)
		}
	})
}

func checkSignature(t *testing.T, g hook) {
	t.Helper()
	var unix int64
	if err := json.Unmarshal([]byte(g.header.Get("webhook-timestamp")), &unix); err != nil {
		t.Fatal(err)
	}
	want, err := alerts.Sign(secret, g.header.Get("webhook-id"), time.Unix(unix, 0), []byte(g.body))
	if err != nil || g.header.Get("webhook-signature") != want {
		t.Errorf("signature %q, want %q, %v", g.header.Get("webhook-signature"), want, err)
	}
}

// The example of the specification of Standard Webhooks.
func TestSign(t *testing.T) {
	got, err := alerts.Sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if err != nil || got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("Sign = %q, %v", got, err)
	}
	if _, err := alerts.Sign("whsec_", "a", time.Unix(0, 0), nil); err == nil {
		t.Error("an empty secret signs")
	}
}

// A webhook cannot reach this machine, its network or the metadata of its cloud, under whatever name.
func TestWebhooksReachPublicAddressesOnly(t *testing.T) {
	h := open(t, dbtest.New(t))
	port := h.hook.url[strings.LastIndex(h.hook.url, ":"):]
	strict := alerts.New(h.db, h.outbox, texts, h.server.Client, h.ring, silent, alerts.Options{Now: h.server.Now})
	for n, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254", "10.0.0.1"} {
		plain, err := json.Marshal(alerts.Target{URL: "http://" + host + port, Secret: secret})
		if err != nil {
			t.Fatal(err)
		}
		c := db.Channel{ID: string(rune('a' + n)), Kind: "webhook", Name: host, Made: noon}
		c.Sealed = h.ring.Seal(plain, []byte("portal_channels/"+c.ID))
		if err := h.db.AddChannel(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if err := strict.Test(t.Context(), c.ID, "x"); err != nil {
			t.Fatal(err)
		}
		if err := strict.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, err := h.db.Deliveries(t.Context(), c.ID, 1)
		if err != nil || list[0].State != "waiting" || !strings.Contains(list[0].Outcome, "not public") {
			t.Errorf("%s: %+v, %v", host, list, err)
		}
	}
	if len(h.hook.got) > 0 {
		t.Error("this machine was reached")
	}
}

// Slack and what imitates it get a text, in which nothing that a stranger chose is markup.
func TestSlack(t *testing.T) {
	h := open(t, dbtest.New(t))
	id := h.channel("slack", h.hook.url)
	if err := h.watches[0].Test(t.Context(), id, "<!channel> & co"); err != nil {
		t.Fatal(err)
	}
	h.look(0)
	var text struct {
		Text string `json:"text"`
	}
	if len(h.hook.got) != 1 || json.Unmarshal([]byte(h.hook.got[0].body), &text) != nil || !strings.Contains(text.Text, "&lt;!channel&gt; &amp; co") ||
		!strings.Contains(text.Text, "<https://keys.example/admin/alerts|Open>") || h.hook.got[0].header.Get("webhook-signature") != "" {
		t.Errorf("got %+v", h.hook.got)
	}
}

// One thing is a mail of its own, many are one digest; two programs send it once.
func TestMails(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		h := open(t, replicas...)
		h.channel("mail", "team@example.com")
		tell := func(n int) {
			for range n {
				if err := h.watches[0].Test(t.Context(), "channel_mail", "olivia@example.com"); err != nil {
					t.Fatal(err)
				}
			}
			h.look(time.Minute)
		}
		tell(1)
		if m := h.mails("team@example.com"); len(m) != 1 || m[0].Kind != "alert" {
			t.Errorf("%+v", m)
		}
		tell(5)
		if m := h.mails("team@example.com"); len(m) != 2 || m[0].Kind != "digest" || m[0].Subject != "5 alerts" {
			t.Errorf("%+v", m)
		}
	})
}

// A limit is told once in its period, by its share that is used; above 100 % refused calls count.
func TestLimits(t *testing.T) {
	h := open(t, dbtest.New(t))
	k := h.server.Provision(t, "ana@example.com", "starter")
	limit := int64(100)
	period := pierre.PeriodDay
	if _, err := h.server.Client.Update(t.Context(), k.APIKeyID, adminapi.UpdateRequest{Settings: adminapi.Settings{RuleSettings: adminapi.RuleSettings{
		RateLimitRequests: adminapi.Nullable[int64]{Given: true, Value: &limit}, RateLimitPeriod: &period,
	}}}); err != nil {
		t.Fatal(err)
	}
	channel := h.channel("webhook", h.hook.url)
	for _, percent := range []int64{50, 90, 120} {
		h.rule(db.Rule{ID: "rule_" + time.Duration(percent).String(), Condition: "limit", Threshold: percent, Channel: channel})
	}
	h.rule(db.Rule{ID: "rule_tier", Scope: "tier", Target: "trial", Condition: "limit", Threshold: 50, Channel: channel})
	use := func(n int, status pierre.CallStatus) {
		t.Helper()
		h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: h.server.Now(), N: n, Status: status})
		h.look(time.Minute)
	}
	use(49, pierre.CallSucceeded)
	h.wantOpen()
	use(1, pierre.CallSucceeded)
	h.wantOpen("50 % of the limit of key")
	use(45, pierre.CallSucceeded)
	h.wantOpen("95 %", "95 %")
	use(5, pierre.CallSucceeded)
	use(19, pierre.CallRateLimited)
	h.wantOpen("100 %", "100 %")
	use(1, pierre.CallRateLimited)
	h.wantOpen("100 %", "100 %", "120 %")
	h.wantEvents("alert.opened", "alert.opened", "alert.opened")
	h.look(12 * time.Hour) // a new day
	h.wantOpen()
	h.wantEvents("alert.opened", "alert.opened", "alert.opened", "alert.over", "alert.over", "alert.over")
}

// Customers are told of 75, 90 and 100 % of their limits, of the highest only, once in a period, unless they chose not to be.
func TestCustomersAreToldOfTheirLimits(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		h := open(t, replicas...)
		subjects := func(email string) (list []string) {
			for _, m := range h.mails(email) {
				list = append(list, m.Subject)
			}
			return list
		}
		want := func(email, subjectsJoined string) {
			t.Helper()
			if got := strings.Join(subjects(email), "; "); got != subjectsJoined {
				t.Errorf("%s was told %q, want %q", email, got, subjectsJoined)
			}
		}
		ana, bob, cid := h.server.Provision(t, "ana@example.com", "trial"), h.server.Provision(t, "bob@example.com", "trial"), h.server.Provision(t, "cid@example.com", "trial")
		if err := h.db.SetCustomerSettings(t.Context(), "cid@example.com", db.CustomerSettings{CountryMails: true}); err != nil {
			t.Fatal(err)
		}
		record := func(k adminapi.FreshKey, n int) {
			h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: h.server.Now(), N: n, Status: pierre.CallSucceeded})
		}
		record(ana, 760) // of 1000
		record(bob, 950)
		record(cid, 1000)
		h.look(time.Minute)
		h.look(time.Minute)
		want("ana@example.com", "75 % of your limit is used")
		want("bob@example.com", "90 % of your limit is used")
		want("cid@example.com", "")
		record(bob, 50)
		h.look(time.Minute)
		if got := subjects("bob@example.com"); len(got) != 2 || got[0] != "Your limit is reached" {
			t.Errorf("bob was told %q", got)
		}
		h.look(time.Minute)
		if got := subjects("bob@example.com"); len(got) != 2 {
			t.Errorf("bob was told %q", got)
		}
	})
}

// A key's first use from a country is told to staff and to its customer; its first country of all is no news.
func TestNewCountries(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		h := open(t, replicas...)
		h.rule(db.Rule{Condition: "country", Channel: h.channel("webhook", h.hook.url)})
		ana, bob := h.server.Provision(t, "ana@example.com", "trial"), h.server.Provision(t, "bob@example.com", "trial")
		call := func(k adminapi.FreshKey, country string) {
			t.Helper()
			h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: h.server.Now(), N: 1, Status: pierre.CallSucceeded, Country: country})
			h.look(time.Minute)
		}
		h.server.Record(t, adminapitest.Calls{Key: bob.APIKeyID, At: noon.AddDate(0, 0, -100), N: 1, Status: pierre.CallSucceeded, Country: "PT"})
		call(ana, "CH")
		call(ana, "ZZ")
		call(bob, "PT")
		h.wantOpen()
		call(ana, "PT")
		call(ana, "CH")
		call(bob, "BR")
		h.wantOpen("ana@example.com was used from Portugal", "bob@example.com was used from Brazil")
		h.wantEvents("alert.opened", "alert.opened")
		if m := h.mails("ana@example.com"); len(m) != 1 || m[0].Kind != "new country" {
			t.Errorf("%+v", m)
		}
		h.look(25 * time.Hour)
		h.wantOpen()
		h.wantEvents("alert.opened", "alert.opened")
	})
}

func TestTheOtherConditions(t *testing.T) {
	h := open(t, dbtest.New(t))
	k := h.server.Provision(t, "ana@example.com", "starter")
	record := func(at time.Time, n int, status pierre.CallStatus, took time.Duration) {
		h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: at, N: n, Status: status, Took: took})
	}
	for week := 1; week <= 4; week++ {
		record(noon.AddDate(0, 0, -7*week), 40, pierre.CallSucceeded, 0)
	}
	h.rule(db.Rule{Condition: "silent", Window: 30 * time.Minute})
	h.look(20 * time.Minute)
	h.wantOpen("No call was recorded in the last 30 min")
	record(h.server.Now(), 39, pierre.CallSucceeded, 0)
	h.look(time.Minute)
	h.look(6 * time.Minute)
	h.wantOpen()
	h.rule(db.Rule{Condition: "spike", Threshold: 3, Scope: "key", Target: string(k.APIKeyID)})
	h.look(time.Minute)
	h.wantOpen()
	record(h.server.Now(), 81, pierre.CallSucceeded, 0)
	h.look(time.Minute)
	h.wantOpen("120 calls of key " + string(k.APIKeyID) + " in this hour, usually about 40")
	h.rule(db.Rule{Condition: "p95", Threshold: 900, Window: 5 * time.Minute, Scope: "customer", Target: string(k.UserID)})
	h.rule(db.Rule{Condition: "refusals", Threshold: 5, Window: 5 * time.Minute, Scope: "tier", Target: "starter"})
	h.look(4 * time.Hour)
	h.wantOpen()
	record(h.server.Now(), 19, pierre.CallSucceeded, time.Second)
	h.look(time.Minute)
	h.wantOpen()
	record(h.server.Now(), 1, pierre.CallSucceeded, time.Second)
	record(h.server.Now(), 5, pierre.CallRateLimited, 0)
	h.look(time.Minute)
	h.wantOpen("take over 1.0 s", "5 of tier starter were refused")
}

func TestKeysThatEndOrAreNotUsed(t *testing.T) {
	h := open(t, dbtest.New(t))
	days := int64(40)
	k, err := h.server.Client.Provision(t.Context(), adminapi.ProvisionRequest{UserEmail: "ana@example.com", Tier: "starter", Settings: adminapi.Settings{ExpiresInDays: &days}}, "")
	if err != nil {
		t.Fatal(err)
	}
	long := int64(300)
	if _, err := h.server.Client.Provision(t.Context(), adminapi.ProvisionRequest{UserEmail: "bob@example.com", Tier: "trial", Settings: adminapi.Settings{ExpiresInDays: &long}}, ""); err != nil {
		t.Fatal(err)
	}
	h.rule(db.Rule{Condition: "expiring", Threshold: 7, Channel: h.channel("webhook", h.hook.url)})
	h.rule(db.Rule{Condition: "idle", Threshold: 14})
	h.look(11 * 24 * time.Hour)
	h.wantOpen()
	h.look(4 * 24 * time.Hour)
	h.wantOpen("was not used for 14 days")
	h.look(19 * 24 * time.Hour)
	if m := h.mails("ana@example.com"); len(m) != 2 || m[0].Subject != "Your key ends in 7 days" || m[1].Subject != "Your key ends in 30 days" {
		t.Errorf("%+v", m)
	}
	h.wantEvents("alert.opened")
	days = 100
	if _, err := h.server.Client.Update(t.Context(), k.APIKeyID, adminapi.UpdateRequest{Settings: adminapi.Settings{ExpiresInDays: &days}}); err != nil {
		t.Fatal(err)
	}
	h.look(time.Hour)
	h.wantEvents("alert.opened", "alert.over")
}

// What is found while a rule is snoozed is told afterwards, if it is still so.
func TestSnooze(t *testing.T) {
	h := open(t, dbtest.New(t))
	k := h.server.Provision(t, "ana@example.com", "trial")
	h.rule(db.Rule{Condition: "errors", Threshold: 10, Window: time.Hour, Channel: h.channel("webhook", h.hook.url)})
	if err := h.db.SnoozeRules(t.Context(), "", noon.Add(30*time.Minute)); err != nil {
		t.Fatal(err)
	}
	h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: noon, N: 30, Status: pierre.CallFailed})
	h.look(time.Minute)
	h.wantOpen()
	h.look(30 * time.Minute)
	h.wantOpen("100 % of all calls fail")
	h.wantEvents("alert.opened")
}

// That mails are not delivered, and that the server cannot be reached, is told too.
func TestMailAndServerOut(t *testing.T) {
	h := open(t, dbtest.New(t))
	h.rule(db.Rule{Condition: "mail"})
	m, err := texts(t.Context()).Test("ana@example.com", "me", noon)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.outbox.Post(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	h.look(5 * time.Minute)
	h.wantOpen()
	h.look(6 * time.Minute)
	h.wantOpen("1 mail late")
	gone, err := adminapi.NewClient("http://127.0.0.1:1", pierreSecret(), adminapi.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h.rule(db.Rule{Condition: "silent", Window: 30 * time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	lost := alerts.New(h.db, h.outbox, texts, gone, h.ring, silent, alerts.Options{Now: h.server.Now})
	if err := lost.Evaluate(ctx, false); err == nil {
		t.Error("an evaluation without a server has no error")
	}
}

// refusing is a mail server that knows nobody.
type refusing struct{}

// Send implements [mail.Sender].
func (refusing) Send(context.Context, mail.Outgoing) error {
	return pierre.Invalid("to", "There is no such mailbox.")
}

// A mail that nobody could deliver is told by another way than mail, once, and that it left in the end as well.
func TestAnUndeliverableMailIsTold(t *testing.T) {
	t.Parallel()
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		h := open(t, replicas...)
		h.rule(db.Rule{Condition: "mail", Channel: h.channel("webhook", h.hook.url)})
		m, err := texts(t.Context()).Test("gone@example.com", "me", noon)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.outbox.Post(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		h.look(time.Minute)
		h.wantOpen()
		if err := mail.NewWorker(h.outbox, refusing{}, silent).Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.look(time.Minute)
		h.wantOpen("1 mail could not be delivered")
		h.look(time.Minute)
		h.wantEvents("alert.opened")
		dead := h.mails("gone@example.com")
		if err := h.outbox.SendAgain(t.Context(), dead[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := mail.NewWorker(h.outbox, &mailtest.Inbox{}, silent).Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.look(10 * time.Minute) // an all-clear waits whether it lasts
		h.wantOpen()
		h.wantEvents("alert.opened", "alert.over")
	})
}

func pierreSecret() secretpkg.String { return secretpkg.New("x") }
