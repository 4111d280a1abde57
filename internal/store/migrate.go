package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/dbcopy"
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
	source, err := dbcopy.Unfinished(ctx, s.db)
	if err == nil && source != "" {
		err = &pierre.Error{Kind: pierre.KindConflict, Msg: "The database is an unfinished copy of " + source + ": give the command that made it, copy-database or restore, again."}
	}
	if err != nil {
		return applied, err
	}
	return applied, s.chainOld(ctx)
}

// MigrateForCopy is Migrate for a database that a copy is made to, where one may have begun.
func (s *Store) MigrateForCopy(ctx context.Context) ([]string, error) {
	newer := false
	applied, err := s.schema.Up(ctx, func(ctx context.Context, version, newest int64) error {
		newer = true
		return s.compatible(ctx, version, newest)
	})
	if err != nil || newer {
		return applied, err
	}
	return applied, s.PreparePartitions(ctx, time.Now())
}

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
