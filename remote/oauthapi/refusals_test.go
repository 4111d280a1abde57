package oauthapi_test

import (
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// with returns v with one parameter changed; "" takes it away.
func with(v url.Values, name string, values ...string) url.Values {
	c := maps.Clone(v)
	if c[name] = values; len(values) == 1 && values[0] == "" {
		delete(c, name)
	}
	return c
}

// What makes the app or its address doubtful, the person reads: nothing is sent anywhere.
func TestDoubtfulRequestsAreNotSentBack(t *testing.T) {
	h := start(t, nil)
	app := h.register(callback, "http://127.0.0.1:4000/cb", "cursor://anysphere.cursor-mcp/oauth/callback")
	good := asking(app)
	for name, v := range map[string]url.Values{
		"no client":           with(good, "client_id", ""),
		"unknown client":      with(good, "client_id", "client_x"),
		"a document's client": with(good, "client_id", "https://127.0.0.1:1/c"),
		"no redirect":         with(good, "redirect_uri", ""),
		"another redirect":    with(good, "redirect_uri", "https://app.example/cb2"),
		"a longer redirect":   with(good, "redirect_uri", callback+"/x"),
		"another query":       with(good, "redirect_uri", callback+"?a=b"),
		"a fragment":          with(good, "redirect_uri", callback+"#x"),
		"another case":        with(good, "redirect_uri", "https://APP.example/cb"),
		"another port":        with(good, "redirect_uri", "https://app.example:8443/cb"),
		"loopback, https":     with(good, "redirect_uri", "https://127.0.0.1:4000/cb"),
		"loopback, name":      with(good, "redirect_uri", "http://localhost:4000/cb"),
		"loopback, path":      with(good, "redirect_uri", "http://127.0.0.1:4000/cb2"),
		"loopback, user":      with(good, "redirect_uri", "http://a@127.0.0.1:4000/cb"),
		"loopback, not":       with(good, "redirect_uri", "http://127.0.0.1.evil.example/cb"),
		"scheme, host":        with(good, "redirect_uri", "cursor://evil/oauth/callback"),
		"too long":            with(good, "state", strings.Repeat("s", 9<<10)),
	} {
		a := h.get("/oauth/authorize?" + v.Encode())
		if a.status < 400 || a.status >= 500 || a.header.Get("Location") != "" || !strings.Contains(a.body, "cannot be connected") {
			t.Errorf("%s: %d %v %s", name, a.status, a.header, a.body)
		}
		checkPageHeaders(t, a)
	}
	for name, redirect := range map[string]string{
		"loopback, other port": "http://127.0.0.1:5123/cb",
		"loopback, no port":    "http://127.0.0.1/cb",
		"scheme":               "cursor://anysphere.cursor-mcp/oauth/callback",
	} {
		if a := h.get("/oauth/authorize?" + with(good, "redirect_uri", redirect).Encode()); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func checkPageHeaders(t *testing.T, a answer) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "frame-ancestors 'none'", "X-Frame-Options": "DENY", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
		"Content-Type": "text/html", "X-Content-Type-Options": "nosniff",
	} {
		if !strings.Contains(a.header.Get(name), want) {
			t.Errorf("%s is %q", name, a.header.Get(name))
		}
	}
	if a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("other sites may read the page")
	}
}

// Other mistakes are told the app, at its own address, with its state (RFC 6749, section 4.1.2.1; RFC 7636, section 4.4.1).
func TestMistakesAreSentBack(t *testing.T) {
	h := start(t, nil)
	good := asking(h.register(callback))
	for name, tt := range map[string]struct {
		v    url.Values
		want string
	}{
		"no response type":      {with(good, "response_type", ""), "invalid_request"},
		"implicit":              {with(good, "response_type", "token"), "unsupported_response_type"},
		"hybrid":                {with(good, "response_type", "code id_token"), "unsupported_response_type"},
		"response mode":         {with(good, "response_mode", "fragment"), "invalid_request"},
		"no challenge":          {with(good, "code_challenge", ""), "invalid_request"},
		"plain challenge":       {with(good, "code_challenge_method", "plain"), "invalid_request"},
		"no challenge method":   {with(good, "code_challenge_method", ""), "invalid_request"},
		"short challenge":       {with(good, "code_challenge", "abc"), "invalid_request"},
		"padded challenge":      {with(good, "code_challenge", good.Get("code_challenge")[:42]+"="), "invalid_request"},
		"another resource":      {with(good, "resource", "https://other.example/mcp"), "invalid_target"},
		"one resource too many": {with(good, "resource", h.url+"/mcp", "https://other.example/mcp"), "invalid_target"},
		"request object":        {with(good, "request", "eyJ"), "request_not_supported"},
		"no page":               {with(good, "prompt", "none"), "interaction_required"},
		"state twice":           {with(good, "state", "a", "b"), "invalid_request"},
	} {
		q := h.sentTo(h.get("/oauth/authorize?" + tt.v.Encode()))
		if q.Get("error") != tt.want || q.Get("code") != "" || name != "state twice" && q.Get("state") != "st&te" {
			t.Errorf("%s: %v, want %s", name, q, tt.want)
		}
	}
	for _, resource := range []string{"/mcp", "", "/"} {
		if a := h.get("/oauth/authorize?" + with(good, "resource", h.url+resource).Encode()); a.status != http.StatusOK {
			t.Errorf("resource %q: %d", resource, a.status)
		}
	}
}

// The refusals of RFC 6749, section 5.2, RFC 7636, section 4.6, RFC 8707 and RFC 9700. None of them spends the code or the
// refresh token.
func TestTokenRefusals(t *testing.T) {
	h := start(t, nil)
	app, other := h.register(callback), h.register(callback)
	code := h.allow(asking(app), h.key).Get("code")
	had := h.connect(app, h.key)
	r, f := redeeming(app, code), refreshing(app, had.refresh)
	for name, tt := range map[string]struct {
		v      url.Values
		status int
		want   string
	}{
		"no grant type":       {with(r, "grant_type", ""), 400, "invalid_request"},
		"password":            {with(r, "grant_type", "password"), 400, "unsupported_grant_type"},
		"client credentials":  {with(r, "grant_type", "client_credentials"), 400, "unsupported_grant_type"},
		"no code":             {with(r, "code", ""), 400, "invalid_request"},
		"unknown code":        {with(r, "code", access.GenerateToken(access.Code).Reveal()), 400, "invalid_grant"},
		"mistyped code":       {with(r, "code", code[:len(code)-1]+"!"), 400, "invalid_grant"},
		"a token as code":     {with(r, "code", had.access), 400, "invalid_grant"},
		"no verifier":         {with(r, "code_verifier", ""), 400, "invalid_request"},
		"wrong verifier":      {with(r, "code_verifier", verifier+"x"), 400, "invalid_grant"},
		"challenge, verifier": {with(r, "code_verifier", asking(app).Get("code_challenge")), 400, "invalid_grant"},
		"no redirect":         {with(r, "redirect_uri", ""), 400, "invalid_request"},
		"another redirect":    {with(r, "redirect_uri", callback+"2"), 400, "invalid_grant"},
		"no client":           {with(r, "client_id", ""), 401, "invalid_client"},
		"another client":      {with(r, "client_id", other), 400, "invalid_grant"},
		"a secret":            {with(r, "client_secret", "s"), 401, "invalid_client"},
		"an assertion":        {with(r, "client_assertion", "a.b.c"), 401, "invalid_client"},
		"another resource":    {with(r, "resource", "https://other.example/mcp"), 400, "invalid_target"},
		"code twice":          {with(r, "code", code, code), 400, "invalid_request"},
		"too long":            {with(r, "more", strings.Repeat("x", 17<<10)), 400, "invalid_request"},

		"no refresh token":         {with(f, "refresh_token", ""), 400, "invalid_request"},
		"unknown refresh token":    {with(f, "refresh_token", access.GenerateToken(access.RefreshToken).Reveal()), 400, "invalid_grant"},
		"an access token":          {with(f, "refresh_token", had.access), 400, "invalid_grant"},
		"refresh, no client":       {with(f, "client_id", ""), 401, "invalid_client"},
		"refresh, another client":  {with(f, "client_id", other), 400, "invalid_grant"},
		"refresh, a secret":        {with(f, "client_secret", "s"), 401, "invalid_client"},
		"refresh, other resource":  {with(f, "resource", h.url+"/other"), 400, "invalid_target"},
		"refresh token, two times": {with(f, "refresh_token", had.refresh, had.refresh), 400, "invalid_request"},
	} {
		a := h.post("/oauth/token", tt.v)
		if a.status != tt.status || a.member("error") != tt.want || a.header.Get("Cache-Control") != "no-store" || a.member("access_token") != "" {
			t.Errorf("%s: %d %s, want %d %s", name, a.status, a.body, tt.status, tt.want)
		}
	}
	for name, req := range map[string]*http.Request{
		"in the URL": h.request(http.MethodPost, h.url+"/oauth/token?"+r.Encode(), "", "application/x-www-form-urlencoded"),
		"JSON":       h.request(http.MethodPost, h.url+"/oauth/token", `{"grant_type":"authorization_code"}`, "application/json"),
		"no type":    h.request(http.MethodPost, h.url+"/oauth/token", r.Encode(), ""),
	} {
		if a := h.do(h.browser, req); a.status != http.StatusBadRequest || a.member("error") != "invalid_request" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := h.get("/oauth/token?" + r.Encode()); a.status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", a.status)
	}
	basic := h.request(http.MethodPost, h.url+"/oauth/token", r.Encode(), "application/x-www-form-urlencoded")
	basic.SetBasicAuth(app, "secret")
	if a := h.do(h.browser, basic); a.status != http.StatusUnauthorized || a.member("error") != "invalid_client" || a.header.Get("WWW-Authenticate") == "" {
		t.Errorf("a secret in the header: %d %s", a.status, a.body)
	}
	h.exchange(r)
	h.exchange(f)
}

func TestCodeExpires(t *testing.T) {
	h := start(t, nil)
	app := h.register(callback)
	code := h.allow(asking(app), h.key).Get("code")
	h.clock.forward(time.Minute)
	if a := h.post("/oauth/token", redeeming(app, code)); a.member("error") != "invalid_grant" {
		t.Errorf("%d %s", a.status, a.body)
	}
	got := h.connect(app, h.key)
	h.clock.forward(30 * 24 * time.Hour)
	if a := h.post("/oauth/token", refreshing(app, got.refresh)); a.member("error") != "invalid_grant" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// The page asks again when the key is wrong, and says what is wrong with it.
func TestConsentAsksAgain(t *testing.T) {
	h := start(t, nil)
	v := asking(h.register(callback))
	form := h.page(v)
	for name, tt := range map[string]struct {
		key, want string
	}{
		"no key":      {"  ", "Enter your access key"},
		"nonsense":    {"hello", "not an API key"},
		"a typo":      {h.key[:len(h.key)-1] + "!", "mistyped"},
		"unknown key": {access.GenerateKey(pierre.ModeLive).Reveal(), "does not know this API key"},
	} {
		a := h.post("/oauth/authorize", url.Values{"request": {form}, "decision": {"allow"}, "key": {tt.key}})
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, tt.want) || strings.Contains(a.body, strings.TrimSpace(tt.key)+`"`) && name != "no key" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		checkPageHeaders(t, a)
	}
	a := h.post("/oauth/authorize", url.Values{"request": {form}, "decision": {"allow"}, "key": {" " + h.key + "\n"}})
	if h.sentTo(a).Get("code") == "" {
		t.Errorf("the right key, after all: %d %v", a.status, a.header)
	}
}

// A key whose requests each name an athlete is of no use to a host that cannot.
func TestApplicationKeysCannotBeConnected(t *testing.T) {
	h := start(t, nil)
	_, key, err := h.ProvisionApplication(t.Context(), pierre.Limit{})
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"request": {h.page(asking(h.register(callback)))}, "decision": {"allow"}, "key": {key}}
	if a := h.post("/oauth/authorize", form); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "a key of your own") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestConsentCancelled(t *testing.T) {
	h := start(t, nil)
	for _, decision := range []string{"deny", "", "nonsense"} {
		a := h.post("/oauth/authorize", url.Values{"request": {h.page(asking(h.register(callback)))}, "decision": {decision}, "key": {h.key}})
		if q := h.sentTo(a); q.Get("error") != "access_denied" || q.Get("state") != "st&te" || q.Get("code") != "" {
			t.Errorf("%q: %v", decision, q)
		}
	}
}

// Whoever tries keys on the page is slowed down like everywhere.
func TestConsentIsThrottled(t *testing.T) {
	h := start(t, nil)
	form := h.page(asking(h.register(callback)))
	var last answer
	for range 61 {
		r := h.request(http.MethodPost, h.url+"/oauth/authorize", url.Values{"request": {form}, "decision": {"allow"}, "key": {access.GenerateKey(pierre.ModeLive).Reveal()}}.Encode(), "application/x-www-form-urlencoded")
		r.Header.Set("X-Test-Client", "192.0.2.1")
		last = h.do(h.browser, r)
	}
	if last.status != http.StatusTooManyRequests || last.header.Get("Retry-After") == "" || !strings.Contains(last.body, "Too many") {
		t.Errorf("%d %v %s", last.status, last.header, last.body)
	}
}

// A form counts only from this site, in the browser that was shown it, for a quarter of an hour.
func TestForgedForms(t *testing.T) {
	h := start(t, nil)
	app := h.register(callback)
	v := asking(app)
	good := url.Values{"request": {h.page(v)}, "decision": {"allow"}, "key": {h.key}}
	send := func(c *http.Client, form url.Values, header ...string) answer {
		r := h.request(http.MethodPost, h.url+"/oauth/authorize", form.Encode(), "application/x-www-form-urlencoded")
		for n := 0; n+1 < len(header); n += 2 {
			r.Header.Set(header[n], header[n+1])
		}
		return h.do(c, r)
	}
	other := newBrowser(t)
	otherJar, _ := cookiejar.New(nil)
	u, _ := url.Parse(h.url)
	otherJar.SetCookies(u, []*http.Cookie{{Name: "pierre-consent", Value: strings.Repeat("A", 26)}})
	otherCookie := &http.Client{Jar: otherJar, CheckRedirect: other.CheckRedirect}
	sealed := good.Get("request")
	for name, a := range map[string]answer{
		"another site":      send(h.browser, good, "Sec-Fetch-Site", "cross-site"),
		"a sister site":     send(h.browser, good, "Sec-Fetch-Site", "same-site"),
		"another origin":    send(h.browser, good, "Origin", "https://evil.example"),
		"no cookie":         send(other, good),
		"another cookie":    send(otherCookie, good),
		"no request":        send(h.browser, with(good, "request", "")),
		"a changed request": send(h.browser, with(good, "request", sealed[:len(sealed)-4]+"AAAA")),
		"made up":           send(h.browser, with(good, "request", "AQ")),
		"not base64":        send(h.browser, with(good, "request", "%%")),
	} {
		if a.status != http.StatusForbidden || a.header.Get("Location") != "" {
			t.Errorf("%s: %d %v", name, a.status, a.header)
		}
	}
	if a := send(h.browser, with(good, "key", h.key, h.key)); a.status != http.StatusBadRequest {
		t.Errorf("two keys: %d", a.status)
	}
	if a := send(h.browser, good, "Sec-Fetch-Site", "same-origin"); a.status != http.StatusSeeOther {
		t.Errorf("the right form: %d %s", a.status, a.body)
	}
	good.Set("request", h.page(v))
	h.clock.forward(15 * time.Minute)
	if a := send(h.browser, good); a.status != http.StatusForbidden || !strings.Contains(a.body, "expired") {
		t.Errorf("an old form: %d %s", a.status, a.body)
	}
}
