package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A tx is a transaction that knows its dialect.
type tx struct {
	*sql.Tx

	d        *dialect
	announce bool // the transaction tells the servers of a change
}

func (t *tx) exec(ctx context.Context, q string, args ...any) (sql.Result, error) {
	return t.ExecContext(ctx, t.d.rewrite(q), args...)
}

func (t *tx) query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return t.QueryContext(ctx, t.d.rewrite(q), args...)
}

func (t *tx) row(ctx context.Context, q string, args ...any) *sql.Row {
	return t.QueryRowContext(ctx, t.d.rewrite(q), args...)
}

// lockUser makes other transactions that lock the user wait until this one ends. It is for changes that read much of
// what a user has before they write, such as imports: without it a database that runs writers side by side would let
// two of them do all the work and then fail one.
func (t *tx) lockUser(ctx context.Context, id pierre.UserID) error {
	var found pierre.UserID
	err := t.row(ctx, `SELECT id FROM users WHERE id = $1`+t.d.forUpdate, id).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return pierre.NotFound("user " + string(id))
	}
	return err
}

const (
	writeWait    = 2 * time.Second      // how long a change waits for its turn before it is refused
	busyPause    = 5 * time.Millisecond // between two tries to begin a transaction
	maxConflicts = 10                   // how often a change is run again because another one came between
)

// update changes the database: it runs f in a transaction, and rolls back if f fails. what names the change in the
// gerund, for errors.
//
// Transactions are serializable: the outcome is as if they had run one after the other, so f may decide by what it
// reads. A database that finds this out at the end undoes a transaction that came between; then f is run again, so f
// must be re-runnable: it starts from what it reads in its transaction, sets its results instead of adding to them,
// and has no effect outside of the transaction.
//
// A change that does not get its turn, because another program holds the database, is [pierre.KindUnavailable].
func (s *Store) update(ctx context.Context, what string, f func(*tx) error) error {
	for try := 0; ; try++ {
		err := s.updateOnce(ctx, f)
		if s.d.serialization(err) && try < maxConflicts {
			continue
		}
		err = s.classify(err, what)
		s.space.note(err)
		return err
	}
}

func (s *Store) updateOnce(ctx context.Context, f func(*tx) error) (err error) {
	conn, begun, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	defer begun.Rollback()
	t := &tx{Tx: begun, d: &s.d}
	if err := f(t); err != nil {
		return err
	}
	if err := begun.Commit(); err != nil {
		return err
	}
	if t.announce && s.onChange != nil {
		s.onChange(ctx)
	}
	return nil
}

// begin waits at most writeWait for a connection and for the database's leave to write. The transaction may then take
// as long as ctx allows.
func (s *Store) begin(ctx context.Context) (*sql.Conn, *sql.Tx, error) {
	wait, cancel := context.WithTimeoutCause(ctx, writeWait, &pierre.Error{Kind: pierre.KindUnavailable, Msg: busyMsg})
	defer cancel()
	conn, err := s.write.Conn(wait)
	if err != nil {
		return nil, nil, errors.Join(context.Cause(wait), err)
	}
	for {
		begun, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
		if err == nil {
			return conn, begun, nil
		}
		if s.d.busy(err) {
			select {
			case <-time.After(busyPause):
				continue
			case <-wait.Done():
				err = errors.Join(context.Cause(wait), err)
			}
		}
		return nil, nil, errors.Join(err, conn.Close())
	}
}

// view runs f in a transaction that only reads: all that f reads is of one moment. what is as for update.
func (s *Store) view(ctx context.Context, what string, f func(*tx) error) error {
	begun, err := s.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return s.classify(err, what)
	}
	defer begun.Rollback()
	return s.classify(f(&tx{Tx: begun, d: &s.d}), what)
}

func (s *Store) query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return s.read.QueryContext(ctx, s.d.rewrite(q), args...)
}

func (s *Store) row(ctx context.Context, q string, args ...any) *sql.Row {
	return s.read.QueryRowContext(ctx, s.d.rewrite(q), args...)
}
