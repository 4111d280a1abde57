// Package db keeps what is the admin site's own, on SQLite or PostgreSQL: each query once, the tables' names begin with
// portal_ because they may lie beside the server's. Changes are methods that run in a transaction of their own, or that
// take one where several must be made together; see [DB.Update].
//
// Migrations of one release are applied in the order of their numbers. Once released, a file is never changed, and the
// next one has a higher number than all before it.
package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/dbcopy"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

const (
	fileName     = "admin.db" // in the data folder
	historyTable = "portal_migrations"
)

// A DB is the site's database. It is safe for concurrent use. Its methods of [sqldb.DB] run queries and transactions.
type DB struct {
	*sqldb.DB

	schema *sqldb.Migrations
}

// Tx is a transaction of the site's database.
type Tx = sqldb.Tx

// Open opens the database that databaseURL names, or admin.db in the data folder if it names none; see [sqldb.Open].
func Open(databaseURL, dataDir string) (*DB, error) {
	base, err := sqldb.Open(databaseURL, filepath.Join(dataDir, fileName))
	if err != nil {
		return nil, err
	}
	db := &DB{DB: base}
	dir, err := fs.Sub(migrations, "migrations")
	if err == nil {
		db.schema, err = base.Migrations(dir, historyTable)
	}
	if err != nil {
		return nil, errors.Join(err, base.Close())
	}
	return db, nil
}

// Path returns the path of the file that [Open] opens, or "" if that is no file but a PostgreSQL database. It makes nothing.
func Path(databaseURL, dataDir string) (string, error) {
	return sqldb.Path(databaseURL, filepath.Join(dataDir, fileName))
}

// Migrate brings the tables up to date and returns the names of the migrations it applied. Programs may do so at the same
// time. Tables of a newer version stay as they are; if this program cannot work with them, that is
// [pierre.KindUnavailable].
func (db *DB) Migrate(ctx context.Context) ([]string, error) {
	applied, err := db.MigrateForCopy(ctx)
	if err != nil {
		return applied, err
	}
	source, err := dbcopy.Unfinished(ctx, db.DB)
	if err == nil && source != "" {
		err = &pierre.Error{Kind: pierre.KindConflict, Msg: "The database is an unfinished copy of " + source + ": restore it again."}
	}
	return applied, err
}

// MigrateForCopy is Migrate for a database that a backup is restored to, where that may have begun.
func (db *DB) MigrateForCopy(ctx context.Context) ([]string, error) {
	return db.schema.Up(ctx, db.compatible)
}

// compatible reports an error if a program that knows the tables up to version newest cannot work with those of version.
func (db *DB) compatible(ctx context.Context, version, newest int64) error {
	var oldest int64
	if err := db.Row(ctx, `SELECT MAX(oldest) FROM portal_compatibility`).Scan(&oldest); err != nil {
		return err
	}
	if newest >= oldest {
		return nil
	}
	return &pierre.Error{
		Kind: pierre.KindUnavailable,
		Msg: fmt.Sprintf("The database was brought to version %d by a newer pierre-admin-service, which programs before version %d cannot use, and this one knows %d: "+
			"install the newer one again, or restore the backup from before.", version, oldest, newest),
	}
}

const readyWait = 2 * time.Second // how long Ready may take

// Ready reports whether the database answers and has every migration.
func (db *DB) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	version, err := db.schema.Version(ctx)
	switch {
	case err != nil && (ctx.Err() != nil || db.Busy(err)):
		return db.Classify(err, "reading the schema's version")
	case err != nil || version < db.schema.Newest():
		return &pierre.Error{Kind: pierre.KindUnavailable, Err: err, Msg: "The database needs migrations: run pierre-admin-service migrate."}
	}
	return nil
}

// Acquire gives owner the lease of a background job for so long, by the clock of the database, and reports whether it has it: it had it
// before, or nobody has it now.
func (db *DB) Acquire(ctx context.Context, job, owner string, lasts time.Duration) (bool, error) {
	var mine bool
	err := db.Apply(ctx, "taking the lease of "+job, func(t *Tx) error {
		now, err := t.Clock(ctx)
		if err != nil {
			return err
		}
		n, err := t.Change(ctx, `INSERT INTO portal_leases (job, owner, until_us) VALUES ($1, $2, $3)
			ON CONFLICT (job) DO UPDATE SET owner = excluded.owner, until_us = excluded.until_us
			WHERE portal_leases.owner = excluded.owner OR portal_leases.until_us <= $4`,
			job, owner, now.Add(lasts).UnixMicro(), now.UnixMicro())
		mine = n > 0
		return err
	})
	return mine, err
}

// Renew lets all leases that owner has last so long from now on.
func (db *DB) Renew(ctx context.Context, owner string, lasts time.Duration) error {
	return db.Apply(ctx, "renewing leases", func(t *Tx) error {
		now, err := t.Clock(ctx)
		if err != nil {
			return err
		}
		_, err = t.Change(ctx, `UPDATE portal_leases SET until_us = $2 WHERE owner = $1`, owner, now.Add(lasts).UnixMicro())
		return err
	})
}

// Free ends the leases of owners that are gone.
func (db *DB) Free(ctx context.Context, gone func(owner string) bool) error {
	return db.Apply(ctx, "ending leases", func(t *Tx) error {
		rows, err := t.Query(ctx, `SELECT job, owner FROM portal_leases`)
		if err != nil {
			return err
		}
		defer rows.Close()
		held := map[string]string{}
		for rows.Next() {
			var job, owner string
			if err := rows.Scan(&job, &owner); err != nil {
				return err
			}
			held[job] = owner
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for job, owner := range held {
			if !gone(owner) {
				continue
			}
			if _, err := t.Change(ctx, `DELETE FROM portal_leases WHERE job = $1 AND owner = $2`, job, owner); err != nil {
				return err
			}
		}
		return nil
	})
}

// SchemaVersion returns which version the tables have, and the newest that this program knows.
func (db *DB) SchemaVersion(ctx context.Context) (version, newest int64, err error) {
	version, err = db.schema.Version(ctx)
	return version, db.NewestSchema(), db.Classify(err, "reading the schema's version")
}

// NewestSchema returns the newest version of the tables that this program knows.
func (db *DB) NewestSchema() int64 { return db.schema.Newest() }

// Base returns the database without what it means.
func (db *DB) Base() *sqldb.DB { return db.DB }

// NotCopied reports whether a table is about the database itself, or the server's.
func NotCopied(table string) bool {
	return !strings.HasPrefix(table, "portal_") || table == historyTable || table == "portal_compatibility" || table == "portal_leases"
}
