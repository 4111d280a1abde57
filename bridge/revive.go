package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// isLost reports whether x says that the server does not know the session s (any more).
func (s session) isLost(x *exchange) bool {
	if s.id == "" || x.buf == nil {
		return false
	}
	if x.StatusCode != http.StatusNotFound && x.StatusCode != http.StatusBadRequest {
		return false
	}
	m, err := parse(bytes.TrimSpace(x.buf.Bytes()))
	if x.StatusCode == http.StatusNotFound { // Streamable HTTP, "Session management", rule 3
		return err != nil || errorOf(m).Code != codeMethodNotFound
	}
	// 400 is not what the specification says, but what several servers do.
	answers := err == nil && m.ID != nil && string(m.ID) != "null"
	return !answers && bytes.Contains(bytes.ToLower(x.buf.Bytes()), []byte("session"))
}

// revive returns a session newer than lost. However many calls ask, the server sees one initialize.
func (r *relay) revive(ctx context.Context, lost session) (session, error) {
	revival, first := r.sessions.join(lost.gen)
	if first {
		r.pending.run(func() {
			now, err := r.reinitialize(r.work) // not ctx: others wait for it too
			r.sessions.finish(revival, now, err)
			if err == nil {
				r.announce(now)
			}
		})
	}
	select {
	case <-revival.done:
		return revival.session, revival.err
	case <-ctx.Done():
		return session{}, ctx.Err()
	}
}

// reinitialize says to the server what the host said at the beginning of the conversation.
func (r *relay) reinitialize(ctx context.Context) (session, error) {
	initialize, initialized := r.sessions.replay()
	if initialize == nil {
		return session{}, errors.New("the conversation had no beginning")
	}
	m, err := parse(initialize)
	if err != nil {
		return session{}, err
	}
	r.log.InfoContext(ctx, "the server lost the session, beginning a new one")
	c := &call{message: m}
	c.repeatable, c.deadline = true, time.Now().Add(r.opts.ConnectPatience)
	x, err := r.post(ctx, c, session{})
	if err != nil {
		return session{}, err
	}
	defer x.close()
	answer, err := r.onlyAnswer(c, x)
	if err != nil {
		return session{}, err
	}
	now, _ := r.sessions.begin(initialize, x.Header, answer.Result)
	if initialized != nil {
		if err := r.acknowledge(ctx, initialized, now); err != nil {
			return session{}, err
		}
		r.openListening(ctx, now)
	}
	return now, nil
}

// onlyAnswer reads the answer to c, which the host must not see.
func (r *relay) onlyAnswer(c *call, x *exchange) (message, error) {
	if x.stream == nil {
		m, err := parse(bytes.TrimSpace(x.buf.Bytes()))
		if err != nil || m.Result == nil {
			return message{}, r.statusFailure(x, m)
		}
		return m, nil
	}
	events := newEventReader(x.stream, r.opts.MaxMessage)
	for {
		ev, err := events.next()
		if err != nil {
			return message{}, interrupted(c, err)
		}
		if m, ok := eventMessage(ev); ok && m.IsResponse() {
			if m.Result == nil {
				return message{}, r.statusFailure(x, m)
			}
			return m, nil
		}
	}
}

// announce tells the host that what it has listed may have changed.
func (r *relay) announce(s session) {
	for _, kind := range s.lists {
		r.out.write([]byte(`{"jsonrpc":"2.0","method":"notifications/` + kind + `/list_changed"}`))
	}
}

// end tells the server that the session is over.
func (r *relay) end(ctx context.Context, s session) {
	if s.id == "" {
		return
	}
	h := r.header.Clone()
	s.stamp(h)
	req, err := r.newRequest(ctx, http.MethodDelete, h, nil)
	if err != nil {
		return
	}
	resp, err := r.client.Do(req)
	if err != nil {
		r.log.InfoContext(ctx, "ending the session failed", "err", err)
		return
	}
	resp.Body.Close()
}

// errorDetail is the error of a JSON-RPC answer.
type errorDetail struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func errorOf(m message) errorDetail {
	var e errorDetail
	if json.Unmarshal(m.Error, &e) != nil {
		return errorDetail{}
	}
	return e
}
