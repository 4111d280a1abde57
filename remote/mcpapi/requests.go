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
	if method == string(mcp.MethodToolsCall) && q.s.opts.Overload != nil {
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
