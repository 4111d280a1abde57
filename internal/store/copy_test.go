package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/dbcopy"
	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

var migratedPostgres pgtest.Template

func migratedPostgresURL(t *testing.T) string {
	t.Helper()
	return migratedPostgres.URL(t, func(url string) error {
		s, err := OpenPostgres(url)
		if err != nil {
			return err
		}
		_, err = s.Migrate(t.Context())
		return errors.Join(err, s.Close())
	})
}

func openPostgresTest(t *testing.T) *Store {
	t.Helper()
	s, err := OpenPostgres(migratedPostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// Both databases have the same tables and columns, in whatever order, but for those that tell which servers share PostgreSQL:
// their rows are about running programs and are not copied.
func TestTheTablesOfBothDatabasesAreTheSame(t *testing.T) {
	tables, err := Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var lite []string
	for _, table := range tables {
		for _, column := range table.Columns {
			lite = append(lite, table.Name+"."+column)
		}
	}
	pg, err := openPostgresTest(t).db.Texts(t.Context(), `SELECT table_name || '.' || column_name FROM information_schema.columns c
		WHERE table_schema = 'public' AND EXISTS (SELECT 1 FROM pg_class p WHERE p.relname = c.table_name AND p.relkind IN ('r', 'p') AND NOT p.relispartition)`)
	if err != nil {
		t.Fatal(err)
	}
	pg = slices.DeleteFunc(pg, func(name string) bool {
		return strings.HasPrefix(name, "goose_") || strings.HasPrefix(name, "schema_compatibility.") || strings.HasPrefix(name, "limiter_")
	})
	slices.Sort(lite)
	slices.Sort(pg)
	if !slices.Equal(lite, pg) {
		t.Errorf("SQLite has\n%v\nPostgreSQL has\n%v", lite, pg)
	}
}

// fillForCopy gives the database rows of many tables: enough calls for several batches, a rotated key, a recording with all its characters.
func fillForCopy(t *testing.T, s *Store) {
	t.Helper()
	now := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	act, none := pierre.Act{Person: "test", At: now}, func(pierre.APIKey) ([]byte, error) { return nil, nil }
	k := pierre.APIKey{ID: pierre.NewKeyID(), Email: "ana@example.com", Name: "Ana’s “key”", Tier: pierre.TierStarter, Hash: sha256.Sum256([]byte("ana"))}
	if _, _, err := s.ProvisionAPIKey(t.Context(), act, k, none); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		id := pierre.NewKeyID()
		_, _, err := s.RotateAPIKey(t.Context(), act, k.ID, func(old *pierre.APIKey) (pierre.APIKey, error) {
			next := *old
			next.ID, next.Hash = id, [32]byte{byte(n)}
			return next, old.Replace(id, time.Hour, now)
		}, none)
		if err != nil {
			t.Fatal(err)
		}
		k.ID = id
	}
	var calls []pierre.Call
	for n := range 3*dbcopy.BatchRows + 7 {
		calls = append(calls, pierre.Call{
			ID: pierre.NewCallID(), KeyID: k.ID, UserID: "user_x", Tool: "get_stats", Status: pierre.CallSucceeded,
			Started: now.Add(time.Duration(n) * time.Second), Country: "ZZ",
			Buckets: []pierre.Bucket{{ID: "key:" + string(k.ID), Policy: "key-month", Limit: pierre.Limit{Requests: 1 << 40, Period: pierre.PeriodMonth}}},
		})
	}
	if err := s.RecordCalls(t.Context(), calls); err != nil {
		t.Fatal(err)
	}
	user, err := s.UserByEmail(t.Context(), "ana@example.com")
	if err != nil {
		t.Fatal(err)
	}
	weighed := pierre.Profile{WeightKg: new(61.3), Updated: now}
	if err := s.ImportProfile(t.Context(), user.ID, weighed); err != nil {
		t.Fatal(err)
	}
	if _, err := s.UpdateProfile(t.Context(), user.ID, now, func(p *pierre.ProfileRecord) error { p.FTPWatts = new(251.0); return nil }); err != nil {
		t.Fatal(err)
	}
	heart := []float64{120, 121.5, 123}
	_, err = s.ImportRecording(t.Context(), user.ID, pierre.Source{Provider: "file", Format: "fit", File: "Überlauf 🏃.fit", SHA256: [32]byte{1, 0, 255}, Imported: now},
		pierre.Recording{
			Activity: pierre.Activity{Sport: "run", Name: "日本 – Müggelsee", Device: "odd\x00\xff", Start: now, Totals: pierre.Totals{DurationSeconds: &heart[0], DistanceMeters: &heart[1]}},
			Laps:     []pierre.Lap{{}},
		})
	if err != nil {
		t.Fatal(err)
	}
}

func copyAll(ctx context.Context, from, to *Store) ([]dbcopy.TableSum, error) {
	return Copy(ctx, from, to, func(dbcopy.Progress) {})
}

func TestCopyGoesThereAndBack(t *testing.T) {
	first, second, third := openTest(t, filepath.Join(t.TempDir(), "a.db")), openPostgresTest(t), openTest(t, filepath.Join(t.TempDir(), "b.db"))
	fillForCopy(t, first)
	there, err := copyAll(t.Context(), first, second)
	if err != nil {
		t.Fatal(err)
	}
	back, err := copyAll(t.Context(), second, third)
	if err != nil || !slices.Equal(there, back) {
		t.Errorf("the copy of the copy has %v, %v; want %v", back, err, there)
	}
	rows := map[string]int64{}
	for _, table := range there {
		rows[table.Table] = table.Rows
	}
	if rows["calls"] != 3*dbcopy.BatchRows+7 || rows["api_keys"] != 4 || rows["activity_sources"] != 1 || rows["profile_values"] != 2 || rows["tiers"] != 4 {
		t.Errorf("copied %v", rows)
	}
	for _, s := range []*Store{second, third} { // the copies go on where the first would
		if _, err := s.Migrate(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := s.EnsureUser(t.Context(), "bob@example.com", time.Now()); err != nil {
			t.Error(err)
		}
		before, err := s.AuditLog(t.Context(), pierre.AuditQuery{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.CreateAdminToken(t.Context(), pierre.Act{Person: "test", At: time.Now()}, pierre.AdminToken{ID: pierre.NewAdminTokenID(), Created: time.Now()}); err != nil {
			t.Error(err)
		}
		if after, err := s.AuditLog(t.Context(), pierre.AuditQuery{Limit: 1}); err != nil || after.Entries[0].Seq <= before.Entries[0].Seq {
			t.Errorf("the next entry of the audit log has the number %d after %d, %v", after.Entries[0].Seq, before.Entries[0].Seq, err)
		}
	}
	if _, err := copyAll(t.Context(), first, second); pierre.KindOf(err) != pierre.KindConflict || !strings.Contains(err.Error(), "holds data already") {
		t.Errorf("a copy to a database that holds data: %v, want a refusal", err)
	}
}

// Two names of one database do not make it lose what a new one holds.
func TestACopyOntoItselfIsRefused(t *testing.T) {
	url := migratedPostgresURL(t)
	first, err := OpenPostgres(url)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := OpenPostgres(strings.Replace(url, "127.0.0.1", "localhost", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if _, err := copyAll(t.Context(), first, second); pierre.KindOf(err) != pierre.KindConflict || !strings.Contains(err.Error(), "the same database") {
		t.Errorf("a copy of a database to itself: %v, want a refusal", err)
	}
	if tiers, err := first.Tiers(t.Context()); err != nil || len(tiers) == 0 {
		t.Errorf("then it has %d tiers, %v", len(tiers), err)
	}
	if _, err := first.Migrate(t.Context()); err != nil {
		t.Errorf("then it is an unfinished copy: %v", err)
	}
}

// A copy that ends anywhere goes on from there, and until it is whole nobody else gets the target.
func TestACopyGoesOnWhereItEnded(t *testing.T) {
	from, to := openTest(t, filepath.Join(t.TempDir(), "a.db")), openPostgresTest(t)
	fillForCopy(t, from)
	other := openTest(t, filepath.Join(t.TempDir(), "b.db"))
	tables, err := Tables(t.Context()) // which takes longer than a step
	if err != nil {
		t.Fatal(err)
	}
	begin := func(ctx context.Context, from *Store, progress func(dbcopy.Progress)) error {
		_, err := dbcopy.Copy(ctx, dbcopy.Source{Reader: from.db, DB: from.db, Name: from.name}, to.db, tables, progress)
		return err
	}
	for stopAt := 1; ; stopAt++ {
		ctx, cancel := context.WithCancel(t.Context())
		step := 0
		err := begin(ctx, from, func(dbcopy.Progress) {
			if step++; step == stopAt {
				cancel()
			}
		})
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("ended at step %d: %v", stopAt, err)
		}
		if _, err := to.Migrate(t.Context()); pierre.KindOf(err) != pierre.KindConflict || !strings.Contains(err.Error(), "unfinished copy of sqlite:") {
			t.Fatalf("Migrate of half a copy: %v, want a refusal", err)
		}
		if err := begin(t.Context(), other, func(dbcopy.Progress) {}); pierre.KindOf(err) != pierre.KindConflict {
			t.Fatalf("a copy of another database to the half: %v, want a refusal", err)
		}
	}
	if _, err := to.Migrate(t.Context()); err != nil {
		t.Error(err)
	}
}

// What differs after the copy is named.
func TestACopyFindsDifferences(t *testing.T) {
	for _, change := range []string{
		`UPDATE api_keys SET name = 'other' WHERE replaced_by IS NULL`,
		`DELETE FROM calls WHERE started_us = (SELECT MAX(started_us) FROM calls)`,
		`UPDATE activity_sources SET laps = laps || ' '`,
	} {
		from, to := openTest(t, filepath.Join(t.TempDir(), "a.db")), openPostgresTest(t)
		fillForCopy(t, from)
		changed := false
		_, err := Copy(t.Context(), from, to, func(p dbcopy.Progress) {
			if p.Checking && !changed {
				changed = true
				if _, err := to.write.ExecContext(t.Context(), change); err != nil {
					t.Error(err)
				}
			}
		})
		table := strings.Fields(strings.NewReplacer("UPDATE ", "", "DELETE FROM ", "").Replace(change))[0]
		if pierre.KindOf(err) != pierre.KindConflict || !strings.Contains(fmt.Sprint(err), "differ in "+table) {
			t.Errorf("after %s: %v, want a difference in %s", change, err, table)
		}
	}
}
