package oauthapi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
	"github.com/pierre-mcp/pierre/remote/oauthapi"
)

const (
	callback = "https://app.example/cb"
	verifier = "a-verifier-of-forty-three-characters-or-more"
)

// A clock is the time of a test's server.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// A harness is the OAuth front before the product's MCP stack, behind one listener.
type harness struct {
	*mcpapitest.Stack

	t       *testing.T
	url     string
	clock   *clock
	log     *bytes.Buffer
	browser *http.Client // with cookies; it follows no redirects
	keyID   pierre.KeyID
	key     string
}

// lockedBuffer is a log that handlers write at the same time.
type lockedBuffer struct {
	mu sync.Mutex
	b  *bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func start(t *testing.T, documents oauthapi.Documents) *harness {
	t.Helper()
	h := &harness{t: t, clock: &clock{at: time.Now().UTC().Truncate(time.Second)}, log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(&lockedBuffer{b: h.log}, nil))
	mux := http.NewServeMux()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, _ := netip.ParseAddrPort(r.RemoteAddr)
		if text := r.Header.Get("X-Test-Client"); text != "" {
			from = netip.AddrPortFrom(netip.MustParseAddr(text), 1)
			r.RemoteAddr = from.String()
		}
		mux.ServeHTTP(w, r.WithContext(access.WithClient(r.Context(), from.Addr())))
	}))
	h.url = srv.URL
	m := server.NewMCPServer("test", "1.0.0")
	addTools(m)
	var err error
	h.Stack, err = mcpapitest.Open(t.Context(), t.TempDir(), m, mcpapitest.Parts{Resource: oauthapi.Resource(h.url)}, mcpapi.Options{
		Log: log, Now: h.clock.now, ResourceMetadata: oauthapi.ResourceMetadata(h.url),
	})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	front, err := oauthapi.New(h.url, h.Store, h.Keys, ring, oauthapi.Options{
		Changes: access.KeyListeners{h.Keys, h.API}, Documents: documents, Log: log, Now: h.clock.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range oauthapi.Routes() {
		mux.Handle(path, front)
	}
	mux.Handle("/", h.API)
	t.Cleanup(func() {
		h.API.Close(context.WithoutCancel(t.Context()))
		srv.Close()
		if err := h.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	h.browser = newBrowser(t)
	h.keyID, h.key = h.provision()
	return h
}

func newBrowser(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// provision makes a key of a person of its own.
func (h *harness) provision() (pierre.KeyID, string) {
	h.t.Helper()
	row, key, err := h.Provision(h.t.Context(), pierre.Limit{Requests: 1000, Period: pierre.PeriodMonth})
	if err != nil {
		h.t.Fatal(err)
	}
	return row.ID, key
}

// addTools adds a tool that says who calls, and one that changes something.
func addTools(m *server.MCPServer) {
	whoami := func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		p, _ := access.PrincipalFrom(ctx)
		return mcp.NewToolResultText(string(p.UserID)), nil
	}
	m.AddTool(mcp.NewTool("whoami", mcp.WithReadOnlyHintAnnotation(true)), whoami)
	m.AddTool(mcp.NewTool("set_profile", mcp.WithReadOnlyHintAnnotation(false)), whoami)
}

// An answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) member(name string) string {
	var v map[string]any
	json.Unmarshal([]byte(a.body), &v)
	text, _ := v[name].(string)
	return text
}

func (h *harness) do(c *http.Client, r *http.Request) answer {
	h.t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func (h *harness) request(method, url, body, contentType string) *http.Request {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

func (h *harness) get(path string) answer {
	h.t.Helper()
	return h.do(h.browser, h.request(http.MethodGet, h.url+path, "", ""))
}

func (h *harness) post(path string, form url.Values) answer {
	h.t.Helper()
	return h.do(h.browser, h.request(http.MethodPost, h.url+path, form.Encode(), "application/x-www-form-urlencoded"))
}

// register registers an app and returns its id.
func (h *harness) register(redirects ...string) string {
	h.t.Helper()
	body, err := json.Marshal(map[string]any{"client_name": "An app", "redirect_uris": redirects})
	if err != nil {
		h.t.Fatal(err)
	}
	a := h.do(h.browser, h.request(http.MethodPost, h.url+"/oauth/register", string(body), "application/json"))
	if a.status != http.StatusCreated {
		h.t.Fatalf("registering: %d %s", a.status, a.body)
	}
	return a.member("client_id")
}

// asking is the parameters of an authorization request.
func asking(client string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	return url.Values{
		"response_type": {"code"}, "client_id": {client}, "redirect_uri": {callback}, "state": {"st&te"}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])},
	}
}

var formPattern = regexp.MustCompile(`name="request" value="([^"]+)"`)

// page asks for access as a browser does, and returns the sealed request of the form.
func (h *harness) page(v url.Values) string {
	h.t.Helper()
	a := h.get("/oauth/authorize?" + v.Encode())
	m := formPattern.FindStringSubmatch(a.body)
	if a.status != http.StatusOK || m == nil {
		h.t.Fatalf("the page: %d %v %s", a.status, a.header, a.body)
	}
	return m[1]
}

// allow gives access with a key, and returns the answer to the app.
func (h *harness) allow(v url.Values, key string) url.Values {
	h.t.Helper()
	a := h.post("/oauth/authorize", url.Values{"request": {h.page(v)}, "decision": {"allow"}, "key": {key}})
	return h.sentTo(a)
}

// sentTo returns the parameters that a redirect carries to the app.
func (h *harness) sentTo(a answer) url.Values {
	h.t.Helper()
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.status != http.StatusSeeOther || !strings.HasPrefix(u.String(), callback) {
		h.t.Fatalf("answered %d to %q, %v; want it to go to %s\n%s", a.status, u, err, callback, a.body)
	}
	q := u.Query()
	if q.Get("iss") != h.url {
		h.t.Errorf("iss is %q", q.Get("iss"))
	}
	return q
}

// redeeming is the parameters of the exchange of a code.
func redeeming(client, code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "client_id": {client}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
}

func refreshing(client, token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "client_id": {client}, "refresh_token": {token}}
}

// tokens are what a client got.
type tokens struct{ access, refresh string }

// connect goes through all of it, as an app and a person do.
func (h *harness) connect(client, key string, scope ...string) tokens {
	h.t.Helper()
	v := asking(client)
	if len(scope) > 0 {
		v.Set("scope", strings.Join(scope, " "))
	}
	return h.exchange(redeeming(client, h.allow(v, key).Get("code")))
}

func (h *harness) exchange(v url.Values) tokens {
	h.t.Helper()
	a := h.post("/oauth/token", v)
	if a.status != http.StatusOK {
		h.t.Fatalf("exchanging: %d %s", a.status, a.body)
	}
	return tokens{a.member("access_token"), a.member("refresh_token")}
}

// call calls a tool with a credential.
func (h *harness) call(tool, credential string) answer {
	h.t.Helper()
	r := h.request(http.MethodPost, h.url+"/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`"}}`, "application/json")
	if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	return h.do(&http.Client{Transport: h.browser.Transport}, r)
}
