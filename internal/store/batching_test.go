package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// While a server of a version counts that reads rows only, all of them write rows. When it is gone they write batches, and such a
// version can work with the database no more. The books balance all the time, and what waits either way counts.
func TestRowsAreWrittenBesideServersThatReadThemOnly(t *testing.T) {
	t.Parallel()
	replicas := storetest.ReplicasOn(t, "postgres")
	a, b := replicas[0], replicas[1]
	now := time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)
	calls, refused := int64(0), int64(0)
	use := func(s *store.Store) {
		t.Helper()
		record(t, s, storedCall("key_a", pierre.PeriodDay, now), storedCall("key_b", pierre.PeriodHour, now))
		record(t, s, storedCall("key_a", pierre.PeriodDay, now))
		if err := s.RecordRefusedCalls(t.Context(), []pierre.RefusedCalls{{KeyID: "key_a", Minute: now.Truncate(time.Minute), Tool: "get_stats", Calls: 5}}); err != nil {
			t.Fatal(err)
		}
		calls, refused = calls+3, refused+5
	}
	balance := func() {
		t.Helper()
		r, err := a.Reconcile(t.Context(), now.Truncate(24*time.Hour), now.Add(time.Hour), now, false)
		if err != nil || len(r.Differences) > 0 || r.Calls != calls+refused {
			t.Fatalf("of %d calls: %+v, %v", calls+refused, r, err)
		}
		live, err := b.LiveUsage(t.Context(), now.Add(time.Minute))
		if err != nil || live.Totals.Succeeded != calls || live.Totals.Refused != refused || live.ActiveKeys != 2 {
			t.Fatalf("of %d and %d calls: %+v, %v", calls, refused, live.Totals, err)
		}
		if got := used(t, b, "key_a", pierre.PeriodDay, now); got != calls*2/3 {
			t.Fatalf("%d calls are used; want %d", got, calls*2/3)
		}
	}
	waits := func(rows, batches bool) {
		t.Helper()
		for table, want := range map[string]bool{"usage_deltas": rows, "quota_deltas": rows, "usage_batches": batches} {
			if n, err := store.Number(t.Context(), a, `SELECT count(*) FROM `+table); n > 0 != want || err != nil {
				t.Errorf("%s has %d rows, %v", table, n, err)
			}
		}
	}
	oldest := func() int64 {
		n, err := store.Number(t.Context(), a, `SELECT max(oldest) FROM schema_compatibility`)
		if err != nil {
			t.Error(err)
		}
		return n
	}
	// As versions before join.
	if err := store.Exec(t.Context(), a, `INSERT INTO limiter_replicas (id, beat, epoch, reaches) VALUES ('old', 0, 1, 1)`); err != nil {
		t.Fatal(err)
	}
	if _, joined, err := a.JoinLimiter(t.Context(), "new", pierre.LimiterRedis); !joined || err != nil {
		t.Fatal(joined, err)
	}
	use(a)
	use(b)
	waits(true, false)
	balance()
	if err := a.FoldUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	use(a)
	waits(true, false)
	if n := oldest(); n >= 64 {
		t.Errorf("programs before version %d cannot use the database, beside one", n)
	}
	if err := a.LeaveLimiter(t.Context(), "old", -1); err != nil {
		t.Fatal(err)
	}
	use(a) // which has looked a moment ago
	waits(true, false)
	store.SeenAgain(a)
	use(a)
	use(b) // which looks later
	waits(true, true)
	if n := oldest(); n != 85 {
		t.Errorf("programs from version %d on can use the database; want those that read batches", n)
	}
	balance()
	for range 2 {
		if err := b.FoldUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		waits(false, false)
		balance()
	}
	store.SeenAgain(b)
	use(b)
	waits(false, true)
	balance()
}

// What is read while others record, gather and fold is at least what was recorded before, and at most what was begun until then.
func TestEachCallIsReadOnceWhileUsageIsFolded(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		const each, readers = 40, workers - 2
		var begun, recorded, reading atomic.Int64
		reading.Store(readers)
		read := func(s *store.Store, what string, get func(*store.Store) (int64, error)) {
			least := recorded.Load()
			got, err := get(s)
			if most := begun.Load(); err != nil || got < least || got > most {
				t.Errorf("%s says %d of %d to %d calls, %v", what, got, least, most, err)
			}
		}
		inParallel(replicas, func(s *store.Store, n int) {
			switch n {
			case 0: // records as long as somebody reads
				for i := 0; reading.Load() > 0; i++ {
					begun.Add(2)
					record(t, s, storedCall("key_a", pierre.PeriodDay, parallelDay.Add(time.Duration(i)*time.Second)),
						storedCall(pierre.KeyID(fmt.Sprint("key_", i)), pierre.PeriodDay, parallelDay))
					recorded.Add(2)
				}
			case 1:
				for i := 0; reading.Load() > 0; i++ {
					fold := s.FoldUsage
					if i%2 == 1 {
						fold = func(ctx context.Context) error { return store.Gather(ctx, s) }
					}
					if err := fold(t.Context()); err != nil {
						t.Error(err)
					}
				}
			default:
				defer reading.Add(-1)
				for range each {
					read(s, "the quota", func(s *store.Store) (int64, error) {
						n, err := s.QuotaUsed(t.Context(), "key:key_a", pierre.PeriodDay, parallelDay.Truncate(24*time.Hour), nil)
						return 2 * n, err
					})
					read(s, "the live view", func(s *store.Store) (int64, error) {
						live, err := s.LiveUsage(t.Context(), parallelDay.Add(time.Hour))
						return live.Totals.Succeeded, err
					})
				}
			}
		})
		r, err := replicas[0].Reconcile(t.Context(), parallelDay.Truncate(24*time.Hour), parallelDay.Add(24*time.Hour), parallelDay, false)
		if err != nil || len(r.Differences) > 0 || r.Calls != recorded.Load() {
			t.Errorf("of %d calls: %+v, %v", recorded.Load(), r.Differences, err)
		}
	})
}

// A batch has the names that the rows of its calls have, whatever bytes a name had.
func TestNamesThatAreNoTextsAreTheSameEverywhere(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		const odd = "get\x00\xff"
		c := storedCall("key_a", pierre.PeriodDay, parallelDay)
		c.Tool = odd
		c.Buckets = pierre.Limits{Quota: pierre.Limit{Requests: 9, Period: pierre.PeriodDay}, Tools: map[string]pierre.Limit{odd: {Requests: 9, Period: pierre.PeriodDay}}}.Buckets("key_a", "", odd)
		bucket := c.Buckets[slices.IndexFunc(c.Buckets, func(b pierre.Bucket) bool { return b.ID != "key:key_a" })].ID
		record(t, s, c)
		if err := s.RecordRefusedCalls(t.Context(), []pierre.RefusedCalls{{KeyID: "key_a", Minute: parallelDay, Tool: odd, Calls: 5}}); err != nil {
			t.Fatal(err)
		}
		if c.Tool != odd || bucket == "" {
			t.Errorf("%q, %q", c.Tool, bucket)
		}
		for range 2 {
			r, err := s.Reconcile(t.Context(), parallelDay.Truncate(24*time.Hour), parallelDay.Add(time.Hour), parallelDay, false)
			if err != nil || len(r.Differences) > 0 || r.Calls != 6 {
				t.Errorf("%+v, %v", r, err)
			}
			if n, err := s.QuotaUsed(t.Context(), bucket, pierre.PeriodDay, parallelDay.Truncate(24*time.Hour), nil); n != 1 || err != nil {
				t.Errorf("%d calls of the tool are used, %v", n, err)
			}
			if err := s.FoldUsage(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
