package limit_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

const key = pierre.KeyID("key_a")

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// reserve reserves one call.
func reserve(t *testing.T, l limiter, lim pierre.Limit, now time.Time) limit.Reservation {
	t.Helper()
	r, err := l.Reserve(t.Context(), buckets(lim), now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// buckets are what calls of the key count against if it has that limit.
func buckets(lim pierre.Limit) []pierre.Bucket { return bucketsOf(key, lim) }

func bucketsOf(family pierre.KeyID, lim pierre.Limit) []pierre.Bucket {
	return pierre.Limits{Quota: lim}.Buckets(family, pierre.UserID("user_of_"+family), "get_stats")
}

// A decision is one about a call that has one limit, or none.
type decision struct {
	limit.State

	Allowed bool
}

func only(t *testing.T, d limit.Decision) decision {
	t.Helper()
	switch len(d.States) {
	case 0:
		return decision{Allowed: d.Allowed}
	case 1:
		return decision{d.States[0], d.Allowed}
	}
	t.Fatalf("a decision about several limits: %+v", d)
	return decision{}
}

// peek returns what would be decided about a call.
func peek(t *testing.T, l limiter, lim pierre.Limit, now time.Time) decision {
	t.Helper()
	d, err := l.Peek(t.Context(), buckets(lim), now)
	if err != nil {
		t.Fatal(err)
	}
	return only(t, d)
}

// take reserves one call and returns the decision.
func take(t *testing.T, l limiter, lim pierre.Limit, now time.Time) decision {
	t.Helper()
	return only(t, reserve(t, l, lim, now).Decision)
}

// keep records a reserved call as the server does.
func keep(t *testing.T, s *store.Store, r limit.Reservation) {
	t.Helper()
	c := pierre.Call{ID: r.CallID, KeyID: key, Tool: "get_stats", Status: pierre.CallSucceeded, Started: r.At, Buckets: r.Buckets}
	if err := s.RecordCalls(t.Context(), []pierre.Call{c}); err != nil {
		t.Fatal(err)
	}
	if err := r.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func release(t *testing.T, r limit.Reservation) {
	t.Helper()
	if err := r.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// call reserves one call and, if it is admitted, keeps it in s.
func call(t *testing.T, l limiter, s *store.Store, lim pierre.Limit, now time.Time) decision {
	t.Helper()
	r := reserve(t, l, lim, now)
	if r.Allowed {
		keep(t, s, r)
	}
	return only(t, r.Decision)
}

func TestWindows(t *testing.T) {
	both(t, func(t *testing.T, fresh func(*store.Store) limiter) {
		s := storetest.New(t)
		for _, c := range []struct {
			name       string
			period     pierre.Period
			now        string
			start, end string
		}{
			{"minute", pierre.PeriodMinute, "2026-03-01T10:59:59.999999Z", "2026-03-01T10:59:00Z", "2026-03-01T11:00:00Z"},
			{"hour before midnight", pierre.PeriodHour, "2026-12-31T23:30:00Z", "2026-12-31T23:00:00Z", "2027-01-01T00:00:00Z"},
			{"day", pierre.PeriodDay, "2026-02-28T12:00:00Z", "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"},
			{"day in another zone", pierre.PeriodDay, "2026-02-28T23:30:00-05:00", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"},
			{"Sunday belongs to the week before", pierre.PeriodWeek, "2026-03-01T23:59:59Z", "2026-02-23T00:00:00Z", "2026-03-02T00:00:00Z"},
			{"week over the new year", pierre.PeriodWeek, "2026-01-01T00:00:00Z", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z"},
			{"29 January", pierre.PeriodMonth, "2026-01-29T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"},
			{"30 January", pierre.PeriodMonth, "2026-01-30T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"},
			{"31 January", pierre.PeriodMonth, "2026-01-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"},
			{"leap day", pierre.PeriodMonth, "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"},
			{"31 August", pierre.PeriodMonth, "2026-08-31T12:00:00Z", "2026-08-01T00:00:00Z", "2026-09-01T00:00:00Z"},
			{"31 December", pierre.PeriodMonth, "2026-12-31T23:59:59.999999Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		} {
			t.Run(c.name, func(t *testing.T) {
				l, lim := fresh(s), pierre.Limit{Requests: 2, Period: c.period}
				now, start, end := at(t, c.now), at(t, c.start), at(t, c.end)
				bucket := pierre.Bucket{ID: "key:key_a", Policy: "key-" + string(c.period), Limit: lim}
				want := decision{limit.State{Bucket: bucket, Used: 1, Remaining: 1, Start: start, ResetsAt: end}, true}
				if d := take(t, l, lim, now); d != want {
					t.Errorf("first call: %+v, want %+v", d, want)
				}
				take(t, l, lim, now)
				want = decision{limit.State{Bucket: bucket, Used: 2, Start: start, ResetsAt: end, FreesAt: end}, false}
				if d := take(t, l, lim, end.Add(-time.Microsecond)); d != want {
					t.Errorf("third call, at the window's end: %+v, want %+v", d, want)
				}
				if d := take(t, l, lim, end); !d.Allowed || d.Used != 1 || !d.Start.Equal(end) {
					t.Errorf("first call of the next window: %+v, want it admitted", d)
				}
			})
		}
	})
}

func TestExactlyTheLimitPassesInParallel(t *testing.T) {
	both(t, func(t *testing.T, fresh func(*store.Store) limiter) {
		const keys, callers, each, requests = 3, 32, 50, 777
		l := fresh(storetest.New(t))
		now := time.Date(2026, 5, 5, 5, 5, 5, 0, time.UTC)
		var passed [keys]atomic.Int64
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				for i := range each * keys {
					k := i % keys
					d, err := l.Reserve(t.Context(), bucketsOf(pierre.KeyID(rune('a'+k)), pierre.Limit{Requests: requests, Period: pierre.PeriodDay}), now)
					if err != nil {
						t.Error(err)
					}
					if d.Allowed {
						passed[k].Add(1)
					}
				}
			})
		}
		wg.Wait()
		for k := range passed {
			if n := passed[k].Load(); n != requests {
				t.Errorf("key %d: %d of %d calls passed, want %d", k, n, callers*each, requests)
			}
		}
	})
}

// A caller that comes late, with a time in a window that is over, counts in the next one.
func TestRolloverInParallelNeverExceedsTheLimit(t *testing.T) {
	const callers, each, requests = 16, 100, 150
	l := limit.New(storetest.New(t))
	end := time.Date(2026, 5, 5, 5, 6, 0, 0, time.UTC)
	var passed sync.Map // window start → *atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := range each { // the callers cross the end of the window at slightly different times
				now := end.Add(time.Duration(i-each/2) * time.Millisecond)
				d, err := l.Reserve(t.Context(), buckets(pierre.Limit{Requests: requests, Period: pierre.PeriodMinute}), now)
				if err != nil {
					t.Error(err)
				}
				if d.Allowed {
					n, _ := passed.LoadOrStore(d.States[0].Start, new(atomic.Int64))
					n.(*atomic.Int64).Add(1)
				}
			}
		})
	}
	wg.Wait()
	inWindow := func(start time.Time) int64 {
		n, ok := passed.Load(start)
		if !ok {
			t.Fatalf("no call passed in the window from %v", start)
		}
		return n.(*atomic.Int64).Load()
	}
	if n := inWindow(end.Add(-time.Minute)); n > requests {
		t.Errorf("%d calls passed in the first window, want at most %d", n, requests)
	}
	if n := inWindow(end); n != requests {
		t.Errorf("%d calls passed in the second window, want %d", n, requests)
	}
}

func TestPeekAndRefusedCallsCostNothing(t *testing.T) {
	both(t, func(t *testing.T, fresh func(*store.Store) limiter) {
		l, lim := fresh(storetest.New(t)), pierre.Limit{Requests: 1, Period: pierre.PeriodHour}
		now := at(t, "2026-06-01T10:00:00Z")
		for range 3 {
			if d := peek(t, l, lim, now); !d.Allowed || d.Used != 0 || d.Remaining != 1 {
				t.Fatalf("Peek = %+v; want one call left", d)
			}
		}
		take(t, l, lim, now)
		for range 3 {
			if d := take(t, l, lim, now); d.Allowed || d.Used != 1 {
				t.Fatalf("over the limit: %+v, want refused with 1 used", d)
			}
		}
		if d := take(t, l, pierre.Limit{Requests: 2, Period: pierre.PeriodHour}, now); !d.Allowed || d.Used != 2 {
			t.Errorf("after raising the limit by one: %+v; the refused calls must not have counted", d)
		}
	})
}

func TestCountsSurviveARestart(t *testing.T) {
	both(t, func(t *testing.T, fresh func(*store.Store) limiter) {
		s, lim := storetest.New(t), pierre.Limit{Requests: 3, Period: pierre.PeriodMonth}
		now := at(t, "2026-06-30T23:00:00Z")
		l := fresh(s)
		call(t, l, s, lim, now)
		call(t, l, s, lim, now)

		l = fresh(s)
		if d := call(t, l, s, lim, now); !d.Allowed || d.Used != 3 {
			t.Errorf("third call, after a restart: %+v", d)
		}
		if d := call(t, l, s, lim, now); d.Allowed {
			t.Errorf("fourth call: %+v, want refused", d)
		}
		if d := call(t, fresh(s), s, lim, now.Add(time.Hour)); !d.Allowed || d.Used != 1 {
			t.Errorf("after a restart in the next month: %+v", d)
		}
	})
}

func TestChangesOfTheLimitTakeEffectAtOnce(t *testing.T) {
	s := storetest.New(t)
	l := limit.New(s)
	yesterday, now := at(t, "2026-06-09T12:00:00Z"), at(t, "2026-06-10T12:00:00Z")
	perMonth := pierre.Limit{Requests: 10, Period: pierre.PeriodMonth}
	for range 2 {
		call(t, l, s, perMonth, yesterday)
	}
	for range 3 {
		call(t, l, s, perMonth, now)
	}
	steps := []struct {
		name    string
		lim     pierre.Limit
		allowed bool
		used    int64
	}{
		{"lower than used", pierre.Limit{Requests: 4, Period: pierre.PeriodMonth}, false, 5},
		{"higher", pierre.Limit{Requests: 6, Period: pierre.PeriodMonth}, true, 6},
		{"today's calls count in a new period", pierre.Limit{Requests: 5, Period: pierre.PeriodDay}, true, 5},
		{"and are refused there", pierre.Limit{Requests: 5, Period: pierre.PeriodDay}, false, 5},
		{"unlimited", pierre.Limit{}, true, 0},
		{"back in the first period", perMonth, true, 9},
		{"back in the second", pierre.Limit{Requests: 9, Period: pierre.PeriodDay}, true, 8},
	}
	for _, step := range steps {
		if d := call(t, l, s, step.lim, now); d.Allowed != step.allowed || d.Used != step.used {
			t.Errorf("%s: allowed %v, used %d; want %v, %d", step.name, d.Allowed, d.Used, step.allowed, step.used)
		}
	}
	if d := peek(t, limit.New(s), perMonth, now); d.Used != 10 {
		t.Errorf("after a restart: %+v; want all 10 admitted calls", d)
	}
}

func TestClockSetBack(t *testing.T) {
	both(t, func(t *testing.T, fresh func(*store.Store) limiter) {
		l, lim := fresh(storetest.New(t)), pierre.Limit{Requests: 1, Period: pierre.PeriodDay}
		take(t, l, lim, at(t, "2036-01-01T00:00:00Z")) // a machine that has not asked the time server yet
		now := at(t, "2026-01-01T00:00:00Z")
		if d := take(t, l, lim, now); !d.Allowed || !d.Start.Equal(now) {
			t.Errorf("after the clock was corrected: %+v, want the window of the right day", d)
		}
	})
}

// flaky is a count store that fails until it is mended.
type flaky struct {
	*store.Store

	broken bool
}

var errDisk = errors.New("disk I/O error")

func (f *flaky) QuotaUsed(ctx context.Context, k string, p pierre.Period, start time.Time, running []pierre.RunningCall) (int64, error) {
	if f.broken {
		return 0, errDisk
	}
	return f.Store.QuotaUsed(ctx, k, p, start, running)
}

func TestUnreadableCountsRefuseWithAnError(t *testing.T) {
	counts := &flaky{storetest.New(t), true}
	l, lim := limit.New(counts), pierre.Limit{Requests: 1, Period: pierre.PeriodDay}
	now := at(t, "2026-01-01T00:00:00Z")
	if d, err := l.Reserve(t.Context(), buckets(lim), now); !errors.Is(err, errDisk) || d.Allowed {
		t.Fatalf("Reserve = %+v, %v; want the store's error", d, err)
	}
	counts.broken = false
	if d := take(t, l, lim, now); !d.Allowed || d.Used != 1 {
		t.Errorf("after the store works again: %+v; the failed call must not count", d)
	}
}

func BenchmarkReserve(b *testing.B) {
	l, lim := limit.New(storetest.New(b)), pierre.Limit{Requests: 1 << 60, Period: pierre.PeriodMonth}
	now := time.Date(2026, 5, 5, 5, 5, 5, 0, time.UTC)
	once := func() {
		r, err := l.Reserve(b.Context(), buckets(lim), now)
		if err != nil {
			b.Error(err)
		}
		if err := r.Keep(b.Context()); err != nil {
			b.Error(err)
		}
	}
	b.Run("one key", func(b *testing.B) {
		for b.Loop() {
			once()
		}
	})
	b.Run("parallel on one key", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				once()
			}
		})
	})
}
