// Package store keeps the domain in a database, SQLite or PostgreSQL. Every query
// is written once; package sqldb and a dialect hold what really differs.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io"
	"io/fs"
	"sync"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/pierre-mcp/pierre/internal/series"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// A Store is the database. It is safe for concurrent use.
type Store struct {
	db      *sqldb.DB
	name    string  // which database it is, without a password
	write   *sql.DB // one connection where the database has one writer
	read    *sql.DB // the same as write where it has several
	d       dialect
	schema  *sqldb.Migrations
	codec   *series.Codec // of samples
	serving io.Closer     // the lock of the server; nil if this process is none

	notifier  *Notifier             // nil where the database carries no texts
	onChange  func(context.Context) // is told of changes that other servers have to hear of; nil: nobody
	importing chan struct{}         // holds a value while an import writes or waits to
	making    chan struct{}         // and this one while an athlete is made

	tidying sync.Mutex
	tidied  originalKey // how far [Store.TidyOriginals] came

	batching batching
	batches  batchCache

	ready readiness
	space space
}

// A dialect is what differs between the databases for what the store does with them, beside what differs for every
// program; see [sqldb.DB].
type dialect struct {
	serveAlone func() (io.Closer, error) // keeps other servers away; nil where several may serve
	partitions bool                      // it may have tables in partitions
	probe      func() error              // looks whether the disk has space for some more writes; nil where only the server knows
}

func sqliteDialect(path string) dialect {
	return dialect{
		serveAlone: func() (io.Closer, error) { return serveFile(path) },
		probe:      func() error { return probeFile(path + "-probe") },
	}
}

func postgresDialect() dialect {
	return dialect{
		partitions: true,
	}
}

// of returns the store that is kept in db, which it closes if that fails.
func of(db *sqldb.DB) (*Store, error) {
	s := &Store{
		db: db, name: db.Name(), write: db.Writer(), read: db.Reader(), d: postgresDialect(),
		importing: make(chan struct{}, 1), making: make(chan struct{}, 1),
	}
	if db.Postgres() {
		s.notifier = &Notifier{s, db.PostgresConfig()}
		s.onChange = s.notifier.announce
	} else {
		s.d = sqliteDialect(db.Path())
	}
	dir, err := fs.Sub(migrations, "migrations")
	if err == nil {
		s.schema, err = db.Migrations(dir, goose.DefaultTablename)
	}
	if err == nil {
		s.codec, err = series.NewCodec()
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// classify turns a driver's error into the domain's. what names the thing for "… not found", or the operation in the gerund.
func (s *Store) classify(err error, what string) error { return s.db.Classify(err, what) }

// Close closes the database.
func (s *Store) Close() error {
	err := s.db.Close()
	if s.serving != nil {
		err = errors.Join(err, s.serving.Close())
	}
	return err
}

// SetMaxConnections sets how many connections to the database's server are open at most; migrations need two. A SQLite file
// has no server.
func (s *Store) SetMaxConnections(n int) { s.db.SetMaxConnections(n) }

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
