package mcpapi_test

import (
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

// Pages that tools name are listed to clients that announced MCP Apps, in both protocols, and to no other, whoever asks first.
func TestAppsAreListedToThoseThatShowThem(t *testing.T) {
	h := startWith(t, mcpapitest.Parts{}, mcpapi.Options{Listing: func(_ pierre.ToolProfile, tool mcp.Tool) (mcp.Tool, bool) {
		tool.Meta = &mcp.Meta{AdditionalFields: map[string]any{"ui": map[string]any{"resourceUri": "ui://x/y"}}}
		return tool, true
	}})
	c := h.client(pierre.Limit{})
	const apps = `{"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":["text/html;profile=mcp-app"]}}}`
	modern := func(capabilities string) string {
		return c.Post(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":`+
			capabilities+`}}}`, "MCP-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/list").Text
	}
	legacy := func(capabilities string) string {
		c.Initialize(capabilities)
		defer func() { c.Session = "" }()
		return c.Post(`{"jsonrpc":"2.0","id":2,"method":"tools/list"}`).Text
	}
	for range 2 { // the second is kept from the first
		for name, list := range map[string]func(string) string{"modern": modern, "legacy": legacy} {
			if with := list(apps); !strings.Contains(with, `"resourceUri":"ui://x/y"`) {
				t.Errorf("%s: a client that shows apps is told %.300s", name, with)
			}
			if without := list(`{}`); strings.Contains(without, "ui://") || !strings.Contains(without, `"noop"`) {
				t.Errorf("%s: a client that shows none is told %.300s", name, without)
			}
		}
	}
}
