package mcpapi

import (
	"cmp"
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/web"
)

// requests implements [streamable.Handler].
type requests struct{ s *Server }

// Admit implements [streamable.Handler]. Customers take turns, however many athletes their applications have.
func (q requests) Admit(ctx context.Context, method string) (tenant string, err error) {
	if computes := method == string(mcp.MethodToolsCall) || method == string(mcp.MethodResourcesRead); computes && q.s.opts.Overload != nil {
		err = q.s.opts.Overload.Admit(q.s.now())
	}
	p, _ := access.PrincipalFrom(ctx)
	return string(cmp.Or(p.Customer, p.UserID)), err
}

// Answer implements [streamable.Handler].
func (q requests) Answer(ctx context.Context, x *streamable.Exchange) streamable.Answer {
	p, _ := access.PrincipalFrom(ctx)
	switch mcp.MCPMethod(x.Method()) {
	case mcp.MethodToolsCall:
		return q.s.callTool(ctx, x, p)
	case mcp.MethodToolsList:
		return q.s.listTools(ctx, x, p)
	default:
		return x.Dispatch(ctx)
	}
}

// guard stands around every tool. An error that a person may read becomes a result, so that the model can mend it; the
// others must not reach mcp-go, which would send their text. A panic ends the call and nothing else.
func (s *Server) guard(next server.ToolHandlerFunc) server.ToolHandlerFunc {
	return func(ctx context.Context, r mcp.CallToolRequest) (result *mcp.CallToolResult, err error) {
		defer func() {
			if p := recover(); p != nil {
				result, err = nil, web.Panicked(p)
			}
			if x := streamable.ExchangeFrom(ctx); x != nil {
				x.NoteError(err)
			}
		}()
		result, err = next(ctx, r)
		if kind := pierre.KindOf(err); err != nil && kind != pierre.KindInternal {
			return mcp.NewToolResultError(pierre.MessageOf(err, streamable.InternalMessage)), nil
		}
		return result, err
	}
}

// noteResource stands around every resource, and keeps its error from mcp-go, which would send its text.
func noteResource(next server.ResourceHandlerFunc) server.ResourceHandlerFunc {
	return func(ctx context.Context, r mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		contents, err := next(ctx, r)
		if x := streamable.ExchangeFrom(ctx); x != nil {
			x.NoteError(err)
		}
		return contents, err
	}
}

// notePrompt is noteResource for prompts.
func notePrompt(next server.PromptHandlerFunc) server.PromptHandlerFunc {
	return func(ctx context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		result, err := next(ctx, r)
		if x := streamable.ExchangeFrom(ctx); x != nil {
			x.NoteError(err)
		}
		return result, err
	}
}
