package bridge

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
)

// Methods that the relay must know.
const (
	methodInitialize  = "initialize"
	methodInitialized = "notifications/initialized"
	methodCancelled   = "notifications/cancelled"
	methodProgress    = "notifications/progress"
	methodDiscover    = "server/discover"
	methodListen      = "subscriptions/listen"
	methodListTools   = "tools/list"
	methodCall        = "tools/call"
)

// A call is a request of the host that waits for its answer.
type call struct {
	message
	attempt

	key       string      // the id, in one spelling
	abandoned atomic.Bool // the host no longer wants an answer
}

// abort ends the call's requests.
func (c *call) abort() { c.cancel(nil) }

// calls are the calls in flight.
type calls struct {
	mu     sync.Mutex
	m      map[string]*call // by id
	cutOff int              // calls that the end of the conversation left without their answer
}

// newCall registers a request and returns the context that its cancellation ends.
func (r *relay) newCall(ctx context.Context, m message) (context.Context, *call) {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &call{message: m, key: jsonrpc.Key(m.ID)}
	c.cancel = cancel
	c.repeatable = r.repeatable(&c.message)
	c.pace.until = r.lastTry(m.Method)
	if m.OfferedToken != nil {
		r.out.expect(jsonrpc.Key(m.OfferedToken))
	}
	r.calls.mu.Lock()
	defer r.calls.mu.Unlock()
	if r.calls.m == nil {
		r.calls.m = make(map[string]*call)
	}
	r.calls.m[c.key] = c
	return ctx, c
}

// lastTry returns until when a request is tried that the server does not take up.
// Hosts give a program a time to answer initialize that begins when they start it,
// and some ask server/discover before that with a short limit of its own.
func (r *relay) lastTry(method string) time.Time {
	now := time.Now()
	switch method {
	case methodDiscover:
		return now.Add(r.opts.DiscoverPatience)
	case methodInitialize:
		if until := r.began.Add(r.opts.ConnectPatience); now.Before(until) {
			return later(until, now.Add(r.opts.DiscoverPatience))
		}
		return now.Add(r.opts.ConnectPatience)
	default:
		return now.Add(r.opts.Patience)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// repeatable reports whether m does no harm if the server sees it twice.
func (r *relay) repeatable(m *message) bool {
	switch m.Method {
	case methodCall:
		return r.tools.repeatable(unquote(m.Name))
	case methodInitialize, methodDiscover, methodListTools, "ping", "prompts/list", "prompts/get", "resources/list",
		"resources/templates/list", "resources/read", "resources/subscribe", "resources/unsubscribe", "completion/complete",
		"logging/setLevel", "tasks/get", "tasks/list", "tasks/result":
		return true
	default:
		return false
	}
}

// serve carries c out and answers it, with an error if need be.
func (r *relay) serve(ctx context.Context, c *call) {
	defer r.finish(c)
	if err := r.carryOut(ctx, c); err != nil {
		r.refuse(ctx, c, err)
	}
}

// finish forgets c.
func (r *relay) finish(c *call) {
	c.abort()
	if c.OfferedToken != nil && c.abandoned.Load() {
		r.out.forget(jsonrpc.Key(c.OfferedToken))
	}
	r.calls.mu.Lock()
	defer r.calls.mu.Unlock()
	if r.calls.m[c.key] == c {
		delete(r.calls.m, c.key)
	}
}

// find returns the call in flight with the given id, or nil.
func (s *calls) find(id []byte) *call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.m[jsonrpc.Key(id)]
}

// stopListening ends the subscriptions: they have no answer that is worth waiting for.
func (s *calls) stopListening() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.m {
		if c.Method == methodListen {
			c.abandoned.Store(true)
			c.abort()
		}
	}
}

// noteCutOff counts a call that the end of the conversation left without its answer.
func (s *calls) noteCutOff() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cutOff++
}

// leftOver returns how many calls got no answer but that the bridge was stopped, or none at all yet.
func (s *calls) leftOver() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.m {
		if !c.abandoned.Load() {
			n++
		}
	}
	return max(n, s.cutOff)
}
