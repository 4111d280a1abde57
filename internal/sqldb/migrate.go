package sqldb

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// Migrations bring the tables of a database up to date. Which of them were applied is kept in a table of their own, so
// that several programs may have tables in one database, each with a history of its own.
type Migrations struct {
	db       *DB
	provider *goose.Provider
	versions database.Store // of the migrations that were applied
}

// Migrations returns the migrations of the files NUMBER_name.sql, in goose's form, in the folder that has the database's
// name: sqlite or postgres. table is where it is kept which of them were applied.
func (db *DB) Migrations(files fs.FS, table string) (*Migrations, error) {
	folder := "sqlite"
	if db.Postgres() {
		folder = "postgres"
	}
	dir, err := fs.Sub(files, folder)
	if err != nil {
		return nil, err
	}
	m := &Migrations{db: db}
	if m.versions, err = database.NewStore(db.d.goose, table); err != nil {
		return nil, err
	}
	options := append([]goose.ProviderOption{goose.WithTableName(table)}, db.d.migrating...)
	if m.provider, err = goose.NewProvider(db.d.goose, db.write, dir, options...); err != nil {
		return nil, err
	}
	return m, nil
}

// Provider returns goose's view of the migrations, for tests of single ones.
func (m *Migrations) Provider() *goose.Provider { return m.provider }

// Newest returns the version that the tables have once all migrations are applied.
func (m *Migrations) Newest() int64 {
	sources := m.provider.ListSources()
	return sources[len(sources)-1].Version
}

// Version returns the version of the tables. It asks on a reading connection.
func (m *Migrations) Version(ctx context.Context) (int64, error) {
	return m.versions.GetLatestVersion(ctx, m.db.read)
}

// Up applies the migrations that are missing and returns their names. Programs may do so at the same time. If the tables
// are newer than the newest migration, it returns what newer returns.
func (m *Migrations) Up(ctx context.Context, newer func(ctx context.Context, version, newest int64) error) ([]string, error) {
	p, applied, deadline := m.provider, []string{}, time.Now().Add(openWait)
	for {
		before, newest, err := p.GetVersions(ctx)
		if m.db.d.busy(err) && time.Now().Before(deadline) && pause(ctx, slowTry) {
			continue
		}
		if err != nil {
			return applied, m.db.Classify(err, "reading the schema's version")
		}
		if before > newest {
			return applied, m.db.Classify(newer(ctx, before, newest), "reading which programs can work with the database")
		}
		if pending, err := p.HasPending(ctx); err == nil && !pending { // at most starts, and the lock costs commits
			return applied, nil
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
		if after, verr := p.GetDBVersion(ctx); (verr != nil || after <= before) && !(m.db.d.busy(err) && time.Now().Before(deadline)) {
			return applied, m.db.Classify(err, "migrating the database")
		}
		pause(ctx, slowTry)
	}
}

// slowTry makes pause wait long: another program is at work, or the database is not there.
const slowTry = 10
