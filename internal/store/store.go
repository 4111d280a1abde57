// Package store keeps the domain in a database, SQLite or PostgreSQL. Every query
// is written once, with PostgreSQL's $1 placeholders and integer-microsecond times;
// a dialect holds what really differs.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/series"
)

//go:embed migrations
var migrations embed.FS

// A Store is the database. It is safe for concurrent use.
type Store struct {
	name     string  // which database it is, without a password
	write    *sql.DB // one connection where the database has one writer
	read     *sql.DB // the same as write where it has several
	d        dialect
	migrator *goose.Provider
	versions database.Store // of the migrations that were applied
	codec    *series.Codec  // of samples
	serving  io.Closer      // the lock of the server; nil if this process is none

	notifier  *Notifier             // nil where the database carries no texts
	onChange  func(context.Context) // is told of changes that other servers have to hear of; nil: nobody
	importing chan struct{}         // holds a value while an import writes or waits to
	making    chan struct{}         // and this one while an athlete is made

	ready readiness
	space space
}

// A dialect is what differs between the databases, and nothing else.
type dialect struct {
	dir           string                    // below migrations
	goose         goose.Dialect             // for the migrations' own table
	migrating     []goose.ProviderOption    // such as a lock, where the database has one
	rewrite       func(string) string       // from $1 to the driver's placeholders
	arguments     func([]any) []any         // makes texts such that the database can keep them
	conflict      func(error) bool          // reports a unique violation
	serialization func(error) bool          // reports that the transaction came between others and can be run again
	busy          func(error) bool          // reports that another program holds the database, or that it cannot be reached
	full          func(error) bool          // reports that the disk is full
	hasTable      string                    // a query that reports whether there is a table named $1
	numberOn      string                    // lets the database number TABLE's COLUMN on from its highest; "" if it does so by itself
	byBytes       string                    // makes ORDER BY compare text by its bytes
	serveAlone    func() (io.Closer, error) // keeps other servers away; nil where several may serve
	partitions    bool                      // it may have tables in partitions
	probe         func() error              // looks whether the disk has space for some more writes; nil where only the server knows
}

// init completes a Store whose databases, codec and dialect are set.
func (s *Store) init() error {
	s.making = make(chan struct{}, 1)
	dir, err := fs.Sub(migrations, "migrations/"+s.d.dir)
	if err != nil {
		return err
	}
	if s.versions, err = database.NewStore(s.d.goose, goose.DefaultTablename); err != nil {
		return err
	}
	s.migrator, err = goose.NewProvider(s.d.goose, s.write, dir, s.d.migrating...)
	return err
}

const (
	fullMsg = "The server's disk is full; nothing was changed. Its operator must free space."
	busyMsg = "The database is busy or cannot be reached; nothing was changed. Try again in a moment."
	lostMsg = "The connection to the database broke while a change was being kept: it may have been made or not. Look before you repeat it."
)

// classify turns a driver's error into the domain's; only this package knows drivers.
// what names the thing for "… not found", or the operation in the gerund.
func (s *Store) classify(err error, what string) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*pierre.Error](err); ok {
		return err
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return pierre.NotFound(what)
	case s.d.conflict(err):
		return &pierre.Error{Kind: pierre.KindConflict, Msg: what + " already exists", Err: err}
	case s.d.full(err):
		return &pierre.Error{Kind: pierre.KindStorageFull, Msg: fullMsg, Err: err}
	case s.d.busy(err), s.d.serialization(err), errors.Is(err, context.DeadlineExceeded):
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: busyMsg, Err: fmt.Errorf("%s: %w", what, err)}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Close closes the database.
func (s *Store) Close() error {
	err := errors.Join(s.read.Close(), s.write.Close())
	if s.serving != nil {
		err = errors.Join(err, s.serving.Close())
	}
	return err
}

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
