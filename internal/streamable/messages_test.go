package streamable_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
)

func TestRefusedMessages(t *testing.T) {
	c := start(t, streamable.Options{}).client()
	deep := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"noop","arguments":` +
		strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) + `}}`
	tests := []struct {
		name, body string
		header     []string
		status     int
		code       int
		id         string
	}{
		{name: "nothing", body: "", status: 400, code: -32700},
		{name: "broken JSON", body: `{"jsonrpc":"2.0","id":1,`, status: 400, code: -32700},
		{name: "not UTF-8 and broken", body: "\xff\xfe", status: 400, code: -32700},
		{name: "an id that is not UTF-8", body: "{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"ping\"}", status: 400, code: -32700},
		{name: "batch", body: `[` + streamabletest.Call("1", "noop", "") + `]`, status: 400, code: -32600},
		{name: "a number", body: `7`, status: 400, code: -32600},
		{name: "deep nesting", body: deep, status: 400, code: -32600},
		{name: "null id", body: `{"jsonrpc":"2.0","id":null,"method":"ping"}`, status: 400, code: -32600},
		{name: "object as id", body: `{"jsonrpc":"2.0","id":{},"method":"ping"}`, status: 400, code: -32600},
		{name: "no version", body: `{"id":1,"method":"ping"}`, status: 400, code: -32600, id: "1"},
		{name: "wrong version", body: `{"jsonrpc":"1.0","id":1,"method":"ping"}`, status: 400, code: -32600, id: "1"},
		{name: "no method", body: `{"jsonrpc":"2.0","id":1}`, status: 400, code: -32600, id: "1"},
		{name: "number as method", body: `{"jsonrpc":"2.0","id":1,"method":2}`, status: 400, code: -32600, id: "1"},
		{name: "array as params", body: `{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}`, status: 400, code: -32600, id: "1"},
		{name: "number as auth", body: `{"jsonrpc":"2.0","id":1,"method":"ping","auth":1}`, status: 400, code: -32600, id: "1"},
		{name: "params of the wrong shape", body: `{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":[]}}`, status: 200, code: -32600, id: "1"},
		{name: "unknown method", body: `{"jsonrpc":"2.0","id":1,"method":"no/such"}`, status: 200, code: -32601, id: "1"},
		{name: "unknown tool", body: streamabletest.Call("1", "nosuch", ""), status: 200, code: -32602, id: "1"},
		{name: "tools/call without a tool", body: `{"jsonrpc":"2.0","id":1,"method":"tools/call"}`, status: 200, code: -32602, id: "1"},
		{name: "unknown prompt", body: `{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"x"}}`, status: 200, code: -32602, id: "1"},
		{name: "unknown resource", body: `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"x:y"}}`, status: 200, code: -32002, id: "1"},
		{name: "foreign cursor", body: `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"%"}}`, status: 200, code: -32602, id: "1"},
		{name: "id twice", body: `{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}`, status: 400, code: -32600},
		{name: "method twice", body: `{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}`, status: 400, code: -32600, id: "1"},
		{name: "argument twice", body: streamabletest.Call("1", "noop", `"arguments":{"a":1,"a":2}`), status: 400, code: -32600, id: "1"},
		{name: "another content type", body: streamabletest.Call("1", "noop", ""), header: []string{"Content-Type", "text/plain"}, status: 415, code: -32600},
		{name: "nothing acceptable", body: streamabletest.Call("1", "noop", ""), header: []string{"Accept", "text/html"}, status: 406, code: -32600},
		{name: "unknown protocol version", body: streamabletest.Call("1", "noop", ""), header: []string{"MCP-Protocol-Version", "2020-01-01"}, status: 400, code: -32600, id: "1"},
		{name: "a response without a request", body: `{"jsonrpc":"2.0","id":1,"result":{}}`, status: 400, code: -32600, id: "1"},
		{name: "10 MB", body: streamabletest.Call("1", "noop", `"name":"`+strings.Repeat("x", 10<<20)+`"`), status: 413, code: 413},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp := c.Post(tt.body, tt.header...)
			if resp.StatusCode != tt.status {
				t.Errorf("status = %d, want %d: %s", resp.StatusCode, tt.status, resp.Text)
			}
			e := streamabletest.ErrorOf(t, resp.Text)
			if e.Code != tt.code || e.Message == "" {
				t.Errorf("error = %d %q, want %d", e.Code, e.Message, tt.code)
			}
			for _, leak := range []string{"json:", "Go struct", "unmarshal", "base64"} {
				if strings.Contains(e.Message, leak) {
					t.Errorf("message %q holds text of a Go error", e.Message)
				}
			}
			if hasID := strings.Contains(resp.Text, `"id":`); hasID != (tt.id != "") || hasID && !strings.Contains(resp.Text, `"id":`+tt.id) {
				t.Errorf("id is not %q in %s", tt.id, resp.Text)
			}
		})
	}
}

// Ids come back byte for byte: JSON numbers have more digits than a float64.
func TestIDsStayAsSent(t *testing.T) {
	h := start(t, streamable.Options{})
	c := h.client()
	for _, id := range []string{`9007199254740993`, `1e22`, `-0`, `12345678901234567890123`, `1.50`, `""`, `"a\u0062\n"`, `"9"`} {
		for name, resp := range map[string]streamabletest.Response{
			"legacy": c.Post(streamabletest.Call(id, "noop", "")),
			"modern": c.Modern(id, "tools/call", `"name":"noop"`),
			"guide":  c.Do(c.Request(http.MethodPost, "/", streamabletest.Call(id, "noop", ""))),
			"error":  c.Post(streamabletest.Call(id, "nosuch", "")),
			"401":    c.Post(streamabletest.Call(id, "noop", ""), "Authorization", ""),
		} {
			if !strings.Contains(resp.Text, `"id":`+id+`,`) {
				t.Errorf("%s: id %s came back as %s", name, id, resp.Text)
			}
		}
	}
}

// A client that takes only one form of response gets that one.
func TestAcceptedForms(t *testing.T) {
	c := start(t, streamable.Options{}).client()
	tests := []struct {
		accept, tool, want string
		events             int
	}{
		{"application/json", "progress", "application/json", 0},
		{"", "progress", "text/event-stream", 4},
		{"*/*", "noop", "application/json", 0},
		{"text/event-stream", "noop", "text/event-stream", 1},
		{"text/*;q=0.5", "progress", "text/event-stream", 4},
	}
	for _, tt := range tests {
		resp := c.Send(c.Request(http.MethodPost, "/mcp", streamabletest.Call("1", tt.tool, ""), "Accept", tt.accept))
		if got := resp.Header.Get("Content-Type"); got != tt.want {
			t.Errorf("Accept %q: Content-Type = %q, want %q", tt.accept, got, tt.want)
		}
		if tt.events > 0 {
			if got := c.Events(resp).All(); len(got) != tt.events {
				t.Errorf("Accept %q: %d events, want %d: %v", tt.accept, len(got), tt.events, got)
			}
		}
	}
}

func TestNotificationsAreAccepted(t *testing.T) {
	c := start(t, streamable.Options{}).initialized(`{}`)
	for _, header := range [][]string{nil, {"Mcp-Session-Id", ""}, {"MCP-Protocol-Version", "2026-07-28"}} {
		for _, body := range []string{
			`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
			`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":17}}`,
			`{"jsonrpc":"2.0","method":"notifications/cancelled"}`,
			`{"jsonrpc":"2.0","method":"notifications/unheard-of","params":{}}`,
		} {
			if resp := c.Post(body, header...); resp.StatusCode != http.StatusAccepted || resp.Text != "" {
				t.Errorf("%s with %v: %d %s", body, header, resp.StatusCode, resp.Text)
			}
		}
	}
}
