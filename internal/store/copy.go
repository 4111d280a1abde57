package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/pierre-mcp/pierre/internal/dbcopy"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// Base returns the database without what it means.
func (s *Store) Base() *sqldb.DB { return s.db }

// Copy copies all that is in one database to another, and then compares the two row by row; see [dbcopy.Copy]. Until it is
// finished, [Store.Migrate] keeps other programs from the target.
func Copy(ctx context.Context, from, to *Store, progress func(dbcopy.Progress)) ([]dbcopy.TableSum, error) {
	tables, err := Tables(ctx)
	if err != nil {
		return nil, err
	}
	return dbcopy.Copy(ctx, dbcopy.Source{Reader: from.db, DB: from.db, Name: from.name}, to.db, tables, progress)
}

// NotCopied reports whether a table is about the database itself or about the servers that run on it, or another program's.
func NotCopied(table string) bool {
	return slices.Contains([]string{"goose_db_version", "schema_compatibility", "limiter_epochs", "limiter_replicas", "limiter_running"}, table)
}

// Tables returns the tables of an up-to-date database, those in front that others refer to.
func Tables(ctx context.Context) (tables []*dbcopy.Table, err error) {
	dir, err := os.MkdirTemp("", "pierre-tables-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := OpenSQLite(filepath.Join(dir, fileName))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if _, err := s.Migrate(ctx); err != nil {
		return nil, err
	}
	if tables, err = dbcopy.Tables(ctx, s.db, NotCopied); err != nil {
		return nil, fmt.Errorf("reading what tables there are: %w", err)
	}
	return tables, nil
}
