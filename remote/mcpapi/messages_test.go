package mcpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
)

func TestRefusedMessages(t *testing.T) {
	c := start(t, mcpapi.Options{}).client(pierre.Limit{})
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
		{name: "batch", body: `[` + call("1", "noop", "") + `]`, status: 400, code: -32600},
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
		{name: "unknown tool", body: call("1", "nosuch", ""), status: 200, code: -32602, id: "1"},
		{name: "tools/call without a tool", body: `{"jsonrpc":"2.0","id":1,"method":"tools/call"}`, status: 200, code: -32602, id: "1"},
		{name: "unknown prompt", body: `{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"x"}}`, status: 200, code: -32602, id: "1"},
		{name: "unknown resource", body: `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"x:y"}}`, status: 200, code: -32002, id: "1"},
		{name: "foreign cursor", body: `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"%"}}`, status: 200, code: -32602, id: "1"},
		{name: "id twice", body: `{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}`, status: 400, code: -32600},
		{name: "method twice", body: `{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}`, status: 400, code: -32600, id: "1"},
		{name: "argument twice", body: call("1", "noop", `"arguments":{"a":1,"a":2}`), status: 400, code: -32600, id: "1"},
		{name: "another content type", body: call("1", "noop", ""), header: []string{"Content-Type", "text/plain"}, status: 415, code: -32600},
		{name: "nothing acceptable", body: call("1", "noop", ""), header: []string{"Accept", "text/html"}, status: 406, code: -32600},
		{name: "unknown protocol version", body: call("1", "noop", ""), header: []string{"MCP-Protocol-Version", "2020-01-01"}, status: 400, code: -32600, id: "1"},
		{name: "a response without a request", body: `{"jsonrpc":"2.0","id":1,"result":{}}`, status: 400, code: -32600, id: "1"},
		{name: "10 MB", body: call("1", "noop", `"name":"`+strings.Repeat("x", 10<<20)+`"`), status: 413, code: 413},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp := c.post(tt.body, tt.header...)
			if resp.StatusCode != tt.status {
				t.Errorf("status = %d, want %d: %s", resp.StatusCode, tt.status, resp.body)
			}
			e := rpcError(t, resp.body)
			if e.Code != tt.code || e.Message == "" {
				t.Errorf("error = %d %q, want %d", e.Code, e.Message, tt.code)
			}
			for _, leak := range []string{"json:", "Go struct", "unmarshal", "base64"} {
				if strings.Contains(e.Message, leak) {
					t.Errorf("message %q holds text of a Go error", e.Message)
				}
			}
			if hasID := strings.Contains(resp.body, `"id":`); hasID != (tt.id != "") || hasID && !strings.Contains(resp.body, `"id":`+tt.id) {
				t.Errorf("id is not %q in %s", tt.id, resp.body)
			}
		})
	}
}

// Ids come back byte for byte: JSON numbers have more digits than a float64.
func TestIDsStayAsSent(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.client(pierre.Limit{})
	for _, id := range []string{`9007199254740993`, `1e22`, `-0`, `12345678901234567890123`, `1.50`, `""`, `"a\u0062\n"`, `"9"`} {
		for name, resp := range map[string]response{
			"legacy": c.post(call(id, "noop", "")),
			"modern": c.modern(id, "tools/call", `"name":"noop"`),
			"guide":  c.do(c.request(http.MethodPost, "/", call(id, "noop", ""))),
			"error":  c.post(call(id, "nosuch", "")),
			"401":    c.post(call(id, "noop", ""), "Authorization", ""),
		} {
			if !strings.Contains(resp.body, `"id":`+id+`,`) {
				t.Errorf("%s: id %s came back as %s", name, id, resp.body)
			}
		}
	}
}

func TestToolErrors(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.client(pierre.Limit{})
	tests := []struct{ tool, want string }{
		{"soft", `"isError":true`},
		{"invalid", `n must be at least 1; try 20.`},
		{"leak", `"code":-32603`},
		{"panic", `"code":-32603`},
	}
	for _, tt := range tests {
		for _, resp := range []response{c.post(call("1", tt.tool, "")), c.modern("1", "tools/call", `"name":"`+tt.tool+`"`)} {
			if resp.StatusCode != http.StatusOK || !strings.Contains(resp.body, tt.want) {
				t.Errorf("%s: %d %s, want %s", tt.tool, resp.StatusCode, resp.body, tt.want)
			}
			for _, secret := range []string{"SELECT", "vault", "secret state", "goroutine"} {
				if strings.Contains(resp.body, secret) {
					t.Errorf("%s shows %q to the client: %s", tt.tool, secret, resp.body)
				}
			}
		}
	}
	for _, logged := range []string{"SELECT secret FROM vault", "secret state", "harness_test.go"} {
		if !strings.Contains(h.log.String(), logged) {
			t.Errorf("the log lacks %q", logged)
		}
	}
}

// A client that takes only one form of response gets that one.
func TestAcceptedForms(t *testing.T) {
	c := start(t, mcpapi.Options{}).client(pierre.Limit{})
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
		resp := c.send(c.request(http.MethodPost, "/mcp", call("1", tt.tool, ""), "Accept", tt.accept))
		if got := resp.Header.Get("Content-Type"); got != tt.want {
			t.Errorf("Accept %q: Content-Type = %q, want %q", tt.accept, got, tt.want)
		}
		if tt.events > 0 {
			if got := c.events(resp).all(); len(got) != tt.events {
				t.Errorf("Accept %q: %d events, want %d: %v", tt.accept, len(got), tt.events, got)
			}
		}
	}
}

func TestNotificationsAreAccepted(t *testing.T) {
	c := start(t, mcpapi.Options{}).initialized(`{}`)
	for _, header := range [][]string{nil, {"Mcp-Session-Id", ""}, {"MCP-Protocol-Version", "2026-07-28"}} {
		for _, body := range []string{
			`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
			`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":17}}`,
			`{"jsonrpc":"2.0","method":"notifications/cancelled"}`,
			`{"jsonrpc":"2.0","method":"notifications/unheard-of","params":{}}`,
		} {
			if resp := c.post(body, header...); resp.StatusCode != http.StatusAccepted || resp.body != "" {
				t.Errorf("%s with %v: %d %s", body, header, resp.StatusCode, resp.body)
			}
		}
	}
}
