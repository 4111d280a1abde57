package streamable

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/web"
)

// What a [Handler] sees of an exchange, and does with it.

// ExchangeFrom returns the exchange that a handler behind mcp-go runs in, nil if it was called over another transport.
func ExchangeFrom(ctx context.Context) *Exchange {
	x, _ := server.ClientSessionFromContext(ctx).(*Exchange)
	return x
}

// Request returns the HTTP request that brought the message. Its body is read.
func (x *Exchange) Request() *http.Request { return x.r }

// Header returns the headers of the response.
func (x *Exchange) Header() http.Header { return x.w.Header() }

// Modern reports whether the request is of the stateless protocol.
func (x *Exchange) Modern() bool { return x.modern }

// Method returns the method of the request, such as tools/call.
func (x *Exchange) Method() string { return x.msg.name }

// Params returns the params of the request: a JSON object, or nil.
func (x *Exchange) Params() json.RawMessage { return x.msg.params }

// Name returns the name member of the params, as mcp-go reads it: of a tools/call, that of the tool.
func (x *Exchange) Name() string { return x.msg.target }

// Arguments returns the arguments and _meta members of the params: JSON, nil if they are absent. all reports whether the
// params have no members but these and name.
func (x *Exchange) Arguments() (arguments, meta json.RawMessage, all bool) {
	return x.msg.arguments, x.msg.meta, !x.msg.more
}

// Paged reports whether the request asks for a page of a list, not for its beginning.
func (x *Exchange) Paged() bool { return x.msg.paged }

// Size returns the bytes of the request's body.
func (x *Exchange) Size() int64 { return x.msg.size }

// Withdraw takes a header of the response back, unless a stream has begun and taken it along.
func (x *Exchange) Withdraw(header string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.stream == nil {
		x.w.Header().Del(header)
	}
}

// Advise sets the headers that say what to do about err, unless a stream has begun.
func (x *Exchange) Advise(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.stream == nil {
		web.SetAdvice(x.w.Header(), err, false)
	}
}
