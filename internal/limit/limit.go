// Package limit decides whether one more tool call may be made. A call counts against several buckets at once: its key,
// its tool, its customer. Each may have a quota, which is a number of calls in a calendar window (UTC), and a burst,
// which is a rate. All of them admit the call, or nothing is counted. The limits themselves belong to keys, tiers and
// customers; the counts of quotas outlive the process because package usage keeps every admitted call in the database.
//
// [Limiter] counts in process: it is exact if one process serves the database.
// Callers declare the methods that they need, so that either can be given; a [Reservation] works with both.
package limit

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A CountStore knows how many calls were kept as counted, by earlier processes above all.
type CountStore interface {
	// QuotaUsed returns how many calls of the bucket count in the period's window that starts at windowStart.
	// Those that are among running are left out, whether they are stored by now or not.
	QuotaUsed(ctx context.Context, bucket string, period pierre.Period, windowStart time.Time, running []pierre.RunningCall) (int64, error)
}

// A State says how much of one bucket is used.
type State struct {
	Bucket    pierre.Bucket
	Used      int64     // calls in the window, this one included if it was admitted; of a burst: those that have not come back
	Remaining int64     // so many more calls are admitted at once
	Start     time.Time // UTC: of the window; zero for a burst
	ResetsAt  time.Time // UTC: when all of it is free again; for a quota, the start of the next window
	FreesAt   time.Time // UTC: when one more call is admitted; zero if that is now
}

// Window is how long the bucket's window lasts.
func (s State) Window() time.Duration {
	if !s.Bucket.Burst.None() {
		return s.Bucket.Burst.Per
	}
	return s.ResetsAt.Sub(s.Start)
}

// A Decision says whether a call may be made, and how much of its limits is used.
type Decision struct {
	Allowed bool
	States  []State // of the buckets that have a limit, in the order in which they were given
}

// Refusing returns the bucket that refuses the call: of several, the one that frees last. It is only for decisions
// that are not allowed.
func (d Decision) Refusing() State {
	var last State
	for _, s := range d.States {
		if s.Remaining == 0 && (last.FreesAt.IsZero() || s.FreesAt.After(last.FreesAt)) {
			last = s
		}
	}
	return last
}

// State returns the state of the bucket with that policy.
func (d Decision) State(policy string) (State, bool) {
	for _, s := range d.States {
		if s.Bucket.Policy == policy {
			return s, true
		}
	}
	return State{}, false
}

// decide returns the decision that follows from the states before the call.
func decide(states []State) Decision {
	d := Decision{Allowed: true, States: states}
	for _, s := range states {
		d.Allowed = d.Allowed && s.Remaining > 0
	}
	return d
}

// quotaState is the state of a quota of which used calls are made.
func quotaState(b pierre.Bucket, used int64, start, end time.Time) State {
	s := State{Bucket: b, Used: used, Remaining: max(0, b.Limit.Requests-used), Start: start, ResetsAt: end}
	if s.Remaining == 0 {
		s.FreesAt = end
	}
	return s
}

// accountOf names what the buckets of a call have in common with those of all calls that they share a bucket with: the customer.
func accountOf(buckets []pierre.Bucket) string {
	for _, b := range slices.Backward(buckets) { // it is mostly the last
		if strings.HasPrefix(b.ID, string(pierre.BucketCustomer)+":") {
			return b.ID
		}
	}
	return buckets[0].ID
}
