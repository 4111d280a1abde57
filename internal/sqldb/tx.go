package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/tracing"
)

// A Tx is a transaction that knows its database.
type Tx struct {
	tx *sql.Tx
	d  *dialect
}

// Exec runs a statement.
func (t *Tx) Exec(ctx context.Context, q string, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, t.d.rewrite(q), t.d.arguments(args)...)
}

// Change runs a statement and returns how many rows it changed.
func (t *Tx) Change(ctx context.Context, q string, args ...any) (int64, error) {
	r, err := t.Exec(ctx, q, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// Query reads rows.
func (t *Tx) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, t.d.rewrite(q), t.d.arguments(args)...)
}

// Row reads one row.
func (t *Tx) Row(ctx context.Context, q string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, t.d.rewrite(q), t.d.arguments(args)...)
}

// Clock returns the time by the clock that all programs of a database have in common: PostgreSQL's own, since those of machines differ, and
// that of the machine where a SQLite file is.
func (t *Tx) Clock(ctx context.Context) (time.Time, error) {
	if t.d.clock == "" {
		return time.Now(), nil
	}
	var us int64
	err := t.Row(ctx, t.d.clock).Scan(&us)
	return time.UnixMicro(us), err
}

const (
	writeWait    = 2 * time.Second       // how long a change waits for its turn before it is refused
	busyPause    = 5 * time.Millisecond  // between two tries to begin a transaction
	maxConflicts = 50                    // how often a change is run again because another one came between: with the pauses, about as long as writeWait
	maxPause     = 64 * time.Millisecond // before a change is run again
)

// Update changes the database: it runs f in a transaction, and rolls back if f fails. what names the change in the
// gerund, for errors.
//
// Transactions are serializable: the outcome is as if they had run one after the other, so f may decide by what it
// reads. A database that finds this out at the end undoes a transaction that came between; then f is run again, so f
// must be re-runnable: it starts from what it reads in its transaction, sets its results instead of adding to them,
// and has no effect outside of the transaction. It is run again, too, if the connection breaks before the end.
//
// A change that does not get its turn, because another program holds the database or the database cannot be reached,
// is [pierre.KindUnavailable]. So is one whose connection breaks while it is committed, which may have been made or
// not; its message says so, and it is a [pierre.ErrMaybeMade].
func (db *DB) Update(ctx context.Context, what string, f func(*Tx) error) error {
	return db.change(ctx, what, sql.LevelSerializable, f)
}

// Apply is Update for an f of which each statement is right by itself, whatever others commit before it, such as
// inserts of new rows and counters that are raised in place. Databases that run writers side by side then let them
// wait for each other's rows instead of undoing one. Rows that several programs write must be written in one order
// by all of them, or they wait for each other until the database undoes one.
func (db *DB) Apply(ctx context.Context, what string, f func(*Tx) error) error {
	return db.change(ctx, what, sql.LevelReadCommitted, f)
}

func (db *DB) change(ctx context.Context, what string, level sql.IsolationLevel, f func(*Tx) error) (err error) {
	ctx, end := tracing.Begin(ctx, what)
	defer func() { end(err) }()
	return db.retry(ctx, what, func() error { return db.changeIn(ctx, level, f) })
}

// pause waits for a random time, longer after more tries, so that changes that collided do not collide again. It
// reports false if ctx ended.
func pause(ctx context.Context, try int) bool {
	longest := min(time.Millisecond<<min(try, 10), maxPause)
	select {
	case <-time.After(rand.N(longest)): //nolint:gosec // it hides nothing
		return true
	case <-ctx.Done():
		return false
	}
}

// changeIn runs f once.
func (db *DB) changeIn(ctx context.Context, level sql.IsolationLevel, f func(*Tx) error) (err error) {
	conn, begun, err := db.begin(ctx, level)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	defer begun.Rollback()
	if err := f(&Tx{begun, &db.d}); err != nil {
		return err
	}
	err = begun.Commit()
	if db.d.busy(err) {
		err = lost(err)
	}
	return err
}

// begin waits at most writeWait for a connection and for the database's leave to write. The transaction may then take
// as long as ctx allows.
func (db *DB) begin(ctx context.Context, level sql.IsolationLevel) (*sql.Conn, *sql.Tx, error) {
	wait, cancel := context.WithTimeoutCause(ctx, writeWait, &pierre.Error{Kind: pierre.KindUnavailable, Msg: busyMsg})
	defer cancel()
	for {
		conn, begun, err := db.tryBegin(ctx, wait, level)
		if err == nil || !db.d.busy(err) && wait.Err() == nil {
			return conn, begun, err
		}
		select {
		case <-time.After(busyPause):
		case <-wait.Done():
			return nil, nil, errors.Join(context.Cause(wait), err)
		}
	}
}

// tryBegin takes a connection while wait lasts, and begins a transaction on it that lasts as long as ctx.
func (db *DB) tryBegin(ctx, wait context.Context, level sql.IsolationLevel) (*sql.Conn, *sql.Tx, error) {
	conn, err := db.write.Conn(wait)
	if err != nil {
		return nil, nil, err
	}
	begun, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: level})
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return conn, begun, nil
}

// View runs f in a transaction that only reads: all that f reads is of one moment. what is as for [DB.Update].
func (db *DB) View(ctx context.Context, what string, f func(*Tx) error) (err error) {
	ctx, end := tracing.Begin(ctx, what)
	defer func() { end(err) }()
	begun, err := db.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return db.Classify(err, what)
	}
	defer begun.Rollback()
	return db.Classify(f(&Tx{begun, &db.d}), what)
}
