package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// notify takes a notification of the host to the server and waits until the
// server has it. If that fails nobody can be told, so it is logged.
func (r *relay) notify(ctx context.Context, m message) {
	if m.Method == methodInitialized && !m.modern() {
		r.initialized(ctx, m)
		return
	}
	r.send(ctx, m)
}

// initialized completes the handshake of the earlier era and opens the listening stream.
func (r *relay) initialized(ctx context.Context, m message) {
	r.sessions.confirm(m.Raw)
	s := r.sessions.current()
	err := r.acknowledge(ctx, m.Raw, s)
	if errors.Is(err, errSessionLost) {
		_, err = r.revive(ctx, s) // says it once more, and listens
	} else if s.gen > 0 {
		<-r.openListening(ctx, s)
	}
	if err != nil {
		r.log.InfoContext(ctx, "the server did not take a message", "method", m.Method, "err", err)
	}
}

// send posts a notification, or the host's answer to a request of the server.
func (r *relay) send(ctx context.Context, m message) {
	s := r.sessions.current()
	err := r.acknowledge(ctx, m.Raw, s)
	// An answer is not repeated: the request it belongs to died with the session.
	if errors.Is(err, errSessionLost) && m.IsNotification() {
		if s, err = r.revive(ctx, s); err == nil {
			err = r.acknowledge(ctx, m.Raw, s)
		}
	}
	if err != nil {
		r.log.InfoContext(ctx, "the server did not take a message", "method", m.Method, "err", err)
	}
}

var errSessionLost = errors.New("the server does not know the session")

// acknowledge posts a message that has no answer.
func (r *relay) acknowledge(ctx context.Context, raw []byte, s session) error {
	m, err := parse(raw)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.opts.Patience)
	defer cancel()
	c := &call{message: m}
	c.repeatable = m.IsResponse() || m.Method == methodInitialized
	c.deadline = time.Now().Add(r.opts.Patience)
	x, err := r.post(ctx, c, s)
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

// cancel ends the call that the host no longer wants. In the later era, and
// for a call that has not left yet, ending the HTTP request is all. In the earlier
// one the server is told first; the request is dropped once it knows.
func (r *relay) cancel(ctx context.Context, m message, ready <-chan struct{}) {
	c := r.calls.find(m.RequestID)
	if c != nil {
		c.abandoned.Store(true)
		if c.modern() || !c.sent.Load() {
			c.abort()
			return
		}
		defer c.abort()
	}
	<-ready
	if r.sessions.current().gen > 0 {
		r.send(ctx, m)
	}
}
