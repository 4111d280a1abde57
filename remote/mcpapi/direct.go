package mcpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/streamable"
)

// callDirectly runs a tool for a client of the older protocol without [server.MCPServer.HandleMessage], which decodes a
// message four times before it comes to the tool: a quarter of what such a call costs. Where mcp-go does more than to run
// the tool, for tasks and for tools that ask back in their result, it answers false, and [streamable.Exchange.Dispatch] has to do it.
func (s *Server) callDirectly(ctx context.Context, x *streamable.Exchange, tool *server.ServerTool) (a streamable.Answer, ok bool) {
	if x.Modern() || tool.Tool.Execution != nil {
		return streamable.Answer{}, false
	}
	request := mcp.CallToolRequest{Request: mcp.Request{Method: string(mcp.MethodToolsCall)}, Header: http.Header{}}
	if !readCall(x, &request.Params) {
		return streamable.Answer{}, false
	}
	result, err := s.guard(tool.Handler)(toolContext{s.mcp.WithContext(ctx, x), s.mcpValues}, request) //nolint:contextcheck // it is inherited
	switch {
	case err != nil:
		a = x.Failed(ctx, err)
	case result == nil:
		a = x.Failed(ctx, errors.New("the tool returned neither a result nor an error"))
	case result.NeedsInput():
		return streamable.Answer{}, false
	default:
		a = x.Result(ctx, result)
	}
	x.Leave()
	return a, true
}

// readCall reads the params of a call as mcp-go does, which decodes them three times. It reports whether the call is a
// plain one: name, arguments and _meta.
func readCall(x *streamable.Exchange, params *mcp.CallToolParams) bool {
	arguments, meta, all := x.Arguments()
	if !all || meta != nil && json.Unmarshal(meta, &params.Meta) != nil {
		return false
	}
	params.Name = x.Name()
	if arguments == nil {
		return true
	}
	params.RawArguments = slices.Clip(arguments)
	return json.Unmarshal(arguments, &params.Arguments) == nil
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
