package store

import (
	"crypto/sha256"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A database of a version that knew no families is brought up to date: what was used stays used.
func TestMigrationFindsFamilies(t *testing.T) {
	s, now := openTest(t, filepath.Join(t.TempDir(), "pierre.db")), time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	act, none := pierre.Act{Person: "test", At: now}, func(pierre.APIKey) ([]byte, error) { return nil, nil }
	var keys []pierre.KeyID
	for _, name := range []string{"ana", "bob"} {
		k := pierre.APIKey{ID: pierre.NewKeyID(), Email: name + "@example.com", Tier: pierre.TierStarter, Hash: sha256.Sum256([]byte(name))}
		if _, _, err := s.ProvisionAPIKey(t.Context(), act, k, none); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k.ID)
	}
	for n := range 2 { // bob's is rotated twice
		id := pierre.NewKeyID()
		_, _, err := s.RotateAPIKey(t.Context(), act, keys[len(keys)-1], func(old *pierre.APIKey) (pierre.APIKey, error) {
			next := *old
			next.ID, next.Hash = id, [32]byte{byte(n)}
			return next, old.Replace(id, time.Hour, now)
		}, none)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, id)
	}
	for _, k := range keys {
		if err := s.RecordCalls(t.Context(), []pierre.Call{{ID: pierre.NewCallID(), KeyID: k, Status: pierre.CallSucceeded, Started: now}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.schema.Provider().DownTo(t.Context(), 6); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n, family := range []int{0, 1, 1, 1} {
		k, err := s.APIKey(t.Context(), keys[n])
		if err != nil || k.Family != keys[family] {
			t.Errorf("key %d is of the family %q, %v; want %q", n, k.Family, err, keys[family])
		}
	}
	start, _ := pierre.PeriodDay.Window(now)
	if n, err := s.QuotaUsed(t.Context(), "key:"+string(keys[1]), pierre.PeriodDay, start, nil); n != 3 || err != nil {
		t.Errorf("%d calls are used, %v; want those of the rotated key and its successors", n, err)
	}
}

// From 12 on a migration has a file of the same name for each database; PostgreSQL begins with the tables of the first eleven.
func TestMigrationsAreForBothDatabases(t *testing.T) {
	files := func(database string) (names []string) {
		entries, err := migrations.ReadDir("migrations/" + database)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Name() >= "00012" {
				names = append(names, e.Name())
			}
		}
		return names
	}
	if lite, pg := files("sqlite"), files("postgres"); !slices.Equal(lite, pg) {
		t.Errorf("the migrations from 12 on are\n%q for SQLite,\n%q for PostgreSQL", lite, pg)
	}
}

// A server of the version before reads roll-ups and then writes them, in one transaction, while a new one brings the database up to date.
func TestIndexesAreReplacedBesideAServer(t *testing.T) {
	url := pgtest.URL(t)
	old, fresh := openURL(t, url), openURL(t, url)
	if _, err := old.schema.Provider().UpTo(t.Context(), 64); err != nil {
		t.Fatal(err)
	}
	server, err := old.write.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Rollback()
	if _, err := server.ExecContext(t.Context(), `SELECT count(*) FROM usage_rollups`); err != nil {
		t.Fatal(err)
	}
	migrated := make(chan error, 1)
	go func() {
		_, err := fresh.Migrate(t.Context())
		migrated <- err
	}()
	for deadline, waits := time.Now().Add(time.Minute), int64(0); waits == 0; {
		if waits, err = Number(t.Context(), old, `SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'usage_rollups'::regclass`); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("the migration does not wait for the server")
		}
	}
	if _, err := server.ExecContext(t.Context(), `DELETE FROM usage_rollups WHERE key_id = 'none'`); err != nil {
		t.Error("the server:", err)
	}
	if err := errors.Join(server.Commit(), <-migrated); err != nil {
		t.Error(err)
	}
	n, err := Number(t.Context(), old, `SELECT count(*) FROM pg_indexes WHERE indexname IN ('usage_rollups_days_by_customer', 'usage_rollups_by_customer')`)
	if n != 1 || err != nil {
		t.Errorf("%d of the indexes, %v; want the new one only", n, err)
	}
}

func openURL(t *testing.T, url string) *Store {
	t.Helper()
	s, err := OpenPostgres(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
