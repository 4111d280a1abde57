package account_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

// The page of a link posts to itself, whatever stands in its address: its button does nothing elsewhere on the site.
func TestTheButtonOfALinkDoesNothingElse(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.New(t))
	b := h.browser()
	for _, token := range []string{"..%2F..%2Fadmin%2Frequests%2Freq_A%2Freject", "..%2Fsign-out", "%2F..%2Fsign-out", "x%3F", "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", "javascript:alert(1)"} {
		page := "/account/sign-in/" + token
		body := b.want(200, "GET", page, nil)
		if strings.Contains(body, "<script>alert") {
			t.Errorf("%s: the address is markup: %s", page, body)
		}
		action := regexp.MustCompile(`<form[^>]*method="post"[^>]*>`).FindString(body)
		if action == "" || strings.Contains(action, "action=") {
			t.Errorf("%s: the button's form is %s", page, action)
		}
		if status, body, _ := b.do("POST", page, url.Values{}); status != 404 || !strings.Contains(body, "ended") {
			t.Errorf("POST %s: %d", page, status)
		}
	}
	b.want(404, "POST", "/account/sign-in/"+strings.Repeat("A", 65), url.Values{})
}

// A link works until its last moment, once, also when its button is pressed in several browsers at once.
func TestALinkWorksOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.server.Provision(t, "ana@example.com", "trial")
		link := h.browser().link()
		h.server.Pass(15*time.Minute - time.Microsecond)
		statuses := make([]int, 5)
		var wg sync.WaitGroup
		for i := range statuses {
			b := h.browser()
			wg.Go(func() { statuses[i], _, _ = b.do("POST", link, url.Values{}) })
		}
		wg.Wait()
		won := 0
		for _, status := range statuses {
			if status == 303 {
				won++
			} else if status != 404 {
				t.Errorf("a press answers %d", status)
			}
		}
		if won != 1 {
			t.Errorf("one link signed in %d browsers", won)
		}
		late := h.browser().link()
		h.server.Pass(15 * time.Minute)
		h.browser().want(404, "POST", late, url.Values{})
	})
}

// Nobody can prepare a session for somebody else: the cookie is new with each sign-in, and the one before is worth nothing.
func TestSessionsAreNotFixed(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.New(t))
	h.server.Provision(t, "ana@example.com", "trial")
	cookieOf := func(header http.Header) string {
		return regexp.MustCompile(`__Host-customer=([^;]*)`).FindStringSubmatch(header.Get("Set-Cookie"))[1]
	}
	with := func(cookie string) int {
		t.Helper()
		b := h.browser()
		at, err := url.Parse(h.url)
		if err != nil {
			t.Fatal(err)
		}
		b.http.Jar.SetCookies(at, []*http.Cookie{{Name: "__Host-customer", Value: cookie, Path: "/", Secure: true}})
		status, _, _ := b.do("GET", "/account/settings", nil)
		return status
	}
	b := h.browser()
	at, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	b.http.Jar.SetCookies(at, []*http.Cookie{{Name: "__Host-customer", Value: strings.Repeat("A", 52), Path: "/", Secure: true}})
	_, _, header := b.do("POST", b.link(), url.Values{})
	first := cookieOf(header)
	if first == strings.Repeat("A", 52) || with(strings.Repeat("A", 52)) != 303 || with(first) != 200 {
		t.Error("a prepared cookie is taken over")
	}
	_, _, header = b.do("POST", b.link(), url.Values{}) // signed in, and once more
	second := cookieOf(header)
	if second == first || with(first) != 303 || with(second) != 200 {
		t.Error("the session before a sign-in goes on")
	}
	b.want(303, "POST", "/account/sign-out", url.Values{})
	if with(second) != 303 {
		t.Error("a copy of the cookie works after signing out")
	}
	for _, wrong := range []string{"", "x", strings.Repeat("A", 129), strings.ToLower(second), second[:51]} {
		if status := with(wrong); status != 303 {
			t.Errorf("the cookie %.10q… is let in: %d", wrong, status)
		}
	}
}

// A customer ends own sessions only; another's id is as one that there is not.
func TestAnothersSessionGoesOn(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.server.Provision(t, "ana@example.com", "trial")
		ana := h.signIn()
		bob := db.CustomerSession{ID: "BOBS", Browser: "<b>Firefox</b>"}
		if err := d.AskSignIn(t.Context(), db.SignIn{ID: "W", Email: "bob@example.com", Asked: h.server.Now()}, "n", db.SignInLimits{PerEmail: 1, PerNetwork: 1}); err != nil {
			t.Fatal(err)
		}
		if err := d.Update(t.Context(), "", func(tx *db.Tx) error {
			_, err := d.HandleSignIn(t.Context(), tx, "W", []byte("token"), h.server.Now(), h.server.Now().Add(time.Hour))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.UseSignIn(t.Context(), []byte("token"), []byte("cookie"), bob, h.server.Now()); err != nil {
			t.Fatal(err)
		}
		for id, status := range map[string]int{"BOBS": 303, "none": 303, "%00": 404, "%ff": 404, "..%2F..%2Fsign-out": 303} {
			ana.want(status, "POST", "/account/sessions/"+id+"/end", url.Values{})
		}
		settings, export := ana.want(200, "GET", "/account/settings", nil), ana.want(200, "GET", "/account/export", nil)
		if strings.Contains(settings+export, "BOBS") || strings.Contains(settings+export, "Firefox") || strings.Contains(export, "bob@") {
			t.Errorf("another's session is shown: %s %s", settings, export)
		}
		now := h.server.Now()
		if s, err := d.CustomerSession(t.Context(), []byte("cookie"), now.Add(-time.Hour), now.Add(-time.Hour)); err != nil || s.Email != "bob@example.com" {
			t.Errorf("bob's session: %+v, %v", s, err)
		}
	})
}

// Signing in leads back to pages of the site only, and every page of a customer is behind it.
func TestSigningInLeadsBack(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.New(t))
	h.server.Provision(t, "ana@example.com", "trial")
	stranger, ana := h.browser(), h.signIn()
	for _, next := range []string{"//evil.example", `/\evil.example`, "https://evil.example", "/%09/evil.example", "javascript:alert(1)", "/\t/evil.example", "///evil.example", "http:/account", "account"} {
		status, _, header := ana.do("GET", "/account/sign-in?next="+url.QueryEscape(next), nil)
		at := header.Get("Location")
		if u, err := url.Parse(at); status != 303 || err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(at, "/") || strings.HasPrefix(at, "//") || strings.Contains(at, `\`) {
			t.Errorf("next=%q leads to %d %q", next, status, at)
		}
		if at := h.signInTo(next); at != "/account" && at != "/%09/evil.example" { // which is a path of this site
			t.Errorf("a link that was asked for with next=%q leads to %q", next, at)
		}
		h.server.Pass(time.Hour)
	}
	if at := h.signInTo("/account/keys/x?from=mail"); at != "/account/keys/x?from=mail" {
		t.Errorf("a link that was asked for on the way to a page leads to %q", at)
	}
	ana = h.signIn()
	for _, path := range []string{"/account", "/account/settings", "/account/export", "/account/usage.csv", "/account/usage.json", "/account/keys/x"} {
		if status, _, header := stranger.do("GET", path, nil); status != 303 || header.Get("Location") != "/account/sign-in?next="+url.QueryEscape(path) {
			t.Errorf("a stranger gets %s: %d %v", path, status, header)
		}
	}
	for _, path := range []string{"/account/settings", "/account/delete", "/account/upgrade", "/account/requests/x/withdraw", "/account/keys/x/rotate", "/account/keys/x/revoke", "/account/sessions/x/end"} {
		stranger.want(401, "POST", path, url.Values{"confirm": {"ana@example.com"}})
	}
	ana.want(404, "GET", "/account/delete", nil)
	ana.want(404, "GET", "/account/sign-out", nil)
	ana.want(200, "GET", "/account", nil)
}

// Forms at their edges: what is wrong is said beside the field, and nothing happens.
func TestFormsOfTheAccount(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.New(t))
	k := h.server.Provision(t, "ana@example.com", "starter")
	text := k.APIKey.Reveal()
	b := h.signIn()
	key := "/account/keys/" + string(k.APIKeyID)
	for _, tt := range []struct {
		path   string
		values url.Values
		want   int
	}{
		{"/account/upgrade", url.Values{"tier": {"professional"}, "why": {strings.Repeat("é", 1001)}}, 422},
		{"/account/upgrade", url.Values{"tier": {"professional"}, "why": {strings.Repeat("é", 1000)}}, 303},
		{"/account/upgrade", url.Values{"tier": {"professional"}}, 422},
		{"/account/upgrade", url.Values{"why": {"More athletes."}}, 422},
		{"/account/upgrade", url.Values{"tier": {"Professional"}, "why": {"More athletes."}}, 422},
		{"/account/upgrade", url.Values{"tier": {"professional\x00"}, "why": {"More athletes."}}, 422},
		{key + "/rotate", url.Values{"grace": {"0"}}, 422},
		{key + "/rotate", url.Values{"once": {"a"}}, 422},
		{key + "/rotate", url.Values{"grace": {"1e3"}, "once": {"a"}}, 422},
		{key + "/rotate", url.Values{"grace": {"9223372036854775807"}, "once": {"b"}}, 422},
		{key + "/rotate", url.Values{"grace": {"9223372036854775808"}, "once": {"c"}}, 422},
		{key + "/rotate", url.Values{"grace": {"0"}, "once": {strings.Repeat("d", 65)}}, 422},
		{key + "/rotate", url.Values{"grace": {"0"}, "once": {"e\r\nX-Evil: 1"}}, 422},
		{key + "/rotate", url.Values{"grace": {"0"}, "once": {"é"}}, 422},
		{key + "/rotate", url.Values{"grace": {"0"}, "once": {"f\x00"}}, 422},
		{key + "/revoke", url.Values{"confirm": {text[len(text)-3:]}}, 422},
		{key + "/revoke", url.Values{"confirm": {""}}, 422},
		{key + "/revoke", nil, 422},
		{key + "/revoke", url.Values{"confirm": {k.KeyPrefix}}, 422},
		{"/account/delete", url.Values{"confirm": {""}}, 422},
		{"/account/delete", nil, 422},
		{"/account/delete", url.Values{"confirm": {"ana@example.com, bob@example.com"}}, 422},
		{"/account/delete", url.Values{"confirm": {`"><script>alert(1)</script>`}}, 422},
		{"/account/settings", url.Values{"limit": {strings.Repeat("1", 17<<10)}}, 413},
		{"/account/sign-in", url.Values{"email": {strings.Repeat("a", 17<<10)}}, 413},
		{"/account/sign-in", url.Values{"email": {"ana@example.com\x00"}}, 422},
	} {
		status, body, _ := b.do("POST", tt.path, tt.values)
		if status != tt.want || strings.Contains(body, "<script>alert") {
			t.Errorf("POST %s %.60q: %d, want %d", tt.path, tt.values.Encode(), status, tt.want)
		}
	}
	if len(h.asked) != 1 {
		t.Errorf("asked %+v", h.asked)
	}
	list, err := h.server.Client.Keys(t.Context(), adminapi.KeyFilter{UserEmail: "ana@example.com"})
	if err != nil || len(list.APIKeys) != 1 || list.APIKeys[0].Status != pierre.KeyActive {
		t.Errorf("a wrong form changed the keys: %+v, %v", list, err)
	}
	if s, err := h.db.CustomerSettings(t.Context(), "ana@example.com"); err != nil || s != (db.CustomerSettings{LimitMails: true, ExpiryMails: true, CountryMails: true}) {
		t.Errorf("a wrong form changed the settings: %+v, %v", s, err)
	}
}

// What the site refuses of a request for another plan is said in the form, which keeps what was typed.
func TestARefusedRequestIsSaidInTheForm(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.New(t))
	h.server.Provision(t, "ana@example.com", "trial")
	b := h.signIn()
	for _, tt := range []struct{ field, said string }{{"use_case", "Tell us a little more."}, {"tier", "Choose one of the plans."}} {
		h.refuse = pierre.Invalid(tt.field, "%s", tt.said)
		body := b.want(422, "POST", "/account/upgrade", url.Values{"tier": {"starter"}, "why": {"More <b>athletes</b>"}})
		if !strings.Contains(body, tt.said) || strings.Count(body, `aria-invalid="true"`) != 1 || !strings.Contains(body, "More &lt;b&gt;athletes") || strings.Contains(body, "<b>athletes") {
			t.Errorf("%s: %s", tt.field, body)
		}
	}
	h.refuse = &pierre.Error{Kind: pierre.KindRateLimited, Msg: "You asked often enough today."}
	if body := b.want(429, "POST", "/account/upgrade", url.Values{"tier": {"starter"}, "why": {"More athletes."}}); !strings.Contains(body, "often enough") {
		t.Errorf("%s", body)
	}
}
