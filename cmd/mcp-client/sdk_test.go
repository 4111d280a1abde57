package main

import (
	"context"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	mcpgo "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A host that is not ours (go-sdk) against a server that is not ours (mcp-go), in
// both eras: what either may ask of the other passes through.
func TestForeignHostAndServer(t *testing.T) {
	for era, version := range map[string]string{"legacy": "2025-11-25", "modern": ""} {
		t.Run(era, func(t *testing.T) {
			s := newMCPServer(t, (*httptest.Server).Start)
			s.mcp.AddTool(mcpgo.NewTool("count"), count)
			s.mcp.AddTool(mcpgo.NewTool("deploy"), deploy)
			h := connect(t, version, s.URL)

			if tools, err := h.session.ListTools(t.Context(), nil); err != nil || len(tools.Tools) != 4 {
				t.Fatalf("tools = %v, %v", tools, err)
			}
			h.call("echo", map[string]any{"text": "hello"}, "hello")
			h.call("deploy", nil, "deployed") // the server asks the user in between
			h.call("count", nil, "counted")
			select { // mcp-go may lose some, but not all
			case <-h.progress:
			case <-time.After(10 * time.Second):
				t.Error("no progress")
			}

			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() {
				_, err := h.session.CallTool(ctx, &mcp.CallToolParams{Name: "wait"})
				done <- err
			}()
			<-s.calls
			cancel()
			<-s.ended // the tool noticed
			if err := <-done; err == nil {
				t.Error("the cancelled call succeeded")
			}

			s.mcp.AddTool(mcpgo.NewTool("new"), count)
			select {
			case <-h.changed:
			case <-time.After(10 * time.Second):
				t.Error("the host did not hear that the tools changed")
			}
		})
	}
}

// An sdkHost is a go-sdk client that launched mcp-client.
type sdkHost struct {
	t                 *testing.T
	session           *mcp.ClientSession
	progress, changed chan struct{}
}

func connect(t *testing.T, version, url string) *sdkHost {
	t.Helper()
	h := &sdkHost{t: t, progress: make(chan struct{}, 64), changed: make(chan struct{}, 64)}
	client := mcp.NewClient(&mcp.Implementation{Name: "host", Version: "1"}, &mcp.ClientOptions{
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"approve": true}}, nil
		},
		ToolListChangedHandler:      func(context.Context, *mcp.ToolListChangedRequest) { h.changed <- struct{}{} },
		ProgressNotificationHandler: func(context.Context, *mcp.ProgressNotificationClientRequest) { h.progress <- struct{}{} },
	})
	cmd := exec.Command("mcp-client", "--url", url)
	cmd.Env = append(cmd.Environ(), "PIERRE_AUTH_KEY="+testKey)
	session, err := client.Connect(t.Context(), &mcp.CommandTransport{Command: cmd}, &mcp.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	h.session = session
	return h
}

func (h *sdkHost) call(tool string, args map[string]any, want string) {
	h.t.Helper()
	params := &mcp.CallToolParams{Name: tool, Arguments: args}
	params.SetProgressToken("token")
	result, err := h.session.CallTool(h.t.Context(), params)
	if err != nil {
		h.t.Fatalf("%s: %v", tool, err)
	}
	if text, ok := result.Content[0].(*mcp.TextContent); !ok || text.Text != want {
		h.t.Errorf("%s = %+v, want %s", tool, result.Content[0], want)
	}
}

// count reports progress ten times.
func count(ctx context.Context, r mcpgo.CallToolRequest) (*mcpgo.CallToolResult, error) {
	for i := range 10 {
		err := server.ServerFromContext(ctx).SendNotificationToClient(ctx, "notifications/progress",
			map[string]any{"progressToken": r.Params.Meta.ProgressToken, "progress": i})
		if err != nil {
			return nil, err
		}
	}
	return mcpgo.NewToolResultText("counted"), nil
}

// deploy wants the user's consent.
func deploy(_ context.Context, r mcpgo.CallToolRequest) (*mcpgo.CallToolResult, error) {
	if a := server.ElicitationResponse(r.Params.InputResponses, "confirm"); a != nil && a.Action == mcpgo.ElicitationResponseActionAccept {
		return mcpgo.NewToolResultText("deployed"), nil
	}
	return server.NewInputRequestBuilder("state").Elicit("confirm", mcpgo.ElicitationParams{
		Mode: mcpgo.ElicitationModeForm, Message: "Deploy?",
		RequestedSchema: map[string]any{"type": "object", "properties": map[string]any{"approve": map[string]any{"type": "boolean"}}},
	}).ToolResult(), nil
}
