package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/pierre-mcp/pierre/internal/journal"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/usage"
)

// A callStore keeps calls and counts them.
type callStore interface {
	usage.EventStore
	limit.CountStore
}

// A callKeeper is where the server's calls go: the database itself, or a journal before it. Only the journal is a
// [usage.Buffer]: the recorder waits for a database itself.
type callKeeper struct {
	callStore

	journal *journal.Journal // nil: none
}

// journalSuffix follows the name of the database's file in those of its journal.
const journalSuffix = "-calls"

// keepCalls opens what keeps the calls of a server. One that has its database's file for itself keeps a journal beside it.
func (c *config) keepCalls(ctx context.Context, st measuredStore, log *slog.Logger, alone bool) (callKeeper, error) {
	path, err := store.Path(c.databaseURL, c.dataDir)
	if !alone || path == "" || err != nil { // several servers may write a PostgreSQL database
		return callKeeper{st, nil}, err
	}
	j, err := journal.Open(ctx, path+journalSuffix, st, log)
	return callKeeper{j, j}, err
}

// stats says how far the database is behind.
func (k callKeeper) stats() journal.Stats {
	if k.journal == nil {
		return journal.Stats{}
	}
	return k.journal.Stats()
}

// close returns when the database has all calls, or when ctx ends.
func (k callKeeper) close(ctx context.Context, recorder *usage.Recorder) error {
	err := recorder.Close(ctx)
	if k.journal == nil {
		return err
	}
	return errors.Join(err, k.journal.Close(ctx))
}

// foldLast folds what the calls of a SQLite database add up to, so that a version that follows need not know how they wait. With
// PostgreSQL only versions start that do. Nothing is lost if it takes too long: the next start goes on with it.
func (a *app) foldLast(ctx context.Context) {
	if a.store.Base().Postgres() {
		return
	}
	if deadline, ok := ctx.Deadline(); ok { // the database is to be closed, too
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-time.Second))
		defer cancel()
	}
	if err := a.store.FoldUsage(ctx); err != nil {
		a.log.WarnContext(ctx, "not all usage is in the roll-ups yet: the next start goes on; before an older version starts, run pierre-mcp-server migrate", slog.Any("err", err))
	}
}
