package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"
)

const (
	openWait    = 10 * time.Second // how long programs that open or migrate a file at the same time wait for each other
	busyTimeout = time.Second      // how long SQLite itself waits for another program; [DB.Update] goes on waiting

	// KiB of pages that the connections for reading keep together, unless there are many, and one of them at least: a server's memory
	// does not grow with its processors.
	readersCache, readerCache = 8 << 10, 256
)

// sqliteOptions are the driver's options of every connection.
func sqliteOptions() url.Values {
	return url.Values{
		"_journal_mode": {"WAL"},
		"_synchronous":  {"NORMAL"}, // WAL: a killed process loses nothing, a power cut at most the last moments
		"_busy_timeout": {strconv.FormatInt(busyTimeout.Milliseconds(), 10)},
		"_foreign_keys": {"on"},
		// Per connection. Without it, preparing the same statements again takes a fifth of a small transaction.
		"_stmt_cache_size": {"64"},
	}
}

// OpenSQLite opens the database file at path, which is created if missing.
func OpenSQLite(path string) (*DB, error) {
	file, options, readers := "file:"+(&url.URL{Path: path}).EscapedPath()+"?", sqliteOptions(), 2*runtime.GOMAXPROCS(0)
	options.Set("_cache_size", strconv.Itoa(-max(readersCache/readers, readerCache))) // negative: KiB
	reading := file + options.Encode()
	options.Del("_cache_size")
	options.Set("_txlock", "immediate") // a reader that starts to write would fail with SQLITE_BUSY
	writing := file + options.Encode()
	write, err := sql.Open("sqlite3", writing)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite3", reading)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", path, err), write.Close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	db := &DB{name: "sqlite:" + absolute(path), path: path, write: write, read: read, d: dialect{
		goose:         goose.DialectSQLite3,
		rewrite:       toQuestionMarks,
		arguments:     func(args []any) []any { return args },
		conflict:      sqliteConflict,
		serialization: func(error) bool { return false }, // it has one writer at a time
		busy:          sqliteBusy,
		full:          sqliteFull,
	}}
	if err := firstOpen(write.Driver(), writing); err != nil {
		return nil, errors.Join(db.Classify(err, "opening "+path), db.Close())
	}
	return db, nil
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// firstOpen opens the file once, which makes it and turns WAL on. Of programs that share a new file one does so;
// SQLite tells the others at once that the file is locked, whatever their timeout.
func firstOpen(d driver.Driver, dsn string) error {
	for deadline := time.Now().Add(openWait); ; {
		conn, err := d.Open(dsn)
		if err == nil {
			return conn.Close()
		}
		if !sqliteBusy(err) || time.Now().After(deadline) {
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

func sqliteBusy(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && (e.Code == sqlite3.ErrBusy || e.Code == sqlite3.ErrLocked)
}

func sqliteFull(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && e.Code == sqlite3.ErrFull || errors.Is(err, syscall.ENOSPC)
}

// CopySQLite writes all that a SQLite database has at one moment to a new file at path, while others go on writing.
func (db *DB) CopySQLite(ctx context.Context, path string) error {
	if err := makePrivate(path); err != nil {
		return fmt.Errorf("making %s: %w", path, err)
	}
	_, err := db.read.ExecContext(ctx, `VACUUM INTO ?`, path)
	return db.Classify(err, "copying the database")
}

// CheckSQLite reports what SQLite itself finds wrong with the file.
func (db *DB) CheckSQLite(ctx context.Context) error {
	found, err := db.Texts(ctx, `PRAGMA integrity_check(3)`)
	if err != nil {
		return db.Classify(err, "checking the database")
	}
	if len(found) != 1 || found[0] != "ok" {
		return fmt.Errorf("the database is damaged: %s", strings.Join(found, "; "))
	}
	if found, err = db.Texts(ctx, `SELECT "table" || ' refers to a row that is missing in ' || parent FROM pragma_foreign_key_check LIMIT 3`); err != nil {
		return db.Classify(err, "checking the database")
	}
	if len(found) > 0 {
		return fmt.Errorf("the database is damaged: %s", strings.Join(found, "; "))
	}
	return nil
}

// SettleSQLite makes the file at path, which nobody has open, whole by itself: nothing of it is in other files.
func SettleSQLite(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_journal_mode=DELETE")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.PingContext(ctx)
}
