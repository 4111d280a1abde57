package mcpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
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

// What a tool sees of a call is what mcp-go would make of it.
func TestParamsAreReadAsMCPGoDoes(t *testing.T) {
	h := start(t, mcpapi.Options{})
	var got mcp.CallToolParams
	h.mcp.AddTool(mcp.NewTool("look"), func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		got = r.Params
		return mcp.NewToolResultText("ok"), nil
	})
	older := h.initialized()
	for _, params := range []string{
		`{"name":"look"}`,
		`{"name":"look","arguments":null}`,
		`{"name":"look","arguments":{}}`,
		`{"name":"l\u006fok","arguments":{"a": 1.5, "b":[1,{"c":null}],"big":12345678901234567890}}`,
		`{"Name":"look","ARGUMENTS":{"a":1}}`,
		`{"name":"look","arguments":{"a":1},"_meta":{"progressToken":7,"other":"x"}}`,
		`{"name":"look","_meta":null}`,
		`{"name":"look","arguments":{"a":1},"unknown":true,"cursor":"c"}`,
		`{"name":"look","requestState":"s"}`,
	} {
		got = mcp.CallToolParams{}
		resp := older.Post(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":` + params + `}`)
		var want mcp.CallToolParams
		if err := json.Unmarshal([]byte(params), &want); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(resp.Text, "ok") || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the tool saw %+v, want %+v (%s)", params, got, want, resp.Text)
		}
	}
}
