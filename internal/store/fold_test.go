package store_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// More keys than a transaction folds are folded in several, and the books balance before, between and after.
func TestManyKeysAreFolded(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		const keys, each = 2500, 2
		now := time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)
		for n := range each {
			for first := 0; first < keys; first += 500 {
				var calls []pierre.Call
				for key := first; key < first+500; key++ {
					calls = append(calls, storedCall(pierre.KeyID(fmt.Sprint("key_", key)), pierre.PeriodDay, now.Add(time.Duration(n)*time.Second)))
				}
				record(t, s, calls...)
			}
		}
		balance := func() {
			t.Helper()
			r, err := s.Reconcile(t.Context(), now.Truncate(24*time.Hour), now, now, false)
			if err != nil || len(r.Differences) > 0 || r.Calls != keys*each {
				t.Fatalf("the books do not balance: %+v, %v", r, err)
			}
			live, err := s.LiveUsage(t.Context(), now.Add(time.Minute))
			if err != nil || live.Totals.Succeeded != keys*each || live.ActiveKeys != keys {
				t.Fatalf("%d keys are active with %d calls, %v", live.ActiveKeys, live.Totals.Succeeded, err)
			}
			used, err := s.QuotaUsed(t.Context(), "key:key_2499", pierre.PeriodDay, now.Truncate(24*time.Hour), nil)
			if err != nil || used != each {
				t.Fatalf("of the quota %d are used, %v", used, err)
			}
		}
		balance()
		if err := store.Gather(t.Context(), s); err != nil { // a program that ends now leaves the rest to the next
			t.Fatal(err)
		}
		balance()
		for range 2 { // the second finds nothing
			if err := s.FoldUsage(t.Context()); err != nil {
				t.Fatal(err)
			}
			balance()
			for _, table := range []string{"usage_batches", "usage_deltas", "quota_deltas"} {
				if n, err := store.Number(t.Context(), s, `SELECT count(*) FROM `+table); n != 0 || err != nil {
					t.Errorf("%s has %d rows after folding, %v", table, n, err)
				}
			}
		}
		if n, err := store.Number(t.Context(), s, `SELECT count(*) FROM quota_counters WHERE used = 2`); n != keys || err != nil {
			t.Errorf("%d counters say 2, %v; want %d", n, err, keys)
		}
	})
}

// What waits is folded before its time if it is much, and only then.
func TestMuchIsFoldedAtOnce(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		waiting := func() (n int64) {
			n, err := store.Number(t.Context(), s, `SELECT (SELECT count(*) FROM usage_batches) + (SELECT count(*) FROM usage_deltas)`)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		record(t, s, storedCall("key_a", pierre.PeriodDay, time.Now()))
		if err := s.FoldMuch(t.Context()); err != nil || waiting() == 0 {
			t.Fatalf("one call is folded at once, %v", err)
		}
		if err := store.Exec(t.Context(), s, `UPDATE usage_batches SET entries = 250000`); err != nil {
			t.Fatal(err)
		}
		if err := store.Exec(t.Context(), s, `INSERT INTO usage_deltas (key_id, start_us, tool, country, tier, customer_id, succeeded, failed, refused, request_bytes, response_bytes, durations)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20001)
			SELECT 'key_b', 0, 'get_stats', 'CH', 'trial', 'user_b', 0, 0, 1, 0, 0, $1 FROM n`, []byte{}); err != nil {
			t.Fatal(err)
		}
		if err := s.FoldMuch(t.Context()); err != nil || waiting() != 0 {
			t.Fatalf("%d rows wait, %v", waiting(), err)
		}
	})
}

// A slow server has many small batches; the first call of a key must not look into each of them.
func TestManySmallBatchesBecomeFew(t *testing.T) {
	s, err := store.OpenSQLite(filepath.Join(t.TempDir(), "pierre.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	const batches, each = 256, 10
	now := time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)
	for n := range batches {
		var calls []pierre.Call
		for i := range each {
			calls = append(calls, storedCall(pierre.KeyID(fmt.Sprint("key_", n*each+i)), pierre.PeriodDay, now))
		}
		record(t, s, calls...)
	}
	if err := s.FoldMuch(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := store.Number(t.Context(), s, `SELECT count(*) FROM usage_batches`)
	if err != nil || left != 3 {
		t.Errorf("%d batches are left, %v; want 3, since one has the sums of 1000 keys at most", left, err)
	}
	r, err := s.Reconcile(t.Context(), now.Truncate(24*time.Hour), now, now, false)
	if err != nil || len(r.Differences) > 0 || r.Calls != batches*each {
		t.Errorf("the books do not balance: %+v, %v", r, err)
	}
}

// The first calls of a window come from many keys, whose counters are made many at a time: of keys and of tools, of each period. They
// count what came before there was a limit, too, and the books balance after each step.
func TestManyCountersAreMadeAtOnce(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		const keys = 300
		now := time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)
		periods := pierre.Periods()
		recorded := 0
		calls := func(at time.Time, limited bool) {
			var list []pierre.Call
			for n := range keys {
				var l pierre.Limits
				c := storedCall(pierre.KeyID(fmt.Sprint("key_", n)), "", at)
				c.Tool = fmt.Sprint("tool_", n%3)
				if limited {
					l.Quota = pierre.Limit{Requests: 1000, Period: periods[n%len(periods)]}
					l.Tools = map[string]pierre.Limit{c.Tool: l.Quota}
				}
				c.Buckets = l.Buckets(c.KeyID, "", c.Tool)
				list = append(list, c)
			}
			record(t, s, list...)
			recorded += keys
		}
		balance := func() {
			t.Helper()
			r, err := s.Reconcile(t.Context(), now.Truncate(24*time.Hour), now, now, false)
			if err != nil || len(r.Differences) > 0 || r.Calls != int64(recorded) {
				t.Fatalf("the books do not balance: %+v, %v", r, err)
			}
		}
		calls(now.Add(-time.Hour), false)
		if err := s.FoldUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		calls(now.Add(-time.Minute), true)
		calls(now, true)
		if err := store.Gather(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		balance()
		if err := s.FoldUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		balance()
		for bucket, want := range map[string]int64{"key_0": 1, "key_1": 2, "key_2": 3, "key_4": 3, "tool:key_4/tool_1": 3, "tool:key_299/tool_2": 3} {
			n, err := store.Number(t.Context(), s, `SELECT max(used) FROM quota_counters WHERE key_id = $1`, bucket)
			if err != nil || n != want {
				t.Errorf("the counter of %s says %d, %v; want %d", bucket, n, err, want)
			}
		}
	})
}

// Each step of folding so many keys that no transaction takes them all leaves books that balance.
func TestFoldingInSteps(t *testing.T) {
	t.Parallel()
	s, err := store.OpenSQLite(filepath.Join(t.TempDir(), "pierre.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	const keys = 2100
	now := time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)
	var calls []pierre.Call
	for n := range keys {
		for minute := range 1 + n%2 {
			calls = append(calls, storedCall(pierre.KeyID(fmt.Sprint("key_", n)), pierre.PeriodDay, now.Add(time.Duration(minute)*time.Minute)))
		}
	}
	record(t, s, calls...)
	if err := store.Gather(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	steps := 0
	for more := true; more; steps++ {
		if more, err = store.FoldStep(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		r, err := s.Reconcile(t.Context(), now.Truncate(24*time.Hour), now, now, false)
		if err != nil || len(r.Differences) > 0 || r.Calls != int64(len(calls)) {
			t.Fatalf("the books do not balance after step %d: %+v, %v", steps, r, err)
		}
	}
	if made, err := store.Number(t.Context(), s, `SELECT sum(used) FROM quota_counters`); err != nil || made != int64(len(calls)) || steps < 3 {
		t.Errorf("the counters say %d after %d steps, %v; want %d", made, steps, err, len(calls))
	}
}

// What is more than is gathered at once is gathered in steps, also by two programs at a time, and the books balance.
func TestGatheringInSteps(t *testing.T) {
	t.Parallel()
	replicas := storetest.Replicas(t)
	const keys, each = 1100, 3
	now := time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)
	for range each {
		var calls []pierre.Call
		for n := range keys {
			calls = append(calls, storedCall(pierre.KeyID(fmt.Sprint("key_", n)), pierre.PeriodDay, now))
		}
		record(t, replicas[0], calls...)
	}
	if err := store.Exec(t.Context(), replicas[0], `UPDATE usage_batches SET entries = 250000`); err != nil { // each is as much as is gathered at once
		t.Fatal(err)
	}
	var folding sync.WaitGroup
	for _, s := range replicas {
		folding.Go(func() {
			if err := s.FoldUsage(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	folding.Wait()
	if err := replicas[1].FoldUsage(t.Context()); err != nil { // what one had gathered when the other looked
		t.Fatal(err)
	}
	r, err := replicas[0].Reconcile(t.Context(), now.Truncate(24*time.Hour), now, now, false)
	if err != nil || len(r.Differences) > 0 || r.Calls != keys*each {
		t.Errorf("the books do not balance: %+v, %v", r, err)
	}
	if made, err := store.Number(t.Context(), replicas[0], `SELECT count(*) FROM quota_counters WHERE used = 3 AND NOT EXISTS (SELECT 1 FROM usage_batches)`); err != nil || made != keys {
		t.Errorf("%d counters say 3, %v; want %d", made, err, keys)
	}
}
