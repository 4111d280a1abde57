// Package store keeps the domain in a database. Every query is written once,
// with PostgreSQL's $1 placeholders and integer-microsecond times; a dialect
// holds what really differs. SQLite is the only dialect so far.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/series"
)

//go:embed migrations
var migrations embed.FS

// A Store is the database. It is safe for concurrent use.
type Store struct {
	write *sql.DB // one connection where the database has one writer
	read  *sql.DB
	d     dialect
	codec *series.Codec // of samples
}

// A dialect is what differs between the databases, and nothing else.
type dialect struct {
	dir      string              // below migrations
	goose    goose.Dialect       // for the migrations' own table
	rewrite  func(string) string // from $1 to the driver's placeholders
	conflict func(error) bool    // reports a unique violation
	full     func(error) bool    // reports that the disk is full
}

// Migrate brings the schema up to date and returns the names of the migrations it applied.
// Programs may do so at the same time.
func (s *Store) Migrate(ctx context.Context) ([]string, error) {
	p, err := s.migrator()
	if err != nil {
		return nil, err
	}
	applied := []string{}
	for {
		before, newest, err := p.GetVersions(ctx)
		if err != nil {
			return applied, s.classify(err, "reading the schema's version")
		}
		if before > newest {
			return applied, &pierre.Error{
				Kind: pierre.KindUnavailable,
				Msg: fmt.Sprintf("The database was brought to version %d by a newer Pierre, and this one knows %d: "+
					"install the newer one again, or restore the backup from before.", before, newest),
			}
		}
		results, err := p.Up(ctx)
		if partial, ok := errors.AsType[*goose.PartialError](err); ok {
			results = partial.Applied
		}
		for _, r := range results {
			applied = append(applied, r.Source.Path)
		}
		if err == nil {
			return applied, nil
		}
		// goose locks nothing on SQLite: another program may have been faster with a migration. Then go on from there.
		if after, verr := p.GetDBVersion(ctx); verr != nil || after <= before {
			return applied, s.classify(err, "migrating the database")
		}
	}
}

// Ready reports whether the database answers and has every migration.
func (s *Store) Ready(ctx context.Context) error {
	p, err := s.migrator()
	if err != nil {
		return err
	}
	pending, err := p.HasPending(ctx)
	if err != nil {
		return s.classify(err, "reading the schema's version")
	}
	if pending {
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The database needs migrations: run pierre-mcp-server migrate."}
	}
	return nil
}

func (s *Store) migrator() (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations/"+s.d.dir)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(s.d.goose, s.write, dir)
}

// A tx is a transaction that knows its dialect.
type tx struct {
	*sql.Tx

	d dialect
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

// tx runs f in a writing transaction, and rolls back if f fails.
func (s *Store) tx(ctx context.Context, f func(*tx) error) error {
	t, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return s.classify(err, "beginning a transaction")
	}
	defer t.Rollback()
	if err := f(&tx{t, s.d}); err != nil {
		return err
	}
	return s.classify(t.Commit(), "committing")
}

func (s *Store) query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return s.read.QueryContext(ctx, s.d.rewrite(q), args...)
}

func (s *Store) row(ctx context.Context, q string, args ...any) *sql.Row {
	return s.read.QueryRowContext(ctx, s.d.rewrite(q), args...)
}

// classify turns a driver's error into the domain's; only this package knows drivers.
// what names the thing for "… not found", or the operation in the gerund.
func (s *Store) classify(err error, what string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return pierre.NotFound(what)
	case s.d.conflict(err):
		return &pierre.Error{Kind: pierre.KindConflict, Msg: what + " already exists", Err: err}
	case s.d.full(err):
		return &pierre.Error{Kind: pierre.KindStorageFull, Msg: "The server's disk is full; nothing was changed. Its operator must free space.", Err: err}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Close closes the database.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// micros is how times are kept: microseconds since 1970, NULL for the zero time.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// fromMicros undoes micros.
func fromMicros(us sql.NullInt64) time.Time {
	if !us.Valid {
		return time.Time{}
	}
	return time.UnixMicro(us.Int64).UTC()
}
