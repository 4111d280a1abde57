package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Migrate brings the schema up to date and returns the names of the migrations it applied.
// Programs may do so at the same time. A schema of a newer version stays as it is; if this program cannot work with it,
// that is [pierre.KindUnavailable].
func (s *Store) Migrate(ctx context.Context) ([]string, error) {
	applied, err := s.MigrateForCopy(ctx)
	if err != nil {
		return applied, err
	}
	source, err := s.unfinishedCopy(ctx)
	if err == nil && source != "" {
		err = &pierre.Error{Kind: pierre.KindConflict, Msg: "The database is an unfinished copy of " + source + ": finish it with copy-database."}
	}
	if err != nil {
		return applied, err
	}
	return applied, s.chainOld(ctx)
}

// MigrateForCopy is Migrate for a database that a copy is made to, where one may have begun.
func (s *Store) MigrateForCopy(ctx context.Context) ([]string, error) {
	p, applied, deadline := s.migrator, []string{}, time.Now().Add(openWait)
	for {
		before, newest, err := p.GetVersions(ctx)
		if s.d.busy(err) && time.Now().Before(deadline) && pause(ctx, slowTry) {
			continue
		}
		if err != nil {
			return applied, s.classify(err, "reading the schema's version")
		}
		if before > newest {
			return applied, s.classify(s.compatible(ctx, before, newest), "reading which programs can work with the database")
		}
		results, err := p.Up(ctx)
		if partial, ok := errors.AsType[*goose.PartialError](err); ok {
			results = partial.Applied
		}
		for _, r := range results {
			applied = append(applied, r.Source.Path)
		}
		if err == nil {
			return applied, s.PreparePartitions(ctx, time.Now())
		}
		// goose locks nothing on SQLite: another program may have been faster with a migration. Then go on from there.
		if after, verr := p.GetDBVersion(ctx); (verr != nil || after <= before) && !(s.d.busy(err) && time.Now().Before(deadline)) {
			return applied, s.classify(err, "migrating the database")
		}
		pause(ctx, slowTry)
	}
}

// slowTry makes pause wait long: another program is at work, or the database is not there.
const slowTry = 10

// compatible reports an error if a program that knows the tables up to version newest cannot work with those of version.
func (s *Store) compatible(ctx context.Context, version, newest int64) error {
	var oldest int64
	if err := s.row(ctx, `SELECT MAX(oldest) FROM schema_compatibility`).Scan(&oldest); err != nil {
		return err
	}
	if newest >= oldest {
		return nil
	}
	return &pierre.Error{
		Kind: pierre.KindUnavailable,
		Msg: fmt.Sprintf("The database was brought to version %d by a newer Pierre, which programs before version %d cannot use, and this one knows %d: "+
			"install the newer one again, or restore the backup from before.", version, oldest, newest),
	}
}
