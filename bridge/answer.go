package bridge

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
)

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
