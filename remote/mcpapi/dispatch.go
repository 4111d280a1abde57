package mcpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

const interruptedMessage = "The request was cancelled."

// dispatch lets mcp-go answer a request, as the given client session: x itself, or a listener around it.
func (s *Server) dispatch(ctx context.Context, x *exchange, as server.ClientSession) (a answer) {
	defer x.leave()
	defer func() {
		if p := recover(); p != nil { // tools are guarded, prompts and resources are not
			a = s.crashed(ctx, x, web.Panicked(p))
		}
	}()
	switch response := s.mcp.HandleMessage(s.mcp.WithContext(ctx, as), x.msg.inner(x.nextID())).(type) {
	case mcp.JSONRPCResponse:
		if listened, ok := response.Result.(mcp.SubscriptionsListenResult); ok {
			listened.EnsureResultMeta().SetSubscriptionID(x.msg.id)
		}
		return s.resultOf(ctx, x, response.Result)
	case mcp.JSONRPCError:
		return s.failed(ctx, x, response.Error)
	default:
		return s.crashed(ctx, x, fmt.Errorf("mcp-go answered %s with %T", x.msg.name, response))
	}
}

func isToolError(result any) bool {
	r, ok := result.(*mcp.CallToolResult)
	return ok && r.IsError
}

// failed returns what the client may read of an error of mcp-go. Its messages can hold the text of any Go error, so they
// pass only where they are its own.
func (s *Server) failed(ctx context.Context, x *exchange, e mcp.JSONRPCErrorDetails) answer {
	switch {
	case ctx.Err() != nil:
		return x.refused(refuse(0, mcp.REQUEST_INTERRUPTED, interruptedMessage))
	case x.cause != nil:
		return s.toolFailed(ctx, x, x.cause)
	case e.Code == mcp.INTERNAL_ERROR:
		return s.crashed(ctx, x, errors.New(e.Message))
	case e.Code == mcp.INVALID_REQUEST:
		e.Message = "The params do not have the shape that this method requires."
	case e.Code == mcp.INVALID_PARAMS || e.Code == mcp.RESOURCE_NOT_FOUND:
		e.Message, e.Data = x.msg.wrongParams()
	}
	return x.refused(&refusal{code: e.Code, message: e.Message, data: e.Data})
}

// wrongParams says what is wrong if a method refuses its params: each one has one thing that can be.
func (m *message) wrongParams() (text string, data any) {
	switch mcp.MCPMethod(m.name) {
	case mcp.MethodResourcesRead:
		uri, _ := mcp.ExtractHeaderName(mcp.MethodResourcesRead, m.params)
		return "There is no resource of this URI; resources/list shows what there is.", map[string]string{"uri": uri}
	case mcp.MethodPromptsGet:
		return "There is no prompt of this name; prompts/list shows what there is.", nil
	case mcp.MethodToolsList, mcp.MethodPromptsList, mcp.MethodResourcesList, mcp.MethodResourcesTemplatesList:
		return "The cursor is none that this server gave out; leave it out to begin at the first page.", nil
	default:
		return "The params are not valid for this method.", nil
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
			if x := exchangeFrom(ctx); x != nil {
				x.cause = err
			}
		}()
		result, err = next(ctx, r)
		if kind := pierre.KindOf(err); err != nil && kind != pierre.KindInternal {
			return mcp.NewToolResultError(pierre.MessageOf(err, internalMessage)), nil
		}
		return result, err
	}
}

// exchangeFrom returns the exchange that a tool runs in, nil if it was called over another transport.
func exchangeFrom(ctx context.Context) *exchange {
	x, _ := server.ClientSessionFromContext(ctx).(*exchange)
	return x
}

// toolFailed returns the answer to a call whose tool returned an error: some of mcp-go's are part of the protocol.
func (s *Server) toolFailed(ctx context.Context, x *exchange, err error) answer {
	if missing, ok := errors.AsType[mcp.MissingRequiredClientCapabilityError](err); ok && x.modern {
		return x.refused(&refusal{
			code:    mcp.MISSING_REQUIRED_CLIENT_CAPABILITY,
			message: missing.Error(),
			data:    map[string]any{"requiredCapabilities": map[string]any{missing.Capability: struct{}{}}},
		})
	}
	if errors.Is(err, mcp.ErrInvalidParams) {
		return x.refused(refuse(0, mcp.INVALID_PARAMS, "The params are not valid for this tool."))
	}
	if required, ok := errors.AsType[mcp.URLElicitationRequiredError](err); ok && !x.modern {
		e := required.JSONRPCError().Error
		return x.refused(&refusal{code: e.Code, message: e.Message, data: e.Data})
	}
	return s.crashed(ctx, x, err)
}

// crashed logs that a handler failed, which is not the client's business.
func (s *Server) crashed(ctx context.Context, x *exchange, err error) answer {
	s.log.LogAttrs(ctx, slog.LevelError, "mcp method failed", slog.String("rpc_method", x.msg.name), slog.String("request_id", web.RequestID(ctx)), slog.Any("err", err))
	e := refuse(0, mcp.INTERNAL_ERROR, internalMessage)
	if id := web.RequestID(ctx); id != "" {
		e.data = map[string]string{"requestId": id} // by which the operator finds it in the log
	}
	return x.refused(e)
}
