package store

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/tracing"
)

// A tx is a transaction that knows its dialect.
type tx struct {
	*sql.Tx

	d        *dialect
	announce bool // the transaction tells the servers of a change
}

func (t *tx) exec(ctx context.Context, q string, args ...any) (sql.Result, error) {
	return t.ExecContext(ctx, t.d.rewrite(q), t.d.arguments(args)...)
}

func (t *tx) query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return t.QueryContext(ctx, t.d.rewrite(q), t.d.arguments(args)...)
}

func (t *tx) row(ctx context.Context, q string, args ...any) *sql.Row {
	return t.QueryRowContext(ctx, t.d.rewrite(q), t.d.arguments(args)...)
}

// lockUser makes other transactions that lock the user wait until this one ends. It is for changes that read much of
// what a user has before they write, such as imports: without it a database that runs writers side by side would let
// two of them do all the work and then fail one. It writes the row, so that the one that waited fails at once, and its
// next run sees what the other did.
func (t *tx) lockUser(ctx context.Context, id pierre.UserID) error {
	r, err := t.exec(ctx, `UPDATE users SET created_us = created_us WHERE id = $1`, id)
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err == nil && n == 0 {
		err = pierre.NotFound("user " + string(id))
	}
	return err
}

const (
	writeWait    = 2 * time.Second       // how long a change waits for its turn before it is refused
	busyPause    = 5 * time.Millisecond  // between two tries to begin a transaction
	maxConflicts = 20                    // how often a change is run again because another one came between
	maxPause     = 64 * time.Millisecond // before a change is run again
)

// update changes the database: it runs f in a transaction, and rolls back if f fails. what names the change in the
// gerund, for errors.
//
// Transactions are serializable: the outcome is as if they had run one after the other, so f may decide by what it
// reads. A database that finds this out at the end undoes a transaction that came between; then f is run again, so f
// must be re-runnable: it starts from what it reads in its transaction, sets its results instead of adding to them,
// and has no effect outside of the transaction. It is run again, too, if the connection breaks before the end.
//
// A change that does not get its turn, because another program holds the database or the database cannot be reached,
// is [pierre.KindUnavailable]. So is one whose connection breaks while it is committed, which may have been made or
// not; its message says so.
func (s *Store) update(ctx context.Context, what string, f func(*tx) error) error {
	return s.change(ctx, what, sql.LevelSerializable, f)
}

// apply is update for an f of which each statement is right by itself, whatever others commit before it, such as
// inserts of new rows and counters that are raised in place. Databases that run writers side by side then let them
// wait for each other's rows instead of undoing one. Rows that several programs write must be written in one order
// by all of them, or they wait for each other until the database undoes one.
func (s *Store) apply(ctx context.Context, what string, f func(*tx) error) error {
	return s.change(ctx, what, sql.LevelReadCommitted, f)
}

func (s *Store) change(ctx context.Context, what string, level sql.IsolationLevel, f func(*tx) error) (err error) {
	ctx, end := tracing.Begin(ctx, what)
	defer func() { end(err) }()
	deadline := time.Now().Add(writeWait)
	for try := 0; ; try++ {
		announce, err := s.changeIn(ctx, level, f)
		_, final := errors.AsType[*pierre.Error](err)
		again := s.d.serialization(err) && try < maxConflicts || s.d.busy(err) && time.Now().Before(deadline)
		if again && !final && pause(ctx, try) {
			continue
		}
		err = s.classify(err, what)
		s.space.note(err)
		if err == nil && announce && s.onChange != nil { // without a connection in hand: it may need one itself
			s.onChange(ctx)
		}
		return err
	}
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

// changeIn runs f once. It also returns whether servers have to hear of the change.
func (s *Store) changeIn(ctx context.Context, level sql.IsolationLevel, f func(*tx) error) (announce bool, err error) {
	conn, begun, err := s.begin(ctx, level)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	defer begun.Rollback()
	t := &tx{Tx: begun, d: &s.d}
	if err := f(t); err != nil {
		return false, err
	}
	err = begun.Commit()
	if s.d.busy(err) {
		err = &pierre.Error{Kind: pierre.KindUnavailable, Msg: lostMsg, Err: err}
	}
	return t.announce, err
}

// begin waits at most writeWait for a connection and for the database's leave to write. The transaction may then take
// as long as ctx allows.
func (s *Store) begin(ctx context.Context, level sql.IsolationLevel) (*sql.Conn, *sql.Tx, error) {
	wait, cancel := context.WithTimeoutCause(ctx, writeWait, &pierre.Error{Kind: pierre.KindUnavailable, Msg: busyMsg})
	defer cancel()
	for {
		conn, begun, err := s.tryBegin(ctx, wait, level)
		if err == nil || !s.d.busy(err) && wait.Err() == nil {
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
func (s *Store) tryBegin(ctx, wait context.Context, level sql.IsolationLevel) (*sql.Conn, *sql.Tx, error) {
	conn, err := s.write.Conn(wait)
	if err != nil {
		return nil, nil, err
	}
	begun, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: level})
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return conn, begun, nil
}

// view runs f in a transaction that only reads: all that f reads is of one moment. what is as for update.
func (s *Store) view(ctx context.Context, what string, f func(*tx) error) (err error) {
	ctx, end := tracing.Begin(ctx, what)
	defer func() { end(err) }()
	begun, err := s.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return s.classify(err, what)
	}
	defer begun.Rollback()
	return s.classify(f(&tx{Tx: begun, d: &s.d}), what)
}

func (s *Store) query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return s.read.QueryContext(ctx, s.d.rewrite(q), s.d.arguments(args)...)
}

func (s *Store) row(ctx context.Context, q string, args ...any) *sql.Row {
	return s.read.QueryRowContext(ctx, s.d.rewrite(q), s.d.arguments(args)...)
}
