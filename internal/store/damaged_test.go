package store_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// Whatever byte of what waits is changed, reports, quotas and folding go on, the row is put aside, and reconciliation names it and
// adds its calls up again.
func TestDamagedUsageIsPutAsideAndMended(t *testing.T) {
	t.Parallel()
	s, err := store.OpenSQLite(filepath.Join(t.TempDir(), "pierre.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)
	used := func(key string) int64 {
		t.Helper()
		n, err := s.QuotaUsed(t.Context(), "key:"+key, pierre.PeriodDay, now.Truncate(24*time.Hour), nil)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	record(t, s, storedCall("key_a", pierre.PeriodDay, now))
	var sums []byte
	var checksum int64
	if err := s.Base().Row(t.Context(), `SELECT sums, crc32c FROM usage_batches`).Scan(&sums, &checksum); err != nil {
		t.Fatal(err)
	}
	if err := store.Exec(t.Context(), s, `DELETE FROM usage_batches`); err != nil { // its calls stay
		t.Fatal(err)
	}
	damaged := int64(len(sums) + 1)
	for i := range damaged {
		changed, sum := []byte(string(sums)), checksum
		if i < int64(len(sums)) {
			changed[i] ^= 1 << (i % 8)
		} else {
			sum++
		}
		if err := store.Exec(t.Context(), s, `INSERT INTO usage_batches (entries, sums, crc32c) VALUES (2, $1, $2)`, changed, sum); err != nil {
			t.Fatal(err)
		}
		record(t, s, storedCall("key_b", pierre.PeriodDay, now))
		live, err := s.LiveUsage(t.Context(), now.Add(time.Minute))
		if err != nil || live.Totals.Succeeded != i+1 || used("key_a") != 0 || used("key_b") != i+1 {
			t.Fatalf("byte %d: %d calls are reported, and %d and %d of the quotas used, %v", i, live.Totals.Succeeded, used("key_a"), used("key_b"), err)
		}
		if err := s.FoldUsage(t.Context()); err != nil {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	aside, err := s.DamagedUsage(t.Context())
	if err != nil || int64(len(aside)) != damaged || used("key_b") != damaged {
		t.Fatalf("%d rows are put aside, %v; want %d", len(aside), err, damaged)
	}
	if err := store.Exec(t.Context(), s, `INSERT INTO usage_batches (entries, sums, crc32c) VALUES (2, $1, 7)`, sums); err != nil {
		t.Fatal(err) // it was not folded yet when somebody looks
	}
	r, err := s.Reconcile(t.Context(), time.Time{}, now, now, false)
	if err != nil || int64(len(r.Damaged)) != damaged+1 || r.Damaged[0].Mended || len(r.Differences) == 0 || r.Differences[0].Mended {
		t.Fatalf("%+v, %v", r, err)
	}
	r, err = s.Reconcile(t.Context(), time.Time{}, now, now, true)
	if err != nil || int64(len(r.Damaged)) != damaged+1 || !r.Damaged[0].Mended || r.Calls != damaged+1 {
		t.Fatalf("%+v, %v", r, err)
	}
	r, err = s.Reconcile(t.Context(), time.Time{}, now, now, false)
	if err != nil || len(r.Damaged)+len(r.Differences) != 0 || used("key_a") != 1 || used("key_b") != damaged {
		t.Fatalf("%+v, %v; used are %d and %d", r, err, used("key_a"), used("key_b"))
	}
}

// Calls that are deleted for their age before somebody mends what they add up to are missing for good: reconciliation says so once, and
// adds up those that are still kept.
func TestDamagedUsageWhoseCallsAreGoneIsLost(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)
		for _, at := range []time.Time{now, now.AddDate(0, 0, 70)} {
			record(t, s, storedCall("key_a", pierre.PeriodDay, at))
			for _, q := range []string{`DELETE FROM usage_batches`, `DELETE FROM usage_deltas`, `DELETE FROM quota_deltas`} {
				if err := store.Exec(t.Context(), s, q); err != nil {
					t.Fatal(err)
				}
			}
			if err := store.Exec(t.Context(), s, `INSERT INTO damaged_batches (seq, entries, sums, found_us) VALUES (1, 2, $1, $2)`,
				[]byte{1}, at.Add(time.Minute).UnixMicro()); err != nil {
				t.Fatal(err)
			}
		}
		now = now.AddDate(0, 0, 71)
		if err := s.ForgetUsage(t.Context(), now, 62*24*time.Hour); err != nil {
			t.Fatal(err)
		}
		for _, want := range []struct{ damaged, differences bool }{{true, true}, {}} {
			r, err := s.Reconcile(t.Context(), time.Time{}, now, now, true)
			if err != nil || len(r.Damaged) > 0 != want.damaged || len(r.Differences) > 0 != want.differences {
				t.Fatalf("%+v, %v", r, err)
			}
			if want.damaged && (len(r.Damaged) != 2 || r.Damaged[0].Mended || !r.Damaged[0].Lost || !r.Damaged[1].Mended || r.Damaged[1].Lost) {
				t.Errorf("%+v", r.Damaged)
			}
			if r.Calls != 1 {
				t.Errorf("%d calls are added up; want the one that is kept", r.Calls)
			}
		}
	})
}

// While servers record and fold, rows are damaged and an operator mends what is found, again and again: no call is counted twice, and
// none is missing in the end.
func TestDamageIsMendedBesideServers(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		repair := func(s *store.Store) pierre.Reconciliation {
			r, err := s.Reconcile(t.Context(), time.Time{}, parallelDay.Add(24*time.Hour), parallelDay, true)
			if err != nil {
				t.Error(err)
			}
			return r
		}
		inParallel(replicas, func(s *store.Store, n int) {
			for i := range rounds {
				key := pierre.KeyID(fmt.Sprint("key_", (n+i)%3))
				record(t, s, storedCall(key, testPeriods[i%len(testPeriods)], parallelDay.Add(time.Duration(i)*20*time.Second)))
				var err error
				switch n {
				case 0:
					err = store.Exec(t.Context(), s, `UPDATE usage_batches SET crc32c = 7 WHERE seq IN (SELECT max(seq) FROM usage_batches)`)
				case 1, 2:
					err = s.FoldUsage(t.Context())
				case 3:
					err = store.Gather(t.Context(), s)
				case 4:
					if i%2 == 0 {
						repair(s)
					}
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
		if err := replicas[0].FoldUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		repair(replicas[0])
		if r := repair(replicas[1]); len(r.Damaged)+len(r.Differences) > 0 || r.Calls != workers*rounds {
			t.Errorf("after the repair: %+v", r)
		}
		for _, key := range []pierre.KeyID{"key_0", "key_1", "key_2"} {
			for _, p := range testPeriods {
				if got, want := used(t, replicas[0], key, p, parallelDay), counted(t, replicas[1], key, p, parallelDay); got != want {
					t.Errorf("the quota of %s for the %s says %d are used, the calls %d", key, p, got, want)
				}
			}
		}
	})
}

// A later version's rows are not damaged: this one leaves them, and says so.
func TestUsageOfALaterVersionStays(t *testing.T) {
	t.Parallel()
	s, err := store.OpenSQLite(filepath.Join(t.TempDir(), "pierre.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.Exec(t.Context(), s, `INSERT INTO usage_batches (entries, sums, crc32c) VALUES (1, $1, $2)`, []byte{2}, store.BatchChecksum([]byte{2})); err != nil {
		t.Fatal(err)
	}
	if err := s.FoldUsage(t.Context()); err == nil || !strings.Contains(err.Error(), "this version does not know") {
		t.Errorf("%v", err)
	}
	if n, err := store.Number(t.Context(), s, `SELECT count(*) FROM usage_batches`); n != 1 || err != nil {
		t.Errorf("%d rows are left, %v", n, err)
	}
}
