package bridge

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

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

	abort     context.CancelFunc
	abandoned atomic.Bool // the host no longer wants an answer
}

// calls are the calls in flight.
type calls struct {
	mu sync.Mutex
	m  map[string]*call // by id, as the host wrote it
}

// newCall registers a request and returns the context that its cancellation ends.
func (r *relay) newCall(ctx context.Context, m message) (context.Context, *call) {
	ctx, abort := context.WithCancel(ctx)
	c := &call{message: m, abort: abort}
	c.repeatable = r.repeatable(&c.message)
	patience := r.opts.Patience
	if m.Method == methodInitialize || m.Method == methodDiscover {
		patience = r.opts.ConnectPatience
	}
	c.deadline = time.Now().Add(patience)
	if m.OfferedToken != nil {
		r.out.expect(jsonrpc.Key(m.OfferedToken))
	}
	r.calls.mu.Lock()
	defer r.calls.mu.Unlock()
	if r.calls.m == nil {
		r.calls.m = make(map[string]*call)
	}
	r.calls.m[string(m.ID)] = c
	return ctx, c
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

// serve carries c out and answers it, whatever happens.
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
	if r.calls.m[string(c.ID)] == c {
		delete(r.calls.m, string(c.ID))
	}
}

// find returns the call in flight with the given id, or nil.
func (s *calls) find(id []byte) *call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.m[string(id)]
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

// carryOut posts c and delivers its answer. If the session turns out to be lost,
// it does so once more in a new one: the server has refused the message unread.
func (r *relay) carryOut(ctx context.Context, c *call) error {
	var s session
	if c.Method != methodInitialize {
		s = r.sessions.current()
	}
	x, err := r.post(ctx, c, s)
	if err == nil && !c.modern() && s.isLost(x) {
		x.close()
		if s, err = r.revive(ctx, s); err != nil {
			return err
		}
		x, err = r.post(ctx, c, s)
	}
	if err != nil {
		return err
	}
	defer x.close()
	if x.stream != nil {
		return r.followAnswer(ctx, c, s, x)
	}
	return r.conclude(c, x)
}

// An exchange is one HTTP request and its response.
type exchange struct {
	*http.Response
	buf     *bytes.Buffer // the body, unless it is a stream
	stream  io.ReadCloser // the body, if it is a stream of events
	release func(*bytes.Buffer)
}

func (x *exchange) close() {
	if x.stream != nil {
		x.stream.Close()
	}
	if x.buf != nil {
		x.release(x.buf)
		x.buf = nil
	}
}

// post sends c to the server, again where that is safe, and reads the answer unless it is a stream.
func (r *relay) post(ctx context.Context, c *call, s session) (*exchange, error) {
	x := &exchange{release: r.putBuffer}
	header := r.postHeader(&c.message, s)
	req, err := r.newRequest(withAttempt(ctx, &c.attempt), http.MethodPost, header, c.Raw)
	if err != nil {
		return nil, err
	}
	req.SetResponseHandler(func(resp *http.Response) error { return r.readBody(x, resp) })
	resp, err := r.client.Do(req)
	if err != nil {
		if resp != nil {
			resp.Body.Close()
		}
		x.close()
		return nil, r.transportFailure(c, err)
	}
	x.Response = resp
	return x, nil
}

// newRequest builds a request to the endpoint. Content nil means none.
func (b *Bridge) newRequest(ctx context.Context, method string, h http.Header, content []byte) (*retryablehttp.Request, error) {
	req := &retryablehttp.Request{Request: (&http.Request{
		Method: method, URL: b.url, Host: b.url.Host, Header: h,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)}
	if content == nil {
		return req, nil
	}
	return req, req.SetBody(content)
}

// readBody reads the body of resp into x, or leaves a stream of events open.
func (r *relay) readBody(x *exchange, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK && mediaType(resp) == "text/event-stream" {
		x.stream = resp.Body
		return nil
	}
	defer resp.Body.Close()
	if x.buf == nil {
		x.buf = r.getBuffer()
	}
	x.buf.Reset()
	limit := int64(r.opts.MaxMessage)
	if resp.ContentLength > limit {
		return errTooLong
	}
	if resp.ContentLength > 0 {
		x.buf.Grow(int(resp.ContentLength) + bytes.MinRead)
	}
	n, err := x.buf.ReadFrom(io.LimitReader(resp.Body, limit+1))
	if err == nil && n > limit {
		return errTooLong
	}
	return err
}

func mediaType(resp *http.Response) string {
	name, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(name))
}

// largestKept bounds the buffers that are kept for reuse.
const largestKept = 4 << 20

func (r *relay) getBuffer() *bytes.Buffer {
	if b, ok := r.buffers.Get().(*bytes.Buffer); ok {
		return b
	}
	return new(bytes.Buffer)
}

func (r *relay) putBuffer(b *bytes.Buffer) {
	if b.Cap() <= largestKept {
		r.buffers.Put(b)
	}
}

// conclude answers c with the body of x, or with an error that says what the server said.
func (r *relay) conclude(c *call, x *exchange) error {
	m, err := parse(bytes.TrimSpace(x.buf.Bytes()))
	if err == nil && m.IsResponse() && jsonrpc.Same(m.ID, c.ID) {
		r.answer(c, m, x.Header)
		return nil
	}
	return r.statusFailure(x, m)
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
		now, before := r.sessions.begin(c.Raw, h, m.Result)
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
	var token string
	if c.OfferedToken != nil {
		token = jsonrpc.Key(c.OfferedToken)
	}
	r.out.answer(edited(m, edits), token, token != "" && isTask(m.Result))
}

// refuse answers c with an error of the bridge's own.
func (r *relay) refuse(ctx context.Context, c *call, err error) {
	if c.abandoned.Load() {
		return
	}
	var token string
	if c.OfferedToken != nil {
		token = jsonrpc.Key(c.OfferedToken)
	}
	r.out.answer(errorLine(c.ID, asFailure(ctx, c, err)), token, false)
}

// followAnswer forwards the events of x until the answer of c is among them, across broken streams.
func (r *relay) followAnswer(ctx context.Context, c *call, s session, x *exchange) error {
	events := newEventReader(x.stream, r.opts.MaxMessage)
	for {
		answered, err := r.forward(c, events, x.Header)
		if answered {
			return nil
		}
		if ctx.Err() != nil || c.modern() || events.lastID == "" || errors.Is(err, errTooLong) {
			return interrupted(c, err)
		}
		x.stream.Close()
		stream, err := r.resume(ctx, c, s, events)
		if err != nil {
			return err
		}
		x.stream = stream
		events.r.Reset(stream)
	}
}

// forward passes events to the host until the stream ends or, a little later than that, c is answered.
func (r *relay) forward(c *call, events *eventReader, h http.Header) (answered bool, err error) {
	for {
		ev, err := events.next()
		if err != nil {
			return answered, err
		}
		m, ok := eventMessage(ev)
		switch {
		case !ok:
		case c != nil && !answered && m.IsResponse() && jsonrpc.Same(m.ID, c.ID):
			r.answer(c, m, h)
			answered = true
			// The server closes the stream now; if it does not, the connection is not worth keeping.
			stop := time.AfterFunc(time.Second, c.abort)
			defer stop.Stop()
		default:
			r.pass(c, m)
		}
	}
}

// eventMessage returns the message in ev.
func eventMessage(ev event) (message, bool) {
	if ev.name != "" && ev.name != "message" {
		return message{}, false
	}
	m, err := parse(ev.data)
	return m, err == nil
}

// pass gives the host a request or notification of the server. C is the call on whose stream it came, or nil.
func (r *relay) pass(c *call, m message) {
	if m.Method != methodProgress || m.ProgressToken == nil {
		r.out.write(m.Raw)
		return
	}
	token := m.ProgressToken
	var edits []jsonrpc.Edit
	if c != nil && !bytes.Equal(token, c.OfferedToken) && jsonrpc.Same(token, c.OfferedToken) {
		token = c.OfferedToken // the server could not keep it, as with ids
		edits = append(edits, jsonrpc.Edit{Old: m.ProgressToken, New: token})
	}
	r.out.progress(edited(m, edits), jsonrpc.Key(token))
}

func edited(m message, edits []jsonrpc.Edit) []byte {
	if len(edits) == 0 {
		return m.Raw
	}
	return m.Edited(edits...)
}
