// Package limit decides whether a key may make one more tool call. It owns the
// counting of calls in calendar windows (UTC); the limits themselves belong to the
// keys, and the counts outlive the process because package usage keeps every
// admitted call in the database.
//
// This Limiter counts in process and is exact for one process. Several replicas
// will need one that counts in a shared place: the doors that call Take declare
// the method that they need, so that it can be another type.
package limit

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A CountStore knows how many calls were kept as counted, by earlier processes above all.
type CountStore interface {
	// QuotaUsed returns how many calls of key count in the period's window that starts at windowStart.
	QuotaUsed(ctx context.Context, key pierre.KeyID, period pierre.Period, windowStart time.Time) (int64, error)
}

// A Decision says whether a call may be made, and how much of the limit is used.
// For an unlimited key only Allowed and Limit are set.
type Decision struct {
	Allowed     bool
	Limit       pierre.Limit
	Used        int64 // calls in the window, this one included if it was admitted
	Remaining   int64
	WindowStart time.Time // UTC
	ResetsAt    time.Time // UTC: the start of the next window
}

// A Limiter counts the calls of each key. It is safe for concurrent use.
type Limiter struct {
	counts CountStore
	keys   sync.Map // pierre.KeyID → *counter

	mu    sync.Mutex
	sweep time.Time // when to look for idle keys again
}

// New returns a Limiter that goes on from the counts in counts.
func New(counts CountStore) *Limiter { return &Limiter{counts: counts} }

// Take admits one call of key and counts it, or refuses it, which costs nothing.
// Checking and counting are one step, so that concurrent calls never exceed lim.
// lim is looked at anew in each call: another number or period takes effect at
// once, and what was used of the window stays used. An error means that the count
// could not be read; nothing was counted then.
func (l *Limiter) Take(ctx context.Context, key pierre.KeyID, lim pierre.Limit, now time.Time) (Decision, error) {
	return l.decide(ctx, key, lim, now, 1)
}

// GiveBack undoes a Take that admitted a call which could then not be recorded, and so was not answered: d is what
// Take returned. It does nothing once the window is over.
func (l *Limiter) GiveBack(key pierre.KeyID, d Decision) {
	v, ok := l.keys.Load(key)
	if !d.Allowed || d.Limit.Unlimited() || !ok {
		return
	}
	c := v.(*counter) //nolint:forcetypeassert // keys holds nothing else
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.windows {
		if w.period == d.Limit.Period && w.start.Equal(d.WindowStart) {
			w.used = max(0, w.used-1)
		}
	}
}

// Peek returns what Take would decide, without counting: Used is without the call in question.
func (l *Limiter) Peek(ctx context.Context, key pierre.KeyID, lim pierre.Limit, now time.Time) (Decision, error) {
	return l.decide(ctx, key, lim, now, 0)
}

func (l *Limiter) decide(ctx context.Context, key pierre.KeyID, lim pierre.Limit, now time.Time, cost int64) (Decision, error) {
	if lim.Unlimited() {
		l.countUnlimited(key, now, cost)
		return Decision{Allowed: true, Limit: lim}, nil
	}
	c := l.counter(key, now)
	defer c.mu.Unlock()
	w, err := c.window(ctx, l.counts, key, lim.Period, now)
	if err != nil {
		return Decision{}, fmt.Errorf("reading the used quota of %s: %w", key, err)
	}
	allowed := w.used < lim.Requests
	if allowed {
		c.add(cost)
	}
	return Decision{
		Allowed:     allowed,
		Limit:       lim,
		Used:        w.used,
		Remaining:   max(0, lim.Requests-w.used),
		WindowStart: w.start,
		ResetsAt:    w.end,
	}, nil
}

// countUnlimited keeps the windows right of a key that had a limit before, because it may get one again.
func (l *Limiter) countUnlimited(key pierre.KeyID, now time.Time, cost int64) {
	if _, ok := l.keys.Load(key); !ok {
		return
	}
	c := l.counter(key, now)
	defer c.mu.Unlock()
	c.prune(now)
	c.add(cost)
}

// counter returns the counter of key, locked.
func (l *Limiter) counter(key pierre.KeyID, now time.Time) *counter {
	for {
		v, known := l.keys.Load(key)
		if !known {
			l.dropIdle(now)
			v, _ = l.keys.LoadOrStore(key, &counter{})
		}
		c := v.(*counter) //nolint:forcetypeassert // keys holds nothing else
		c.mu.Lock()
		if !c.dropped {
			return c
		}
		c.mu.Unlock()
	}
}

// sweepEvery is how often idle keys are looked for; their number is bounded by the
// keys that are used in one window.
const sweepEvery = time.Hour

// dropIdle forgets the keys whose windows are over.
func (l *Limiter) dropIdle(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.sweep) {
		return
	}
	l.sweep = now.Add(sweepEvery)
	l.keys.Range(func(key, v any) bool {
		c := v.(*counter) //nolint:forcetypeassert // keys holds nothing else
		if !c.mu.TryLock() {
			return true // busy, so not idle
		}
		defer c.mu.Unlock()
		c.prune(now)
		if len(c.windows) == 0 {
			c.dropped = true
			l.keys.Delete(key)
		}
		return true
	})
}
