package mcpapi_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
)

// A tool cannot tell how it was called: its server, its session and its arguments are the same in both eras.
func TestToolsFindTheirServerInBothEras(t *testing.T) {
	h := start(t, mcpapi.Options{})
	h.mcp.AddTool(mcp.NewTool("look", mcp.WithNumber("n")), func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if server.ServerFromContext(ctx) != h.mcp {
			return nil, errors.New("no server in the context")
		}
		if server.ClientSessionFromContext(ctx) == nil || r.Header == nil || r.Method != "tools/call" || r.Params.Name != "look" {
			return nil, errors.New("no session, or no request")
		}
		return mcp.NewToolResultStructuredOnly(map[string]any{"n": r.GetInt("n", 0), "html": "<&>"}), nil
	})
	older, stateless := h.initialized(), h.client(pierre.Limit{})
	for era, resp := range map[string]streamabletest.Response{
		"older":     older.Post(streamabletest.Call("7", "look", `"n":41`)),
		"stateless": stateless.Modern("7", "tools/call", `"name":"look","arguments":{"n":41}`),
	} {
		if !strings.Contains(resp.Text, `"n":41`) || !strings.Contains(resp.Text, `\u003c\u0026\u003e`) {
			t.Errorf("%s: %s", era, resp.Text)
		}
	}
}
