// Package dbtest gives tests a real, empty database of the admin site.
package dbtest

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/sqlitetest"
	"github.com/pierre-mcp/pierre/portal/db"
)

// A database is one kind of database that the site works on.
type database struct {
	name string
	make func(t testing.TB) (url string) // makes an empty, migrated database
}

func databases() []database {
	return []database{{"sqlite", sqlite}, {"postgres", postgres}}
}

// The databases with all tables that those of tests are copied from.
var (
	migrated         pgtest.Template
	migratedInSQLite sqlitetest.Template
)

func sqlite(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "admin.db")
	migratedInSQLite.Copy(t, path, func(path string) error { return migrate(t, path) })
	return path
}

func postgres(t testing.TB) string {
	t.Helper()
	return migrated.URL(t, func(url string) error { return migrate(t, url) })
}

func migrate(t testing.TB, url string) error {
	d, err := db.Open(url, "")
	if err != nil {
		return err
	}
	_, err = d.Migrate(t.Context())
	return errors.Join(err, d.Close())
}

// Run runs f on an empty, migrated database of each kind.
func Run(t *testing.T, f func(t *testing.T, d *db.DB)) {
	RunReplicas(t, func(t *testing.T, replicas []*db.DB) { f(t, replicas[0]) })
}

// RunReplicas runs f with one empty, migrated database of each kind, opened twice, as by two programs that share it.
func RunReplicas(t *testing.T, f func(t *testing.T, replicas []*db.DB)) {
	for _, kind := range databases() {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			url := kind.make(t)
			f(t, []*db.DB{Open(t, url), Open(t, url)})
		})
	}
}

// New returns an empty, migrated SQLite database, for tests of what stands above the database.
func New(t testing.TB) *db.DB {
	t.Helper()
	return Open(t, sqlite(t))
}

// Open opens the database that url names, and brings it up to date.
func Open(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.Open(url, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}
