package sqldb

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/tracing"
)

// Pipeline runs all statements of the batch or none, in one round trip to PostgreSQL, which ends their transaction after the
// last one. Each sees what was committed before it began. It is for statements that are right by themselves, as for
// [DB.Apply], and of which a second run fails with a conflict: they are run again if the connection breaks, also when
// they may have been run before. Then, and if they conflict with what is there, it is [pierre.KindConflict].
func (db *DB) Pipeline(ctx context.Context, what string, batch *pgx.Batch) (err error) {
	ctx, end := tracing.Begin(ctx, what)
	defer func() { end(err) }()
	return db.retry(ctx, what, func() error { return db.sendBatch(ctx, batch) })
}

// retry runs f again when another change came between, or the connection broke.
func (db *DB) retry(ctx context.Context, what string, f func() error) error {
	deadline := time.Now().Add(writeWait)
	for try := 0; ; try++ {
		err := f()
		_, final := errors.AsType[*pierre.Error](err)
		again := db.d.serialization(err) && try < maxConflicts || db.d.busy(err) && time.Now().Before(deadline)
		if again && !final && pause(ctx, try) {
			continue
		}
		return db.Classify(err, what)
	}
}

func (db *DB) sendBatch(ctx context.Context, batch *pgx.Batch) (err error) {
	wait, cancel := context.WithTimeoutCause(ctx, writeWait, &pierre.Error{Kind: pierre.KindUnavailable, Msg: busyMsg})
	defer cancel()
	conn, err := db.write.Conn(wait)
	if err != nil {
		return errors.Join(context.Cause(wait), err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return conn.Raw(func(driver any) error {
		return driver.(*stdlib.Conn).Conn().SendBatch(ctx, batch).Close() //nolint:forcetypeassert // this package opens no other
	})
}
