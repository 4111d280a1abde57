package mcpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// callDirectly runs a tool for a client of the older protocol without [server.MCPServer.HandleMessage], which decodes a
// message four times before it comes to the tool: a quarter of what such a call costs. Where mcp-go does more than to run
// the tool, for tasks and for tools that ask back in their result, it answers false, and dispatch has to do it.
func (s *Server) callDirectly(ctx context.Context, x *exchange, tool *server.ServerTool) (a answer, ok bool) {
	if x.modern || tool.Tool.Execution != nil {
		return answer{}, false
	}
	request := mcp.CallToolRequest{Request: mcp.Request{Method: string(mcp.MethodToolsCall)}, Header: http.Header{}}
	if json.Unmarshal(x.msg.params, &request.Params) != nil || request.Params.Task != nil {
		return answer{}, false
	}
	result, err := s.guard(tool.Handler)(toolContext{s.mcp.WithContext(ctx, x), s.mcpValues}, request) //nolint:contextcheck // it is inherited
	switch {
	case err != nil && ctx.Err() != nil:
		a = x.refused(refuse(0, mcp.REQUEST_INTERRUPTED, interruptedMessage))
	case err != nil:
		a = s.toolFailed(ctx, x, err)
	case result == nil:
		a = s.crashed(ctx, x, errors.New("the tool returned neither a result nor an error"))
	case result.NeedsInput():
		return answer{}, false
	default:
		a = s.resultOf(ctx, x, result)
	}
	x.leave()
	return a, true
}

// resultOf returns the answer for the result of a method.
func (s *Server) resultOf(ctx context.Context, x *exchange, result any) answer {
	encoded, err := encode(result)
	if err != nil {
		return s.crashed(ctx, x, fmt.Errorf("encoding the result of %s: %w", x.msg.name, err))
	}
	a := answerWith(x.msg.id, encoded)
	a.failed = isToolError(result)
	return a
}

// encode is json.Marshal. A result of a tool encodes itself, which json.Marshal would read and copy once more.
func encode(result any) ([]byte, error) {
	if r, ok := result.(*mcp.CallToolResult); ok && r != nil {
		return r.MarshalJSON()
	}
	return json.Marshal(result)
}

// A toolContext is the context of a tool that is called directly: what mcp-go would put into it by keys of its own,
// such as the server itself, comes from values.
type toolContext struct {
	context.Context //nolint:containedctx // it is one

	values context.Context //nolint:containedctx // it is no context of a request
}

// Value implements [context.Context].
func (c toolContext) Value(key any) any {
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.values.Value(key)
}

// valuesKey is the key of a place for a context in that context, see [captureValues].
type valuesKey struct{}

// captureValues lets m list its tools to nobody, and returns the context that it shows to its filters.
func captureValues(m *server.MCPServer) context.Context {
	values := context.Background()
	m.HandleMessage(context.WithValue(context.Background(), valuesKey{}, &values), json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	return values
}
