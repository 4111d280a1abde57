package mcpapi_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

const cancelSeven = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`

func TestCancellation(t *testing.T) {
	h := start(t, mcpapi.Options{})
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
		answered := make(chan response)
		go func() { answered <- c.post(call(tt.id, "block", `"name":`+strconv.Quote(name))) }()
		ended := h.blocking(name)
		c.post(strings.Replace(cancelSeven, "7", tt.cancelled, 1))
		if err := <-ended; !errors.Is(err, tt.want) {
			t.Errorf("%s: the call ended with %v, want %v", name, err, tt.want)
		}
		if resp := <-answered; strings.Contains(resp.body, "was cancelled") != (tt.want != nil) {
			t.Errorf("%s: answer %s", name, resp.body)
		}
	}
	recorded := map[pierre.CallStatus]int{}
	for _, call := range c.calls() {
		recorded[call.Status]++
	}
	if recorded[pierre.CallFailed] != 3 || recorded[pierre.CallSucceeded] != 3 {
		t.Errorf("recorded %v, want the cancelled calls as failed", recorded)
	}
}

// Whoever is not the caller cannot cancel: not with his own session, nor with the caller's, nor without any; in neither era.
func TestNobodyElseCancels(t *testing.T) {
	h := start(t, mcpapi.Options{})
	victim, attacker := h.initialized(`{}`), h.initialized(`{}`)
	modern := h.client(pierre.Limit{})
	answered := make(chan response)
	go func() { answered <- victim.post(call("7", "block", `"name":"legacy"`)) }()
	go func() { answered <- modern.modern("7", "tools/call", `"name":"block","arguments":{"name":"modern"}`) }()
	calls := []<-chan error{h.blocking("legacy"), h.blocking("modern")}
	for _, header := range [][]string{nil, {"Mcp-Session-Id", victim.session}, {"Mcp-Session-Id", ""}, {"MCP-Protocol-Version", "2026-07-28"}} {
		attacker.post(cancelSeven, header...)
		attacker.do(attacker.request(http.MethodPost, "/", cancelSeven, header...))
	}
	// Nor does a call of his with the same id get in the way.
	attacker.post(call("7", "noop", ""))
	modern.post(cancelSeven, "MCP-Protocol-Version", "2026-07-28") // in the modern era there is no such notification
	for _, ended := range calls {
		if err := <-ended; err != nil {
			t.Errorf("a call was cancelled: %v", err)
		}
		if resp := <-answered; !strings.Contains(resp.body, "released") {
			t.Errorf("answer %s", resp.body)
		}
	}
}

// The newer protocol's client cancels by hanging up; the older one's may have lost its connection, so its call goes on.
func TestHangingUp(t *testing.T) {
	bubble(t, mcpapitest.Parts{}, mcpapi.Options{}, func(t *testing.T, h *harness) {
		session, modern := h.client(pierre.Limit{}), h.client(pierre.Limit{})
		session.session = (<-h.answer(session.request(http.MethodPost, "/mcp", hello))).Header().Get("Mcp-Session-Id")
		for _, tt := range []struct {
			name string
			r    *http.Request
			want error
		}{
			{"legacy", session.request(http.MethodPost, "/mcp", call("7", "block", `"name":"legacy"`)), nil},
			{"modern", modern.modernRequest("7", "tools/call", `"name":"hang","arguments":{"name":"modern"}`), context.Canceled},
		} {
			ctx, hangUp := context.WithCancel(t.Context())
			answered := h.answer(tt.r.WithContext(ctx))
			ended := h.blocking(tt.name)
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
