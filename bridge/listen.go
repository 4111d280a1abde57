package bridge

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// stableAfter is how long a stream must last to count as restored; servers that
// hang up at once are asked less and less often.
const stableAfter = 5 * time.Second

// headStart is how long the host's next message waits for the listening stream.
// Servers may ask the host something on it while they run his first call, and
// drop the question if nobody listens yet.
const headStart = 250 * time.Millisecond

// openListening opens the stream on which the server speaks unasked, and keeps it
// open for as long as s is the session. The channel closes when the server has
// answered, or after headStart: some servers keep the answer back until they have
// something to say.
func (r *relay) openListening(ctx context.Context, s session) (answered <-chan struct{}) {
	ctx, quit := context.WithCancel(ctx)
	r.sessions.listening(quit)
	opening, tell := context.WithTimeout(ctx, headStart)
	r.streams.run(func() {
		defer quit()
		defer tell()
		r.keepListening(ctx, s, tell)
	})
	return opening.Done()
}

// keepListening reopens the stream whenever it ends, and calls answered when the server has answered.
func (r *relay) keepListening(ctx context.Context, s session, answered func()) {
	events := newEventReader(http.NoBody, r.opts.MaxMessage)
	var o outage
	for {
		opened := time.Now()
		status, err := r.listenOnce(ctx, s, events, answered)
		switch {
		case ctx.Err() != nil || notOffered(status, s):
			return
		case status == http.StatusNotFound && s.id != "":
			if _, err := r.revive(ctx, s); err == nil {
				return // the new session has a stream of its own
			}
		}
		r.log.InfoContext(ctx, "the listening stream ended", "status", status, "err", err)
		if time.Since(opened) > stableAfter {
			o.over()
		}
		if !sleep(ctx, o.wait(events.retry)) {
			return
		}
	}
}

// notOffered reports whether status says that the server has no such stream, and never will.
func notOffered(status int, s session) bool {
	switch status {
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	default:
		return status == http.StatusNotFound && s.id == ""
	}
}

// listenOnce opens the stream and forwards what comes. It returns the status of a refusal.
func (r *relay) listenOnce(ctx context.Context, s session, events *eventReader, answered func()) (int, error) {
	resp, err := r.get(ctx, s, events.lastID, &attempt{})
	answered()
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || mediaType(resp) != "text/event-stream" {
		return resp.StatusCode, nil
	}
	events.r.Reset(resp.Body)
	_, err = r.forward(nil, events, nil)
	return 0, err
}

// get opens a stream of events with GET.
func (r *relay) get(ctx context.Context, s session, lastID string, a *attempt) (*http.Response, error) {
	h := r.header.Clone()
	h.Set("Accept", "text/event-stream")
	s.stamp(h)
	if lastID != "" {
		h[headerLastEvent] = []string{lastID}
	}
	req, err := r.newRequest(withAttempt(ctx, a), http.MethodGet, h, nil)
	if err != nil {
		return nil, err
	}
	return r.client.Do(req)
}

// resume continues the broken stream of c where it ended (earlier era: "Resumability and redelivery").
func (r *relay) resume(ctx context.Context, c *call, s session, events *eventReader) (io.ReadCloser, error) {
	if !sleep(ctx, max(0, events.retry)) {
		return nil, ctx.Err()
	}
	a := &attempt{repeatable: true, deadline: time.Now().Add(r.opts.Patience)}
	resp, err := r.get(ctx, s, events.lastID, a)
	if err != nil {
		return nil, interrupted(c, err)
	}
	if resp.StatusCode != http.StatusOK || mediaType(resp) != "text/event-stream" {
		resp.Body.Close()
		return nil, interrupted(c, errors.New("the server cannot resume the stream: "+resp.Status))
	}
	return resp.Body, nil
}

// An outage paces the reopening of a stream: a third of the time that it has been
// away, from a quarter of a second to 30 s. Short outages are bridged at once, long ones cost little.
type outage struct{ since time.Time }

func (o *outage) over() { o.since = time.Time{} }

func (o *outage) wait(asked time.Duration) time.Duration {
	const shortest, longest = 250 * time.Millisecond, 30 * time.Second
	if o.since.IsZero() {
		o.since = time.Now()
	}
	d := min(max(time.Since(o.since)/3, shortest, asked), max(longest, asked))
	return d - rand.N(d/10+1) //nolint:gosec // spreading load needs no secrecy
}

// sleep waits for d and reports whether ctx is still alive then.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
