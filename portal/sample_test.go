package portal

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/mail/mailtest"
	"github.com/pierre-mcp/pierre/remote/adminapi"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

// A sample is the whole site, as it looks to people who use it: with the store, the admin API and the handlers of the
// programs, at a day of its own. A browser's cookie "as" says which of the sessions a request belongs to.
type sample struct {
	t       testing.TB
	server  *adminapitest.Server
	p       *parts
	handler http.Handler
	url     string
	mails   postbox
	cookies map[string]string // by person: what their browser sends
}

// now is the sample's day, an afternoon of a Wednesday.
func sampleNow() time.Time { return time.Date(2026, time.November, 25, 15, 40, 0, 0, time.UTC) }

// newSample returns a site on which nothing has happened but that its owner has an account, and has signed in.
func newSample(t testing.TB, since time.Time, opts Options) *sample {
	t.Helper()
	ring, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	s := &sample{t: t, server: adminapitest.Start(t, since), cookies: map[string]string{}}
	opts.Now = s.server.Now
	// The address is known before the site is: links in mails begin with it.
	srv := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(srv.Close)
	s.url = strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)
	s.p, err = newParts(Config{
		DB: dbtest.New(t), Server: s.server.Client, Seal: ring, Mail: &s.mails, BaseURL: s.url, PublicURL: "https://mcp.alpine-data.example",
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
	}, opts)
	if err != nil {
		t.Fatal(err)
	}
	s.handler = s.p.serve(s.p.routes())
	s.join("Olivia Brunner", "olivia@alpine-data.example", "owner")
	s.signIn("owner", "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "198.51.100.7/32")
	return s
}

// serve gives a request the session that its browser names.
func (s *sample) serve(w http.ResponseWriter, r *http.Request) {
	c, err := r.Cookie("as")
	r.Header.Del("Cookie")
	if err == nil {
		r.Header.Set("Cookie", s.cookies[c.Value])
	}
	s.handler.ServeHTTP(w, r)
}

// join makes an account of the staff, and signs it in.
func (s *sample) join(name, email, role string) {
	s.t.Helper()
	act, ctx := db.Act{Person: "operator", At: s.server.Now()}, s.t.Context()
	l := db.Link{Hash: email, Kind: db.LinkInvitation, Email: email, Role: role, By: "operator", Created: act.At, Expires: act.At.Add(72 * time.Hour)}
	if err := s.p.c.DB.AddLink(ctx, act, l, func(*db.Tx) error { return nil }); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.p.c.DB.UseInvitation(ctx, email, db.Staff{ID: "staff_" + role, Name: name, TOTP: []byte("x"), Created: act.At}); err != nil {
		s.t.Fatal(err)
	}
}

// signIn gives a member of the staff a session.
func (s *sample) signIn(role, browser, network string) {
	s.t.Helper()
	token, now := rand.Text(), s.server.Now()
	v := db.Session{Hash: sessionHash(token), Staff: "staff_" + role, Stage: db.StageFull, Network: network, Browser: browser, Created: now, Seen: now, Expires: now.Add(db.SessionLife)}
	if err := s.p.c.DB.AddSession(s.t.Context(), v); err != nil {
		s.t.Fatal(err)
	}
	s.cookies[role] = "pierre_staff=" + token
}

// halfWay gives the owner a session that lacks the second factor.
func (s *sample) halfWay() {
	s.t.Helper()
	token, now := rand.Text(), s.server.Now()
	v := db.Session{Hash: sessionHash(token), Staff: "staff_owner", Stage: db.StagePassword, Network: "198.51.100.7/32", Browser: "Firefox", Created: now, Seen: now, Expires: now.Add(10 * time.Minute)}
	if err := s.p.c.DB.AddSession(s.t.Context(), v); err != nil {
		s.t.Fatal(err)
	}
	s.cookies["half"] = "pierre_staff=" + token
}

// hostileSample is the site of an operator with a long name, which holds HTML, and a colour that white cannot be read on.
func hostileSample(t *testing.T) *sample {
	t.Helper()
	s := newSample(t, sampleNow(), Options{})
	err := s.p.c.DB.ChangeSettings(t.Context(), db.Act{Person: "olivia@alpine-data.example", At: s.server.Now()}, "all", func(now *db.Settings) error {
		now.Operator, now.Accent = `<script>alert(1)</script> Verein der Freundinnen und Freunde des ausdauernden Laufens e. V.`, "#ffdd00"
		now.Support, now.Imprint, now.Privacy = "a-very-long-address-for-questions@verein.example", "Verein", "Datenschutz"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// signInCustomer signs a customer in by the mailed link.
func (s *sample) signInCustomer(as, email string) {
	s.t.Helper()
	s.post("", "/account/sign-in", url.Values{"email": {email}})
	s.work() // the mail is written
	s.work() // and sent
	r := s.do("", http.MethodPost, s.mails.link(s.t, email, "/account/sign-in/"), nil)
	for _, c := range r.Result().Cookies() {
		s.cookies[as] = c.Name + "=" + c.Value
	}
}

// at lets time pass until a day of November.
func (s *sample) at(day, hour, minute int) {
	s.t.Helper()
	then := time.Date(2026, time.November, day, hour, minute, 0, 0, time.UTC)
	if then.Before(s.server.Now()) {
		s.t.Fatalf("%v is over", then)
	}
	s.server.Pass(then.Sub(s.server.Now()))
}

// work does all background work once.
func (s *sample) work() {
	s.t.Helper()
	for _, j := range s.p.jobs() {
		if err := j.Do(s.t.Context()); err != nil {
			s.t.Fatalf("%s: %v", j.Name, err)
		}
	}
}

func (s *sample) do(as, method, path string, form url.Values) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36")
	r.RemoteAddr = fmt.Sprintf("203.0.113.%d:1000", 1+len(s.mails.All())%250) // limits are by network
	if as != "" {
		r.AddCookie(&http.Cookie{Name: "as", Value: as})
	}
	w := httptest.NewRecorder()
	s.serve(w, r)
	return w
}

// post sends a form that must be taken.
func (s *sample) post(as, path string, form url.Values) *httptest.ResponseRecorder {
	s.t.Helper()
	w := s.do(as, http.MethodPost, path, form)
	if w.Code >= http.StatusBadRequest {
		s.t.Fatalf("POST %s %v: %d %s", path, form, w.Code, errorText.FindAllString(w.Body.String(), -1))
	}
	return w
}

// key makes a key of a customer.
func (s *sample) key(email, name string, tier pierre.Tier, limit int64) adminapi.FreshKey {
	s.t.Helper()
	req := adminapi.ProvisionRequest{UserEmail: email, Tier: tier, Settings: adminapi.Settings{Name: &name}}
	if limit > 0 {
		req.RateLimitRequests = adminapi.Nullable[int64]{Given: true, Value: &limit}
	}
	k, err := s.server.Client.Provision(s.t.Context(), req, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return k
}

// request asks for a key; the address is confirmed if confirm is set. It returns the path of the mailed link.
func (s *sample) request(email, company, why string, tier pierre.Tier, confirm bool) (link string) {
	s.t.Helper()
	s.post("", "/request", url.Values{"email": {email}, "company": {company}, "use_case": {why}, "tier": {string(tier)}})
	s.work()
	link = s.mails.link(s.t, email, "/verify/")
	if confirm {
		s.post("", link, nil)
		s.work()
	}
	return link
}

// latest returns the last request of an address.
func (s *sample) latest(email string) db.Request {
	s.t.Helper()
	page, err := s.p.c.DB.Requests(s.t.Context(), db.RequestFilter{Text: email, Newest: true, Limit: 1})
	if err != nil || len(page.Requests) == 0 {
		s.t.Fatalf("no request of %s: %v", email, err)
	}
	return page.Requests[0]
}

// decide sends, as the approver, a form about the latest request of an address.
func (s *sample) decide(email, what string, form url.Values) {
	s.t.Helper()
	r := s.latest(email)
	if form == nil {
		form = url.Values{}
	}
	form.Set("version", fmt.Sprint(r.Version))
	s.post("approver", "/admin/requests/"+r.ID+"/"+what, form)
}

// A load is what a key does on a day.
type load struct {
	key       adminapi.FreshKey
	perDay    int
	countries []string
	failing   int // one of so many calls fails; 0: none
}

// calls records a day's calls, more by day than by night, and fewer at weekends.
func (s *sample) calls(day time.Time, until time.Time, loads []load) {
	s.t.Helper()
	tools := []string{"get_activities", "get_stats", "analyze_training_load", "predict_performance", "get_activity", "get_stats", "analyze_training_load"}
	var list []pierre.Call
	for n, l := range loads {
		k, err := s.server.Store.APIKey(s.t.Context(), l.key.APIKeyID)
		if err != nil {
			s.t.Fatal(err)
		}
		total := l.perDay
		if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			total = total * 2 / 3
		}
		total += (day.Day()*(n+3))%5 - 2
		for i := range max(total, 0) {
			hour := []int{6, 7, 7, 8, 9, 10, 11, 12, 12, 13, 15, 16, 17, 17, 18, 18, 19, 19, 20, 21}[(i*7+n*3+day.Day())%20]
			at := day.Truncate(24 * time.Hour).Add(time.Duration(hour)*time.Hour + time.Duration((i*37+n*11)%60)*time.Minute + time.Duration(i)*time.Millisecond)
			if at.After(until) {
				continue
			}
			tool, status := tools[(i+n+day.Day())%len(tools)], pierre.CallSucceeded
			if l.failing > 0 && (i+day.Day())%l.failing == 0 {
				status = pierre.CallFailed
			}
			list = append(list, pierre.Call{
				ID: pierre.NewCallID(), KeyID: k.ID, UserID: k.UserID, Tier: k.Tier, Tool: tool, Status: status, Started: at,
				Duration: time.Duration(18+(i*13+hour*5+day.Day()*3)%90+(i%17/16)*240) * time.Millisecond,
				Country:  l.countries[(i/3+day.Day())%len(l.countries)], Buckets: k.Limits().Buckets(k.Family, k.UserID, tool),
			})
		}
	}
	if err := s.server.Store.RecordCalls(s.t.Context(), list); err != nil {
		s.t.Fatal(err)
	}
}

// A postbox takes mails, but none to an address that does not exist.
type postbox struct{ mailtest.Inbox }

// Send implements [mail.Sender].
func (b *postbox) Send(ctx context.Context, m mail.Outgoing) error {
	if strings.HasSuffix(m.To, "@gone.example") {
		return pierre.Invalid("to", "The mail server of gone.example refused the address: no such mailbox.")
	}
	return b.Inbox.Send(ctx, m)
}

// link returns the path of the last link to prefix that was mailed to the address.
func (b *postbox) link(t testing.TB, to, prefix string) string {
	t.Helper()
	for _, text := range slices.Backward(b.To(to)) {
		if found := regexp.MustCompile(regexp.QuoteMeta(prefix) + `[A-Za-z0-9_-]+`).FindString(text); found != "" {
			return found
		}
	}
	t.Fatalf("no mail to %s has a link to %s", to, prefix)
	return ""
}

// errorText is what pages say of what is wrong.
var errorText = regexp.MustCompile(`(?s)(?:class="error"|role="alert"|class="lead").{0,400}`)
