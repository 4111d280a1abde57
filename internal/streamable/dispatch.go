package streamable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

const interruptedMessage = "The request was cancelled."

// Dispatch lets mcp-go answer the request.
func (x *Exchange) Dispatch(ctx context.Context) Answer { return x.dispatch(ctx, x) }

// dispatch lets mcp-go answer the request, as the given client session: x itself, or a listener around it.
func (x *Exchange) dispatch(ctx context.Context, as server.ClientSession) (a Answer) {
	defer x.Leave()
	defer func() {
		if p := recover(); p != nil {
			a = x.crashed(ctx, web.Panicked(p))
		}
	}()
	m := x.server.mcp
	switch response := m.HandleMessage(m.WithContext(ctx, as), x.msg.inner(x.server.requestIDs.Add(1))).(type) {
	case mcp.JSONRPCResponse:
		if listened, ok := response.Result.(mcp.SubscriptionsListenResult); ok {
			listened.EnsureResultMeta().SetSubscriptionID(x.msg.id)
		}
		return x.Result(ctx, response.Result)
	case mcp.JSONRPCError:
		return x.failed(ctx, response.Error)
	default:
		return x.crashed(ctx, fmt.Errorf("mcp-go answered %s with %T", x.msg.name, response))
	}
}

// Refused answers the request with err.
func (x *Exchange) Refused(err error) Answer { return RefusalOf(err).answerWith(x.msg.id, x.modern) }

// Result answers the request with the result of its method. One that cannot be encoded is logged.
func (x *Exchange) Result(ctx context.Context, result any) Answer {
	encoded, err := encode(result)
	if err != nil {
		return x.crashed(ctx, fmt.Errorf("encoding the result of %s: %w", x.msg.name, err))
	}
	a := x.Encoded(encoded)
	a.Failed = isToolError(result)
	return a
}

// Encoded answers the request with a result that is encoded already.
func (x *Exchange) Encoded(result json.RawMessage) Answer { return answerWith(x.msg.id, result) }

func isToolError(result any) bool {
	r, ok := result.(*mcp.CallToolResult)
	return ok && r.IsError
}

// failed returns what the client may read of an error of mcp-go. Its messages can hold the text of any Go error, so they
// pass only where they are its own.
func (x *Exchange) failed(ctx context.Context, e mcp.JSONRPCErrorDetails) Answer {
	switch {
	case ctx.Err() != nil:
		return x.Refused(Refuse(0, mcp.REQUEST_INTERRUPTED, interruptedMessage))
	case x.cause != nil:
		return x.Failed(ctx, x.cause)
	case e.Code == mcp.INTERNAL_ERROR:
		return x.crashed(ctx, errors.New(e.Message))
	case e.Code == mcp.INVALID_REQUEST:
		e.Message = "The params do not have the shape that this method requires."
	case e.Code == mcp.INVALID_PARAMS || e.Code == mcp.RESOURCE_NOT_FOUND:
		e.Message, e.Data = x.msg.wrongParams()
	}
	return x.Refused(&Error{Code: e.Code, Message: e.Message, Data: e.Data})
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

// NoteError keeps what a handler behind mcp-go returned: of the error that mcp-go makes of it, not even the kind is left.
func (x *Exchange) NoteError(err error) { x.cause = err }

// Failed answers the request with err, which its handler returned. Some errors of mcp-go are part of the protocol, and some
// of ours may be read by anybody; any other is logged, and not the client's business.
func (x *Exchange) Failed(ctx context.Context, err error) Answer {
	if ctx.Err() != nil {
		return x.Refused(Refuse(0, mcp.REQUEST_INTERRUPTED, interruptedMessage))
	}
	if missing, ok := errors.AsType[mcp.MissingRequiredClientCapabilityError](err); ok && x.modern {
		return x.Refused(&Error{
			Code:    mcp.MISSING_REQUIRED_CLIENT_CAPABILITY,
			Message: missing.Error(),
			Data:    map[string]any{"requiredCapabilities": map[string]any{missing.Capability: struct{}{}}},
		})
	}
	if errors.Is(err, server.ErrResourceNotFound) {
		text, data := x.msg.wrongParams()
		code := mcp.RESOURCE_NOT_FOUND
		if x.modern {
			code = mcp.INVALID_PARAMS
		}
		return x.Refused(&Error{Code: code, Message: text, Data: data})
	}
	if errors.Is(err, mcp.ErrInvalidParams) {
		what := "tool"
		if mcp.MCPMethod(x.msg.name) != mcp.MethodToolsCall {
			what = "method"
		}
		return x.Refused(Refuse(0, mcp.INVALID_PARAMS, "The params are not valid for this "+what+"."))
	}
	if required, ok := errors.AsType[mcp.URLElicitationRequiredError](err); ok && !x.modern {
		e := required.JSONRPCError().Error
		return x.Refused(&Error{Code: e.Code, Message: e.Message, Data: e.Data})
	}
	if pierre.KindOf(err) != pierre.KindInternal {
		e := RefusalOf(err)
		return x.Refused(&Error{Code: e.Code, Message: e.Message}) // the request itself was in order, and so is its HTTP status
	}
	return x.crashed(ctx, err)
}

// crashed logs that a handler failed, which is not the client's business.
func (x *Exchange) crashed(ctx context.Context, err error) Answer {
	x.server.log.LogAttrs(ctx, slog.LevelError, "mcp method failed", slog.String("rpc_method", x.msg.name), slog.String("request_id", web.RequestID(ctx)), slog.Any("err", err))
	e := Refuse(0, mcp.INTERNAL_ERROR, InternalMessage)
	if id := web.RequestID(ctx); id != "" {
		e.Data = map[string]string{"requestId": id} // by which the operator finds it in the log
	}
	return x.Refused(e)
}
