// Package storetest gives tests a real, empty store.
package storetest

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqlitetest"
	"github.com/pierre-mcp/pierre/internal/store"
)

// A database is one kind of database that the store works on.
type database struct {
	name string
	make func(t testing.TB) opener // makes an empty database
}

// An opener opens one more store on a database, as another program or replica does.
type opener func() (*store.Store, error)

func databases() []database {
	return []database{{"sqlite", makeSQLite}, {"postgres", makePostgres}}
}

// The databases with all tables that those of tests are copied from.
var (
	migrated         pgtest.Template
	migratedInSQLite sqlitetest.Template
)

func makeSQLite(t testing.TB) opener {
	t.Helper()
	path := SQLite(t)
	return func() (*store.Store, error) { return store.OpenSQLite(path) }
}

// OpenSQLite opens the SQLite database at path, which may have been filled by another test, and makes its tables.
func OpenSQLite(t testing.TB, path string) *store.Store {
	t.Helper()
	return opener(func() (*store.Store, error) { return store.OpenSQLite(path) }).open(t)
}

// SQLite returns the path of an empty, migrated SQLite database, for tests that open it themselves.
func SQLite(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pierre.db")
	migratedInSQLite.Copy(t, path, migrate(t, store.OpenSQLite))
	return path
}

func makePostgres(t testing.TB) opener {
	t.Helper()
	url := migrated.URL(t, migrate(t, store.OpenPostgres))
	return func() (*store.Store, error) { return store.OpenPostgres(url) }
}

// migrate returns what makes all tables in a database that is named as open wants it.
func migrate(t testing.TB, open func(name string) (*store.Store, error)) func(name string) error {
	return func(name string) error {
		s, err := open(name)
		if err != nil {
			return err
		}
		_, err = s.Migrate(t.Context())
		return errors.Join(err, s.Close())
	}
}

// Run runs f on an empty, migrated store of each database.
func Run(t *testing.T, f func(t *testing.T, s *store.Store)) {
	for _, d := range databases() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			f(t, d.make(t).open(t))
		})
	}
}

// RunReplicas runs f on stores that share one empty, migrated database, as those of several programs do.
func RunReplicas(t *testing.T, f func(t *testing.T, replicas []*store.Store)) {
	for _, d := range databases() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			o := d.make(t)
			f(t, []*store.Store{o.open(t), o.open(t)})
		})
	}
}

// Replicas returns two stores that share one empty, migrated SQLite database, for tests of what stands above the store.
func Replicas(t testing.TB) []*store.Store {
	t.Helper()
	return ReplicasOn(t, "sqlite")
}

// New returns an empty, migrated SQLite store, for tests of what stands above the store.
func New(t testing.TB) *store.Store {
	t.Helper()
	return makeSQLite(t).open(t)
}

func (o opener) open(t testing.TB) *store.Store {
	t.Helper()
	s, err := o()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// On returns an empty, migrated store of the database with that name: sqlite or postgres.
func On(t testing.TB, name string) *store.Store {
	t.Helper()
	return makeNamed(t, name).open(t)
}

// ReplicasOn returns two stores that share one empty, migrated database of that name: sqlite or postgres.
func ReplicasOn(t testing.TB, name string) []*store.Store {
	t.Helper()
	o := makeNamed(t, name)
	return []*store.Store{o.open(t), o.open(t)}
}

func makeNamed(t testing.TB, name string) opener {
	t.Helper()
	for _, d := range databases() {
		if d.name == name {
			return d.make(t)
		}
	}
	t.Fatalf("there is no database %q", name)
	return nil
}

// Users returns the ids of the users with the addresses, and makes those that are not there yet.
func Users(t testing.TB, s *store.Store, now time.Time, emails ...string) []pierre.UserID {
	t.Helper()
	users := make([]pierre.UserID, len(emails))
	for i, email := range emails {
		u, err := s.EnsureUser(t.Context(), email, now)
		if err != nil {
			t.Fatal(err)
		}
		users[i] = u.ID
	}
	return users
}
