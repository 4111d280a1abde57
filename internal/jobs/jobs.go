// Package jobs runs background work: each job at its interval, one run at a time, with an owner that waits for its end.
// A job is of the process, as writing what it has in memory, or of the whole fleet, as tidying up the database. Of
// replicas that share a database one runs a fleet's job: it holds a lease, which it renews with each run, and which
// another replica takes over when it was not renewed in time.
package jobs

import (
	"cmp"
	"context"
	cryptorand "crypto/rand"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// A Job is work that is done again and again.
type Job struct {
	Name   string
	Every  time.Duration // from the end of a run to the beginning of the next
	Within time.Duration // a run that takes longer is cancelled; 0: a minute
	Fleet  bool          // of the replicas one does it, every so often; else each of them does
	Last   bool          // it is run once more at the end: it writes what is in memory
	Do     func(ctx context.Context) error
}

// Leases give one of several owners the right to a job for a time.
type Leases interface {
	// Acquire reports whether owner has the lease until then: it had it before, or nobody has it at now.
	Acquire(ctx context.Context, job, owner string, now, until time.Time) (bool, error)
}

const (
	runTimeout  = time.Minute // of a job that states no other
	lastTimeout = 5 * time.Second
	jitter      = 10 // the first run comes within a tenth of the interval, so that replicas do not run at once
)

// Run runs the jobs until ctx ends, and returns when all have ended.
func Run(ctx context.Context, leases Leases, log *slog.Logger, jobs ...Job) {
	r := runner{leases: leases, log: log, owner: cryptorand.Text()}
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Go(func() { r.repeat(ctx, j) })
	}
	wg.Wait()
}

type runner struct {
	leases Leases
	log    *slog.Logger
	owner  string
}

func (r runner) repeat(ctx context.Context, j Job) {
	next := time.NewTimer(rand.N(max(1, j.Every/jitter))) //nolint:gosec // it is no secret
	defer next.Stop()
	for {
		select {
		case <-next.C:
			r.run(ctx, j, cmp.Or(j.Within, runTimeout))
			next.Reset(j.Every)
		case <-ctx.Done():
			if j.Last {
				r.run(context.WithoutCancel(ctx), j, lastTimeout)
			}
			return
		}
	}
}

func (r runner) run(ctx context.Context, j Job, timeout time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if j.Fleet {
		now := time.Now()
		// The lease outlasts the run, and then keeps others from repeating it before its time.
		mine, err := r.leases.Acquire(ctx, j.Name, r.owner, now, now.Add(timeout+j.Every))
		if err != nil {
			r.failed(ctx, j, err)
		}
		if err != nil || !mine {
			return
		}
	}
	if err := j.Do(ctx); err != nil {
		r.failed(ctx, j, err)
	}
}

func (r runner) failed(ctx context.Context, j Job, err error) {
	r.log.WarnContext(ctx, "a background job failed", slog.String("job", j.Name), slog.Any("err", err))
}
