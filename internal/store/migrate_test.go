package store_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

// A database of a version that knew no families is brought up to date: what was used stays used.
func TestMigrationFindsFamilies(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pierre.db")
	s, err := store.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	keys := []pierre.APIKey{provisionFor(t, s, "ana"), provisionFor(t, s, "bob")}
	for range 2 {
		next := keys[len(keys)-1]
		next.ID, next.Hash = pierre.NewKeyID(), [32]byte{byte(len(keys))}
		_, _, err := s.RotateAPIKey(t.Context(), parallelAct(), keys[len(keys)-1].ID, func(old *pierre.APIKey) (pierre.APIKey, error) {
			return next, old.Replace(next.ID, time.Hour, parallelDay)
		}, func(pierre.APIKey) ([]byte, error) { return nil, nil })
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, next)
	}
	for _, k := range keys {
		record(t, s, storedCall(k.ID, "", monthEnd)) // as before there were families
	}
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{
		`DROP INDEX api_keys_by_family`, `ALTER TABLE api_keys DROP COLUMN family_id`, `DROP TABLE quota_counters`, `DROP TABLE refused_calls`, `DROP TABLE job_leases`,
		`CREATE TABLE quota_counters (key_id TEXT, period TEXT, window_start_us BIGINT, used BIGINT)`,
		`DELETE FROM goose_db_version WHERE version_id > 6`,
	} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n, family := range []int{0, 1, 1, 1} {
		k, err := s.APIKey(t.Context(), keys[n].ID)
		if err != nil || k.Family != keys[family].ID {
			t.Errorf("key %d is of the family %q, %v; want %q", n, k.Family, err, keys[family].ID)
		}
	}
	if n := used(t, s, keys[1].ID, pierre.PeriodDay, monthEnd); n != 3 {
		t.Errorf("%d calls are used, want those of the rotated key and its successors", n)
	}
}
