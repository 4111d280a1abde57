// Package limit decides whether a key may make one more tool call. It owns the
// counting of calls in calendar windows (UTC); the limits themselves belong to the
// keys, and the counts outlive the process because package usage keeps every
// admitted call in the database.
//
// This Limiter counts in process and is exact for one process, which starts from the counts in the database. Several
// replicas need a limiter with shared counts. Callers declare the method Reserve that they need, so that it can replace
// this one; a [Reservation] works with either.
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
	// QuotaUsed returns how many calls of the quota count in the period's window that starts at windowStart.
	// Those that are among running are left out, whether they are stored by now or not.
	QuotaUsed(ctx context.Context, quota pierre.KeyID, period pierre.Period, windowStart time.Time, running []pierre.RunningCall) (int64, error)
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

// A Limiter counts the calls of each quota. It is safe for concurrent use.
type Limiter struct {
	counts CountStore
	quotas sync.Map // pierre.KeyID → *counter

	mu    sync.Mutex
	sweep time.Time // when to look for idle counters again
}

// New returns a Limiter that goes on from the counts in counts.
func New(counts CountStore) *Limiter { return &Limiter{counts: counts} }

// Reserve admits one call and counts it, or refuses it, which costs nothing. quota is what the call counts against: the
// family of its key. Checking and counting are one step, so that concurrent calls never exceed lim.
// lim is looked at anew in each call: another number or period takes effect at once, and what was used of the window
// stays used. An error means that the count could not be read; nothing was counted then.
func (l *Limiter) Reserve(ctx context.Context, quota pierre.KeyID, lim pierre.Limit, now time.Time) (Reservation, error) {
	c := l.counter(quota, now)
	defer c.mu.Unlock()
	r := Reservation{Decision: Decision{Allowed: true, Limit: lim}, Quota: quota, At: now}
	if lim.Unlimited() {
		c.prune(now)
	} else {
		w, err := c.window(ctx, l.counts, quota, lim.Period, now)
		if err != nil {
			return Reservation{}, fmt.Errorf("reading the used quota of %s: %w", quota, err)
		}
		if r.Decision = w.decide(lim); !r.Allowed {
			return r, nil
		}
		r.At = w.clamp(now)
		r.Used++
		r.Remaining--
	}
	r.CallID, r.counts = pierre.NewCallID(), l
	c.admit(r.CallID, r.At)
	return r, nil
}

// Peek returns what Reserve would decide, without counting: Used is without the call in question.
func (l *Limiter) Peek(ctx context.Context, quota pierre.KeyID, lim pierre.Limit, now time.Time) (Decision, error) {
	if lim.Unlimited() {
		return Decision{Allowed: true, Limit: lim}, nil
	}
	c := l.counter(quota, now)
	defer c.mu.Unlock()
	w, err := c.window(ctx, l.counts, quota, lim.Period, now)
	if err != nil {
		return Decision{}, fmt.Errorf("reading the used quota of %s: %w", quota, err)
	}
	return w.decide(lim), nil
}

func (w *window) decide(lim pierre.Limit) Decision {
	return Decision{
		Allowed:     w.used < lim.Requests,
		Limit:       lim,
		Used:        w.used,
		Remaining:   max(0, lim.Requests-w.used),
		WindowStart: w.start,
		ResetsAt:    w.end,
	}
}

// end implements ledger.
func (l *Limiter) end(_ context.Context, r Reservation, stored bool) error {
	if v, ok := l.quotas.Load(r.Quota); ok { // a counter with running calls is not dropped
		c := v.(*counter) //nolint:forcetypeassert // quotas holds nothing else
		c.mu.Lock()
		defer c.mu.Unlock()
		c.end(r.CallID, stored)
	}
	return nil
}

// counter returns the counter of the quota, locked.
func (l *Limiter) counter(quota pierre.KeyID, now time.Time) *counter {
	for {
		v, known := l.quotas.Load(quota)
		if !known {
			l.dropIdle(now)
			v, _ = l.quotas.LoadOrStore(quota, &counter{})
		}
		c := v.(*counter) //nolint:forcetypeassert // quotas holds nothing else
		c.mu.Lock()
		if !c.dropped {
			return c
		}
		c.mu.Unlock()
	}
}

// sweepEvery is how often idle counters are looked for; their number is bounded by the
// keys that are used in one window.
const sweepEvery = time.Hour

// dropIdle forgets the counters whose windows are over.
func (l *Limiter) dropIdle(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.sweep) {
		return
	}
	l.sweep = now.Add(sweepEvery)
	l.quotas.Range(func(quota, v any) bool {
		c := v.(*counter) //nolint:forcetypeassert // quotas holds nothing else
		if !c.mu.TryLock() {
			return true // busy, so not idle
		}
		defer c.mu.Unlock()
		if c.idle(now) {
			c.dropped = true
			l.quotas.Delete(quota)
		}
		return true
	})
}
