package bridge

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// revive returns a session newer than lost. However many calls ask, the server sees
// one initialize. ForStream says that only the listening stream was refused.
func (r *relay) revive(ctx context.Context, lost session, forStream bool) (session, error) {
	revival, wait, carry := r.sessions.join(lost.gen)
	if carry && !r.streams.run(func() { r.carryOutRevival(revival, wait, forStream) }) {
		r.sessions.finish(revival, session{}, errStopped)
	}
	select {
	case <-revival.done:
		return revival.session, revival.err
	case <-ctx.Done():
		return session{}, context.Cause(ctx)
	}
}

var errStopped = errors.New("the conversation has ended")

// carryOutRevival has the context of the conversation, because any number of calls wait for it.
func (r *relay) carryOutRevival(revival *revival, wait time.Duration, forStream bool) {
	if !sleep(r.work, wait) {
		r.sessions.finish(revival, session{}, errStopped)
		return
	}
	now, err := r.reinitialize(r.work, forStream)
	r.sessions.finish(revival, now, err)
	if err == nil {
		r.announce(now)
	}
}

// reinitialize repeats the handshake of the host.
func (r *relay) reinitialize(ctx context.Context, forStream bool) (session, error) {
	initialize, initialized := r.sessions.replay()
	if initialize == nil {
		return session{}, errors.New("the conversation had no beginning")
	}
	r.log.InfoContext(ctx, "the server lost the session, beginning a new one")
	x, answer, err := r.ask(ctx, initialize, session{}, r.opts.ConnectPatience)
	if err != nil {
		return session{}, err
	}
	now, _ := r.sessions.begin(initialize, x.Header, answer.Result)
	now.renewed = forStream
	if initialized != nil {
		if err := r.acknowledge(ctx, initialized, now); err != nil {
			return session{}, err
		}
		r.openListening(ctx, now)
	}
	return now, nil
}

// openListening opens the stream for what the server sends on its own, and keeps it
// open for as long as s is the session. The channel closes when the server has
// answered, or after headStart: some servers keep the answer back until they have
// something to say.
func (r *relay) openListening(ctx context.Context, s session) (answered <-chan struct{}) {
	ctx, quit := context.WithCancel(ctx)
	opening, tell := context.WithTimeout(ctx, headStart)
	started := r.streams.run(func() {
		defer quit()
		defer tell()
		r.keepListening(ctx, s, tell)
	})
	if !started {
		quit()
		tell()
		return opening.Done()
	}
	r.sessions.listening(quit)
	return opening.Done()
}

// keepListening listens until the server has no such stream. If the session turns
// out to be lost, it makes a new one, which has a stream of its own. Of a session
// that was made for this reason alone and is refused in the same way the stream is
// given up: whether it is lost too, the host's next call will find out.
func (r *relay) keepListening(ctx context.Context, s session, answered func()) {
	var p pace
	keepOpen(ctx, &p, func() (time.Duration, bool) {
		offered, lost := r.listen(ctx, s, answered)
		if !lost || s.renewed && !offered {
			return 0, true
		}
		_, err := r.revive(ctx, s, !offered)
		return 0, err == nil
	})
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
	resp, err := r.do(ctx, http.MethodDelete, h, nil, &attempt{}, nil)
	if err != nil {
		r.log.InfoContext(ctx, "ending the session failed", "err", err)
		return
	}
	resp.Body.Close()
}
