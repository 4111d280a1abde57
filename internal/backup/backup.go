// Package backup makes backups of a program's database and secrets, checks them, and restores them into an empty place. A
// backup is one zip archive, whatever the database: a manifest, a SQLite file with all tables, the calls that the database did
// not have yet, and the secrets, encrypted with age. It is made while the program serves, appears under its name only when it
// is whole, and can be restored to SQLite and to PostgreSQL.
//
// What is in the tables is its callers'; package dbcopy copies and compares them, package keyring knows the secrets.
package backup

import (
	"context"
	"io"

	"github.com/pierre-mcp/pierre/internal/dbcopy"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// A Program is what has backups.
type Program struct {
	Name  string                                     // such as pierre-mcp-server
	Open  func(databaseURL string) (Database, error) // makes a SQLite file that is missing
	Leave func(table string) bool                    // whether a table is not the program's data

	// Sealed tries the secrets, as they were exported, on what the database keeps sealed, and returns how many rows they open and
	// how many they do not. It changes nothing. nil: it is not tried.
	Sealed func(ctx context.Context, from Database, secrets []byte) (opened, unreadable int, err error)

	// Calls writes what is recorded beside a SQLite database, at path, and not in it yet; Replay brings it to a database. Both
	// are nil if the program records nothing there.
	Calls  func(w io.Writer, path string) (calls int, err error)
	Replay func(ctx context.Context, r io.Reader, into Database) (calls, refused int, err error)
}

// A Database is a program's.
type Database interface {
	Base() *sqldb.DB
	// MigrateForCopy brings the tables up to date and returns the names of the migrations it applied.
	MigrateForCopy(ctx context.Context) ([]string, error)
	// SchemaVersion returns which version the tables have, and the newest that the program knows.
	SchemaVersion(ctx context.Context) (version, newest int64, err error)
	// NewestSchema returns the latter, also where there are no tables yet.
	NewestSchema() int64
	Close() error
}

// A Progress says how far a step is.
type Progress struct {
	Step  string // such as "copying calls"
	Done  int64
	Total int64 // 0: not known
}

// Options are what a backup, a check or a restoration can do without.
type Options struct {
	Progress func(Progress) // nil: nobody wants to know
	TempDir  string         // for a check: where the database is unpacked; "": the system's folder
}

func (o Options) report(p Progress) {
	if o.Progress != nil {
		o.Progress(p)
	}
}

func (o Options) copying(p dbcopy.Progress) {
	verb := "copying "
	if p.Checking {
		verb = "comparing "
	}
	o.report(Progress{verb + p.Table, p.Rows, p.Total})
}
