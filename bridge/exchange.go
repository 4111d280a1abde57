package bridge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

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

// body returns the body without white space around it.
func (x *exchange) body() []byte {
	if x.buf == nil {
		return nil
	}
	return bytes.TrimSpace(x.buf.Bytes())
}

// post sends m to the server, again where a allows it, and reads the answer unless it is a stream.
func (r *relay) post(ctx context.Context, m *message, a *attempt, s session) (*exchange, error) {
	x := &exchange{release: r.putBuffer}
	read := func(resp *http.Response) error { return r.readBody(x, resp) }
	resp, err := r.do(ctx, http.MethodPost, r.postHeader(m, s), m.Raw, a, read) //nolint:bodyclose // readBody closes it, or x.close if it is a stream
	if err != nil {
		x.close()
		return nil, err
	}
	x.Response = resp
	return x, nil
}

// get opens a stream of events with GET.
func (r *relay) get(ctx context.Context, s session, lastID string, a *attempt) (*http.Response, error) {
	h := r.header.Clone()
	h.Set("Accept", eventStream)
	s.stamp(h)
	if lastID != "" {
		h[headerLastEvent] = []string{lastID}
	}
	return r.do(ctx, http.MethodGet, h, nil, a, nil)
}

const eventStream = "text/event-stream"

// isStream reports whether resp is a stream of events.
func isStream(resp *http.Response) bool {
	return resp.StatusCode == http.StatusOK && mediaType(resp) == eventStream
}

func mediaType(resp *http.Response) string {
	name, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(name))
}

// readBody reads the body of resp into x, or leaves a stream of events open.
func (r *relay) readBody(x *exchange, resp *http.Response) error {
	if isStream(resp) {
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

var errSessionLost = errors.New("the server does not know the session")

// acknowledge posts a message that has no answer, and waits until the server has it.
func (r *relay) acknowledge(ctx context.Context, m *message, s session) error {
	ctx, cancel := context.WithTimeout(ctx, r.opts.Patience)
	defer cancel()
	ctx, cancelCause := context.WithCancelCause(ctx)
	defer cancelCause(nil)
	a := &attempt{
		repeatable: m.IsResponse() || m.Method == methodInitialized,
		pace:       pace{until: time.Now().Add(r.opts.Patience)},
		cancel:     cancelCause,
	}
	x, err := r.post(ctx, m, a, s)
	if err != nil {
		return err
	}
	defer x.close()
	switch {
	case !m.modern() && s.isLost(x):
		return errSessionLost
	case x.StatusCode >= http.StatusMultipleChoices:
		return fmt.Errorf("the server answers %s to %s", x.Status, m.Method)
	default:
		return nil
	}
}

// ask posts a request of the bridge's own and reads its result, which the host must not see.
func (r *relay) ask(ctx context.Context, m *message, s session, patience time.Duration) (*exchange, message, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a := &attempt{repeatable: true, pace: pace{until: time.Now().Add(patience)}, cancel: cancel}
	x, err := r.post(ctx, m, a, s)
	if err != nil {
		return nil, message{}, r.transportFailure(a, err)
	}
	defer x.close()
	answer, err := r.readAnswer(x, m)
	switch {
	case !s.unknown() && s.isLost(x):
		return x, message{}, errSessionLost
	case err != nil:
		return x, message{}, r.interrupted(a, err)
	case answer.Result == nil:
		return x, message{}, r.statusFailure(x, answer, a)
	}
	return x, answer, nil
}

// readAnswer returns the answer to m that x holds; one without a result if it holds none.
func (r *relay) readAnswer(x *exchange, m *message) (message, error) {
	if x.stream == nil {
		answer, err := parse(bytes.Clone(x.body()))
		if err != nil || !answer.IsResponse() {
			return message{}, nil //nolint:nilerr // what is no answer is explained by the status
		}
		return answer, nil
	}
	events := newEventReader(x.stream, r.opts.MaxMessage)
	for {
		ev, err := events.next()
		if err != nil {
			return message{}, err
		}
		if answer, ok := eventMessage(ev); ok && answers(&answer, m) {
			return answer, nil
		}
	}
}

// oldTransportPatience bounds the look for the transport of revision 2024-11-05.
const oldTransportPatience = 2 * time.Second

// speaksOldTransport reports whether the server, which refused the first request
// with x, speaks the transport of revision 2024-11-05: there a GET opens the stream,
// and its first event says where to post ("Backwards compatibility").
func (r *relay) speaksOldTransport(ctx context.Context, x *exchange) bool {
	switch x.StatusCode {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType:
	default:
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, oldTransportPatience)
	defer cancel()
	resp, err := r.get(ctx, session{}, "", &attempt{})
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	if !isStream(resp) {
		return false
	}
	ev, err := newEventReader(resp.Body, r.opts.MaxMessage).next()
	return err == nil && ev.name == "endpoint"
}
