package streamable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/fair"
)

// askTimeout is how long a tool waits for its client's user. It ends calls whose client has gone without a word.
const askTimeout = 10 * time.Minute

// An Exchange is one POSTed request and what is sent in response. A call that is only answered costs no goroutine and
// no channel: the response becomes a stream when a tool sends something before its result.
//
// For the call's duration it is the client session that mcp-go and the tools see.
type Exchange struct {
	*session

	server    *Server
	msg       *message
	r         *http.Request
	w         http.ResponseWriter
	gone      <-chan struct{} // closed when the client hangs up
	json, sse bool            // what the client takes
	plain     bool            // see [Server.ServePlain]
	modern    bool
	edit      func(*mcp.JSONRPCNotification)
	cause     error // what a handler behind mcp-go returned, for the answer
	work      *fair.Gate
	tenant    string
	untrack   func() // makes the request's id free; nil if it is not tracked

	mu       sync.Mutex
	slot     *fair.Slot // the right to work; nil while it waits for its client
	stream   *stream    // nil until there is something to send
	answered bool
	serving  sync.WaitGroup
}

// NotificationChannel implements [server.ClientSession]. It returns a new channel for each notification, see [entry].
func (x *Exchange) NotificationChannel() chan<- mcp.JSONRPCNotification {
	st := x.open()
	if st == nil {
		return make(chan mcp.JSONRPCNotification, 1) // the client takes no stream, or has its answer
	}
	defer x.pause(context.Background())()
	return st.reserve(x.gone)
}

// enter waits for the turn of the request's tenant.
func (x *Exchange) enter(ctx context.Context, work *fair.Gate, tenant string) error {
	slot, err := work.Enter(ctx, tenant)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.slot, x.work, x.tenant = slot, work, tenant
	return nil
}

// Leave ends the work of the request: others of its tenant may begin. What is left is to send the answer.
func (x *Exchange) Leave() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.slot != nil {
		x.slot.Leave()
		x.slot = nil
	}
}

// pause lets others work while the request waits for its client, until goOn.
func (x *Exchange) pause(ctx context.Context) (goOn func()) {
	x.mu.Lock()
	working := x.slot != nil
	x.mu.Unlock()
	if !working {
		return func() {}
	}
	x.Leave()
	return func() {
		// If the turn does not come in time, the work that has begun goes on all the same.
		if err := x.enter(context.WithoutCancel(ctx), x.work, x.tenant); err != nil {
			return
		}
	}
}

// open returns the stream of the response, nil if it cannot or can no longer be one.
func (x *Exchange) open() *stream {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.stream != nil || x.answered || !x.sse {
		return x.stream
	}
	return x.start()
}

// start begins to stream. x.mu is held.
func (x *Exchange) start() *stream {
	out := newSSEWriter(x.w)
	if x.resumable() {
		x.stream = x.openStream()
		// Clients of older versions cannot parse an event without data.
		if x.ProtocolVersion() >= mcp.ProtocolVersion20251125 {
			out.prime(x.stream.number)
		}
	} else {
		x.stream = newStream(1, false)
	}
	x.stream.edit = x.edit
	taken := x.stream.attach()
	x.serving.Go(func() { x.stream.serve(out, 0, x.gone, taken) })
	return x.stream
}

// resumable reports whether the client can come back for what it missed.
func (x *Exchange) resumable() bool { return x.id != "" }

// exactToken gives a notification the exact progress token of the request: mcp-go read a large number as a float64.
func (x *Exchange) exactToken(n *mcp.JSONRPCNotification) {
	if n.Method != string(mcp.MethodNotificationProgress) || x.msg.token == nil {
		return
	}
	fields := maps.Clone(n.Params.AdditionalFields)
	if fields == nil {
		fields = map[string]any{}
	}
	fields["progressToken"] = x.msg.token
	n.Params.AdditionalFields = fields
}

// answer sends the response proper, after everything else.
func (x *Exchange) answer(a Answer) {
	x.Leave()
	if x.untrack != nil {
		x.untrack() // before the client has its answer, and may use the id again
	}
	x.mu.Lock()
	x.answered = true
	st := x.stream
	if st == nil && !x.json {
		st = x.start()
	}
	x.mu.Unlock()
	if st == nil {
		writeJSON(x.w, a)
		return
	}
	st.append(a.Body)
	st.end()
	x.serving.Wait()
}

// RequestSampling implements [server.SessionWithSampling].
func (x *Exchange) RequestSampling(ctx context.Context, r mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
	if x.GetClientCapabilities().Sampling == nil {
		return nil, mcp.MissingRequiredClientCapabilityError{Capability: "sampling"}
	}
	var result mcp.CreateMessageResult
	if err := x.ask(ctx, mcp.MethodSamplingCreateMessage, r.CreateMessageParams, &result); err != nil {
		return nil, err
	}
	content, err := mcp.ParseSamplingContent(result.Content)
	if err != nil {
		return nil, fmt.Errorf("reading the client's sample: %w", err)
	}
	result.Content = content
	return &result, nil
}

// RequestElicitation implements [server.SessionWithElicitation].
func (x *Exchange) RequestElicitation(ctx context.Context, r mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	if x.GetClientCapabilities().Elicitation == nil {
		return nil, mcp.MissingRequiredClientCapabilityError{Capability: "elicitation"}
	}
	var result mcp.ElicitationResult
	if err := x.ask(ctx, mcp.MethodElicitationCreate, r.Params, &result); err != nil {
		return nil, err
	}
	return &result, nil
}

// ListRoots implements [server.SessionWithRoots].
func (x *Exchange) ListRoots(ctx context.Context, _ mcp.ListRootsRequest) (*mcp.ListRootsResult, error) {
	if x.GetClientCapabilities().Roots == nil {
		return nil, mcp.MissingRequiredClientCapabilityError{Capability: "roots"}
	}
	var result mcp.ListRootsResult
	if err := x.ask(ctx, mcp.MethodListRoots, nil, &result); err != nil {
		return nil, err
	}
	return &result, nil
}

// ask sends a request to the client and waits for its response. Only the older protocol has that, and only in a session.
func (x *Exchange) ask(ctx context.Context, method mcp.MCPMethod, params, result any) error {
	if !x.resumable() {
		return fmt.Errorf("asking the client for %s: there is no session", method)
	}
	st := x.open()
	if st == nil && x.standalone.attached() {
		st = x.standalone
	}
	if st == nil {
		return fmt.Errorf("asking the client for %s: it takes no stream", method)
	}
	id := x.server.requestIDs.Add(1)
	body, err := json.Marshal(struct {
		JSONRPC string        `json:"jsonrpc"`
		ID      int64         `json:"id"`
		Method  mcp.MCPMethod `json:"method"`
		Params  any           `json:"params,omitempty"`
	}{mcp.JSONRPC_VERSION, id, method, params})
	if err != nil {
		return fmt.Errorf("encoding a request for %s: %w", method, err)
	}
	replies, forget, err := x.expect(id)
	if err != nil {
		return fmt.Errorf("asking the client for %s: %w", method, err)
	}
	defer forget()
	st.append(body)
	defer x.pause(ctx)()
	ctx, cancel := context.WithTimeoutCause(ctx, askTimeout, errors.New("no answer within "+askTimeout.String()))
	defer cancel()
	select {
	case r := <-replies:
		return r.read(method, result)
	case <-x.done:
		return fmt.Errorf("asking the client for %s: the session has ended", method)
	case <-ctx.Done():
		return fmt.Errorf("asking the client for %s: %w", method, context.Cause(ctx))
	}
}

// read decodes what the client answered.
func (r reply) read(method mcp.MCPMethod, result any) error {
	if r.fault != nil {
		var fault mcp.JSONRPCErrorDetails
		if err := json.Unmarshal(r.fault, &fault); err != nil {
			return fmt.Errorf("reading the client's error for %s: %w", method, err)
		}
		return fmt.Errorf("the client refused %s: %s (code %s)", method, fault.Message, strconv.Itoa(fault.Code))
	}
	if err := json.Unmarshal(r.result, result); err != nil {
		return fmt.Errorf("reading the client's result for %s: %w", method, err)
	}
	return nil
}
