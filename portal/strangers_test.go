package portal

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/mail/mailtest"
	"github.com/pierre-mcp/pierre/portal/requests"
	"github.com/pierre-mcp/pierre/portal/route"
)

// paths calls f with each route of the site that has the method and ends, with "none" for the variable parts of its path.
func paths(routes []route.Route, method string, f func(path string)) {
	for _, rt := range routes {
		m, path, _ := strings.Cut(rt.Pattern, " ")
		if m == method && !strings.Contains(path, "/live") && !strings.Contains(path, "events") {
			f(wildcard.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), "none"))
		}
	}
}

// Another site's page changes nothing at any route, whoever is signed in, and neither does one that hides where it is.
func TestNoRouteTakesOtherSitesForms(t *testing.T) {
	t.Parallel()
	p := newTestParts(t, Options{})
	h := p.serve(p.routes())
	n := 0
	paths(p.routes(), http.MethodPost, func(path string) {
		n++
		for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "null"}, {"Origin", "http://keys.example.com.evil.example"}, {"Origin", "http://keys.example.com:8443"}} {
			for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
				r := httptest.NewRequestWithContext(t.Context(), method, "http://keys.example.com"+path, strings.NewReader("confirm=c%40example.com"))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set(header[0], header[1])
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, as(r, route.Owner)); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "another site") {
					t.Errorf("%s %s with %v: %d", method, path, header, w.Code)
				}
			}
		}
	})
	if n < 40 {
		t.Errorf("only %d routes change something", n)
	}
}

// No route leads to another site, whatever a link to it says.
func TestNoRouteLeadsElsewhere(t *testing.T) {
	t.Parallel()
	p := newTestParts(t, Options{})
	h := p.serve(p.routes())
	const query = `?next=//evil.example&back=https://evil.example&q=%22%3E%3Cscript%3Eevil()%3C/script%3E&tier=%3Cscript%3Eevil()&cursor=//evil.example&state=//evil.example`
	look := func(method, path string, who route.Role) {
		r := httptest.NewRequestWithContext(t.Context(), method, path+query, strings.NewReader(strings.TrimPrefix(query, "?")))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Referer", "https://evil.example/")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, as(r, who))
		at := w.Header().Get("Location")
		if u, err := url.Parse(at); err != nil || u.Host != "" || u.Scheme != "" || strings.Contains(at, `\`) {
			t.Errorf("%s %s as %s leads to %q", method, path, who, at)
		}
		if body := w.Body.String(); strings.Contains(body, "<script>evil") || strings.Contains(body, `href="//evil`) || strings.Contains(body, `href="https://evil`) || strings.Contains(body, `action="//evil`) {
			t.Errorf("%s %s as %s shows what stands in its address: %s", method, path, who, body)
		}
	}
	for _, who := range []route.Role{route.Public, route.Customer, route.Owner} {
		paths(p.routes(), http.MethodGet, func(path string) { look(http.MethodGet, path, who) })
	}
	paths(p.routes(), http.MethodPost, func(path string) { look(http.MethodPost, path, route.Public) })
}

// Every answer has the headers that protect it: pages, redirects, refusals and what is not found. Pages of persons are kept
// by no cache.
func TestEveryKindOfAnswerIsHardened(t *testing.T) {
	t.Parallel()
	p := newTestParts(t, Options{})
	h := p.serve(p.routes())
	look := func(r *http.Request, who route.Role) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, as(r, who))
		for name, want := range map[string]string{
			"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := w.Header().Values(name); len(got) != 1 || got[0] != want {
				t.Errorf("%s %s as %s, %d: %s is %q", r.Method, r.URL.Path, who, w.Code, name, got)
			}
		}
		if csp := w.Header().Values("Content-Security-Policy"); len(csp) != 1 || strings.Contains(csp[0], "unsafe") || !strings.Contains(csp[0], "frame-ancestors 'none'") {
			t.Errorf("%s %s: Content-Security-Policy %q", r.Method, r.URL.Path, csp)
		}
		public := strings.HasPrefix(r.URL.Path, "/static/") || strings.HasPrefix(r.URL.Path, "/brand/") || r.URL.Path == "/favicon.ico" || r.URL.Path == "/robots.txt"
		if cache := w.Header().Get("Cache-Control"); who != route.Public && w.Code == http.StatusOK && !public &&
			strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && !strings.Contains(cache, "no-store") {
			t.Errorf("%s as %s: Cache-Control %q", r.URL.Path, who, cache)
		}
		if loose := w.Header().Get("Access-Control-Allow-Origin"); loose != "" {
			t.Errorf("%s: Access-Control-Allow-Origin %q", r.URL.Path, loose)
		}
	}
	for _, who := range []route.Role{route.Public, route.Customer, route.Owner} {
		paths(p.routes(), http.MethodGet, func(path string) {
			look(httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil), who)
		})
	}
	foreign := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/request", nil)
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	look(foreign, route.Public)
	for _, path := range []string{"/nowhere", "/admin/nowhere", "/../etc/passwd", "/static/nothing.css", "/request/"} {
		look(httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil), route.Public)
		look(httptest.NewRequestWithContext(t.Context(), "BREW", path, nil), route.Public)
	}
}

// A flood is what never ends, and counts how much of it was read.
type flood struct{ read int64 }

func (f *flood) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a'
	}
	f.read += int64(len(b))
	return len(b), nil
}

// No route reads a body that does not end, whoever sends it.
func TestNoRouteReadsWithoutEnd(t *testing.T) {
	t.Parallel()
	p := newTestParts(t, Options{})
	h := p.serve(p.routes())
	paths(p.routes(), http.MethodPost, func(path string) {
		for _, kind := range []string{"application/x-www-form-urlencoded", "application/json"} {
			for _, who := range []route.Role{route.Public, route.Customer, route.Owner} {
				body := &flood{}
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, body)
				r.Header.Set("Content-Type", kind)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, as(r, who))
				if body.read > 2*maxBody || w.Code >= http.StatusInternalServerError && w.Code != http.StatusServiceUnavailable {
					t.Errorf("POST %s as %s, %s: %d after %d bytes", path, who, kind, w.Code, body.read)
				}
			}
		}
	})
}

// A visitor is a browser at the whole site.
type visitor struct {
	*testing.T

	p    *parts
	mail mailtest.Inbox
	url  string
	http *http.Client
}

func visit(t *testing.T) *visitor {
	t.Helper()
	v := &visitor{T: t, p: newTestParts(t, Options{})}
	srv := httptest.NewTLSServer(v.p.serve(v.p.routes()))
	t.Cleanup(srv.Close)
	v.url, v.http = srv.URL, srv.Client()
	v.forget()
	v.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return v
}

// forget makes the visitor somebody whom the site does not know.
func (v *visitor) forget() {
	v.Helper()
	var err error
	if v.http.Jar, err = cookiejar.New(nil); err != nil {
		v.Fatal(err)
	}
}

// origin is whose the cookies are: of the host that requests name.
func (*visitor) origin() *url.URL { return &url.URL{Scheme: "https", Host: "evil.example", Path: "/"} }

// cookies returns the cookies of the browser, as somebody copies them.
func (v *visitor) cookies() []*http.Cookie { v.Helper(); return v.http.Jar.Cookies(v.origin()) }

// do sends a request for another host than the site's, as whoever wants to have links to their own site mailed.
func (v *visitor) do(want int, method, path string, form url.Values) (body string) {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), method, v.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.Fatal(err)
	}
	r.Host = "evil.example"
	for _, name := range []string{"X-Forwarded-Host", "X-Original-Host", "X-Host"} {
		r.Header.Set(name, "evil.example")
	}
	r.Header.Set("Forwarded", "host=evil.example;proto=http")
	r.Header.Set("X-Forwarded-Proto", "http")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := v.http.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		v.Fatal(err)
	}
	if resp.StatusCode != want {
		v.Fatalf("%s %s answers %d, want %d: %s", method, path, resp.StatusCode, want, text)
	}
	if at := resp.Header.Get("Location"); strings.Contains(at+string(text), "evil.example") || at != "" && !strings.HasPrefix(at, "/") {
		v.Errorf("%s %s names the host that it was asked for: %q", method, path, at)
	}
	return string(text)
}

var anyLink = regexp.MustCompile(`https?://[^\s"<>]+`)

// link lets the mail leave, checks that its links are the site's, and returns the path of the last one of the kind.
func (v *visitor) link(kind string) (path string) {
	v.Helper()
	silent := slog.New(slog.DiscardHandler)
	if err := v.p.customers.MailLinks(v.Context()); err != nil {
		v.Fatal(err)
	}
	if err := mail.NewWorker(v.p.outbox, &v.mail, silent).Deliver(v.Context()); err != nil {
		v.Fatal(err)
	}
	for _, m := range v.mail.All() {
		for _, at := range anyLink.FindAllString(m.Text+"\n"+m.HTML, -1) {
			of, ok := strings.CutPrefix(at, "https://keys.example.com")
			if !ok && !strings.HasPrefix(at, "http://www.w3.org/") {
				v.Errorf("the mail %q leads to %s", m.Subject, at)
			}
			if strings.HasPrefix(of, kind) {
				path = of
			}
		}
	}
	if path == "" {
		v.Fatalf("no link to %s in %d mails", kind, len(v.mail.All()))
	}
	return path
}

// The links in mails lead to the site, whatever host a request names; and who deletes the account leaves nothing that works.
func TestLinksInMailsAndWhatADeletionLeaves(t *testing.T) {
	t.Parallel()
	v := visit(t)
	const who = "ana@example.com"
	v.do(http.StatusSeeOther, http.MethodPost, "/request", url.Values{"email": {who}, "use_case": {"Our coaches look at each week."}, "tier": {"starter"}})
	verify := v.link("/verify/")
	v.do(http.StatusSeeOther, http.MethodPost, verify, nil)
	list, err := v.p.c.DB.Requests(t.Context(), db.RequestFilter{Text: who, Limit: 1})
	if err != nil || len(list.Requests) != 1 {
		t.Fatal(list, err)
	}
	r := list.Requests[0]
	asked, err := v.p.asked.Ask(t.Context(), requests.Decision{Request: r.ID, Version: r.Version, By: "bo@example.com"}, "How many athletes?")
	if err != nil {
		t.Fatal(err)
	}
	question := v.link("/answer/")
	if _, err := v.p.asked.Approve(t.Context(), requests.Decision{Request: r.ID, Version: asked.Version, By: "bo@example.com"}, requests.Plan{Tier: pierre.TierStarter}); err != nil {
		t.Fatal(err)
	}
	v.do(http.StatusNotFound, http.MethodGet, question, nil) // it was decided since
	claim := v.link("/claim/")
	body := v.do(http.StatusOK, http.MethodPost, claim, nil)
	key := regexp.MustCompile(`pk_live_\w{20,}`).FindString(body)
	if key == "" || !strings.Contains(body, "https://mcp.example.com/") {
		t.Errorf("the key's page: %s", body)
	}
	v.do(http.StatusOK, http.MethodPost, "/account/sign-in", url.Values{"email": {who}})
	signIn := v.link("/account/sign-in/")
	v.do(http.StatusSeeOther, http.MethodPost, signIn, nil)
	if body := v.do(http.StatusUnprocessableEntity, http.MethodPost, "/account/upgrade", url.Values{"tier": {"professional"}, "why": {"More."}}); !strings.Contains(body, "Tell us a little more") || !strings.Contains(body, "More.</textarea>") {
		t.Errorf("a request in a word: %s", body)
	}
	v.do(http.StatusSeeOther, http.MethodPost, "/account/upgrade", url.Values{"tier": {"professional"}, "why": {"Our club has grown to two hundred athletes."}})
	if body := v.do(http.StatusOK, http.MethodGet, "/account/export", nil); strings.Count(body, `"use_case"`) != 2 || strings.Contains(body, key) || strings.Contains(body, strings.TrimPrefix(claim, "/claim/")) {
		t.Errorf("the export: %s", body)
	}
	copied := v.cookies()
	v.forget()
	v.http.Jar.SetCookies(v.origin(), copied)
	v.do(http.StatusOK, http.MethodGet, "/account", nil) // a copy of the cookies is as good as they are
	v.do(http.StatusSeeOther, http.MethodPost, "/account/delete", url.Values{"confirm": {who}})
	v.forget()
	v.http.Jar.SetCookies(v.origin(), copied)
	v.do(http.StatusSeeOther, http.MethodGet, "/account", nil)
	v.forget()
	for _, path := range []string{verify, claim, question} {
		v.do(http.StatusNotFound, http.MethodGet, path, nil)
	}
	v.do(http.StatusNotFound, http.MethodPost, claim, nil)
	v.do(http.StatusNotFound, http.MethodPost, claim+"/again", nil)
	v.do(http.StatusNotFound, http.MethodPost, signIn, nil)
	for _, table := range []string{"portal_requests", "portal_request_events", "portal_claims", "portal_mails", "portal_customer_sessions", "portal_sign_ins"} {
		var n int
		if err := v.p.c.DB.Row(t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows are left in %s, %v", n, table, err)
		}
	}
	before := len(v.mail.All())
	v.do(http.StatusOK, http.MethodPost, "/account/sign-in", url.Values{"email": {who}})
	if v.link("/account/sign-in/"); len(v.mail.All()) != before {
		t.Error("a deleted customer gets a link to sign in")
	}
}

// What no longer answers says so to who watches, and to nobody what is wrong inside.
func TestReadiness(t *testing.T) {
	t.Parallel()
	p := newTestParts(t, Options{})
	h := p.serve(p.routes())
	ask := func(ctx context.Context, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil))
		return w
	}
	if w := ask(t.Context(), "/ready"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "ready") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if w := ask(late, "/ready"); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "context") || strings.Contains(w.Body.String(), "admin.db") {
		t.Errorf("a database that does not answer: %d %s", w.Code, w.Body)
	}
	if w := ask(late, "/health"); w.Code != http.StatusOK {
		t.Errorf("the process runs: %d", w.Code)
	}
}
