package limit

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Limiter counts calls in the memory of this process. It is safe for concurrent use.
type Limiter struct {
	counts   CountStore
	accounts *accounts

	// As part of a [Shared]:
	share    int64                 // into so many parts what is left when a window is first looked at is divided; 0: not
	began    time.Time             // before then bursts were used up; zero: they were not
	reported []pierre.ReportedCall // calls that run elsewhere, or in an earlier Limiter

	mu    sync.Mutex
	sweep time.Time // when to look for idle accounts again
}

// New returns a Limiter that goes on from the counts in counts.
func New(counts CountStore) *Limiter { return &Limiter{counts: counts, accounts: newAccounts()} }

// Reserve admits one call and counts it in all buckets, or refuses it, which costs nothing. Checking and counting are
// one step, so that concurrent calls never exceed a limit. Limits are looked at anew in each call: another number or
// period takes effect at once, and what was used of the window stays used. An error means that a count could not be
// read; nothing was counted then. Without buckets every call is admitted.
func (l *Limiter) Reserve(ctx context.Context, buckets []pierre.Bucket, now time.Time) (Reservation, error) {
	buckets = l.divided(buckets)
	r := Reservation{Decision: Decision{Allowed: true}, Buckets: buckets, At: now}
	if len(buckets) == 0 {
		r.CallID = pierre.NewCallID()
		return r, nil
	}
	r.account = accountOf(buckets)
	a := l.account(r.account, now)
	defer a.mu.Unlock()
	r.At = a.moment(now)
	a.now = r.At.UnixNano()
	states, err := l.states(ctx, a, buckets, r.At)
	if err != nil {
		return Reservation{}, fmt.Errorf("reading what is used of %s: %w", r.account, err)
	}
	if r.Decision = decide(states); !r.Allowed {
		return r, nil
	}
	r.CallID, r.counts, r.within = pierre.NewCallID(), l, a
	a.admit(r.CallID, running{r.At, buckets})
	for i, s := range states {
		states[i] = s.after(a.bucket(s.Bucket, l.began), r.At)
	}
	return r, nil
}

// after returns s as it is after a call at that time was counted.
func (s State) after(held *bucket, at time.Time) State {
	if !s.Bucket.Burst.None() {
		return burstState(s.Bucket, held.tat, at.UnixMicro())
	}
	s.Used++
	if s.Remaining--; s.Remaining == 0 {
		s.FreesAt = s.ResetsAt
	}
	return s
}

// divided returns the buckets with this server's share of their bursts.
func (l *Limiter) divided(buckets []pierre.Bucket) []pierre.Bucket {
	if l.share <= 1 {
		return buckets
	}
	list := slices.Clone(buckets)
	for i, b := range list {
		switch {
		case b.Burst.None():
		case b.Burst.Requests >= l.share:
			list[i].Burst.Requests = b.Burst.Requests / l.share
		default: // one call, as often as leaves the rate of all as it is
			list[i].Burst = pierre.Burst{Requests: 1, Per: b.Burst.Interval() * time.Duration(l.share)}
		}
	}
	return list
}

// Peek returns what Reserve would decide, without counting: Used is without the call in question.
func (l *Limiter) Peek(ctx context.Context, buckets []pierre.Bucket, now time.Time) (Decision, error) {
	if len(buckets) == 0 {
		return Decision{Allowed: true}, nil
	}
	name := accountOf(buckets)
	a := l.account(name, now)
	defer a.mu.Unlock()
	states, err := l.states(ctx, a, l.divided(buckets), a.moment(now))
	if err != nil {
		return Decision{}, fmt.Errorf("reading what is used of %s: %w", name, err)
	}
	return decide(states), nil
}

// end implements ledger. An account with running calls is not dropped.
func (*Limiter) end(_ context.Context, r Reservation, stored bool) error {
	r.within.mu.Lock()
	defer r.within.mu.Unlock()
	r.within.end(r.CallID, stored)
	return nil
}

// account returns the account of that name, locked.
func (l *Limiter) account(name string, now time.Time) *account {
	for {
		a, known := l.accounts.get(name)
		if !known {
			l.dropIdle(now)
			a = l.accounts.add(name)
		}
		a.mu.Lock()
		if a.now != dropped {
			return a
		}
		a.mu.Unlock()
	}
}

// sweepEvery is how often idle accounts are looked for; their number is bounded by the
// customers that call in one window.
const sweepEvery = time.Hour

// dropIdle forgets the accounts whose windows are over.
func (l *Limiter) dropIdle(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.sweep) {
		return
	}
	l.sweep = now.Add(sweepEvery)
	l.accounts.drop(func(a *account) bool {
		if !a.mu.TryLock() {
			return false // busy, so not idle
		}
		defer a.mu.Unlock()
		if !a.idle(now) {
			return false
		}
		a.now = dropped
		return true
	})
}
