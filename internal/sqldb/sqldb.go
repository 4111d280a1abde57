// Package sqldb opens a SQLite file or a PostgreSQL database such that both are used with one text of SQL: PostgreSQL's $1
// placeholders, integer-microsecond times, transactions that are run again when another one came between, errors that are
// the domain's, and migrations that several programs may apply at the same time. What is in the tables is its callers'.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A DB is a database. It is safe for concurrent use.
type DB struct {
	name   string          // which database it is, without a password
	path   string          // of a SQLite file, "" for PostgreSQL
	write  *sql.DB         // one connection where the database has one writer
	read   *sql.DB         // the same as write where it has several
	config *pgx.ConnConfig // nil for SQLite
	d      dialect
}

// A dialect is what differs between the databases for every use of them.
type dialect struct {
	goose         goose.Dialect          // for the migrations' own table
	migrating     []goose.ProviderOption // such as a lock, where the database has one
	rewrite       func(string) string    // from $1 to the driver's placeholders
	arguments     func([]any) []any      // makes texts such that the database can keep them
	conflict      func(error) bool       // reports a unique violation
	serialization func(error) bool       // reports that the transaction came between others and can be run again
	busy          func(error) bool       // reports that another program holds the database, or that it cannot be reached
	full          func(error) bool       // reports that the disk is full
	clock         string                 // SELECT of its time in microseconds since 1970; "": it is on this machine
}

const (
	fullMsg = "The server's disk is full; nothing was changed. Its operator must free space."
	busyMsg = "The database is busy or cannot be reached; nothing was changed. Try again in a moment."
	lostMsg = "The connection to the database broke while a change was being kept: it may have been made or not. Look before you repeat it."
)

// Name says which database it is, without a password.
func (db *DB) Name() string { return db.name }

// Path returns the path of the file of SQLite, "" for PostgreSQL.
func (db *DB) Path() string { return db.path }

// Postgres reports whether the database is a PostgreSQL, which several programs may write at once.
func (db *DB) Postgres() bool { return db.config != nil }

// PostgresConfig returns how connections to PostgreSQL are made, nil for SQLite.
func (db *DB) PostgresConfig() *pgx.ConnConfig { return db.config }

// Writer returns the connections that changes are made on: one where the database has one writer.
func (db *DB) Writer() *sql.DB { return db.write }

// Reader returns the connections that are only read on, which are the same as Writer's for PostgreSQL.
func (db *DB) Reader() *sql.DB { return db.read }

// Busy reports whether err means that another program holds the database, or that it cannot be reached.
func (db *DB) Busy(err error) bool { return db.d.busy(err) }

// Rewrite returns a query with $1 as the database's driver takes it.
func (db *DB) Rewrite(q string) string { return db.d.rewrite(q) }

// SetMaxConnections sets how many connections to PostgreSQL are open at most; migrations need two. A SQLite file has no
// server.
func (db *DB) SetMaxConnections(n int) {
	if db.write == db.read {
		db.write.SetMaxOpenConns(n)
		db.write.SetMaxIdleConns(n)
	}
}

// Classify turns a driver's error into the domain's. what names the thing for "… not found", or the operation in the gerund.
func (db *DB) Classify(err error, what string) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*pierre.Error](err); ok {
		return err
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return pierre.NotFound(what)
	case db.d.conflict(err):
		return &pierre.Error{Kind: pierre.KindConflict, Msg: what + " already exists", Err: err}
	case db.d.full(err):
		return &pierre.Error{Kind: pierre.KindStorageFull, Msg: fullMsg, Err: err}
	case db.d.busy(err), db.d.serialization(err), errors.Is(err, context.DeadlineExceeded):
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: busyMsg, Err: fmt.Errorf("%s: %w", what, err)}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// lost is the error of a change that may have been made, because the connection broke before the database said so.
func lost(err error) error {
	return &pierre.Error{Kind: pierre.KindUnavailable, Msg: lostMsg, Err: errors.Join(pierre.ErrMaybeMade, err)}
}

// Close closes the database.
func (db *DB) Close() error { return errors.Join(db.read.Close(), db.write.Close()) }

// Query reads rows.
func (db *DB) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return db.read.QueryContext(ctx, db.d.rewrite(q), db.d.arguments(args)...)
}

// Row reads one row.
func (db *DB) Row(ctx context.Context, q string, args ...any) *sql.Row {
	return db.read.QueryRowContext(ctx, db.d.rewrite(q), db.d.arguments(args)...)
}

// Texts returns the first column of a query's rows.
func (db *DB) Texts(ctx context.Context, q string, args ...any) ([]string, error) {
	rows, err := db.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// Marks returns $from … of n arguments.
func Marks(from, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint("$", from+i)
	}
	return strings.Join(list, ", ")
}
