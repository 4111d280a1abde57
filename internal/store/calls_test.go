package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func storedCall(key pierre.KeyID, period pierre.Period, started time.Time) pierre.Call {
	return pierre.Call{ID: pierre.NewCallID(), KeyID: key, UserID: "user_a", Tool: "get_stats", Status: pierre.CallSucceeded, Started: started, Country: "ZZ", Period: period}
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
	n, err := s.QuotaUsed(t.Context(), key, period, start)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// counted counts the calls themselves.
func counted(t *testing.T, s *store.Store, key pierre.KeyID, period pierre.Period, at time.Time) (n int64) {
	t.Helper()
	start, end := period.Window(at)
	for c, err := range s.Calls(t.Context(), key, start, end) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Status != pierre.CallRateLimited {
			n++
		}
	}
	return n
}

var (
	testPeriods = []pierre.Period{pierre.PeriodMinute, pierre.PeriodHour, pierre.PeriodDay, pierre.PeriodWeek, pierre.PeriodMonth}
	monthEnd    = time.Date(2026, 1, 31, 23, 58, 0, 0, time.UTC) // a Saturday: the week goes on, all else ends
)

func TestQuotaCountsWhatWasNotRefused(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		refused := storedCall("key_a", pierre.PeriodDay, monthEnd)
		refused.Status = pierre.CallRateLimited
		failed := storedCall("key_a", pierre.PeriodDay, monthEnd)
		failed.Status = pierre.CallFailed
		again := storedCall("key_a", pierre.PeriodDay, monthEnd)
		record(t, s, refused, failed, again, again, storedCall("key_b", pierre.PeriodDay, monthEnd))
		record(t, s, again, refused)
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
					c.Period = append(testPeriods, "")[rnd.IntN(len(testPeriods)+1)]
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

func TestCallsAreAHalfOpenRangeOfOneKey(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		var want []string
		for i := range 5 {
			c := storedCall("key_a", pierre.PeriodDay, monthEnd.Add(time.Duration(i)*time.Minute))
			c.Tool, c.Country, c.Duration, c.Status = fmt.Sprint("tool", i), "CH", 1500*time.Microsecond, pierre.CallFailed
			record(t, s, c, storedCall("key_b", pierre.PeriodDay, c.Started))
			if i >= 1 && i < 4 {
				want = append(want, c.Tool)
			}
		}
		var got []string
		for c, err := range s.Calls(t.Context(), "key_a", monthEnd.Add(time.Minute), monthEnd.Add(4*time.Minute)) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, c.Tool)
			if c.KeyID != "key_a" || c.Country != "CH" || c.Duration != 1500*time.Microsecond || c.Status != pierre.CallFailed {
				t.Errorf("%+v is not what was recorded", c)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("Calls = %v, want %v", got, want)
		}
	})
}
