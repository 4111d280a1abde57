package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/pierre-mcp/pierre/internal/jobs"
)

// usageJobs keep what calls add up to in order; piling is how often they look whether so much waits that it is folded before its
// time.
func (a *app) usageJobs(piling, keepCalls time.Duration) []jobs.Job {
	return []jobs.Job{
		{Name: "fold usage into roll-ups", Every: time.Minute, Fleet: true, Do: a.foldUsage, Elsewhere: func() { a.damaged.Store(0) }},
		{Name: "fold usage that piles up", Every: piling, Fleet: true, Do: a.store.FoldMuch},
		{Name: "add old calls to roll-ups", Every: time.Minute, Fleet: true, Do: resumed(a.store.RollUpOldCalls)},
		{Name: "make partitions of calls", Every: time.Hour, Fleet: true, Do: func(ctx context.Context) error {
			return a.store.PreparePartitions(ctx, time.Now())
		}},
		{Name: "delete old usage", Every: time.Hour, Fleet: true, Do: resumed(func(ctx context.Context) error {
			return a.store.ForgetUsage(ctx, time.Now(), keepCalls)
		})},
	}
}

// foldUsage folds usage, and tells of what it finds damaged.
func (a *app) foldUsage(ctx context.Context) error {
	if err := a.store.FoldUsage(ctx); err != nil {
		return err
	}
	found, err := a.store.DamagedUsage(ctx)
	if err != nil {
		return err
	}
	if n := int64(len(found)); a.damaged.Swap(n) < n {
		for _, d := range found {
			a.log.ErrorContext(ctx, "what calls add up to is damaged, and put aside: run pierre-mcp-server reconcile --repair",
				slog.Int64("batch", d.Batch), slog.Int64("sums", d.Sums), slog.Time("found", d.Found))
		}
	}
	return nil
}

// resumed makes a job of work that goes on with the next run if there is too much for one.
func resumed(work func(ctx context.Context) error) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		if err := work(ctx); ctx.Err() == nil {
			return err
		}
		return nil
	}
}

// digesting completes what is kept of activities' samples, which another version kept otherwise or not at all. It gives way to
// the tools, and its runs are short, so that what a server that ended had begun is soon gone on with.
func (a *app) digesting() jobs.Job {
	return jobs.Job{Name: "digest activities", Every: 30 * time.Second, Fleet: true, Do: resumed(func(ctx context.Context) error {
		return a.coach.DigestAll(ctx, giveWay(a.work))
	})}
}
