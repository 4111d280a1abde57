package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strconv"
	"time"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"

	"github.com/pierre-mcp/pierre/internal/series"
)

const (
	busyTimeout = 10 * time.Second // how long to wait for another program's transaction
	busyPause   = 5 * time.Millisecond
)

// OpenSQLite opens the database file at path, which is created if missing.
func OpenSQLite(path string) (*Store, error) {
	q := url.Values{
		"_journal_mode": {"WAL"},
		"_synchronous":  {"NORMAL"}, // WAL: a killed process loses nothing, a power cut at most the last moments
		"_busy_timeout": {strconv.FormatInt(busyTimeout.Milliseconds(), 10)},
		"_foreign_keys": {"on"},
		"_txlock":       {"immediate"}, // a reader that starts to write would fail with SQLITE_BUSY
		// Per connection. Without it, preparing the same statements again takes a fifth of a small transaction.
		"_stmt_cache_size": {"64"},
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	codec, err := series.NewCodec()
	if err != nil {
		return nil, err
	}
	write, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", path, err), write.Close())
	}
	read.SetMaxOpenConns(2 * runtime.GOMAXPROCS(0))
	read.SetMaxIdleConns(2 * runtime.GOMAXPROCS(0))
	s := &Store{write, read, dialect{
		dir:      "sqlite",
		goose:    goose.DialectSQLite3,
		rewrite:  toQuestionMarks,
		conflict: sqliteConflict,
		full:     sqliteFull,
	}, codec}
	if err := firstOpen(write.Driver(), dsn); err != nil {
		return nil, errors.Join(s.classify(err, "opening "+path), s.Close())
	}
	return s, nil
}

// firstOpen opens the file once, which makes it and turns WAL on. Of programs that share a new file one does so;
// SQLite tells the others at once that the file is locked, whatever their timeout.
func firstOpen(d driver.Driver, dsn string) error {
	for deadline := time.Now().Add(busyTimeout); ; {
		conn, err := d.Open(dsn)
		if err == nil {
			return conn.Close()
		}
		if e, ok := errors.AsType[sqlite3.Error](err); !ok || e.Code != sqlite3.ErrBusy || time.Now().After(deadline) {
			return err
		}
		<-time.After(busyPause)
	}
}

// sqlite binds $2 by the order in which names appear, not by number, so $2 … $1
// would swap the arguments without an error: rewrite to ?2 … ?1, which SQLite numbers.
func toQuestionMarks(q string) string {
	b := []byte(q)
	for i := range len(b) - 1 {
		if b[i] == '$' && '0' <= b[i+1] && b[i+1] <= '9' {
			b[i] = '?'
		}
	}
	return string(b)
}

func sqliteConflict(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && (e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey)
}

func sqliteFull(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && e.Code == sqlite3.ErrFull
}
