package mcpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	gosdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
)

// A keyed adds the key to each request.
type keyed struct{ key string }

func (k keyed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+k.key)
	return http.DefaultTransport.RoundTrip(r) //nolint:forbidigo // the tests' own transport
}

// An official client is another implementation of the protocol; it finds what both sides of ours misread alike.
type official struct {
	*gosdk.ClientSession

	progress    atomic.Int64
	toolChanges chan struct{}
}

func (h *harness) official(key, version string) *official {
	h.t.Helper()
	o := &official{toolChanges: make(chan struct{}, 64)}
	client := gosdk.NewClient(&gosdk.Implementation{Name: "official", Version: "1"}, &gosdk.ClientOptions{
		CreateMessageHandler: func(context.Context, *gosdk.CreateMessageRequest) (*gosdk.CreateMessageResult, error) { //nolint:staticcheck // as in the harness
			return &gosdk.CreateMessageResult{ //nolint:staticcheck // as in the harness
				Role: "assistant", Model: "m", Content: &gosdk.TextContent{Text: "yes"},
			}, nil
		},
		ElicitationHandler: func(context.Context, *gosdk.ElicitRequest) (*gosdk.ElicitResult, error) {
			return &gosdk.ElicitResult{Action: "accept", Content: map[string]any{"name": "Ana"}}, nil
		},
		ProgressNotificationHandler: func(context.Context, *gosdk.ProgressNotificationClientRequest) { o.progress.Add(1) },
		ToolListChangedHandler:      func(context.Context, *gosdk.ToolListChangedRequest) { o.toolChanges <- struct{}{} },
	})
	client.AddRoots(&gosdk.Root{URI: "file:///home"}) //nolint:staticcheck // as in the harness
	transport := &gosdk.StreamableClientTransport{Endpoint: h.url + "/mcp", HTTPClient: &http.Client{Transport: keyed{key}}}
	var err error
	if o.ClientSession, err = client.Connect(h.t.Context(), transport, &gosdk.ClientSessionOptions{ProtocolVersion: version}); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := o.Close(); err != nil {
			h.t.Errorf("closing the official client: %v", err)
		}
	})
	return o
}

func (o *official) call(t *testing.T, params *gosdk.CallToolParams) string {
	t.Helper()
	result, err := o.CallTool(t.Context(), params)
	if err != nil {
		t.Fatalf("%s: %v", params.Name, err)
	}
	text, ok := result.Content[0].(*gosdk.TextContent)
	if !ok {
		t.Fatalf("%s: content %T", params.Name, result.Content[0])
	}
	return text.Text
}

func TestOfficialGoClient(t *testing.T) {
	for _, version := range []string{"2025-06-18", "2025-11-25", "2026-07-28"} {
		t.Run(version, func(t *testing.T) {
			h := start(t, mcpapi.Options{})
			h.mcp.AddTool(mcp.NewTool("greet"), func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				if answer := server.ElicitationResponse(r.Params.InputResponses, "name"); answer != nil {
					content, _ := answer.Content.(map[string]any)
					return mcp.NewToolResultText(fmt.Sprintf("Hello %v", content["name"])), nil
				}
				return server.NewInputRequestBuilder("").Elicit("name", mcp.ElicitationParams{
					Message: "Your name?", RequestedSchema: map[string]any{"type": "object", "properties": map[string]any{"name": map[string]any{"type": "string"}}},
				}).ToolResult(), nil
			})
			h.mcp.AddTool(mcp.NewTool("roots"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				roots, err := h.mcp.RequestRoots(ctx, mcp.ListRootsRequest{})
				if err != nil {
					return nil, err
				}
				return mcp.NewToolResultText(roots.Roots[0].URI), nil
			})
			c := h.client(pierre.Limit{})
			client := h.official(c.Key, version)
			if got := client.InitializeResult().ProtocolVersion; got != version {
				t.Errorf("negotiated %s, want %s", got, version)
			}
			if list, err := client.ListTools(t.Context(), nil); err != nil || len(list.Tools) < 9 {
				t.Errorf("tools/list: %v, %v", list, err)
			}
			if got := client.call(t, &gosdk.CallToolParams{Name: "whoami"}); got != string(c.row.UserID) {
				t.Errorf("called as %s", got)
			}
			if got := client.call(t, &gosdk.CallToolParams{Name: "greet"}); got != "Hello Ana" {
				t.Errorf("greet said %s", got)
			}
			if version < "2026" {
				if got := client.call(t, &gosdk.CallToolParams{Name: "roots"}); got != "file:///home" {
					t.Errorf("roots said %s", got)
				}
				if got := client.call(t, &gosdk.CallToolParams{Name: "sample"}); got != "the model says yes" {
					t.Errorf("sample said %s", got)
				}
			}
			if _, err := client.CallTool(t.Context(), &gosdk.CallToolParams{Name: "leak"}); err == nil || !strings.Contains(err.Error(), "Something went wrong") {
				t.Errorf("leak: %v", err)
			}
			const calls = 50
			for range calls {
				params := &gosdk.CallToolParams{Name: "progress", Arguments: map[string]any{"n": 3}}
				params.SetProgressToken("token")
				client.call(t, params)
			}
			streamabletest.Eventually(t, func() bool { return client.progress.Load() >= 3*calls })
			if got := client.progress.Load(); got != 3*calls {
				t.Errorf("%d progress notifications, want %d", got, 3*calls)
			}
			h.mcp.DeleteTools("soft")
			<-client.toolChanges
			testCancelling(t, h, client)
			if want := len(c.calls()); want < calls+3 {
				t.Errorf("%d calls were recorded", want)
			}
		})
	}
}

// testCancelling makes the client cancel a call; the tool must notice.
func testCancelling(t *testing.T, h *harness, client *official) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := client.CallTool(ctx, &gosdk.CallToolParams{Name: "hang", Arguments: map[string]any{"name": "official"}})
		failed <- err
	}()
	ended := h.tools.Blocking("official")
	cancel()
	if err := <-failed; err == nil {
		t.Error("the cancelled call succeeded")
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the tool ended with %v", err)
	}
}
