package bridge

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// headStart is how long the host's next message waits for the listening stream.
// Servers may ask the host something on it while they run its first call, and
// drop the question if no stream is open yet.
const headStart = 250 * time.Millisecond

// listen reopens the listening stream of s whenever it ends, and calls answered when
// the server has answered. It returns when ctx ends, when the server has no such
// stream, or when it does not know the session any more (lost). Offered says that
// the stream was open at least once.
func (r *relay) listen(ctx context.Context, s session, answered func()) (offered, lost bool) {
	events := newEventReader(http.NoBody, r.opts.MaxMessage)
	var p pace
	keepOpen(ctx, &p, func() (time.Duration, bool) {
		resp, err := r.get(ctx, s, events.lastID, &attempt{})
		answered()
		if err != nil {
			r.log.InfoContext(ctx, "the listening stream cannot be opened", "err", err)
			return 0, false
		}
		defer resp.Body.Close()
		if isStream(resp) {
			offered = true
			events.reset(resp.Body)
			err := forward(events, func(m message) bool {
				r.pass(nil, m)
				return false
			})
			r.log.InfoContext(ctx, "the listening stream ended", "err", err)
			return events.retry, false
		}
		r.log.InfoContext(ctx, "the listening stream was refused", "status", resp.StatusCode)
		asked, _ := retryAfter(resp.Header)
		switch refusalOf(resp.StatusCode, offered) {
		case forNow:
			return asked, false
		case forGood:
			return 0, true
		case perhapsLost:
		}
		err = r.ping(ctx, s)
		lost = errors.Is(err, errSessionLost)
		return asked, lost || err == nil
	})
	return offered, lost
}

// A refusal is the meaning of a status that answers a request for the listening stream.
type refusal int

const (
	forNow      refusal = iota // it may be offered later
	forGood                    // the server has no such stream
	perhapsLost                // the server has none, or it does not know the session any more
)

// refusalOf reads a status. If offered is true, the server had the stream before.
func refusalOf(status int, offered bool) refusal {
	switch {
	case status == http.StatusNotFound || status == http.StatusBadRequest:
		return perhapsLost
	case status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented:
		return forGood
	case offered || status >= http.StatusInternalServerError:
		return forNow
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return forNow
	default: // what a web framework says to a GET that it was not told about
		return forGood
	}
}

// ping asks the server whether it knows s. It returns errSessionLost if not.
func (r *relay) ping(ctx context.Context, s session) error {
	if s.id == "" {
		return nil
	}
	m, err := parse([]byte(`{"jsonrpc":"2.0","id":"bridge-ping","method":"ping"}`))
	if err != nil {
		return err
	}
	_, _, err = r.ask(ctx, &m, s, r.opts.Patience)
	if f, ok := errors.AsType[*answerError](err); ok && f.code == codeMethodNotFound {
		return nil
	}
	return err
}

// resume continues the broken stream of c where it ended. It tries until the given time.
func (r *relay) resume(ctx context.Context, c *call, s session, events *eventReader, until time.Time) (io.ReadCloser, error) {
	a := &attempt{repeatable: true, pace: pace{until: until}, cancel: c.cancel}
	resp, err := r.get(ctx, s, events.lastID, a)
	if err != nil {
		return nil, r.interrupted(&c.attempt, err)
	}
	if !isStream(resp) {
		resp.Body.Close()
		return nil, r.interrupted(&c.attempt, errors.New("the server cannot resume the stream: "+resp.Status))
	}
	events.reset(resp.Body)
	return resp.Body, nil
}
