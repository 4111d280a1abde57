package account_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"html"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
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
	"github.com/pierre-mcp/pierre/portal/account"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/mail/mailtest"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/ui"
	"github.com/pierre-mcp/pierre/remote/adminapi"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

var noon = time.Date(2026, time.November, 20, 12, 0, 0, 0, time.UTC)

// A harness is the customers' part of the site over HTTPS, with a real admin API behind it.
type harness struct {
	*testing.T

	server *adminapitest.Server
	db     *db.DB
	site   *account.Site
	url    string
	pages  http.Handler
	post   *mailtest.Inbox
	worker *mail.Worker
	asked  []account.Upgrade
	refuse error // that requests for another plan get
	erased []string
	taken  []string // requests that were withdrawn
	trust  *tls.Config
}

func open(t *testing.T, d *db.DB) *harness {
	t.Helper()
	h := &harness{T: t, server: adminapitest.Start(t, noon), db: d, post: &mailtest.Inbox{}}
	ring, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	templates, err := account.Templates()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := ui.New(func(context.Context) ui.Brand { return ui.Brand{} }, map[string]fs.FS{"account": templates}, ui.Options{Now: h.server.Now})
	if err != nil {
		t.Fatal(err)
	}
	outbox := mail.NewOutbox(d, ring, h.server.Now)
	texts := func(context.Context) mail.Texts {
		return mail.Texts{Operator: "Pierre", BaseURL: "https://keys.example"}
	}
	silent := slog.New(slog.DiscardHandler)
	h.site = account.New(d, outbox, texts, h.server.Client, pages, silent, account.Options{
		Now: h.server.Now,
		Upgrade: func(_ context.Context, u account.Upgrade) error {
			if h.refuse == nil {
				h.asked = append(h.asked, u)
			}
			return h.refuse
		},
		Wishes: func(_ context.Context, email string) ([]account.Wish, error) {
			return []account.Wish{{ID: "req_1", Plan: "Gold of " + email, Made: noon, Question: true}}, nil
		},
		Withdraw: func(_ context.Context, email, id string) error {
			h.taken = append(h.taken, email+" "+id)
			return h.refuse
		},
		Erase: func(_ context.Context, email string) error { h.erased = append(h.erased, email); return nil },
		Extra: func(_ context.Context, _ string) (map[string]any, error) {
			return map[string]any{"requests": []string{}}, nil
		},
	})
	h.worker = mail.NewWorker(outbox, h.post, silent)
	static := route.Route{Pattern: "GET " + ui.StaticPath + "{file...}", Role: route.Public, Handler: pages.Static}
	mux := route.Mux(append(h.site.Routes(), static), route.Fallback{StaffSignIn: "/admin/sign-in", CustomerSignIn: "/account/sign-in", Fail: pages.Fail})
	h.pages = h.site.Identify(mux, pages.Fail)
	srv := httptest.NewTLSServer(h.pages)
	t.Cleanup(srv.Close)
	h.url, h.trust = srv.URL, srv.Client().Transport.(*http.Transport).TLSClientConfig
	return h
}

// A browser keeps cookies and follows no redirects.
type browser struct {
	*harness

	http http.Client
}

func (h *harness) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.Fatal(err)
	}
	return &browser{h, http.Client{
		Jar: jar, Transport: &http.Transport{TLSClientConfig: h.trust.Clone()}, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (b *browser) do(method, path string, values url.Values) (status int, body string, header http.Header) {
	b.Helper()
	var send io.Reader
	if values != nil {
		send = strings.NewReader(values.Encode())
	}
	req, err := http.NewRequestWithContext(b.Context(), method, b.url+path, send)
	if err != nil {
		b.Fatal(err)
	}
	if values != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/140")
	resp, err := b.http.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	return resp.StatusCode, string(text), resp.Header
}

func (b *browser) want(status int, method, path string, values url.Values) string {
	b.Helper()
	got, body, _ := b.do(method, path, values)
	if got != status {
		b.Fatalf("%s %s answers %d, want %d:\n%s", method, path, got, status, body)
	}
	return body
}

// mail answers requests for links and sends what is due.
func (h *harness) mail() {
	h.Helper()
	if err := h.site.MailLinks(h.Context()); err != nil {
		h.Fatal(err)
	}
	if err := h.worker.Deliver(h.Context()); err != nil {
		h.Fatal(err)
	}
}

var linkInMail = regexp.MustCompile(`https://keys\.example(/account/sign-in/[A-Z0-9]+)`)

// link asks for a link for ana@example.com and returns its path.
func (b *browser) link() string {
	b.Helper()
	const email = "ana@example.com"
	b.want(200, "POST", "/account/sign-in", url.Values{"email": {email}})
	b.mail()
	sent := b.post.To(email)
	if len(sent) == 0 {
		b.Fatalf("no mail to %s", email)
	}
	return linkInMail.FindStringSubmatch(sent[len(sent)-1])[1]
}

// signInTo signs in on the way to a page, which the form is told and only the database keeps, and returns where that leads.
func (h *harness) signInTo(next string) (at string) {
	h.Helper()
	b, values := h.browser(), url.Values{"email": {"ana@example.com"}}
	if m := hiddenNext.FindStringSubmatch(b.want(200, "GET", "/account/sign-in?next="+url.QueryEscape(next), nil)); m != nil {
		values.Set("next", html.UnescapeString(m[1]))
	} else {
		values.Set("next", next) // whoever sends the form may send anything
	}
	b.want(200, "POST", "/account/sign-in", values)
	h.mail()
	sent := h.post.To("ana@example.com")
	other := h.browser()
	_, _, header := other.do("POST", linkInMail.FindStringSubmatch(sent[len(sent)-1])[1], url.Values{})
	return header.Get("Location")
}

var hiddenNext = regexp.MustCompile(`name="next" value="([^"]*)"`)

// signIn returns a browser in which ana@example.com is signed in.
func (h *harness) signIn() *browser {
	h.Helper()
	b := h.browser()
	b.want(303, "POST", b.link(), url.Values{})
	return b
}

func TestSignInByMail(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.server.Provision(t, "ana@example.com", "trial")
		b := h.browser()
		if status, _, header := b.do("GET", "/account", nil); status != 303 || header.Get("Location") != "/account/sign-in?next=%2Faccount" {
			t.Errorf("a stranger gets %d %v", status, header)
		}
		link := b.link()
		for range 2 { // programs that look into mails
			if _, body, _ := h.browser().do("GET", link, nil); !strings.Contains(body, "<button") {
				t.Errorf("the link's page has no button: %s", body)
			}
		}
		status, _, header := b.do("POST", link, url.Values{})
		cookie := header.Get("Set-Cookie")
		if status != 303 || header.Get("Location") != "/account" {
			t.Fatalf("%d %v", status, header)
		}
		for _, part := range []string{"__Host-customer=", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"} {
			if !strings.Contains(cookie, part) {
				t.Errorf("the cookie %q lacks %s", cookie, part)
			}
		}
		if body := b.want(200, "GET", "/account", nil); !strings.Contains(body, "ana@example.com") || !strings.Contains(body, "calls this month") {
			t.Errorf("the account shows %s", body)
		}
		if body := h.browser().want(404, "POST", link, url.Values{}); !strings.Contains(body, "ended") {
			t.Errorf("the second use shows %s", body)
		}
		var kept int
		if err := d.Row(t.Context(), `SELECT COUNT(*) FROM portal_customer_sessions WHERE hash = $1`, []byte(strings.SplitN(cookie, "=", 2)[1][:52])).Scan(&kept); err != nil || kept != 0 {
			t.Errorf("the cookie is kept in clear: %v", err)
		}
		b.want(303, "POST", "/account/sign-out", url.Values{})
		b.want(303, "GET", "/account", nil)
	})
}

// The answer tells nobody whether an address has a key, nor does its time: both are looked up later.
func TestTheAnswerIsTheSameForAllAddresses(t *testing.T) {
	h := open(t, dbtest.New(t))
	h.server.Provision(t, "known@example.com", "trial")
	var pages []string
	for _, email := range []string{"known@example.com", "other@example.com"} {
		pages = append(pages, strings.ReplaceAll(h.browser().want(200, "POST", "/account/sign-in", url.Values{"email": {email}}), email, "ADDRESS"))
	}
	if pages[0] != pages[1] {
		t.Errorf("the answers differ:\n%s\n%s", pages[0], pages[1])
	}
	h.mail()
	if len(h.post.To("known@example.com")) != 1 || len(h.post.To("other@example.com")) != 0 {
		t.Errorf("sent %+v", h.post.All())
	}
	for _, wrong := range []string{"", "ana", "ana@example.com, bob@example.com", "ana@example.com\r\nBcc: x@example.com"} {
		h.browser().want(422, "POST", "/account/sign-in", url.Values{"email": {wrong}})
	}
}

func TestLinksAreFew(t *testing.T) {
	h := open(t, dbtest.New(t))
	h.server.Provision(t, "ana@example.com", "trial")
	b := h.browser()
	first := b.link()
	for range 9 {
		b.want(200, "POST", "/account/sign-in", url.Values{"email": {"ana@example.com"}})
		h.mail()
	}
	if n := len(h.post.To("ana@example.com")); n != 3 {
		t.Errorf("%d mails in 15 minutes, want 3", n)
	}
	for range 20 {
		b.want(200, "POST", "/account/sign-in", url.Values{"email": {"bob@example.com"}})
	}
	b.want(429, "POST", "/account/sign-in", url.Values{"email": {"cid@example.com"}})
	h.server.Pass(16 * time.Minute)
	b.want(404, "POST", first, url.Values{}) // it has ended
	h.server.Pass(time.Hour)
	b.want(303, "POST", b.link(), url.Values{})
}

// Of two programs that share a database one mails the link.
func TestOneProgramMailsTheLink(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		h := open(t, replicas[0])
		h.server.Provision(t, "ana@example.com", "trial")
		h.browser().want(200, "POST", "/account/sign-in", url.Values{"email": {"ana@example.com"}})
		other := *h
		other.site = account.New(replicas[1], mail.NewOutbox(replicas[1], sealer{}, h.server.Now),
			func(context.Context) mail.Texts {
				return mail.Texts{Operator: "Pierre", BaseURL: "https://keys.example"}
			}, h.server.Client, nil, slog.New(slog.DiscardHandler), account.Options{Now: h.server.Now})
		var wg sync.WaitGroup
		for _, site := range []*account.Site{h.site, other.site} {
			wg.Go(func() {
				if err := site.MailLinks(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if list, err := replicas[0].Mails(t.Context(), db.MailFilter{Limit: 10}); err != nil || len(list) != 1 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// sealer seals nothing.
type sealer struct{}

func (sealer) Seal(plaintext, _ []byte) []byte       { return plaintext }
func (sealer) Open(sealed, _ []byte) ([]byte, error) { return sealed, nil }

func TestSessionsEnd(t *testing.T) {
	h := open(t, dbtest.New(t))
	h.server.Provision(t, "ana@example.com", "trial")
	b := h.signIn()
	for range 15 { // used every eleven hours, it lasts for a week
		h.server.Pass(11 * time.Hour)
		b.want(200, "GET", "/account/settings", nil)
	}
	h.server.Pass(4 * time.Hour)
	b.want(303, "GET", "/account/settings", nil)

	b = h.signIn()
	h.server.Pass(12*time.Hour + time.Minute)
	b.want(303, "GET", "/account/settings", nil)

	b, other := h.signIn(), h.signIn()
	body := b.want(200, "GET", "/account/settings", nil)
	ids := regexp.MustCompile(`/account/sessions/([A-Z0-9]+)/end`).FindAllStringSubmatch(body, -1)
	if len(ids) != 2 || !strings.Contains(body, "Chrome on Linux") || !strings.Contains(body, `href="/account/invoices"`) {
		t.Fatalf("the settings show %s", body)
	}
	this := 0
	if strings.Index(body, "this browser") > strings.Index(body, ids[1][1])-400 && strings.Index(body, "this browser") > strings.Index(body, ids[0][1]) {
		this = 1
	}
	b.want(303, "POST", "/account/sessions/"+ids[1-this][1]+"/end", url.Values{})
	other.want(303, "GET", "/account/settings", nil)
	b.want(200, "GET", "/account/settings", nil)
}

// Somebody else's key is as one that there is not, on every route, and nothing happens to it.
func TestAnothersKeyIsNotFound(t *testing.T) {
	h := open(t, dbtest.New(t))
	h.server.Provision(t, "ana@example.com", "trial")
	bobs := h.server.Provision(t, "bob@example.com", "trial")
	ana := h.signIn()
	for _, id := range []string{string(bobs.APIKeyID), "key_none", "../admin", "%00"} {
		path := "/account/keys/" + url.PathEscape(id)
		for method, target := range map[string]string{"GET": path, "POST ": path + "/rotate", "POST": path + "/revoke"} {
			status, body, _ := ana.do(strings.TrimSpace(method), target, url.Values{"grace": {"0"}, "once": {"x"}, "confirm": {bobs.KeyPrefix}})
			if status != 404 || strings.Contains(body, "bob@") || strings.Contains(body, "/admin/") {
				t.Errorf("%s %s answers %d: %s", method, target, status, body)
			}
		}
	}
	if k, err := h.server.Client.Key(t.Context(), bobs.APIKeyID); err != nil || k.Status != pierre.KeyActive || k.ReplacedBy != nil {
		t.Errorf("bob's key is %+v, %v", k, err)
	}
}

func TestRotateAndRevoke(t *testing.T) {
	h := open(t, dbtest.New(t))
	k := h.server.Provision(t, "ana@example.com", "starter")
	b := h.signIn()
	page := "/account/keys/" + string(k.APIKeyID)
	once := regexp.MustCompile(`name="once" value="([A-Z0-9]+)"`).FindStringSubmatch(b.want(200, "GET", page, nil))[1]
	form := url.Values{"grace": {"3600"}, "once": {once}}
	shown := regexp.MustCompile(`pk_live_\w{32}`)
	fresh := shown.FindString(b.want(200, "POST", page+"/rotate", form))
	if again := shown.FindString(b.want(200, "POST", page+"/rotate", form)); fresh == "" || fresh != again {
		t.Errorf("two sendings of one form show %q and %q", fresh, again)
	}
	list, err := h.server.Client.Keys(t.Context(), adminapi.KeyFilter{UserEmail: "ana@example.com"})
	if err != nil || len(list.APIKeys) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	next := list.APIKeys[0]
	if list.APIKeys[0].ReplacedBy != nil {
		next = list.APIKeys[1]
	}
	b.want(422, "POST", page+"/rotate", url.Values{"grace": {"-1"}, "once": {"y"}})
	if status, body, _ := b.do("POST", page+"/rotate", url.Values{"grace": {"0"}, "once": {"z"}}); status != 409 {
		t.Errorf("a replaced key is rotated: %d %s", status, body)
	}
	page = "/account/keys/" + string(next.APIKeyID)
	if body := b.want(422, "POST", page+"/revoke", url.Values{"confirm": {"nope"}}); !strings.Contains(body, "last four letters") {
		t.Errorf("%s", body)
	}
	b.want(303, "POST", page+"/revoke", url.Values{"confirm": {next.KeyLast4}})
	if now, err := h.server.Client.Key(t.Context(), next.APIKeyID); err != nil || now.RevokedAt == nil {
		t.Errorf("%+v, %v", now, err)
	}
	audit, err := h.server.Client.Audit(t.Context(), adminapi.AuditFilter{Target: string(next.APIKeyID)})
	if err != nil || len(audit.Entries) == 0 || audit.Entries[0].Person == nil || *audit.Entries[0].Person != "ana@example.com" {
		t.Errorf("the audit log does not name the customer: %+v, %v", audit, err)
	}
}

// What is shown and downloaded is the customer's own use, of all keys.
func TestUsage(t *testing.T) {
	h := open(t, dbtest.New(t))
	k := h.server.Provision(t, "ana@example.com", "trial")
	bobs := h.server.Provision(t, "bob@example.com", "trial")
	for day := range 3 {
		at := noon.AddDate(0, 0, -day)
		h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: at, N: 10 + day, Status: pierre.CallSucceeded, Tool: "get_activities"})
		h.server.Record(t, adminapitest.Calls{Key: bobs.APIKeyID, At: at, N: 77, Status: pierre.CallSucceeded, Tool: "secret_tool"})
	}
	h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: noon, N: 2, Status: pierre.CallFailed, Tool: "=cmd|calc"})
	h.server.Record(t, adminapitest.Calls{Key: k.APIKeyID, At: noon, N: 5, Status: pierre.CallRateLimited, Tool: "get_activities"})
	h.server.Pass(time.Hour)
	b := h.signIn()
	body := b.want(200, "GET", "/account", nil)
	for _, want := range []string{"35 of 1,000 calls this month", "get_activities", "Refused calls", "<dd>35"} {
		if !strings.Contains(body, want) {
			t.Errorf("the account lacks %q: %s", want, body)
		}
	}
	csv := b.want(200, "GET", "/account/usage.csv", nil)
	if !strings.Contains(csv, "2026-11-18,get_activities,12,12,0,0\n") || !strings.Contains(csv, "'=cmd|calc") {
		t.Errorf("the table is %s", csv)
	}
	var report struct {
		Totals struct {
			Requests int64 `json:"requests"`
		} `json:"totals"`
		Rows []any `json:"rows"`
	}
	if err := json.Unmarshal([]byte(b.want(200, "GET", "/account/usage.json", nil)), &report); err != nil || report.Totals.Requests != 40 || len(report.Rows) != 4 {
		t.Errorf("%+v, %v", report, err)
	}
	keyPage := b.want(200, "GET", "/account/keys/"+string(k.APIKeyID), nil)
	for _, text := range []string{body, csv, keyPage} {
		if strings.Contains(text, "secret_tool") || strings.Contains(text, "231") {
			t.Errorf("somebody else's use is shown: %s", text)
		}
	}
}

func TestSettingsUpgradeExportAndDeletion(t *testing.T) {
	h := open(t, dbtest.New(t))
	k := h.server.Provision(t, "ana@example.com", "trial")
	name := "<script>alert(1)</script>"
	if _, err := h.server.Client.Update(t.Context(), k.APIKeyID, adminapi.UpdateRequest{Settings: adminapi.Settings{Name: &name}}); err != nil {
		t.Fatal(err)
	}
	b := h.signIn()
	for _, path := range []string{"/account", "/account/keys/" + string(k.APIKeyID)} {
		if body := b.want(200, "GET", path, nil); strings.Contains(body, "<script>alert") || !strings.Contains(body, "&lt;script&gt;") {
			t.Errorf("%s shows a name as markup", path)
		}
	}
	b.want(303, "POST", "/account/settings", url.Values{"limit": {"1"}})
	if s, err := h.db.CustomerSettings(t.Context(), "ana@example.com"); err != nil || s != (db.CustomerSettings{LimitMails: true}) {
		t.Errorf("%+v, %v", s, err)
	}
	b.want(422, "POST", "/account/upgrade", url.Values{"tier": {"nothing"}, "why": {"x"}})
	b.want(422, "POST", "/account/upgrade", url.Values{"tier": {"starter"}, "why": {" "}})
	b.want(303, "POST", "/account/upgrade", url.Values{"tier": {"starter"}, "why": {"More athletes."}})
	if len(h.asked) != 1 || h.asked[0] != (account.Upgrade{Email: "ana@example.com", Tier: "starter", Why: "More athletes."}) {
		t.Errorf("asked %+v", h.asked)
	}
	if body := b.want(200, "GET", "/account", nil); !strings.Contains(body, "Gold of ana@example.com") || !strings.Contains(body, "we mailed you a question") {
		t.Errorf("what was asked for is not shown: %s", body)
	}
	b.want(303, "POST", "/account/requests/req_1/withdraw", nil)
	h.refuse = pierre.NotFound("This request")
	b.want(404, "POST", "/account/requests/req_2/withdraw", nil)
	if want := []string{"ana@example.com req_1", "ana@example.com req_2"}; !slices.Equal(h.taken, want) {
		t.Errorf("withdrawn: %q", h.taken)
	}
	if body := b.want(200, "GET", "/account/settings", nil); !strings.Contains(body, "Your activities are at the server and not in it") {
		t.Errorf("what the export lacks is not said: %s", body)
	}
	export := b.want(200, "GET", "/account/export", nil)
	for _, want := range []string{`"email":"ana@example.com"`, string(k.APIKeyID), `"limit_mails":true`, `"browser":"Chrome on Linux"`, `"subject":"Your sign-in link"`, `"requests":[]`} {
		if !strings.Contains(export, want) {
			t.Errorf("the export lacks %s: %s", want, export)
		}
	}
	if strings.Contains(export, k.APIKey.Reveal()) || strings.Contains(export, "sign-in/") {
		t.Error("the export holds a secret")
	}
	bob := h.server.Provision(t, "bob@example.com", "trial")
	for _, of := range []adminapi.FreshKey{k, bob} {
		h.note(of)
	}
	b.want(422, "POST", "/account/delete", url.Values{"confirm": {"bob@example.com"}})
	b.want(303, "POST", "/account/delete", url.Values{"confirm": {"Ana@example.com "}})
	b.want(303, "GET", "/account", nil)
	if list, err := h.server.Client.Users(t.Context(), adminapi.UserFilter{EmailPart: "ana@"}); err != nil || len(list.Users) != 0 {
		t.Errorf("the server still knows %+v, %v", list, err)
	}
	if list, err := h.db.Mails(t.Context(), db.MailFilter{Recipient: "ana@example.com", Limit: 9}); err != nil || len(list) != 0 || len(h.erased) != 1 {
		t.Errorf("kept %+v, %v, erased %v", list, err, h.erased)
	}
	if left := h.noted(k); left != (noted{}) {
		t.Errorf("what is left of a customer who deleted the account: %+v", left)
	}
	if left := h.noted(bob); left != (noted{"Club", "Club", 1, 1}) {
		t.Errorf("what is left of another customer: %+v", left)
	}
}

// note keeps of a customer all that is kept under the ids of the server.
func (h *harness) note(k adminapi.FreshKey) {
	h.Helper()
	ctx, act := h.Context(), db.Act{Person: "olivia@example.com", At: noon}
	rule := db.Rule{ID: "rule", Name: "Rule", Scope: "all", Condition: "country", Made: noon}
	err := errors.Join(
		h.db.SetCustomer(ctx, act, db.Customer{User: k.UserID, Company: "Club"}),
		h.db.SetBillingCustomer(ctx, act, db.BillingCustomer{UserID: k.UserID, Company: "Club"}),
		h.db.PutRule(ctx, rule),
		h.db.Update(ctx, "noting", func(t *db.Tx) error {
			_, err := h.db.NewCountry(ctx, t, k.APIKeyID, "PT", noon)
			if err != nil {
				return err
			}
			_, err = h.db.AddAlert(ctx, t, db.Alert{ID: "of " + string(k.APIKeyID), Rule: rule.ID, Subject: "key:" + string(k.APIKeyID) + " from PT", Period: "PT", Title: "Key of somebody", Found: noon})
			return err
		}))
	if err != nil {
		h.Fatal(err)
	}
}

// noted is what is kept of a customer under the ids of the server.
type noted struct {
	company, invoiced string
	countries, alerts int
}

func (h *harness) noted(k adminapi.FreshKey) (n noted) {
	h.Helper()
	c, err := h.db.Customer(h.Context(), k.UserID)
	billed, err2 := h.db.BillingCustomers(h.Context())
	countries, err3 := h.db.KeyCountries(h.Context(), k.APIKeyID)
	open, err4 := h.db.OpenAlerts(h.Context(), "")
	if err := errors.Join(err, err2, err3, err4); err != nil {
		h.Fatal(err)
	}
	n = noted{company: c.Company, invoiced: billed[k.UserID].Company, countries: len(countries)}
	for _, a := range open {
		if strings.Contains(a.Subject, string(k.APIKeyID)) {
			n.alerts++
		}
	}
	return n
}

// A customer without keys, who was deleted at the server meanwhile, sees what to do.
func TestNoKeys(t *testing.T) {
	h := open(t, dbtest.New(t))
	k := h.server.Provision(t, "ana@example.com", "trial")
	b := h.signIn()
	if _, err := h.server.Client.DeleteUser(t.Context(), k.UserID); err != nil {
		t.Fatal(err)
	}
	if body := b.want(200, "GET", "/account", nil); !strings.Contains(body, "You have no key") {
		t.Errorf("%s", body)
	}
	b.want(200, "GET", "/account/usage.csv", nil)
	b.want(200, "GET", "/account/export", nil)
	b.want(303, "POST", "/account/delete", url.Values{"confirm": {"ana@example.com"}})
}
