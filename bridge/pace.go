package bridge

import (
	"context"
	"math/rand/v2"
	"time"
)

// A rhythm says how tries of one kind are spaced out: each wait is a part of the
// time that it has been failing, within bounds. Short outages are bridged at once,
// long ones cost the server little.
type rhythm struct {
	part     time.Duration // the wait is 1/part of the time
	shortest time.Duration
	longest  time.Duration
}

// requestRhythm is for requests that the server has not taken up: a call is back
// within a tenth of the time that the outage took.
func requestRhythm() rhythm {
	return rhythm{part: 10, shortest: 50 * time.Millisecond, longest: 5 * time.Second}
}

// gatewayRhythm is for requests that a gateway has taken up and could not pass on.
func gatewayRhythm() rhythm {
	return rhythm{part: 3, shortest: 250 * time.Millisecond, longest: 5 * time.Second}
}

// streamRhythm is for streams that are opened again, and for sessions that are made anew.
func streamRhythm() rhythm {
	return rhythm{part: 3, shortest: 250 * time.Millisecond, longest: 30 * time.Second}
}

// A pace spaces out the tries of one loop. Everything that the bridge does again
// and again goes by it.
type pace struct {
	since time.Time // when it began to fail; zero: it does not
	until time.Time // no wait goes beyond it; zero: for ever
}

// succeeded ends the time of failure.
func (p *pace) succeeded() { p.since = time.Time{} }

// longestAsked bounds the wait that a server may ask for if no call is waiting.
const longestAsked = time.Hour

// wait returns how long to wait before the next try; ok is false if the time is up
// before that. It is not less than asked, which the server asks for, and a tenth of it
// is random, so that the clients of one server do not come back together.
func (p *pace) wait(r rhythm, asked time.Duration) (d time.Duration, ok bool) {
	now := time.Now()
	if p.since.IsZero() {
		p.since = now
	}
	d = min(max(now.Sub(p.since)/r.part, r.shortest), r.longest)
	spread := d / 10
	d -= spread
	if asked > d {
		d, spread = min(asked, longestAsked), r.shortest/5
	}
	d += rand.N(spread + 1) //nolint:gosec // spreading load needs no secrecy
	return d, p.until.IsZero() || !now.Add(d).After(p.until)
}

// stableAfter is how long a stream must last to count as restored, and a session as
// kept: servers that end them at once are asked less and less often.
const stableAfter = 5 * time.Second

// keepOpen opens a stream again and again, in the pace of p, until the time is up
// or open reports that it is over. Open returns when the stream has ended, with the
// wait that the server asks for.
func keepOpen(ctx context.Context, p *pace, open func() (asked time.Duration, over bool)) {
	for {
		opened := time.Now()
		asked, over := open()
		if over || ctx.Err() != nil {
			return
		}
		if time.Since(opened) > stableAfter {
			p.succeeded()
		}
		d, ok := p.wait(streamRhythm(), asked)
		if !ok || !sleep(ctx, d) {
			return
		}
	}
}

// sleep waits for d. It reports false if ctx ended before.
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
