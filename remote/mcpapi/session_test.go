package mcpapi_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
)

func TestVersionsOfTheHandshake(t *testing.T) {
	c := start(t, mcpapi.Options{}).client(pierre.Limit{})
	for asked, want := range map[string]string{
		"2024-11-05": "2024-11-05", "2025-03-26": "2025-03-26", "2025-06-18": "2025-06-18", "2025-11-25": "2025-11-25",
		"2026-07-28": "2025-11-25", "2019-01-01": "2025-11-25", "": "2025-03-26",
	} {
		resp := c.post(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"` + asked +
			`","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`)
		if !strings.Contains(resp.body, `"protocolVersion":"`+want+`"`) || resp.Header.Get("Mcp-Session-Id") == "" {
			t.Errorf("%q: %s, want %s", asked, resp.body, want)
		}
	}
}

// A session is its owner's. To everybody else, and when it has ended, it does not exist.
func TestSessionsAreTheirOwners(t *testing.T) {
	h := start(t, mcpapi.Options{})
	a, b := h.initialized(`{}`), h.initialized(`{}`)
	foreign := *b
	foreign.session = a.session
	madeUp := *b
	madeUp.session = strings.Repeat("A", len(b.session))
	ping := `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	for name, c := range map[string]*client{"another key's": &foreign, "made up": &madeUp, "nonsense": {h: h, key: b.key, session: "x"}} {
		for _, resp := range []response{c.post(ping), c.do(c.request(http.MethodGet, "/mcp", "")), c.do(c.request(http.MethodDelete, "/mcp", ""))} {
			if resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s session: %s %d %s", name, resp.Request.Method, resp.StatusCode, resp.body)
			}
		}
	}
	if resp := a.post(ping); resp.StatusCode != http.StatusOK {
		t.Errorf("the owner: %d %s", resp.StatusCode, resp.body)
	}
	if resp := a.do(a.request(http.MethodDelete, "/mcp", "")); resp.StatusCode != http.StatusNoContent {
		t.Errorf("DELETE: %d %s", resp.StatusCode, resp.body)
	}
	if resp := a.post(ping); resp.StatusCode != http.StatusNotFound {
		t.Errorf("after DELETE: %d %s", resp.StatusCode, resp.body)
	}
	if resp := b.post(ping); resp.StatusCode != http.StatusOK {
		t.Errorf("the other session: %d %s", resp.StatusCode, resp.body)
	}
}

func TestRequestsWithoutASession(t *testing.T) {
	c := start(t, mcpapi.Options{}).client(pierre.Limit{})
	for _, body := range []string{`{"jsonrpc":"2.0","id":1,"method":"ping"}`, call("1", "noop", "")} {
		if resp := c.post(body); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", body, resp.StatusCode, resp.body)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		if resp := c.do(c.request(method, "/mcp", "")); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s", method, resp.StatusCode, resp.body)
		}
	}
	if resp := c.do(c.request(http.MethodGet, "/mcp", "", "Accept", "application/json")); resp.StatusCode != http.StatusNotAcceptable {
		t.Errorf("a GET that takes no stream: %d %s", resp.StatusCode, resp.body)
	}
	if resp := c.do(c.request(http.MethodPut, "/mcp", "")); resp.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(resp.Header.Get("Allow"), "POST") {
		t.Errorf("PUT: %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
}

func TestIdleSessionsExpire(t *testing.T) {
	var clock atomic.Int64
	h := start(t, mcpapi.Options{SessionIdleTimeout: time.Minute, Now: func() time.Time { return time.Unix(clock.Load(), 0) }})
	used, idle, streaming := h.initialized(`{}`), h.initialized(`{}`), h.initialized(`{}`)
	streaming.send(streaming.request(http.MethodGet, "/mcp", "")) // an open stream is no idleness
	ping := `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	for range 3 {
		clock.Add(40)
		if resp := used.post(ping); resp.StatusCode != http.StatusOK {
			t.Errorf("a used session: %d %s", resp.StatusCode, resp.body)
		}
	}
	if resp := streaming.post(ping); resp.StatusCode != http.StatusOK {
		t.Errorf("a streaming session: %d %s", resp.StatusCode, resp.body)
	}
	if resp := idle.post(ping); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an idle session: %d %s", resp.StatusCode, resp.body)
	}
}

// A client that opens sessions without end loses its oldest ones, and no other client does.
func TestSessionsOfAnOwnerAreBounded(t *testing.T) {
	var clock atomic.Int64
	h := start(t, mcpapi.Options{Now: func() time.Time { return time.Unix(0, clock.Add(1)) }})
	other := h.initialized(`{}`)
	c := h.initialized(`{}`)
	first := c.session
	ping := `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	hello := `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
	for range 200 {
		c.session = c.post(hello).Header.Get("Mcp-Session-Id")
	}
	if resp := c.post(ping); resp.StatusCode != http.StatusOK {
		t.Errorf("the newest: %d", resp.StatusCode)
	}
	if resp := other.post(ping); resp.StatusCode != http.StatusOK {
		t.Errorf("another owner's: %d", resp.StatusCode)
	}
	c.session = first
	if resp := c.post(ping); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the oldest: %d", resp.StatusCode)
	}
}

// After a key was revoked, nothing of it stays open.
func TestDrop(t *testing.T) {
	h := start(t, mcpapi.Options{})
	revoked, other := h.initialized(`{}`), h.initialized(`{}`)
	dropped := revoked.events(revoked.send(revoked.request(http.MethodGet, "/mcp", "")))
	stays := other.send(other.request(http.MethodGet, "/mcp", ""))
	subscribed := revoked.events(revoked.send(revoked.modernRequest("1", "subscriptions/listen", `"notifications":{"toolsListChanged":true}`)))
	if _, ok := subscribed.next(); !ok {
		t.Fatal("no acknowledgement")
	}
	act := pierre.Act{Person: "test", At: time.Now().UTC()}
	if _, err := h.Store.RevokeAPIKey(t.Context(), act, revoked.row.ID); err != nil {
		t.Fatal(err)
	}
	h.Keys.Revoked(revoked.row.ID)
	h.API.Revoked(revoked.row.ID)
	if events := dropped.all(); len(events) != 0 {
		t.Errorf("the session's stream had %v", events)
	}
	if events := subscribed.all(); len(events) != 1 || !strings.Contains(events[0].data, `"result"`) {
		t.Errorf("the subscription ended with %v, want a result", events)
	}
	if resp := revoked.post(call("1", "noop", "")); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("the revoked key: %d %s", resp.StatusCode, resp.body)
	}
	h.mcp.DeleteTools("soft")
	if e, ok := other.events(stays).next(); !ok || !strings.Contains(e.data, "list_changed") {
		t.Errorf("another key's stream has %v", e)
	}
}
