package streamable_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
)

func TestVersionsOfTheHandshake(t *testing.T) {
	c := start(t, streamable.Options{}).client()
	for asked, want := range map[string]string{
		"2024-11-05": "2024-11-05", "2025-03-26": "2025-03-26", "2025-06-18": "2025-06-18", "2025-11-25": "2025-11-25",
		"2026-07-28": "2025-11-25", "2019-01-01": "2025-11-25", "": "2025-03-26",
	} {
		resp := c.Post(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"` + asked +
			`","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`)
		if !strings.Contains(resp.Text, `"protocolVersion":"`+want+`"`) || resp.Header.Get("Mcp-Session-Id") == "" {
			t.Errorf("%q: %s, want %s", asked, resp.Text, want)
		}
	}
}

// A session is its owner's. To everybody else, and when it has ended, it does not exist.
func TestSessionsAreTheirOwners(t *testing.T) {
	h := start(t, streamable.Options{})
	a, b := h.initialized(`{}`), h.initialized(`{}`)
	foreign := *b
	foreign.Session = a.Session
	madeUp := *b
	madeUp.Session = strings.Repeat("A", len(b.Session))
	for name, c := range map[string]*streamabletest.Client{"another key's": &foreign, "made up": &madeUp, "nonsense": {T: t, URL: h.url, Key: b.Key, Session: "x"}} {
		for _, resp := range []streamabletest.Response{c.Post(streamabletest.Ping), c.Do(c.Request(http.MethodGet, "/mcp", "")), c.Do(c.Request(http.MethodDelete, "/mcp", ""))} {
			if resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s session: %s %d %s", name, resp.Request.Method, resp.StatusCode, resp.Text)
			}
		}
	}
	if resp := a.Post(streamabletest.Ping); resp.StatusCode != http.StatusOK {
		t.Errorf("the owner: %d %s", resp.StatusCode, resp.Text)
	}
	if resp := a.Do(a.Request(http.MethodDelete, "/mcp", "")); resp.StatusCode != http.StatusNoContent {
		t.Errorf("DELETE: %d %s", resp.StatusCode, resp.Text)
	}
	if resp := a.Post(streamabletest.Ping); resp.StatusCode != http.StatusNotFound {
		t.Errorf("after DELETE: %d %s", resp.StatusCode, resp.Text)
	}
	if resp := b.Post(streamabletest.Ping); resp.StatusCode != http.StatusOK {
		t.Errorf("the other session: %d %s", resp.StatusCode, resp.Text)
	}
}

func TestRequestsWithoutASession(t *testing.T) {
	c := start(t, streamable.Options{}).client()
	for _, body := range []string{streamabletest.Ping, streamabletest.Call("1", "noop", "")} {
		if resp := c.Post(body); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", body, resp.StatusCode, resp.Text)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		if resp := c.Do(c.Request(method, "/mcp", "")); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s", method, resp.StatusCode, resp.Text)
		}
	}
	if resp := c.Do(c.Request(http.MethodGet, "/mcp", "", "Accept", "application/json")); resp.StatusCode != http.StatusNotAcceptable {
		t.Errorf("a GET that takes no stream: %d %s", resp.StatusCode, resp.Text)
	}
	if resp := c.Do(c.Request(http.MethodPut, "/mcp", "")); resp.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(resp.Header.Get("Allow"), "POST") {
		t.Errorf("PUT: %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
}

func TestIdleSessionsExpire(t *testing.T) {
	var clock atomic.Int64
	h := start(t, streamable.Options{SessionIdleTimeout: time.Minute, Now: func() time.Time { return time.Unix(clock.Load(), 0) }})
	used, idle, streaming := h.initialized(`{}`), h.initialized(`{}`), h.initialized(`{}`)
	streaming.Send(streaming.Request(http.MethodGet, "/mcp", "")) // an open stream is no idleness
	for range 3 {
		clock.Add(40)
		if resp := used.Post(streamabletest.Ping); resp.StatusCode != http.StatusOK {
			t.Errorf("a used session: %d %s", resp.StatusCode, resp.Text)
		}
	}
	if resp := streaming.Post(streamabletest.Ping); resp.StatusCode != http.StatusOK {
		t.Errorf("a streaming session: %d %s", resp.StatusCode, resp.Text)
	}
	if resp := idle.Post(streamabletest.Ping); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an idle session: %d %s", resp.StatusCode, resp.Text)
	}
}

// A client that opens sessions without end loses its oldest ones, and no other client does.
func TestSessionsOfAnOwnerAreBounded(t *testing.T) {
	var clock atomic.Int64
	h := start(t, streamable.Options{Now: func() time.Time { return time.Unix(0, clock.Add(1)) }})
	other := h.initialized(`{}`)
	c := h.initialized(`{}`)
	first := c.Session
	for range 200 {
		c.Session = c.Post(streamabletest.Hello).Header.Get("Mcp-Session-Id")
	}
	if resp := c.Post(streamabletest.Ping); resp.StatusCode != http.StatusOK {
		t.Errorf("the newest: %d", resp.StatusCode)
	}
	if resp := other.Post(streamabletest.Ping); resp.StatusCode != http.StatusOK {
		t.Errorf("another owner's: %d", resp.StatusCode)
	}
	c.Session = first
	if resp := c.Post(streamabletest.Ping); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the oldest: %d", resp.StatusCode)
	}
}
