// Package jobs runs background work: each job at its interval, one run at a time, with an owner that waits for its end.
// A job is of the process, as writing what it has in memory, or of the whole fleet, as tidying up the database. Of
// replicas that share a database one runs a fleet's job: it holds a lease, which it renews until it ends, and which another replica
// takes over when it was not renewed in time, or at once if its owner is known to be gone.
package jobs

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
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

	Elsewhere func() // called instead of Do where another replica does a fleet's job; nil: nothing
}

// Leases give one of several owners the right to a job for a time.
type Leases interface {
	// Acquire reports whether owner has the lease for so long: it had it before, or nobody has it now.
	Acquire(ctx context.Context, job, owner string, lasts time.Duration) (bool, error)
	// Renew lets all that owner has last so long from now on.
	Renew(ctx context.Context, owner string, lasts time.Duration) error
	// Free ends the leases of the owners that are gone.
	Free(ctx context.Context, gone func(owner string) bool) error
}

const (
	leaseFor   = 30 * time.Second // how long others wait for an owner that has died
	renewEvery = 10 * time.Second

	runTimeout  = time.Minute // of a job that states no other
	lastTimeout = 5 * time.Second
	jitter      = 10 // the first run comes within a tenth of the interval, so that replicas do not run at once
)

// Run runs the jobs until ctx ends, and returns when all have ended.
func Run(ctx context.Context, leases Leases, log *slog.Logger, jobs ...Job) {
	r := runner{leases: leases, log: log, owner: self()}
	if fleet := slices.ContainsFunc(jobs, func(j Job) bool { return j.Fleet }); fleet {
		r.free(ctx, gone) // as those of this server before it was started again
		defer r.free(context.WithoutCancel(ctx), func(owner string) bool { return owner == r.owner })
		renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			r.renew(renewing)
		}()
		defer func() { stop(); <-stopped }()
	}
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Go(func() { r.repeat(ctx, j) })
	}
	wg.Wait()
}

// free ends leases. One that stays ends by itself.
func (r runner) free(ctx context.Context, gone func(owner string) bool) {
	within, cancel := context.WithTimeout(ctx, lastTimeout)
	defer cancel()
	if err := r.leases.Free(within, gone); err != nil && ctx.Err() == nil { // a program may be stopped as soon as it has started
		r.log.WarnContext(ctx, "leases of background jobs cannot be ended", slog.Any("err", err))
	}
}

// renew keeps the leases while their owner lives. If that fails another replica may run a job as well, which harms nobody.
func (r runner) renew(ctx context.Context) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := r.leases.Renew(ctx, r.owner, leaseFor); err != nil && ctx.Err() == nil {
				r.log.WarnContext(ctx, "leases of background jobs cannot be renewed", slog.Any("err", err))
			}
		case <-ctx.Done():
			return
		}
	}
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
		mine, err := r.leases.Acquire(ctx, j.Name, r.owner, leaseFor)
		if err != nil {
			r.failed(ctx, j, err)
			return
		}
		if !mine {
			if j.Elsewhere != nil {
				j.Elsewhere()
			}
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
