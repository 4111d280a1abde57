package streamable_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
)

const cancelSeven = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`

func TestCancellation(t *testing.T) {
	h := start(t, streamable.Options{})
	c := h.initialized(`{}`)
	for _, tt := range []struct {
		id, cancelled string
		want          error
	}{
		{`7`, `7`, context.Canceled},
		{`"seven"`, `"\u0073even"`, context.Canceled},
		{`9007199254740993`, `9007199254740993`, context.Canceled},
		{`9007199254740993`, `9007199254740992`, nil}, // equal as a float64
		{`7`, `"7"`, nil},
		{`7`, `null`, nil},
	} {
		name := tt.id + " by " + tt.cancelled
		answered := make(chan streamabletest.Response)
		go func() { answered <- c.Post(streamabletest.Call(tt.id, "block", `"name":`+strconv.Quote(name))) }()
		ended := h.tools.Blocking(name)
		c.Post(strings.Replace(cancelSeven, "7", tt.cancelled, 1))
		if err := <-ended; !errors.Is(err, tt.want) {
			t.Errorf("%s: the call ended with %v, want %v", name, err, tt.want)
		}
		if resp := <-answered; strings.Contains(resp.Text, "was cancelled") != (tt.want != nil) {
			t.Errorf("%s: answer %s", name, resp.Text)
		}
	}
}

// Whoever is not the caller cannot cancel: not with his own session, nor with the caller's, nor without any; in neither era.
func TestNobodyElseCancels(t *testing.T) {
	h := start(t, streamable.Options{})
	victim, attacker := h.initialized(`{}`), h.initialized(`{}`)
	modern := h.client()
	answered := make(chan streamabletest.Response)
	go func() { answered <- victim.Post(streamabletest.Call("7", "block", `"name":"legacy"`)) }()
	go func() { answered <- modern.Modern("7", "tools/call", `"name":"block","arguments":{"name":"modern"}`) }()
	calls := []<-chan error{h.tools.Blocking("legacy"), h.tools.Blocking("modern")}
	for _, header := range [][]string{nil, {"Mcp-Session-Id", victim.Session}, {"Mcp-Session-Id", ""}, {"MCP-Protocol-Version", "2026-07-28"}} {
		attacker.Post(cancelSeven, header...)
		attacker.Do(attacker.Request(http.MethodPost, "/", cancelSeven, header...))
	}
	// Nor does a call of his with the same id get in the way.
	attacker.Post(streamabletest.Call("7", "noop", ""))
	modern.Post(cancelSeven, "MCP-Protocol-Version", "2026-07-28") // in the modern era there is no such notification
	for _, ended := range calls {
		if err := <-ended; err != nil {
			t.Errorf("a call was cancelled: %v", err)
		}
		if resp := <-answered; !strings.Contains(resp.Text, "released") {
			t.Errorf("answer %s", resp.Text)
		}
	}
}

// The newer protocol's client cancels by hanging up; the older one's may have lost its connection, so its call goes on.
func TestHangingUp(t *testing.T) {
	bubble(t, streamable.Options{}, func(t *testing.T, h *harness) {
		session, modern := h.client(), h.client()
		session.Session = (<-h.answer(session.Request(http.MethodPost, "/mcp", streamabletest.Hello))).Header().Get("Mcp-Session-Id")
		for _, tt := range []struct {
			name string
			r    *http.Request
			want error
		}{
			{"legacy", session.Request(http.MethodPost, "/mcp", streamabletest.Call("7", "block", `"name":"legacy"`)), nil},
			{"modern", modern.ModernRequest("7", "tools/call", `"name":"hang","arguments":{"name":"modern"}`), context.Canceled},
		} {
			ctx, hangUp := context.WithCancel(t.Context())
			answered := h.answer(tt.r.WithContext(ctx))
			ended := h.tools.Blocking(tt.name)
			hangUp()
			synctest.Wait() // what hanging up leads to has come about
			if err := <-ended; !errors.Is(err, tt.want) {
				t.Errorf("%s: the call ended with %v, want %v", tt.name, err, tt.want)
			}
			<-answered
		}
		if strings.Contains(h.log.String(), "level=ERROR") {
			t.Errorf("a client that hangs up is logged as a fault:\n%s", h.log)
		}
	})
}
