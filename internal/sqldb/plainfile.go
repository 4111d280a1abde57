package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
)

// OpenReading opens a SQLite file that nobody changes, such as one that was built once and is replaced as a whole. Whoever has it
// open goes on reading what it was.
func OpenReading(ctx context.Context, path string) (*sql.DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	return openPlain(ctx, path, url.Values{"mode": {"ro"}, "immutable": {"1"}, "_query_only": {"on"}, "_stmt_cache_size": {"16"}}, runtime.GOMAXPROCS(0))
}

// OpenBuilding makes the SQLite file at path, which must not be there, to be written once by one connection: if that is cut off,
// the file is lost.
func OpenBuilding(ctx context.Context, path string) (*sql.DB, error) {
	if err := makePrivate(path); err != nil {
		return nil, fmt.Errorf("making %s: %w", path, err)
	}
	return openPlain(ctx, path, url.Values{
		"_journal_mode": {"OFF"}, "_synchronous": {"OFF"}, "_locking_mode": {"EXCLUSIVE"}, "_cache_size": {"-32768"}, "_stmt_cache_size": {"16"},
	}, 1)
}

func openPlain(ctx context.Context, path string, options url.Values, connections int) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+options.Encode())
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", path, err), db.Close())
	}
	return db, nil
}
