package streamabletest

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Patience is how long tests wait for what has to happen.
const Patience = time.Minute

// Tools are tools that do what tests need.
type Tools struct {
	t   *testing.T
	mcp *server.MCPServer

	mu      sync.Mutex
	blocked map[string]chan error // by the name that the call was given
}

// NewTools adds the tools to m: noop and soft answer, leak and panic fail, progress notifies, sample asks its client's
// model, block waits until it is cancelled or released, hang until it is cancelled.
func NewTools(t *testing.T, m *server.MCPServer) *Tools {
	ts := &Tools{t: t, mcp: m, blocked: map[string]chan error{}}
	ts.Add("noop", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("ok"), nil
	})
	ts.Add("soft", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultError("give a larger n"), nil
	})
	ts.Add("leak", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return nil, errors.New("SELECT secret FROM vault: disk I/O error")
	})
	ts.Add("panic", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		panic("secret state") //nolint:forbidigo // what the tool is for
	})
	ts.Add("progress", ts.progress)
	ts.Add("sample", ts.sample)
	ts.Add("block", ts.block)
	ts.Add("hang", ts.hang)
	return ts
}

// Add adds a tool with the arguments name and n.
func (ts *Tools) Add(name string, f server.ToolHandlerFunc) {
	ts.mcp.AddTool(mcp.NewTool(name, mcp.WithDescription(name), mcp.WithString("name"), mcp.WithNumber("n")), f)
}

func (ts *Tools) progress(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	for i := range r.GetInt("n", 3) {
		err := ts.mcp.SendNotificationToClient(ctx, "notifications/progress", map[string]any{
			"progressToken": r.Params.Meta.ProgressToken, "progress": i,
		})
		if err != nil {
			return nil, err
		}
	}
	return mcp.NewToolResultText("done"), nil
}

func (ts *Tools) sample(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	//nolint:staticcheck // deprecated, but alive until 2027
	sample, err := ts.mcp.RequestSampling(ctx, mcp.CreateMessageRequest{CreateMessageParams: mcp.CreateMessageParams{
		Messages: []mcp.SamplingMessage{{Role: mcp.RoleUser, Content: mcp.NewTextContent("hi")}}, MaxTokens: 10,
	}})
	if err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	content, _ := sample.Content.(mcp.TextContent)
	return mcp.NewToolResultText("the model says " + content.Text), nil
}

// block waits until its call is cancelled, or until the test asks whether it was.
func (ts *Tools) block(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	ended := ts.begin(r)
	select {
	case <-ctx.Done():
		ended <- ctx.Err()
		return nil, ctx.Err()
	case ended <- nil:
		return mcp.NewToolResultText("released"), nil
	}
}

func (ts *Tools) hang(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	ended := ts.begin(r)
	<-ctx.Done()
	ended <- ctx.Err()
	return nil, ctx.Err()
}

// begin makes a call known to Blocking.
func (ts *Tools) begin(r mcp.CallToolRequest) chan error {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ended := make(chan error)
	ts.blocked[r.GetString("name", "")] = ended
	return ended
}

// Blocking waits for the call of block or hang with that name, and returns what will have ended it.
func (ts *Tools) Blocking(name string) <-chan error {
	ts.t.Helper()
	var ch chan error
	Eventually(ts.t, func() bool {
		ch = ts.Blocked()[name]
		return ch != nil
	})
	return ch
}

// Blocked returns the calls of block and hang that have begun.
func (ts *Tools) Blocked() map[string]chan error {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return maps.Clone(ts.blocked)
}

// Eventually waits until ok returns true.
func Eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !ok(); <-time.After(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come about")
		}
	}
}
