package main

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/gc"
	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/internal/keyring"
)

// jobs are the server's background work.
func (a *app) jobs(keys *access.Verifier, ring *keyring.Ring, keepCalls time.Duration) []jobs.Job {
	return append([]jobs.Job{
		{Name: "write the last use of keys", Every: 15 * time.Second, Last: true, Do: keys.WriteUsed},
		{Name: "write the counts of refused calls", Every: 5 * time.Second, Do: a.recorder.Flush}, // as is done when it is closed
		{Name: "give memory back at rest", Every: time.Minute, Do: (&gc.Rest{}).Release},
		{Name: "read the secrets again", Every: 5 * time.Second, Do: func(ctx context.Context) error { return a.rereadSecrets(ctx, ring) }},
		{Name: "delete old answers of the admin API", Every: 10 * time.Minute, Fleet: true, Do: func(ctx context.Context) error {
			return a.store.ForgetAnswers(ctx, time.Now())
		}},
		{Name: "delete old grants of apps", Every: time.Hour, Fleet: true, Do: func(ctx context.Context) error {
			return a.store.TidyOAuth(ctx, time.Now())
		}},
		{Name: "finish deletions of athletes", Every: 10 * time.Minute, Fleet: true, Do: a.store.FinishDeletions},
		{Name: "delete files without activities", Every: 10 * time.Minute, Fleet: true, Do: func(ctx context.Context) error {
			return a.store.TidyOriginals(ctx, 5000)
		}},
		{Name: "delete old changes", Every: 10 * time.Minute, Fleet: true, Do: func(ctx context.Context) error {
			return a.store.ForgetChanges(ctx, time.Now())
		}},
	}, append(append(a.usageJobs(time.Second, keepCalls), a.syncing()...), a.reconciling(), a.digesting(), a.forgetting())...)
}
