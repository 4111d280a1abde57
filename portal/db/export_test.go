package db

import "context"

// MigrateTo brings the tables of an empty database to a version.
func (db *DB) MigrateTo(ctx context.Context, version int64) error {
	_, err := db.schema.Provider().UpTo(ctx, version)
	return err
}
