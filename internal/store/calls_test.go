package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func storedCall(key pierre.KeyID, period pierre.Period, started time.Time) pierre.Call {
	return pierre.Call{ID: pierre.NewCallID(), KeyID: key, UserID: "user_a", Tool: "get_stats", Status: pierre.CallSucceeded, Started: started, Country: "ZZ", Buckets: keyBuckets(key, period)}
}

// keyBuckets are what calls of a key of the family count against, which is limited by the period.
func keyBuckets(family pierre.KeyID, period pierre.Period) []pierre.Bucket {
	return pierre.Limits{Quota: pierre.Limit{Requests: 1000, Period: period}}.Buckets(family, "", "")
}

func record(t *testing.T, s *store.Store, calls ...pierre.Call) {
	t.Helper()
	if err := s.RecordCalls(t.Context(), calls); err != nil {
		t.Fatal(err)
	}
}

func used(t *testing.T, s *store.Store, key pierre.KeyID, period pierre.Period, at time.Time) int64 {
	t.Helper()
	start, _ := period.Window(at)
	n, err := s.QuotaUsed(t.Context(), "key:"+string(key), period, start, nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// counted counts the calls themselves.
func counted(t *testing.T, s *store.Store, key pierre.KeyID, period pierre.Period, at time.Time) (n int64) {
	t.Helper()
	start, end := period.Window(at)
	sum, err := s.CallSummary(t.Context(), key, start, end)
	if err != nil {
		t.Fatal(err)
	}
	return measured(sum)
}

// measured returns how many calls were not refused.
func measured(sum pierre.CallSummary) (n int64) {
	for _, d := range sum.Tools {
		n += d.Count()
	}
	return n
}

var (
	testPeriods = pierre.Periods()
	monthEnd    = time.Date(2026, 1, 31, 23, 58, 0, 0, time.UTC) // a Saturday: the week goes on, all else ends
)

func TestQuotaCountsEachCallOnce(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		failed := storedCall("key_a", pierre.PeriodDay, monthEnd)
		failed.Status = pierre.CallFailed
		again := storedCall("key_a", pierre.PeriodDay, monthEnd)
		record(t, s, failed, again, again, storedCall("key_b", pierre.PeriodDay, monthEnd))
		record(t, s, again)
		if n := used(t, s, "key_a", pierre.PeriodDay, monthEnd); n != 2 {
			t.Errorf("used = %d, want the failed and the succeeded call once each", n)
		}
		if n := used(t, s, "key_b", pierre.PeriodDay, monthEnd); n != 1 {
			t.Errorf("another key's used = %d, want 1", n)
		}
	})
}

// Whatever the order of periods, windows and stragglers, a counter says what the calls say.
func TestQuotaCountersEqualTheCalls(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		rnd := rand.New(rand.NewPCG(1, 2))
		now := monthEnd
		for range 150 {
			var batch []pierre.Call
			for range 1 + rnd.IntN(3) {
				now = now.Add(time.Duration(rnd.Int64N(int64(4 * time.Second))))
				c := storedCall("key_a", pierre.PeriodMinute, now.Add(-time.Duration(rnd.Int64N(int64(90*time.Second)))))
				if rnd.IntN(4) == 0 { // mostly one period, so that its counter is raised and not only made
					c.Buckets = keyBuckets("key_a", append(testPeriods, "")[rnd.IntN(len(testPeriods)+1)])
				}
				batch = append(batch, c)
			}
			record(t, s, batch...)
			for _, p := range testPeriods {
				if got, want := used(t, s, "key_a", p, now), counted(t, s, "key_a", p, now); got != want {
					t.Fatalf("at %v the counter of the %s says %d, the calls %d", now, p, got, want)
				}
			}
		}
		if !now.After(monthEnd.Add(2 * time.Minute)) {
			t.Fatalf("the test ended at %v, before the month's end", now)
		}
	})
}

func TestRunningCallsAreLeftOut(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		stored, running := storedCall("key_a", pierre.PeriodDay, monthEnd), storedCall("key_a", pierre.PeriodDay, monthEnd)
		record(t, s, stored)
		start, _ := pierre.PeriodDay.Window(monthEnd)
		both := []pierre.RunningCall{{ID: stored.ID, At: stored.Started}, {ID: running.ID, At: running.Started}}
		for range 2 { // the second is stored in between
			if n, err := s.QuotaUsed(t.Context(), "key:key_a", pierre.PeriodDay, start, both); n != 0 || err != nil {
				t.Errorf("QuotaUsed without two running calls = %d, %v; want 0", n, err)
			}
			record(t, s, running)
		}
	})
}

// The successor of a rotated key counts in the quota of the first.
func TestAFamilySharesItsQuota(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		first := provisionFor(t, s, "ana")
		if first.Family != first.ID {
			t.Fatalf("a new key is of the family %q, want its own", first.Family)
		}
		keys := []pierre.APIKey{first}
		for n := range 2 {
			old := keys[n]
			next := old
			next.ID, next.Hash = pierre.NewKeyID(), [32]byte{byte(n)}
			_, _, err := s.RotateAPIKey(t.Context(), parallelAct(), old.ID, func(old *pierre.APIKey) (pierre.APIKey, error) {
				return next, old.Replace(next.ID, time.Hour, parallelDay)
			}, func(kept pierre.APIKey) ([]byte, error) { next = kept; return nil, nil })
			if err != nil || next.Family != first.ID {
				t.Fatalf("the successor is of the family %q, %v; want %q", next.Family, err, first.ID)
			}
			keys = append(keys, next)
		}
		for _, k := range keys {
			c := storedCall(k.ID, pierre.PeriodDay, monthEnd)
			c.Buckets = keyBuckets(k.Family, pierre.PeriodDay)
			record(t, s, c)
		}
		for _, p := range []pierre.Period{pierre.PeriodDay, pierre.PeriodMonth} { // one has a counter, the other is counted
			if n := used(t, s, first.ID, p, monthEnd); n != 3 {
				t.Errorf("%d calls of the %s are used, want those of all three keys", n, p)
			}
		}
	})
}

func TestCallSummaryIsOfAHalfOpenRangeOfOneKey(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		for i := range 5 {
			c := storedCall("key_a", pierre.PeriodDay, monthEnd.Add(time.Duration(i)*time.Minute))
			c.Tool, c.Country, c.Duration, c.Status = fmt.Sprint("tool", i), "CH", time.Duration(i)*time.Millisecond, pierre.CallFailed
			refused := pierre.RefusedCalls{KeyID: "key_a", Minute: c.Started.Truncate(time.Minute), Tool: c.Tool, Country: "CA", Calls: 2}
			other := refused
			other.KeyID = "key_b"
			record(t, s, c, storedCall("key_b", pierre.PeriodDay, c.Started))
			for range 2 {
				if err := s.RecordRefusedCalls(t.Context(), []pierre.RefusedCalls{refused, other}); err != nil {
					t.Fatal(err)
				}
			}
		}
		sum, err := s.CallSummary(t.Context(), "key_a", monthEnd.Add(time.Minute), monthEnd.Add(4*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range sum.Groups {
			got = append(got, fmt.Sprint(g.Day.Format(time.DateOnly), g.Tool, g.Country, g.Status, g.Calls))
		}
		slices.Sort(got)
		want := []string{
			"2026-01-31tool1CArate_limited4", "2026-01-31tool1CHfailed1",
			"2026-02-01tool2CArate_limited4", "2026-02-01tool2CHfailed1", "2026-02-01tool3CArate_limited4", "2026-02-01tool3CHfailed1",
		}
		if !slices.Equal(got, want) || measured(sum) != 3 || len(sum.Tools) != 3 || sum.Tools["tool3"].Percentile(50) != 3*time.Millisecond {
			t.Errorf("CallSummary = %v, %+v; want %v", got, sum, want)
		}
	})
}
