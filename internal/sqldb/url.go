package sqldb

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Open opens the database that databaseURL names, or the SQLite file at fallback if it names none:
//
//	sqlite:PATH, sqlite://PATH   a SQLite file; percent-encoding is decoded
//	PATH                         the same, as it is
//	postgresql://…, postgres://… a PostgreSQL database, see [OpenPostgres]
//
// The file and its folder are made if missing. A URL of another database is a [pierre.KindInvalid]
// error that does not repeat it, because it may hold a password.
func Open(databaseURL, fallback string) (*DB, error) {
	path, err := Path(databaseURL, fallback)
	if err != nil {
		return nil, err
	}
	if path == "" {
		return OpenPostgres(databaseURL)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the database's folder: %w", err)
	}
	if err := makePrivate(path); err != nil {
		return nil, fmt.Errorf("making the database file: %w", err)
	}
	return OpenSQLite(path)
}

// Path returns the path of the file that [Open] opens, or "" if that is no file but a PostgreSQL database. It makes nothing.
func Path(databaseURL, fallback string) (string, error) {
	if isPostgres(databaseURL) {
		_, err := postgresConfig(databaseURL)
		return "", err
	}
	path, err := sqlitePath(databaseURL)
	if path == "" && err == nil {
		path = fallback
	}
	return path, err
}

// makePrivate makes a missing file that only its owner can read; SQLite gives the files beside it the same mode.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// A scheme of one letter is a drive of Windows.
var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]+:`)

// sqlitePath returns the path of the file, "" for the default one.
func sqlitePath(databaseURL string) (string, error) {
	if databaseURL == "" {
		return "", nil
	}
	path := databaseURL
	if s := scheme.FindString(databaseURL); s != "" {
		if !strings.EqualFold(s, "sqlite:") {
			return "", otherDatabase(strings.ToLower(s))
		}
		path = strings.TrimPrefix(databaseURL[len(s):], "//")
		// The options that other programs' URLs carry are what we do anyway.
		path = strings.TrimSuffix(path, "?mode=rwc")
		var err error
		if path, err = url.PathUnescape(path); err != nil || strings.Contains(path, "?") {
			return "", pierre.Invalid("database-url", "--database-url takes sqlite:PATH without options; write a %% in the path as %%25 and a ? as a plain PATH.")
		}
	}
	if path == "" || strings.Contains(path, ":memory:") {
		return "", pierre.Invalid("database-url", "--database-url must name a file, as in sqlite:/var/lib/pierre/pierre.db; data in memory would be lost.")
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() || strings.HasSuffix(path, "/") {
		return "", pierre.Invalid("database-url", "--database-url names the folder %s; name a file in it, or use --data-dir.", path)
	}
	return path, nil
}

func otherDatabase(scheme string) error {
	return pierre.Invalid("database-url", "--database-url knows no %q; give sqlite:PATH or postgresql://…, or leave it out for a file in the data folder.", scheme)
}
