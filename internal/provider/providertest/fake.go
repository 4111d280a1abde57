// Package providertest is for tests only: fakes of the services that package provider fetches from, which speak their HTTP
// over real connections, and one suite of what must hold for each of them.
package providertest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
)

// A Dialect is what a service's HTTP has of its own.
type Dialect struct {
	Name    pierre.Provider
	Variant string // "" or what tells two dialects of a service apart
	Key     string // the athlete's personal key; "": OAuth is used
	Expires bool   // access tokens end, and refresh tokens are good for one use
	Tells   bool   // it can be told that a connection ends
	Profile bool   // its profile has a weight
	// Optional is where the athlete may give no access to; "": access is to all.
	Optional string
	Serve    func(f *Fake, mux *http.ServeMux)
	Values   func(d Day) map[pierre.WellnessKind]float64   // what a day becomes; nil: nothing
	Call     func(f *Fake, app provider.App) *http.Request // a genuine call of the service's; nil: it does not call
	Ping     func() *http.Request                          // the call before its webhook is made; nil: there is none
	Refusal  func(code string) map[string]any              // how it says why it gives no tokens; nil: as RFC 6749 has it
	// Token serves the token endpoint; nil: it is as RFC 6749 has it.
	Token func(f *Fake, w http.ResponseWriter, r *http.Request)
	// Subscribes are the kinds of data of which it is asked to call; nil: it is not asked.
	Subscribes []string
	// Refuse is how it refuses requests for data; nil, and where it returns nil: with the status alone, and Retry-After.
	Refuse func(status int, wait time.Duration, now time.Time) http.HandlerFunc
	// Proof makes the request by which it makes sure of the address of its calls, and what it wants to read; nil: none.
	Proof func(word string) (*http.Request, string)
}

// Account is the athlete's id at every fake.
const Account = "4711"

// The application that is registered with every fake.
const (
	ClientID     = "client"
	ClientSecret = "secret of the client"
	HookSecret   = "secret-of-the-hook"
)

// An Activity is one that the fake service has.
type Activity struct {
	ID    string
	Name  string
	Start time.Time
	Stub  bool // it is not given to others
}

// A Day is what the fake service has of a day.
type Day struct {
	Date      string
	RestingHR float64
	HRV       float64
	Sleep     float64 // s
	Weight    float64
	Steps     float64
}

// A Fake is a service of one athlete's. Its fields may be set before a test uses it.
type Fake struct {
	Dialect Dialect
	URL     string
	Now     func() time.Time

	mu         sync.Mutex
	activities []Activity
	days       []Day
	codes      map[string]url.Values // requests for authorization by the codes that were given
	access     map[string]time.Time
	refresh    map[string]bool // false: it was used
	reused     int
	refreshed  int
	revoked    bool
	unknown    bool // the client's secret has changed
	odd        bool
	nonces     []string // that were given, and not used
	subscribed []string // kinds of data and addresses that it is to call for them
	weight     float64  // of the profile; 0: none
	serial     int
	fault      func(r *http.Request) http.HandlerFunc
	requests   atomic.Int64
}

// New starts a fake service with so many activities and days, the newest of them yesterday's.
func New(t testing.TB, d Dialect, now func() time.Time, activities, days int) *Fake {
	t.Helper()
	f := &Fake{Dialect: d, Now: now, codes: map[string]url.Values{}, access: map[string]time.Time{}, refresh: map[string]bool{}}
	yesterday := now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -1)
	for n := range activities {
		f.activities = append(f.activities, Activity{
			ID: fmt.Sprint(900001 + n), Name: fmt.Sprintf("Session %d", n+1), Start: yesterday.AddDate(0, 0, -n).Add(8*time.Hour + time.Duration(n)*time.Minute),
		})
	}
	for n := range days {
		f.days = append(f.days, Day{
			Date: yesterday.AddDate(0, 0, -n).Format(time.DateOnly), RestingHR: 48 + float64(n), HRV: 60 + float64(n), Sleep: 27000 + 60*float64(n),
			Weight: 70 + float64(n)/10, Steps: 8000 + float64(n),
		})
	}
	mux := http.NewServeMux()
	row := f.Row()
	for _, u := range []struct {
		address string
		h       http.HandlerFunc
	}{{row.OAuth.Authorize, f.authorize}, {row.OAuth.Token, f.token}} {
		mux.HandleFunc(pathOf(u.address), u.h)
	}
	if row.OAuth.Revoke != "" && row.OAuth.Revoke != row.OAuth.Token {
		mux.HandleFunc("POST "+pathOf(row.OAuth.Revoke), f.revoke)
	}
	d.Serve(f, mux)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	f.URL = srv.URL
	return f
}

func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "/"
	}
	return u.Path
}

// Row returns the service's row of the table, at the fake's address.
func (f *Fake) Row() provider.Provider {
	for _, p := range provider.Table() {
		if p.Name != f.Dialect.Name {
			continue
		}
		for _, address := range []*string{&p.API, &p.Files, &p.OAuth.Authorize, &p.OAuth.Token, &p.OAuth.Revoke} {
			if u, err := url.Parse(*address); err == nil && *address != "" {
				*address = strings.Replace(*address, u.Scheme+"://"+u.Host, f.URL, 1)
			}
		}
		for n := range p.Streams { // a history of several windows, and no more
			p.Streams[n].Reach = min(p.Streams[n].Reach, 2*p.Streams[n].Span+time.Hour)
		}
		return p
	}
	return provider.Provider{}
}

// App returns what an operator configures.
func (f *Fake) App() provider.App {
	return app(f.Dialect)
}

// Fault answers requests for data before the service does, where h is not nil.
func (f *Fake) Fault(h func(r *http.Request) http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = h
}

// Requests returns how many requests for data came.
func (f *Fake) Requests() int64 { return f.requests.Load() }

// Revoke ends the athlete's consent, as the athlete does at the service.
func (f *Fake) Revoke() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.revoked = true
	clear(f.access)
	clear(f.refresh)
}

// Revoked reports whether the consent has ended.
func (f *Fake) Revoked() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.revoked
}

// Unregister changes the client's secret, as an operator may who has not told the server yet, and changes it back.
func (f *Fake) Unregister(changed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unknown = changed
}

// EndAccess ends the access tokens, and not the refresh tokens.
func (f *Fake) EndAccess() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.access)
}

// Refreshed returns how often tokens were renewed, and how often a refresh token was used again.
func (f *Fake) Refreshed() (times, again int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refreshed, f.reused
}

// Odd makes lists odd: an empty page in the middle, items twice and out of order, where the service has pages.
func (f *Fake) Odd() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.odd = true
}

// Weigh changes the weight of the profile.
func (f *Fake) Weigh(kg float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.weight = kg
}

// ProfileWeight returns the weight of the profile in kg; 0: there is none.
func (f *Fake) ProfileWeight() float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.weight
}

// Refuse answers a request for data as the service does that refuses it, where it says how long to wait.
func (f *Fake) Refuse(status int, wait time.Duration) http.HandlerFunc {
	if f.Dialect.Refuse != nil {
		if h := f.Dialect.Refuse(status, wait, f.Now()); h != nil {
			return h
		}
	}
	header := map[string]string{}
	if wait > 0 {
		header["Retry-After"] = strconv.Itoa(int(wait.Seconds()))
	}
	return answer(status, header)
}

// Add adds activities, newer than the others.
func (f *Fake) Add(a ...Activity) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.activities = append(a, f.activities...)
}

// Activities returns the service's activities, and its days.
func (f *Fake) Activities() ([]Activity, []Day) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Activity{}, f.activities...), append([]Day{}, f.days...)
}

// between returns the activities of a time, the newest in front; with Odd, some twice and in another order.
func (f *Fake) between(from, to time.Time) []Activity {
	all, _ := f.Activities()
	var list []Activity
	for _, a := range all {
		if !a.Start.Before(from) && a.Start.Before(to) {
			list = append(list, a)
		}
	}
	if f.isOdd() && len(list) > 1 {
		list[0], list[1] = list[1], list[0]
		list = append(list, list[0])
	}
	return list
}

func (f *Fake) isOdd() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.odd
}

// daysBetween returns the days from one to another, both included.
func (f *Fake) daysBetween(from, to string) []Day {
	_, all := f.Activities()
	var list []Day
	for _, d := range all {
		if d.Date >= from && d.Date <= to {
			list = append(list, d)
		}
	}
	return list
}

// Handle serves data to who shows a valid access token, or the key.
func (f *Fake) Handle(mux *http.ServeMux, pattern string, h func(r *http.Request) any) {
	f.HandleRaw(mux, pattern, func(w http.ResponseWriter, r *http.Request) { write(w, http.StatusOK, h(r)) })
}

// HandleRaw is Handle for what is no JSON.
func (f *Fake) HandleRaw(mux *http.ServeMux, pattern string, h http.HandlerFunc) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		f.requests.Add(1)
		f.mu.Lock()
		fault := f.fault
		ok := f.admits(r)
		f.mu.Unlock()
		if fault != nil {
			if answer := fault(r); answer != nil {
				answer(w, r)
				return
			}
		}
		if !ok {
			f.Refuse(http.StatusUnauthorized, 0)(w, r)
			return
		}
		h(w, r)
	})
}

func (f *Fake) admits(r *http.Request) bool {
	if user, key, ok := r.BasicAuth(); ok && f.Dialect.Key != "" {
		return user == "API_KEY" && key == f.Dialect.Key && !f.revoked
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	until, ok := f.access[token]
	return ok && f.Now().Before(until)
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(http.ErrAbortHandler) //nolint:forbidigo // this is how net/http breaks a connection
	}
}

// authorize is the page on which the athlete consents.
func (f *Fake) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("state") == "" || q.Get("code_challenge_method") != "S256" {
		http.Error(w, "wrong request", http.StatusBadRequest)
		return
	}
	to, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || to.Host == "" {
		http.Error(w, "wrong redirect_uri", http.StatusBadRequest)
		return
	}
	back := url.Values{"state": {q.Get("state")}}
	switch r.FormValue("decision") {
	case "allow":
		f.mu.Lock()
		f.serial++
		code := fmt.Sprintf("code-%d", f.serial)
		f.codes[code] = q
		f.revoked = false
		f.mu.Unlock()
		back.Set("code", code)
	case "deny":
		back.Set("error", "access_denied")
	default:
		fmt.Fprintf(w, `<!doctype html><title>Consent</title><form method="post" action="%s"><button id="allow" name="decision" value="allow">Allow</button>
			<button id="deny" name="decision" value="deny">Deny</button></form>`, html.EscapeString(r.URL.String()))
		return
	}
	to.RawQuery = back.Encode()
	http.Redirect(w, r, to.String(), http.StatusFound)
}

// tokenLife is how long access tokens are accepted.
const tokenLife = 6 * time.Hour

// token is the token endpoint (RFC 6749, section 3.2).
func (f *Fake) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "wrong form", http.StatusBadRequest)
		return
	}
	if f.Dialect.Token != nil {
		f.Dialect.Token(f, w, r)
		return
	}
	status, body := f.grant(r, r.PostForm)
	write(w, status, body)
}

func (f *Fake) grant(r *http.Request, form url.Values) (int, map[string]any) {
	refuse := func(status int, code string) (int, map[string]any) {
		if f.Dialect.Refusal != nil {
			return status, f.Dialect.Refusal(code)
		}
		return status, map[string]any{"error": code}
	}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if f.Row().OAuth.Style == oauth2.AuthStyleInHeader {
		id, secret, _ = r.BasicAuth()
		secret, _ = url.QueryUnescape(secret)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if id != ClientID || secret != ClientSecret || f.unknown {
		return refuse(http.StatusUnauthorized, "invalid_client")
	}
	switch form.Get("grant_type") {
	case "authorization_code":
		asked, ok := f.codes[form.Get("code")]
		delete(f.codes, form.Get("code"))
		sum := sha256.Sum256([]byte(form.Get("code_verifier")))
		if !ok || asked.Get("redirect_uri") != form.Get("redirect_uri") || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
			return refuse(http.StatusBadRequest, "invalid_grant")
		}
	case "refresh_token":
		fresh, known := f.refresh[form.Get("refresh_token")]
		if known && !fresh {
			f.reused++
		}
		if !fresh {
			return refuse(http.StatusBadRequest, "invalid_grant")
		}
		f.refresh[form.Get("refresh_token")] = false
		clear(f.access)
		f.refreshed++
	default:
		return refuse(http.StatusBadRequest, "unsupported_grant_type")
	}
	f.serial++
	access := fmt.Sprintf("access-%d", f.serial)
	f.access[access] = f.Now().Add(100 * 365 * 24 * time.Hour)
	body := map[string]any{"token_type": "Bearer", "access_token": access, "x_user_id": 4711, "userid": Account, "athlete": map[string]any{"id": 4711}}
	if f.Dialect.Expires {
		refresh := fmt.Sprintf("refresh-%d", f.serial)
		f.refresh[refresh] = true
		f.access[access] = f.Now().Add(tokenLife)
		body["expires_in"], body["refresh_token"] = int(tokenLife.Seconds()), refresh
	}
	return http.StatusOK, body
}

// revoke is the revocation endpoint (RFC 7009).
func (f *Fake) revoke(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	_, access := f.access[r.FormValue("token")]
	_, refresh := f.refresh[r.FormValue("token")]
	f.mu.Unlock()
	if access || refresh {
		f.Revoke()
	}
	w.WriteHeader(http.StatusOK)
}

// GPX returns a file of a recording.
func (a Activity) GPX() []byte {
	var b strings.Builder
	b.WriteString(`<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><type>cycling</type><trkseg>`)
	for n := range 30 {
		fmt.Fprintf(&b, `<trkpt lat="%.6f" lon="16.370000"><ele>200</ele><time>%s</time></trkpt>`,
			48.2+float64(n)*0.0009, a.Start.Add(time.Duration(n)*20*time.Second).UTC().Format(time.RFC3339))
	}
	b.WriteString(`</trkseg></trk></gpx>`)
	return []byte(b.String())
}
