package db_test

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
)

func TestReadyWantsEveryMigration(t *testing.T) {
	d, err := db.Open("", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Ready(t.Context()); pierre.KindOf(err) != pierre.KindUnavailable || !strings.Contains(err.Error(), "migrate") {
		t.Errorf("Ready without tables = %v", err)
	}
	if applied, err := d.Migrate(t.Context()); err != nil || len(applied) == 0 {
		t.Fatalf("Migrate = %v, %v", applied, err)
	}
	if err := d.Ready(t.Context()); err != nil {
		t.Errorf("Ready with all tables = %v", err)
	}
}

// The tables may lie beside the server's, whichever of the two is there first, and both may be migrated at once.
func TestBesideTheServer(t *testing.T) {
	for name, url := range map[string]string{"sqlite": filepath.Join(t.TempDir(), "both.db"), "postgres": pgtest.URL(t)} {
		t.Run(name, func(t *testing.T) {
			server, err := store.Open(url, "")
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			site, err := db.Open(url, "")
			if err != nil {
				t.Fatal(err)
			}
			defer site.Close()
			var wg sync.WaitGroup
			for _, migrate := range []func() error{
				func() error { _, err := server.Migrate(t.Context()); return err },
				func() error { _, err := site.Migrate(t.Context()); return err },
			} {
				wg.Go(func() {
					if err := migrate(); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if err := server.Ready(t.Context()); err != nil {
				t.Error(err)
			}
			if err := site.Ready(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTablesOfANewerProgram(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		exec := func(q string) {
			t.Helper()
			if _, err := d.Writer().ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		exec(`INSERT INTO portal_migrations (version_id, is_applied) VALUES (9000, TRUE)`)
		if applied, err := d.Migrate(t.Context()); err != nil || len(applied) > 0 {
			t.Errorf("Migrate on tables that this program can use = %v, %v", applied, err)
		}
		exec(`UPDATE portal_compatibility SET oldest = 9000`)
		if _, err := d.Migrate(t.Context()); pierre.KindOf(err) != pierre.KindUnavailable || !strings.Contains(err.Error(), "9000") {
			t.Errorf("Migrate on tables that it cannot use = %v", err)
		}
	})
}

func TestOneReplicaHasALease(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		acquire := func(n int, lasts time.Duration) bool {
			t.Helper()
			mine, err := replicas[n].Acquire(t.Context(), "mail", []string{"a", "b"}[n], lasts)
			if err != nil {
				t.Fatal(err)
			}
			return mine
		}
		got := []bool{acquire(0, time.Minute), acquire(1, time.Minute), acquire(0, time.Minute), acquire(1, 0), acquire(0, 0), acquire(1, time.Minute), acquire(0, time.Minute)}
		if want := []bool{true, false, true, false, true, true, false}; !slices.Equal(got, want) {
			t.Errorf("Acquire = %v, want %v", got, want)
		}
	})
}
