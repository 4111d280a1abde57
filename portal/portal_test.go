package portal

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/staff"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

// A mailbox takes every mail.
type mailbox struct{}

func (mailbox) Send(context.Context, mail.Outgoing) error { return nil }

func newTestParts(t *testing.T, opts Options) *parts { return newTestPartsOn(t, dbtest.New(t), opts) }

func newTestPartsOn(t *testing.T, d *db.DB, opts Options) *parts {
	t.Helper()
	return makeTestParts(t, d, "https://keys.example.com", opts)
}

func makeTestParts(t *testing.T, d *db.DB, base string, opts Options) *parts {
	t.Helper()
	ring, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := newParts(Config{
		DB: d, Server: adminapitest.Start(t, time.Now()).Client, Seal: ring, Mail: mailbox{},
		BaseURL: base, PublicURL: "https://mcp.example.com", Log: slog.New(slog.DiscardHandler),
	}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// as makes the request one of somebody with that role.
func as(r *http.Request, role route.Role) *http.Request {
	switch {
	case role == route.Customer:
		return r.WithContext(route.WithCustomer(r.Context(), route.Account{Email: "c@example.com"}))
	case role >= route.Viewer:
		return r.WithContext(route.WithPerson(r.Context(), route.Person{ID: "s", Email: "s@example.com", Role: role}))
	}
	return r
}

// Every route of the site with every role, as its row says: who may not is kept out before the handler runs, and who may
// gets an answer that is no failure of the site. A route without a row, and a row without a route, is a mistake.
func TestRoutesAndRoles(t *testing.T) {
	oidc := staff.NewOIDC(staff.OIDCConfig{Name: "SSO", Issuer: "http://127.0.0.1:1", Client: "c", Base: "https://keys.example.com"}, nil)
	rows, walked := rows(), map[string]bool{}
	for _, opts := range []Options{{}, {OIDC: oidc}, {Development: true}} {
		p := newTestParts(t, opts)
		routes := p.routes()
		mux := route.Mux(routes, route.Fallback{StaffSignIn: staff.SignInPath, CustomerSignIn: "/account/sign-in", Fail: p.pages.Fail})
		for _, rt := range routes {
			if walked[rt.Pattern] {
				continue
			}
			walked[rt.Pattern] = true
			if want, ok := rows[rt.Pattern]; !ok || want != rt.Role {
				t.Errorf("%s is open to %s; its row says %s (there is one: %t)", rt.Pattern, rt.Role, want, ok)
			}
			walk(t, mux, rt)
		}
	}
	for pattern := range rows {
		if !walked[pattern] {
			t.Errorf("the row %s is of no route", pattern)
		}
	}
}

// walk asks for a route as each role.
func walk(t *testing.T, mux http.Handler, rt route.Route) {
	t.Helper()
	method, path, _ := strings.Cut(rt.Pattern, " ")
	path = wildcard.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), "none")
	for _, who := range []route.Role{route.Public, route.Customer, route.Viewer, route.Approver, route.Admin, route.Owner} {
		w := httptest.NewRecorder()
		may := rt.Role == route.Public || who == rt.Role || rt.Role >= route.Viewer && who >= rt.Role
		if may && strings.HasSuffix(path, "/events") {
			continue // a stream, which ends with its reader
		}
		mux.ServeHTTP(w, as(httptest.NewRequestWithContext(t.Context(), method, path, nil), who))
		kept := w.Code == http.StatusUnauthorized || w.Code == http.StatusForbidden ||
			w.Code == http.StatusSeeOther && strings.Contains(w.Header().Get("Location"), "sign-in?next=")
		switch {
		case !may && !kept:
			t.Errorf("%s as %s: %d, want to be kept out", rt.Pattern, who, w.Code)
		case may && w.Code >= http.StatusInternalServerError && w.Code != http.StatusServiceUnavailable:
			t.Errorf("%s as %s: %d %s", rt.Pattern, who, w.Code, w.Body)
		}
	}
}

// wildcard is a part of a pattern that stands for any text.
var wildcard = regexp.MustCompile(`{[^}]*}`)

func TestEveryAnswerIsHardened(t *testing.T) {
	p := newTestParts(t, Options{})
	h := p.serve(p.routes())
	for _, path := range []string{"/request", "/health", "/nowhere", "/admin/requests"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		for name, want := range map[string]string{"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: Content-Security-Policy %q", path, csp)
		}
	}
}

// Another site's page can make a browser send a form, and it is refused; a program without Origin is no browser.
func TestOtherSitesChangeNothing(t *testing.T) {
	p := newTestParts(t, Options{})
	h := p.serve(p.routes())
	for _, tt := range []struct {
		name, header, value string
		refused             bool
	}{
		{"another site", "Sec-Fetch-Site", "cross-site", true},
		{"a sibling", "Sec-Fetch-Site", "same-site", true},
		{"another origin", "Origin", "https://evil.example", true},
		{"the site itself", "Sec-Fetch-Site", "same-origin", false},
		{"no browser", "X-None", "", false},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/request", strings.NewReader("email=x"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(tt.header, tt.value)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Code == http.StatusForbidden; got != tt.refused {
			t.Errorf("%s: status %d", tt.name, w.Code)
		}
	}
}

// The logo is in the HTML of mails, by the site's address, and where mails are shown on other sites it may be loaded.
func TestTheLogoIsInMails(t *testing.T) {
	p := newTestParts(t, Options{})
	written := func() mail.Message {
		t.Helper()
		m, err := p.texts(t.Context()).Verify("ana@example.com", "token", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if m := written(); strings.Contains(m.HTML, "<img") || !strings.Contains(m.HTML, ">Pierre</td>") {
		t.Errorf("without a logo: %s", m.HTML)
	}
	if err := p.c.DB.SetLogo(t.Context(), db.Act{Person: "olivia@example.com", At: time.Now()}, []byte("a picture")); err != nil {
		t.Fatal(err)
	}
	picture := regexp.MustCompile(`<img src="https://keys\.example\.com(/logo\.png\?v=[0-9a-f]{12})" alt="Pierre" `).FindStringSubmatch(written().HTML)
	if picture == nil {
		t.Fatalf("the logo is not in the mail: %s", written().HTML)
	}
	w := httptest.NewRecorder()
	p.serve(p.routes()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, picture[1], nil))
	if w.Code != http.StatusOK || w.Body.String() != "a picture" || w.Header().Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("%s: %d %v", picture[1], w.Code, w.Header())
	}
}

func TestDevelopmentShowsMails(t *testing.T) {
	for _, development := range []bool{true, false} {
		p := newTestParts(t, Options{Development: development})
		w := httptest.NewRecorder()
		p.serve(p.routes()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:8082/mails/verify.html", nil))
		if got := w.Code == http.StatusOK; got != development {
			t.Errorf("development %t: %d", development, w.Code)
		}
	}
}

// A proxy on the same machine makes everybody's requests come from this machine: development mode answers none of them.
func TestDevelopmentAnswersNoProxy(t *testing.T) {
	p := newTestParts(t, Options{Development: true})
	site := httptest.NewServer(p.serve(p.routes()))
	t.Cleanup(site.Close)
	to, err := url.Parse(site.URL)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(at, host string) (status int, body string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/admin/sign-in", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		resp, err := (&http.Client{Timeout: time.Minute}).Do(r)
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
	for host, want := range map[string]int{
		"": http.StatusOK, "localhost:8082": http.StatusOK, "[::1]:8082": http.StatusOK, "LOCALHOST": http.StatusOK,
		"keys.example.com": http.StatusForbidden, "192.0.2.1:8082": http.StatusForbidden, "localhost.example.com": http.StatusForbidden,
	} {
		if got, body := ask(site.URL, host); got != want || want != http.StatusOK && !strings.Contains(body, "development mode") {
			t.Errorf("as %q: %d %s", host, got, body)
		}
	}
	for name, rewrite := range map[string]func(*httputil.ProxyRequest){
		"passes the name on":       func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host },
		"says whom it is for":      func(r *httputil.ProxyRequest) { r.SetXForwarded() },
		"says so as RFC 7239 does": func(r *httputil.ProxyRequest) { r.Out.Header.Set("Forwarded", "for=192.0.2.1") },
		"names itself":             func(r *httputil.ProxyRequest) { r.Out.Header.Set("Via", "1.1 proxy") },
	} {
		proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); rewrite(r) }})
		t.Cleanup(proxy.Close)
		if got, _ := ask(proxy.URL, "keys.example.com"); got != http.StatusForbidden {
			t.Errorf("through a proxy that %s: %d", name, got)
		}
	}
	// One that says nothing of itself shows by what browsers send through it.
	for origin, want := range map[string]int{
		"http://localhost:8082": http.StatusOK, "http://127.0.0.1": http.StatusOK, "https://keys.example.com": http.StatusForbidden, "null": http.StatusForbidden,
		"http://localhost.example.com": http.StatusForbidden, "http://localhost@example.com": http.StatusForbidden, "%": http.StatusForbidden,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost:8082/account/sign-in", strings.NewReader("email=ana%40example.com"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin") // as browsers see it
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		if p.serve(p.routes()).ServeHTTP(w, r); w.Code != want || want != http.StatusOK && !strings.Contains(w.Body.String(), "development mode") {
			t.Errorf("a form of a page at %q: %d %s", origin, w.Code, w.Body)
		}
	}
	// Who has a second factor is served behind a proxy.
	p = newTestParts(t, Options{})
	w := httptest.NewRecorder()
	p.serve(p.routes()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://keys.example.com/admin/sign-in", nil))
	if w.Code != http.StatusOK {
		t.Errorf("without development mode: %d", w.Code)
	}
}

// Cookies are Secure, and bound to the host, where people reach the site by https: a proxy in front has the certificate, and
// asks the site by plain HTTP.
func TestCookiesBehindAProxyWithTLS(t *testing.T) {
	for base, secure := range map[string]bool{"https://keys.example.com": true, "http://localhost:8082": false} {
		p := makeTestParts(t, dbtest.New(t), base, Options{})
		h := p.serve(p.routes())
		for path, name := range map[string]string{"/account/sign-out": "customer", "/admin/sign-out": "pierre_staff"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://10.0.0.7:8082"+path, nil))
			if secure {
				name = "__Host-" + name
			}
			set := w.Result().Cookies()
			if len(set) != 1 || set[0].Name != name || set[0].Secure != secure || !set[0].HttpOnly || set[0].SameSite != http.SameSiteLaxMode || set[0].Path != "/" || set[0].Domain != "" {
				t.Errorf("%s at %s sets %v", path, base, set)
			}
		}
	}
}
