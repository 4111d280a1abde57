package bridge

import (
	"bytes"
	"context"
	"errors"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
)

// notify takes a notification of the host to the server and waits until the
// server has it. A notification has no answer, so a failure is only logged.
func (r *relay) notify(ctx context.Context, m message) {
	if m.Method == methodInitialized && !m.modern() {
		r.initialized(ctx, m)
		return
	}
	r.send(ctx, m)
}

// initialized completes the handshake of the earlier era and opens the listening stream.
func (r *relay) initialized(ctx context.Context, m message) {
	r.sessions.confirm(&m)
	s := r.sessions.current()
	err := r.acknowledge(ctx, &m, s)
	if errors.Is(err, errSessionLost) {
		_, err = r.revive(ctx, s, false) // says it once more, and listens
	} else if !s.unknown() {
		<-r.openListening(ctx, s)
	}
	if err != nil {
		r.log.InfoContext(ctx, "the server did not take a message", "method", m.Method, "err", err)
	}
}

// send posts a notification, or the host's answer to a request of the server.
func (r *relay) send(ctx context.Context, m message) {
	s := r.sessions.current()
	err := r.acknowledge(ctx, &m, s)
	// An answer is not repeated: the request it belongs to died with the session.
	if errors.Is(err, errSessionLost) && m.IsNotification() {
		wait, cancel := context.WithTimeout(ctx, r.opts.Patience)
		defer cancel()
		if s, err = r.revive(wait, s, false); err == nil {
			err = r.acknowledge(ctx, &m, s)
		}
	}
	if err != nil {
		r.log.InfoContext(ctx, "the server did not take a message", "method", m.Method, "err", err)
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
		if !bytes.Equal(m.RequestID, c.ID) { // the server knows the request by the id that it was given
			m.Raw = m.Edited(jsonrpc.Edit{Old: m.RequestID, New: c.ID})
		}
	}
	<-ready
	if !r.sessions.current().unknown() {
		r.send(ctx, m)
	}
}
