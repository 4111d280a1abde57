package streamable

import (
	"context"
	"net/http"
)

// Callers know who sends a request.
type Callers interface {
	// Identify returns the credential in the headers of a request, verified. A request may have its credential in the
	// message instead: then it returns one that is not known yet. If a credential is not accepted, err says why.
	Identify(r *http.Request) (Credential, error)

	// Challenge adds to h, the headers of the response to a request that was refused for err, how to get a credential.
	Challenge(h http.Header, r *http.Request, err error)
}

// A Credential is what the headers of a request say about who sends it.
type Credential interface {
	// Group returns the group of its owner, see [Owner]; ok is false as long as the credential is not known.
	Group() (group string, ok bool)

	// Caller returns who sends the request, now that its message has come. The auth member of the message may hold a
	// credential, too; "" if it does not.
	Caller(r *http.Request, auth string) (Caller, error)
}

// A Caller is who sends a request.
type Caller interface {
	// Owner says whose sessions and streams the caller may use.
	Owner() Owner

	// Context returns the context in which requests of the caller are answered.
	Context(ctx context.Context) context.Context

	// WhileValid calls end as soon as the caller may no longer use what it has open, and returns then or when ctx ends.
	WhileValid(ctx context.Context, end func())
}

// A Handler answers the requests of clients, except for those that concern the transport alone: the handshake of
// sessions, and subscriptions.
type Handler interface {
	// Admit decides whether a request of the method may begin, and whose work it is: tenants wait for their turn.
	Admit(ctx context.Context, method string) (tenant string, err error)

	// Answer answers the request of x; [Exchange.Dispatch] does what mcp-go does with it.
	Answer(ctx context.Context, x *Exchange) Answer
}
