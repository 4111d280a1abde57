package mcpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
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
			resp := c.Modern("1", tt.method, tt.params, tt.header...)
			if resp.StatusCode != tt.status || resp.Header.Get("Mcp-Session-Id") != "" {
				t.Errorf("%d, want %d: %s", resp.StatusCode, tt.status, resp.Text)
			}
			if tt.code != 0 && streamabletest.ErrorOf(t, resp.Text).Code != tt.code {
				t.Errorf("want code %d: %s", tt.code, resp.Text)
			}
			if tt.code == 0 && !strings.Contains(resp.Text, `"resultType":"complete"`) {
				t.Errorf("no result type: %s", resp.Text)
			}
		})
	}
}

// Closing ends what waits for clients and lets calls end by themselves.
func TestClose(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.initialized()
	stream := c.Events(c.Send(c.Request(http.MethodGet, "/mcp", "")))
	answered := make(chan streamabletest.Response)
	go func() { answered <- c.Post(streamabletest.Call("1", "block", `"name":"last"`)) }()
	ended := h.tools.Blocking("last")
	closed := make(chan error)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), streamabletest.Patience)
		defer cancel()
		closed <- h.API.Close(ctx)
	}()
	if events := stream.All(); len(events) != 0 {
		t.Errorf("the stream had %v", events)
	}
	if resp := c.Post(streamabletest.Call("2", "noop", "")); resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("a late call: %d %s", resp.StatusCode, resp.Text)
	}
	<-ended
	if resp := <-answered; !strings.Contains(resp.Text, "released") {
		t.Errorf("the running call: %s", resp.Text)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close = %v", err)
	}
	if got := len(c.calls()); got != 1 {
		t.Errorf("%d calls recorded, want 1", got)
	}
}
