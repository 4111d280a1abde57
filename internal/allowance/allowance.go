// Package allowance says what the holder of a key may do: the limits that bound its calls, and what is used of them. It
// counts nothing; limits are package limit's, and whose they are package access's.
package allowance

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Peeker says what a limiter would decide, without counting.
type Peeker interface {
	Peek(ctx context.Context, buckets []pierre.Bucket, now time.Time) (limit.Decision, error)
}

// A Service says what keys may do. It is safe for concurrent use.
type Service struct {
	limits Peeker
	now    func() time.Time
}

// New returns a Service over what limits has counted.
func New(limits Peeker, now func() time.Time) *Service { return &Service{limits, now} }

// An Allowance is what the holder of a key may do. Nothing in it is about an athlete.
type Allowance struct {
	Tier    pierre.Tier
	Expires time.Time // when the key is no longer accepted; zero: never
	Limits  []Limit   // empty: calls are not bounded
}

// A Limit is one of the limits that bound the calls of a key. All of them must admit a call.
type Limit struct {
	Policy     string            // names it, as in the header RateLimit and in refusals, such as key-month
	Scope      pierre.BucketKind // what its calls have in common
	Tool       string            // of a [pierre.BucketTool]
	Requests   int64             // calls in a period, or at once
	Period     pierre.Period     // a calendar window, UTC; "" for a burst
	PerSeconds int64             // of a burst: as many calls are free again after so many seconds; 0 for a period
	Used       int64
	Remaining  int64     // so many calls are admitted now, as far as this limit goes
	ResetsAt   time.Time // when all of it is free again, UTC, rounded up to whole seconds
	FreesAt    time.Time // when the next call is admitted, the same; zero: now
}

// Of returns the allowance of p.
func (s *Service) Of(ctx context.Context, p access.Principal) (Allowance, error) {
	a := Allowance{Tier: p.Tier, Expires: p.Expires, Limits: []Limit{}}
	buckets := bucketsOf(p)
	if len(buckets) == 0 {
		return a, nil
	}
	d, err := s.limits.Peek(ctx, buckets, s.now())
	if err != nil {
		return Allowance{}, err
	}
	for _, state := range d.States {
		l, err := limitOf(state)
		if err != nil {
			return Allowance{}, err
		}
		a.Limits = append(a.Limits, l)
	}
	return a, nil
}

// bucketsOf returns the buckets of all calls, and those of the tools that have a limit of their own. Those without a limit
// are among them: a limiter finds its counts by all that a call counts against.
func bucketsOf(p access.Principal) []pierre.Bucket {
	all := p.Buckets("")
	for _, tool := range slices.Sorted(maps.Keys(p.Limits.Tools)) {
		for _, b := range p.Buckets(tool) {
			if id, err := pierre.ParseBucketID(b.ID); err == nil && id.Kind == pierre.BucketTool {
				all = append(all, b)
			}
		}
	}
	return all
}

func limitOf(s limit.State) (Limit, error) {
	id, err := pierre.ParseBucketID(s.Bucket.ID)
	return Limit{
		Policy: s.Bucket.Policy, Scope: id.Kind, Tool: id.Tool,
		Requests: s.Bucket.Requests(), Period: s.Bucket.Limit.Period, PerSeconds: int64(s.Bucket.Burst.Per / time.Second),
		Used: s.Used, Remaining: s.Remaining, ResetsAt: roundUp(s.ResetsAt), FreesAt: roundUp(s.FreesAt),
	}, err
}

// roundUp returns the next whole second, so that whoever comes back then is not early.
func roundUp(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Add(time.Second - 1).Truncate(time.Second)
}
