package staff_test

import (
	"context"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
	"github.com/pierre-mcp/pierre/portal/route"
	"github.com/pierre-mcp/pierre/portal/staff"
	"github.com/pierre-mcp/pierre/portal/ui"
)

// base is the site's origin; the certificate of httptest is for this name.
const base = "https://example.com"

const password = "three quiet words"

// A site is the staff's pages behind what stands before them in the program.
type site struct {
	*staff.Service

	t       *testing.T
	db      *db.DB
	handler http.Handler
	server  *httptest.Server
	mail    *mailbox

	mu  sync.Mutex
	now time.Time
}

// A mailbox keeps what was to be mailed.
type mailbox struct {
	mu      sync.Mutex
	invited map[string]string // the token by the address
	tests   []string
}

func (m *mailbox) Invite(_ context.Context, _ *db.Tx, i staff.Invitation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.invited[i.To] = i.Token
	return nil
}

func (m *mailbox) Test(_ context.Context, _ *db.Tx, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tests = append(m.tests, to)
	return nil
}

func newSite(t *testing.T, opts staff.Options) *site {
	t.Helper()
	s := prepare(t, base, opts)
	s.server = httptest.NewTLSServer(s.handler)
	t.Cleanup(s.server.Close)
	return s
}

// prepare returns a site at an origin that is not served yet.
func prepare(t *testing.T, origin string, opts staff.Options) *site {
	t.Helper()
	s := &site{t: t, db: dbtest.New(t), mail: &mailbox{invited: map[string]string{}}, now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	keys, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := ui.New(func(ctx context.Context) ui.Brand { return staff.Brand(ctx, s.db) }, map[string]fs.FS{"staff": staff.Templates()},
		ui.Options{Development: opts.Development, Now: s.clock})
	if err != nil {
		t.Fatal(err)
	}
	opts.Now = s.clock
	if s.Service, err = staff.New(s.db, pages, origin, keys, s.mail, opts); err != nil {
		t.Fatal(err)
	}
	if err := s.Hurry(); err != nil {
		t.Fatal(err)
	}
	home := route.Route{Pattern: "GET /admin", Role: route.Viewer, Handler: func(w http.ResponseWriter, r *http.Request) error {
		p, _ := route.PersonFrom(r.Context())
		_, err := io.WriteString(w, "signed in as "+p.Email+", "+p.Role.String())
		return err
	}}
	mux := route.Mux(append(append(s.Routes(), pages.Routes()...), home), route.Fallback{StaffSignIn: staff.SignInPath, Fail: pages.Fail})
	s.handler = http.NewCrossOriginProtection().Handler(s.Sessions(mux, pages.Fail))
	return s
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *site) wait(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// A browser keeps cookies and follows redirects.
type browser struct {
	*http.Client

	t      *testing.T
	header http.Header // of each request
}

func (s *site) browser() *browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	transport := s.server.Client().Transport.(*http.Transport).Clone()
	address := s.server.Listener.Addr().String()
	transport.DialContext = func(ctx context.Context, network, to string) (net.Conn, error) {
		if strings.HasPrefix(to, "example.com:") {
			to = address
		}
		return (&net.Dialer{}).DialContext(ctx, network, to)
	}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &browser{&http.Client{Jar: jar, Transport: transport}, s.t, http.Header{"User-Agent": {"A browser"}}}
}

// A page is what a browser shows.
type page struct {
	origin string
	status int
	path   string
	body   string
}

func (b *browser) do(method, path, body string) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	maps.Copy(r.Header, b.header)
	return b.send(r)
}

// ask sends a form to another site.
func (b *browser) ask(address string, f url.Values) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, address, strings.NewReader(f.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.send(r)
}

func (b *browser) send(r *http.Request) page {
	b.t.Helper()
	if r.Method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	at := resp.Request.URL
	return page{at.Scheme + "://" + at.Host, resp.StatusCode, at.RequestURI(), string(text)}
}

func (b *browser) get(path string) page { b.t.Helper(); return b.do(http.MethodGet, path, "") }

func (b *browser) post(path string, fields ...string) page {
	b.t.Helper()
	f := url.Values{}
	for n := 0; n < len(fields); n += 2 {
		f.Set(fields[n], fields[n+1])
	}
	return b.do(http.MethodPost, path, f.Encode())
}

// cookie returns the value of the session's cookie.
func (b *browser) cookie() string {
	u, _ := url.Parse(base)
	for _, c := range b.Jar.Cookies(u) {
		if c.Name == "__Host-pierre_staff" {
			return c.Value
		}
	}
	return ""
}

func (b *browser) setCookie(value string) {
	u, _ := url.Parse(base)
	b.Jar.SetCookies(u, []*http.Cookie{{Name: "__Host-pierre_staff", Value: value, Path: "/", Secure: true}})
}

func (p page) want(t *testing.T, status int, path string, texts ...string) {
	t.Helper()
	if p.status != status || p.path != path {
		t.Fatalf("status %d at %s, want %d at %s:\n%s", p.status, p.path, status, path, p.body)
	}
	for _, text := range texts {
		if !strings.Contains(p.body, text) {
			t.Errorf("%s lacks %q:\n%s", path, text, p.body)
		}
	}
}

// A person has a browser, a password and an app.
type person struct {
	*browser

	site   *site
	email  string
	secret string // of the app
	codes  []string
}

// join follows a link and sets everything up.
func (s *site) join(link, email string) *person {
	s.t.Helper()
	p := &person{browser: s.browser(), site: s, email: email}
	path := strings.TrimPrefix(link, base)
	p.get(path).want(s.t, http.StatusOK, path, email)
	enrol := p.post(path, "name", "N. N.", "password", password)
	enrol.want(s.t, http.StatusOK, "/admin/second-factor", "data:image/png;base64,")
	p.setUp(enrol)
	return p
}

// setUp reads the secret of an app from its page, and confirms it.
func (p *person) setUp(enrol page) {
	p.t.Helper()
	found := regexp.MustCompile(`<span class="code">([A-Z2-7 ]+)</span>`).FindStringSubmatch(enrol.body)
	if found == nil {
		p.t.Fatalf("there is no secret:\n%s", enrol.body)
	}
	p.secret = strings.ReplaceAll(found[1], " ", "")
	codes := p.post("/admin/second-factor", "code", p.code())
	codes.want(p.t, http.StatusOK, "/admin/second-factor", "Your recovery codes")
	p.codes = regexp.MustCompile(`[a-z2-7]{4}(-[a-z2-7]{4}){3}`).FindAllString(codes.body, -1)
}

// code returns what the app shows now.
func (p *person) code() string {
	p.t.Helper()
	code, err := totp.GenerateCode(p.secret, p.site.clock())
	if err != nil {
		p.t.Fatal(err)
	}
	return code
}

// signIn signs in with both factors, in a new browser, after the last code has gone.
func (p *person) signIn() *browser {
	p.t.Helper()
	p.site.wait(time.Minute)
	b := p.site.browser()
	b.post("/admin/sign-in", "email", p.email, "password", password).want(p.t, http.StatusOK, "/admin/sign-in/code")
	b.post("/admin/sign-in/code", "code", p.code()).want(p.t, http.StatusOK, "/admin", "signed in as "+p.email)
	return b
}

// owner makes the first owner.
func (s *site) owner() *person {
	s.t.Helper()
	link, _, err := s.OwnerLink(s.t.Context(), "owner@example.com")
	if err != nil {
		s.t.Fatal(err)
	}
	return s.join(link, "owner@example.com")
}

// invite lets an owner invite somebody, who joins.
func (p *person) invite(email, role string) *person {
	p.t.Helper()
	p.post("/admin/team/invite", "email", email, "role", role).want(p.t, http.StatusOK, "/admin/team", email)
	return p.site.join(base+"/admin/invitation/"+p.site.mail.invited[email], email)
}

// compact returns text without its spaces.
func compact(text string) string { return strings.ReplaceAll(text, " ", "") }
