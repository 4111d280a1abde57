package mcpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

func TestModernRequests(t *testing.T) {
	h := start(t, mcpapi.Options{})
	h.mcp.AddTool(mcp.NewToolWithRawSchema("region", "has a mirrored argument",
		[]byte(`{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}`)),
		func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("ok"), nil
		})
	c := h.client(pierre.Limit{})
	noop, region := `"name":"noop"`, `"name":"region","arguments":{"region":"Zürich"}`
	tests := []struct {
		name, method, params string
		header               []string
		status, code         int
	}{
		{name: "call", method: "tools/call", params: noop, status: 200},
		{name: "a name in Base64", method: "tools/call", params: noop, header: []string{"Mcp-Name", "=?base64?bm9vcA==?="}, status: 200},
		{name: "another method", method: "tools/call", params: noop, header: []string{"Mcp-Method", "tools/list"}, status: 400, code: -32020},
		{name: "another name", method: "tools/call", params: noop, header: []string{"Mcp-Name", "leak"}, status: 400, code: -32020},
		{name: "no name", method: "tools/call", params: noop, header: []string{"Mcp-Name", ""}, status: 400, code: -32020},
		{name: "no version header", method: "tools/call", params: noop, header: []string{"Mcp-Protocol-Version", ""}, status: 400, code: -32020},
		{name: "an older version header", method: "tools/call", params: noop, header: []string{"Mcp-Protocol-Version", "2025-11-25"}, status: 400, code: -32020},
		{name: "mirrored argument", method: "tools/call", params: region, header: []string{"Mcp-Param-Region", "=?base64?WsO8cmljaA==?="}, status: 200},
		{name: "mirrored argument missing", method: "tools/call", params: region, status: 400, code: -32020},
		{name: "mirrored argument differs", method: "tools/call", params: region, header: []string{"Mcp-Param-Region", "Bern"}, status: 400, code: -32020},
		{name: "unknown method", method: "no/such", status: 404, code: -32601},
		{name: "removed method", method: "ping", status: 404, code: -32601},
		{name: "removed handshake", method: "initialize", params: `"protocolVersion":"2026-07-28"`, status: 404, code: -32601},
		{name: "unknown tool", method: "tools/call", params: `"name":"nosuch"`, status: 400, code: -32602},
		{name: "foreign session", method: "tools/call", params: noop, header: []string{"Mcp-Session-Id", "x", "Last-Event-ID", "1-1"}, status: 200},
		{name: "a subscription without a stream", method: "subscriptions/listen", params: `"notifications":{}`, header: []string{"Accept", "application/json"}, status: 406, code: -32600},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp := c.modern("1", tt.method, tt.params, tt.header...)
			if resp.StatusCode != tt.status || resp.Header.Get("Mcp-Session-Id") != "" {
				t.Errorf("%d, want %d: %s", resp.StatusCode, tt.status, resp.body)
			}
			if tt.code != 0 && rpcError(t, resp.body).Code != tt.code {
				t.Errorf("want code %d: %s", tt.code, resp.body)
			}
			if tt.code == 0 && !strings.Contains(resp.body, `"resultType":"complete"`) {
				t.Errorf("no result type: %s", resp.body)
			}
		})
	}
}

func TestModernMetaIsRequired(t *testing.T) {
	c := start(t, mcpapi.Options{}).client(pierre.Limit{})
	const version, capabilities = `"io.modelcontextprotocol/protocolVersion":"2026-07-28"`, `"io.modelcontextprotocol/clientCapabilities":{}`
	tests := []struct {
		name, meta, header string
		code               int
	}{
		{"complete", version + "," + capabilities, "2026-07-28", 0},
		{"no capabilities", version, "2026-07-28", -32602},
		{"wrong capabilities", version + `,"io.modelcontextprotocol/clientCapabilities":[]`, "2026-07-28", -32602},
		{"no version", capabilities, "2026-07-28", -32602},
		{"number as version", `"io.modelcontextprotocol/protocolVersion":7,` + capabilities, "2026-07-28", -32602},
		{"a later version", `"io.modelcontextprotocol/protocolVersion":"2031-01-01",` + capabilities, "2031-01-01", -32022},
		{"a legacy version in _meta", `"io.modelcontextprotocol/protocolVersion":"2025-11-25"`, "2025-11-25", -32601},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp := c.post(`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{`+tt.meta+`}}}`,
				"Mcp-Protocol-Version", tt.header, "Mcp-Method", "server/discover")
			if tt.code == 0 {
				if resp.StatusCode != http.StatusOK || !strings.Contains(resp.body, `"cacheScope":"private"`) || !strings.Contains(resp.body, `"2024-11-05"`) {
					t.Errorf("%d %s", resp.StatusCode, resp.body)
				}
				return
			}
			e := rpcError(t, resp.body)
			if e.Code != tt.code {
				t.Errorf("%s, want %d", resp.body, tt.code)
			}
			if tt.code == -32022 && (e.Data["requested"] != "2031-01-01" || e.Data["supported"] == nil) {
				t.Errorf("data of %s", resp.body)
			}
		})
	}
}

func TestModernHasNoSessions(t *testing.T) {
	c := start(t, mcpapi.Options{}).initialized(`{}`)
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		resp := c.do(c.request(method, "/mcp", "", "MCP-Protocol-Version", "2026-07-28"))
		if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "POST" {
			t.Errorf("%s: %d, Allow %q", method, resp.StatusCode, resp.Header.Get("Allow"))
		}
	}
	resp := c.post(`{"jsonrpc":"2.0","id":1,"result":{}}`, "MCP-Protocol-Version", "2026-07-28")
	if resp.StatusCode != http.StatusBadRequest || rpcError(t, resp.body).Code != -32600 {
		t.Errorf("a response: %d %s", resp.StatusCode, resp.body)
	}
}

func TestSubscription(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.client(pierre.Limit{})
	const id = `9007199254740993`
	listen := func(filter string) *reader {
		return c.events(c.send(c.modernRequest(id, "subscriptions/listen", `"notifications":{`+filter+`}`)))
	}
	tools, prompts := listen(`"toolsListChanged":true`), listen(`"promptsListChanged":true`)
	for _, events := range []*reader{tools, prompts} {
		if e, ok := events.next(); !ok || !strings.Contains(e.data, "notifications/subscriptions/acknowledged") || e.id != "" {
			t.Fatalf("the first message is %v", e)
		}
	}
	h.mcp.DeleteTools("soft")
	h.mcp.AddPrompt(mcp.NewPrompt("p"), nil)
	for name, events := range map[string]*reader{"tools": tools, "prompts": prompts} {
		e, _ := events.next()
		if !strings.Contains(e.data, "notifications/"+name+"/list_changed") || !strings.Contains(e.data, `"io.modelcontextprotocol/subscriptionId":`+id) {
			t.Errorf("a subscriber to %s gets %s", name, e.data)
		}
	}
	if events := listen("").all(); len(events) != 2 || !strings.Contains(events[1].data, `"result"`) {
		t.Errorf("a subscription to nothing: %v", events)
	}
	// The server stops: the subscription ends with a result.
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := h.API.Close(ctx); err != nil {
		t.Fatal(err)
	}
	rest := tools.all()
	if len(rest) != 1 || !strings.Contains(rest[0].data, `"io.modelcontextprotocol/subscriptionId":`+id) || !strings.Contains(rest[0].data, `"result"`) {
		t.Errorf("at the end: %v", rest)
	}
}

// Closing ends what waits for clients and lets calls end by themselves.
func TestClose(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.initialized(`{}`)
	stream := c.events(c.send(c.request(http.MethodGet, "/mcp", "")))
	answered := make(chan response)
	go func() { answered <- c.post(call("1", "block", `"name":"last"`)) }()
	ended := h.blocking("last")
	closed := make(chan error)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		closed <- h.API.Close(ctx)
	}()
	if events := stream.all(); len(events) != 0 {
		t.Errorf("the stream had %v", events)
	}
	if resp := c.post(call("2", "noop", "")); resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("a late call: %d %s", resp.StatusCode, resp.body)
	}
	<-ended
	if resp := <-answered; !strings.Contains(resp.body, "released") {
		t.Errorf("the running call: %s", resp.body)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close = %v", err)
	}
	if got := len(c.calls()); got != 1 {
		t.Errorf("%d calls recorded, want 1", got)
	}
}

// Close waits for a running call, and no longer than its context allows.
func TestCloseWaits(t *testing.T) {
	bubble(t, mcpapitest.Parts{}, mcpapi.Options{}, func(t *testing.T, h *harness) {
		c := h.client(pierre.Limit{})
		answered := h.answer(c.request(http.MethodPost, "/mcp", call("1", "block", `"name":"stuck"`)))
		ended := h.blocking("stuck")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		if err := h.API.Close(ctx); err == nil || time.Since(began) != time.Hour {
			t.Errorf("Close = %v after %v while a call was running", err, time.Since(began))
		}
		<-ended
		<-answered
	})
}
