package sqldb

import (
	"context"
	"fmt"
	"io"
)

// A Database can be brought up to date.
type Database interface {
	// Migrate returns the names of the migrations that it applied.
	Migrate(ctx context.Context) ([]string, error)
}

// RunMigrate is what the command migrate of a program does: it brings a database up to date and tells out what it applied.
func RunMigrate(ctx context.Context, db Database, out io.Writer) error {
	applied, err := db.Migrate(ctx)
	if err != nil {
		return err
	}
	for _, name := range applied {
		if _, err := fmt.Fprintln(out, "applied", name); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(out, "the database is up to date")
	return err
}
