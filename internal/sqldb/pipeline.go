package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/tracing"
)

// Pipeline runs all statements of the batch or none, in one round trip to PostgreSQL, which ends their transaction after the
// last one. Each sees what was committed before it began. A connection keeps what it was told of a statement, so there may
// be few texts. It is for statements that are right by themselves, as for [DB.Apply], and of which a second run fails with
// a conflict: they are run again if the connection breaks, also when they may have been run before. Then, and if they
// conflict with what is there, it is [pierre.KindConflict]. Any other error after they may have been run is
// [pierre.KindUnavailable] and a [pierre.ErrMaybeMade].
func (db *DB) Pipeline(ctx context.Context, what string, batch *pgx.Batch) (err error) {
	ctx, end := tracing.Begin(ctx, what)
	defer func() { end(err) }()
	sent := false
	err = db.retry(ctx, what, func() error {
		conn, err := db.writer(ctx)
		if err != nil {
			return err
		}
		err = errors.Join(sendBatch(ctx, conn, batch), conn.Close())
		sent = sent || db.d.busy(err) && !pgconn.SafeToRetry(err)
		return err
	})
	if sent && err != nil && pierre.KindOf(err) != pierre.KindConflict {
		err = lost(err)
	}
	return err
}

// retry runs f again when another change came between, or the connection broke.
func (db *DB) retry(ctx context.Context, what string, f func() error) error {
	deadline := time.Now().Add(writeWait)
	for try := 0; ; try++ {
		err := f()
		again := db.d.serialization(err) && try < maxConflicts || db.d.busy(err) && time.Now().Before(deadline)
		if again && !errors.Is(err, pierre.ErrMaybeMade) && pause(ctx, try) {
			continue
		}
		return db.Classify(err, what)
	}
}

// writer waits at most writeWait for a connection.
func (db *DB) writer(ctx context.Context) (*sql.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, writeWait, &pierre.Error{Kind: pierre.KindUnavailable, Msg: busyMsg})
	defer cancel()
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return nil, errors.Join(context.Cause(ctx), err)
	}
	return conn, nil
}
