// Package storetest gives tests a real, empty store.
package storetest

import (
	"path/filepath"
	"testing"

	"github.com/pierre-mcp/pierre/internal/store"
)

// Run runs f on an empty, migrated store of each database.
func Run(t *testing.T, f func(t *testing.T, s *store.Store)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, New(t))
	})
}

// New returns an empty, migrated SQLite store, for tests of what stands above the store.
func New(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.OpenSQLite(filepath.Join(t.TempDir(), "pierre.db"))
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
