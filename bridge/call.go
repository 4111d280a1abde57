package bridge

import (
	"bytes"
	"context"
	"errors"
	"net/http"
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

// carryOut posts c and delivers its answer. If the session turns out to be lost,
// it does so once more in a new one: the server has refused the message unread.
func (r *relay) carryOut(ctx context.Context, c *call) error {
	var s session
	if c.Method != methodInitialize {
		s = r.sessions.current()
	}
	x, err := r.post(ctx, &c.message, &c.attempt, s)
	if err == nil && !c.modern() && s.isLost(x) {
		x.close()
		x, s, err = r.postAgain(ctx, c, s)
	}
	if err != nil {
		return r.transportFailure(&c.attempt, err)
	}
	defer x.close()
	if !s.unknown() && !s.isLost(x) {
		r.sessions.prove(s.gen)
	}
	if x.stream != nil {
		return r.followAnswer(ctx, c, s, x)
	}
	return r.conclude(ctx, c, x)
}

// postAgain posts c in a session that comes after the lost one.
func (r *relay) postAgain(ctx context.Context, c *call, lost session) (*exchange, session, error) {
	c.pace.until = time.Now().Add(r.opts.Patience)
	wait, cancel := context.WithDeadlineCause(ctx, c.pace.until, errSessionLost)
	defer cancel()
	s, err := r.revive(wait, lost, false)
	if errors.Is(err, errSessionLost) {
		return nil, s, r.sessionsDoNotLast()
	}
	if err != nil {
		return nil, s, err
	}
	x, err := r.post(ctx, &c.message, &c.attempt, s)
	if err == nil && s.isLost(x) {
		x.close()
		return nil, s, r.sessionsDoNotLast()
	}
	return x, s, err
}

// conclude answers c with the body of x, or with an error that says what the server said.
func (r *relay) conclude(ctx context.Context, c *call, x *exchange) error {
	m, err := parse(x.body())
	if err == nil && answers(&m, &c.message) {
		r.answer(c, m, x.Header)
		return nil
	}
	if c.Method == methodInitialize || c.Method == methodDiscover {
		if r.speaksOldTransport(ctx, x) {
			return r.oldTransport()
		}
	}
	return r.statusFailure(x, m, &c.attempt)
}

// answer gives the host the server's answer to c.
func (r *relay) answer(c *call, m message, h http.Header) {
	var edits []jsonrpc.Edit
	if !bytes.Equal(m.ID, c.ID) { // an id that the server could not keep, such as a large integer
		edits = append(edits, jsonrpc.Edit{Old: m.ID, New: c.ID})
	}
	switch {
	case m.Result == nil:
	case c.Method == methodInitialize:
		now, before := r.sessions.begin(&c.message, h, m.Result)
		if before.id != "" && before.id != now.id {
			r.streams.run(func() { r.end(r.work, before) })
		}
	case c.Method == methodListTools:
		if list := r.tools.learn(m.Result, c.modern()); !bytes.Equal(list, m.Result) {
			edits = append(edits, jsonrpc.Edit{Old: m.Result, New: list})
		}
	}
	if c.abandoned.Load() {
		return
	}
	token := c.tokenKey()
	r.out.answer(edited(m, edits), token, token != "" && isTask(m.Result))
}

// tokenKey names the progress token that c offers; "" if it offers none.
func (c *call) tokenKey() string {
	if c.OfferedToken == nil {
		return ""
	}
	return jsonrpc.Key(c.OfferedToken)
}

// refuse answers c with an error of the bridge's own.
func (r *relay) refuse(ctx context.Context, c *call, err error) {
	if c.abandoned.Load() {
		return
	}
	f, ok := errors.AsType[*answerError](err)
	switch {
	case ok:
	case ctx.Err() != nil:
		f = &answerError{code: http.StatusServiceUnavailable, text: "The conversation was stopped before the answer came; " + c.outcome()}
		r.calls.noteCutOff()
	default:
		f = &answerError{code: http.StatusBadGateway, text: "The request could not be carried out: " + err.Error()}
	}
	r.out.answer(errorLine(c.ID, f), c.tokenKey(), false)
}

// followAnswer forwards the events of x until the answer of c is among them. A
// stream of the earlier era that breaks is resumed where it ended, if the server has
// given it an event id ("Resumability and redelivery"), for as long as new events come.
func (r *relay) followAnswer(ctx context.Context, c *call, s session, x *exchange) error {
	events := newEventReader(x.stream, r.opts.MaxMessage)
	answered, err := r.forwardAnswer(c, events, x.Header)
	if answered {
		return nil
	}
	failed := r.interrupted(&c.attempt, err)
	resumable := func() bool {
		return ctx.Err() == nil && !c.modern() && events.lastID != "" && !errors.Is(err, errTooLong)
	}
	if !resumable() {
		return failed
	}
	x.stream.Close()
	if events.retry > r.opts.Patience {
		return failed
	}
	if !sleep(ctx, max(0, events.retry)) {
		return ctx.Err()
	}
	p := pace{until: time.Now().Add(r.opts.Patience)}
	keepOpen(ctx, &p, func() (time.Duration, bool) {
		last := events.lastID
		x.stream, failed = r.resume(ctx, c, s, events, p.until)
		if failed != nil {
			return 0, true
		}
		answered, err = r.forwardAnswer(c, events, x.Header)
		x.stream.Close()
		failed = r.interrupted(&c.attempt, err)
		if events.lastID != last { // the server is still at work
			p.until = time.Now().Add(r.opts.Patience)
			if events.retry >= streamRhythm().shortest {
				p.succeeded() // it asks to be polled
			}
		}
		return events.retry, answered || !resumable()
	})
	if answered {
		return nil
	}
	return failed
}

// forwardAnswer passes events to the host until the stream ends or, a little later than that, c is answered.
func (r *relay) forwardAnswer(c *call, events *eventReader, h http.Header) (answered bool, err error) {
	err = forward(events, func(m message) bool {
		if answered || !answers(&m, &c.message) {
			r.pass(&c.message, m)
			return false
		}
		r.answer(c, m, h)
		answered = true
		// The server closes the stream now; if it does not, the connection is not worth keeping.
		time.AfterFunc(time.Second, c.abort)
		return false
	})
	return answered, err
}
