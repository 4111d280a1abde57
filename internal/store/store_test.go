package store_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func TestUsers(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Now()
		u, err := s.EnsureUser(t.Context(), "ana@example.com", now)
		if err != nil || u.Email != "ana@example.com" {
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

// An older program works on the tables of a newer one, until they lack what it uses.
func TestMigrateRefusesADatabaseThatIsTooNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pierre.db")
	open := func() *store.Store {
		s, err := store.OpenSQLite(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	if _, err := open().Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, step := range []struct {
		change  string
		refused bool
	}{
		{`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`, false},
		{`UPDATE schema_compatibility SET oldest = 99999`, true},
	} {
		if _, err := db.ExecContext(t.Context(), step.change); err != nil {
			t.Fatal(err)
		}
		s := open()
		_, err := s.Migrate(t.Context())
		for what, err := range map[string]error{"Migrate": err, "Ready": s.Ready(t.Context())} {
			if step.refused != (pierre.KindOf(err) == pierre.KindUnavailable && strings.Contains(err.Error(), "newer")) || !step.refused && err != nil {
				t.Errorf("after %s: %s = %v, want a refusal: %v", step.change, what, err, step.refused)
			}
		}
	}
}
