package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func TestUsers(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		u, err := s.EnsureUser(t.Context(), "ana@example.com", now)
		if err != nil || u.Email != "ana@example.com" || !u.Created.Equal(now) {
			t.Fatalf("EnsureUser = %v, %v", u, err)
		}
		again, err := s.EnsureUser(t.Context(), "ana@example.com", now.Add(time.Hour))
		if err != nil || again != u {
			t.Errorf("EnsureUser again = %v, %v; want %v", again, err, u)
		}
		if _, err := s.UserByEmail(t.Context(), "bob@example.com"); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("UserByEmail(unknown) = %v, want not found", err)
		}
	})
}

func TestReadyNeedsMigrations(t *testing.T) {
	s, err := store.OpenSQLite(filepath.Join(t.TempDir(), "odd ?name#.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Ready(t.Context()); pierre.KindOf(err) != pierre.KindUnavailable {
		t.Errorf("Ready before migrating = %v, want unavailable", err)
	}
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("Ready = %v", err)
	}
}
