package store

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// A tx is a transaction of the store.
type tx struct {
	*sqldb.Tx

	postgres bool
	announce bool // the transaction tells the servers of a change

	cache    *batchCache
	waiting  []batch // what [tx.batches] has read; nil: nothing
	damaged  []int64 // the numbers of those that are damaged
	inserted bool    // the transaction has inserted batches
}

func (t *tx) exec(ctx context.Context, q string, args ...any) (sql.Result, error) {
	return t.Exec(ctx, q, args...)
}

func (t *tx) query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return t.Query(ctx, q, args...)
}

func (t *tx) row(ctx context.Context, q string, args ...any) *sql.Row { return t.Row(ctx, q, args...) }

// change runs a statement and returns how many rows it changed.
func (t *tx) change(ctx context.Context, q string, args ...any) (int64, error) {
	return t.Change(ctx, q, args...)
}

// lockUser makes other transactions that lock the user wait until this one ends. It is for changes that read much of
// what a user has before they write, such as imports: without it a database that runs writers side by side would let
// two of them do all the work and then fail one. It writes the row, so that the one that waited fails at once, and its
// next run sees what the other did. Who is being deleted is not found: what is kept of that user only becomes less.
func (t *tx) lockUser(ctx context.Context, id pierre.UserID) error {
	r, err := t.exec(ctx, `UPDATE users SET created_us = created_us WHERE id = $1 AND NOT `+gone, id)
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err == nil && n == 0 {
		err = pierre.NotFound("user " + string(id))
	}
	return err
}

// endIfIdle lets the database undo the transaction if it does not hear of it for so long. SQLite's ends with its program.
func (t *tx) endIfIdle(ctx context.Context, after time.Duration) error {
	if !t.postgres {
		return nil
	}
	_, err := t.exec(ctx, `SELECT set_config('idle_in_transaction_session_timeout', $1, true)`, strconv.FormatInt(after.Milliseconds(), 10))
	return err
}

// update changes the database as [sqldb.DB.Update] does: f may decide by what it reads, and must be re-runnable.
func (s *Store) update(ctx context.Context, what string, f func(*tx) error) error {
	return s.after(ctx, s.db.Update, what, f)
}

// apply changes the database as [sqldb.DB.Apply] does, for an f of which each statement is right by itself.
func (s *Store) apply(ctx context.Context, what string, f func(*tx) error) error {
	return s.after(ctx, s.db.Apply, what, f)
}

type changes func(ctx context.Context, what string, f func(*sqldb.Tx) error) error

// after makes a change, learns from what became of it, and tells the servers that have to hear of it.
func (s *Store) after(ctx context.Context, change changes, what string, f func(*tx) error) error {
	announce := false
	err := change(ctx, what, func(begun *sqldb.Tx) error {
		t := &tx{Tx: begun, postgres: s.db.Postgres(), cache: &s.batches}
		err := f(t)
		announce = t.announce
		return err
	})
	s.space.note(err)
	if err == nil && announce && s.onChange != nil { // without a connection in hand: it may need one itself
		s.onChange(ctx)
	}
	return err
}

// view runs f in a transaction that only reads: all that f reads is of one moment. what is as for update.
func (s *Store) view(ctx context.Context, what string, f func(*tx) error) error {
	return s.db.View(ctx, what, func(begun *sqldb.Tx) error { return f(&tx{Tx: begun, cache: &s.batches}) })
}

func (s *Store) query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return s.db.Query(ctx, q, args...)
}

func (s *Store) row(ctx context.Context, q string, args ...any) *sql.Row {
	return s.db.Row(ctx, q, args...)
}
