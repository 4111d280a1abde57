package mcpapi_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/fair"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

// serve puts the harness behind the product's HTTP server, which owns the deadlines.
func (h *harness) serve() (addr string) {
	h.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(h.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(ctx, ln, h.API, slog.New(slog.NewTextHandler(h.log, nil)), web.Options{}) }()
	h.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			h.t.Errorf("Serve = %v", err)
		}
	})
	return ln.Addr().String()
}

// A credential in a header is looked at before the body is read, and without one only a small body is.
func TestBodiesOfUnknownCallersAreNotRead(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.client(pierre.Limit{})
	addr := h.serve()
	for name, tt := range map[string]struct {
		header, send string
		size         int
		status       int
		want         string
	}{
		"no key":                    {"", "", 64<<10 + 1, http.StatusRequestEntityTooLarge, "credential in a header"},
		"a wrong key":               {"Authorization: Bearer pk_live_nonsense\r\n", "", 64<<10 + 1, http.StatusUnauthorized, "API key"},
		"two keys":                  {"Authorization: Bearer a\r\nX-API-Key: b\r\n", "", 64<<10 + 1, http.StatusBadRequest, "two different"},
		"a key, but over the limit": {"Authorization: Bearer " + c.Key + "\r\n", "", 4<<20 + 1, http.StatusRequestEntityTooLarge, "larger than"},
		"a wrong key, and its id":   {"X-API-Key: nonsense\r\n", `{"jsonrpc":"2.0","id":"77","method":"ping"}`, 43, http.StatusUnauthorized, `"id":"77"`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/mcp", "/"} {
				conn, err := net.Dial("tcp", addr)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if err := conn.SetDeadline(time.Now().Add(streamabletest.Patience)); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s", path, tt.header, tt.size, tt.send)
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				var body strings.Builder
				if _, err := bufio.NewReader(resp.Body).WriteTo(&body); err != nil {
					t.Fatal(err)
				}
				if resp.StatusCode != tt.status || !strings.Contains(body.String(), tt.want) {
					t.Errorf("%s: %d %s, want %d with %s", path, resp.StatusCode, body.String(), tt.status, tt.want)
				}
			}
		})
	}
}

// An auth decides as a test wants.
type auth struct {
	mcpapi.Authenticator

	verify func(ctx context.Context, key string) (access.Principal, error)
}

func (a *auth) Verify(ctx context.Context, key string) (access.Principal, error) {
	return a.verify(ctx, key)
}

// A stream ends when its key expires, which is the end of a rotation's grace, too, and soon after another process revoked it.
func TestStreamsEndWithTheirKey(t *testing.T) {
	for name, tt := range map[string]struct {
		expires  time.Duration
		endAfter time.Duration
	}{
		"expiry":                    {3*time.Hour + 5*time.Second, 3*time.Hour + 5*time.Second},
		"revoked elsewhere at 4:03": {0, 4*time.Hour + 10*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			a := &auth{}
			bubble(t, mcpapitest.Parts{Auth: a}, mcpapi.Options{}, func(t *testing.T, h *harness) {
				began := time.Now()
				a.verify = func(ctx context.Context, key string) (access.Principal, error) {
					over := time.Since(began) >= 4*time.Hour+3*time.Second || tt.expires != 0 && time.Since(began) >= tt.expires
					if over {
						return access.Principal{}, &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: "over"}
					}
					p, err := h.Keys.Verify(ctx, key)
					if tt.expires != 0 {
						p.Expires = began.Add(tt.expires)
					}
					return p, err
				}
				c := h.client(pierre.Limit{})
				subscribed := h.answer(c.ModernRequest("1", "subscriptions/listen", `"notifications":{"toolsListChanged":true}`))
				c.Session = (<-h.answer(c.Request(http.MethodPost, "/mcp", streamabletest.Hello))).Header().Get("Mcp-Session-Id")
				listening := h.answer(c.Request(http.MethodGet, "/mcp", ""))
				<-subscribed
				<-listening
				if took := time.Since(began); took < tt.endAfter-7*time.Second || took > tt.endAfter+time.Second {
					t.Errorf("the streams ended after %v, want %v", took, tt.endAfter)
				}
			})
		})
	}
}

// A stream ends in time, too, if its key was given an end after the stream began.
func TestStreamsEndWithTheirKeysNewExpiry(t *testing.T) {
	var expires atomic.Pointer[time.Time]
	a := &auth{}
	bubble(t, mcpapitest.Parts{Auth: a}, mcpapi.Options{}, func(t *testing.T, h *harness) {
		a.verify = func(ctx context.Context, key string) (access.Principal, error) {
			p, err := h.Keys.Verify(ctx, key)
			if end := expires.Load(); end != nil {
				if p.Expires = *end; !time.Now().Before(*end) {
					return access.Principal{}, &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: "over"}
				}
			}
			return p, err
		}
		c := h.client(pierre.Limit{})
		subscribed := h.answer(c.ModernRequest("1", "subscriptions/listen", `"notifications":{"toolsListChanged":true}`))
		c.Session = (<-h.answer(c.Request(http.MethodPost, "/mcp", streamabletest.Hello))).Header().Get("Mcp-Session-Id")
		listening := h.answer(c.Request(http.MethodGet, "/mcp", ""))
		synctest.Wait()
		began := time.Now()
		end := began.Add(3 * time.Second)
		expires.Store(&end)
		h.API.Changed(c.row.ID)
		<-subscribed
		<-listening
		if took := time.Since(began); took > 3*time.Second+100*time.Millisecond {
			t.Errorf("the streams ended after %v", took)
		}
	})
}

// A key that is revoked while a stream of it is being opened takes the stream along.
func TestRevocationWhileAStreamOpens(t *testing.T) {
	a := &auth{}
	h := startWith(t, mcpapitest.Parts{Auth: a}, mcpapi.Options{})
	a.verify = func(ctx context.Context, key string) (access.Principal, error) { return h.Keys.Verify(ctx, key) }
	for _, kind := range []string{"GET", "subscription"} {
		c := h.initialized()
		var once sync.Once
		a.verify = func(ctx context.Context, key string) (access.Principal, error) {
			p, err := h.Keys.Verify(ctx, key)
			once.Do(func() { // now it is accepted, and nothing of it is open yet
				if _, err := h.Store.RevokeAPIKey(ctx, pierre.Act{Person: "test", At: time.Now().UTC()}, c.row.ID); err != nil {
					t.Error(err)
				}
				h.Keys.Revoked(c.row.ID)
			})
			return p, err
		}
		request := c.Request(http.MethodGet, "/mcp", "")
		if kind == "subscription" {
			request = c.ModernRequest("1", "subscriptions/listen", `"notifications":{"toolsListChanged":true}`)
		}
		c.Events(c.Send(request)).All() // it ends
	}
}

// Calls of one user that block all of their turns do not keep another user waiting, whatever they ask for.
func TestUsersDoNotWaitForEachOther(t *testing.T) {
	h := start(t, mcpapi.Options{Work: fair.New(fair.Options{Running: 4, PerTenant: 2, Waiting: 30})})
	greedy, modest := h.client(pierre.Limit{}), h.client(pierre.Limit{})
	answered := make(chan streamabletest.Response, 33)
	for i := range 33 {
		go func() { answered <- greedy.Post(streamabletest.Call("1", "block", fmt.Sprintf(`"name":"%d"`, i))) }()
	}
	refused := <-answered // two run and thirty wait
	if refused.StatusCode != http.StatusTooManyRequests || refused.Header.Get("Retry-After") != "1" {
		t.Errorf("one too many: %d, Retry-After %q", refused.StatusCode, refused.Header.Get("Retry-After"))
	}
	for range 10 {
		if resp := modest.Post(streamabletest.Call("1", "noop", "")); resp.StatusCode != http.StatusOK {
			t.Errorf("another user: %d %s", resp.StatusCode, resp.Text)
		}
	}
	if running := len(h.tools.Blocked()); running != 2 {
		t.Errorf("%d calls of one user run at once, want 2", running)
	}
	released := map[string]bool{}
	for len(released) < 32 { // each makes way for the next
		for name, ended := range h.tools.Blocked() {
			if !released[name] {
				released[name] = true
				go func() { <-ended }()
			}
		}
		<-time.After(time.Millisecond)
	}
	for range 32 {
		if resp := <-answered; resp.StatusCode != http.StatusOK {
			t.Errorf("a call that waited: %d %s", resp.StatusCode, resp.Text)
		}
	}
	if calls := greedy.calls(); len(calls) != 32 {
		t.Errorf("%d calls recorded, want 32: what was refused costs nothing", len(calls))
	}
}

// Retry-After is what the refusal knows.
func TestRetryAfterOfRefusedCredentials(t *testing.T) {
	a := &auth{verify: func(context.Context, string) (access.Principal, error) {
		return access.Principal{}, &pierre.Error{Kind: pierre.KindRateLimited, Msg: "Too many.", RetryAfter: 41500 * time.Millisecond}
	}}
	h := startWith(t, mcpapitest.Parts{Auth: a}, mcpapi.Options{})
	c := h.with("x", pierre.APIKey{})
	if resp := c.Post(streamabletest.Hello); resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "42" {
		t.Errorf("%d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
}

// The athletes of one customer take their turns together, so that no customer gets more by having more of them.
func TestCustomersTakeTurns(t *testing.T) {
	h := start(t, mcpapi.Options{Work: fair.New(fair.Options{Running: 4, PerTenant: 2, Waiting: 1})})
	app, other := h.application(pierre.Limit{}), h.client(pierre.Limit{})
	answered := make(chan streamabletest.Response, 4)
	begin := func(athlete string) {
		go func() { answered <- app.as(athlete).Post(streamabletest.Call("1", "block", `"name":"`+athlete+`"`)) }()
	}
	begin("ana")
	begin("bob")
	ended := []<-chan error{h.tools.Blocking("ana"), h.tools.Blocking("bob")}
	begin("cy")
	begin("dan")
	if resp := <-answered; resp.StatusCode != http.StatusTooManyRequests { // one waits, one is too many
		t.Errorf("one too many: %d %s", resp.StatusCode, resp.Text)
	}
	if begun := h.tools.Blocked(); len(begun) != 2 {
		t.Errorf("%d calls of one customer run at once, want 2", len(begun))
	}
	if resp := other.Post(streamabletest.Call("1", "noop", "")); resp.StatusCode != http.StatusOK {
		t.Errorf("another customer: %d %s", resp.StatusCode, resp.Text)
	}
	for _, e := range ended {
		<-e
	}
	streamabletest.Eventually(t, func() bool { return len(h.tools.Blocked()) == 3 })
	for name, e := range h.tools.Blocked() {
		if name == "cy" || name == "dan" {
			<-e
		}
	}
	for range 3 {
		if resp := <-answered; resp.StatusCode != http.StatusOK {
			t.Errorf("a call that waited: %d %s", resp.StatusCode, resp.Text)
		}
	}
}
