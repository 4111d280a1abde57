package limit_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func TestRelease(t *testing.T) {
	s, lim, now := storetest.New(t), pierre.Limit{Requests: 2, Period: pierre.PeriodHour}, at(t, "2026-03-01T10:30:00Z")
	l := limit.New(s)
	first, second, refused := reserve(t, l, lim, now), reserve(t, l, lim, now), reserve(t, l, lim, now)
	if refused.Allowed || refused.CallID != "" {
		t.Fatalf("the third of two: %+v", refused)
	}
	release(t, refused)
	if d := take(t, l, lim, now); d.Allowed {
		t.Error("releasing a refusal freed a call")
	}
	release(t, first)
	release(t, first)
	third := reserve(t, l, lim, now)
	if !third.Allowed || third.States[0].Remaining != 0 {
		t.Errorf("after releasing one twice: %+v, want the last call", third)
	}
	keep(t, s, second)
	release(t, second)
	release(t, limit.Reservation{})
	if d := take(t, l, lim, now); d.Allowed {
		t.Error("releasing what was kept freed a call")
	}
	next := now.Add(time.Hour)
	take(t, l, lim, next)
	release(t, third) // of a window that is over
	if d := take(t, l, lim, next); d.Remaining != 0 {
		t.Errorf("in the next window: %+v, want none remaining", d)
	}
}

// A call that is given back is given back in every window that counted it.
func TestReleaseReachesAllWindows(t *testing.T) {
	now := at(t, "2026-03-10T10:30:00Z")
	for _, between := range []pierre.Limit{{Requests: 5, Period: pierre.PeriodDay}, {Requests: 5, Period: pierre.PeriodHour}, {}} {
		l, perMonth := limit.New(storetest.New(t)), pierre.Limit{Requests: 1, Period: pierre.PeriodMonth}
		if d := peek(t, l, perMonth, now); d.Used != 0 {
			t.Fatalf("Peek = %+v", d)
		}
		during := reserve(t, l, between, now)
		if d := take(t, l, perMonth, now); d.Allowed {
			t.Errorf("while a call under %v runs: %+v, want the month's only call used", between, d)
		}
		release(t, during)
		if d := take(t, l, perMonth, now); !d.Allowed {
			t.Errorf("after a call under %v was given back: %+v, want it admitted", between, d)
		}
	}
}

// A call that runs while the limit's period changes counts in the new window, whether it is stored by then or not.
func TestRunningCallsCountInANewWindow(t *testing.T) {
	now := at(t, "2026-03-10T10:30:00Z")
	perDay, perMonth := pierre.Limit{Requests: 3, Period: pierre.PeriodDay}, pierre.Limit{Requests: 3, Period: pierre.PeriodMonth}
	for _, before := range []pierre.Limit{perMonth, {}} {
		s := storetest.New(t)
		l := limit.New(s)
		stored, running, failing := reserve(t, l, before, now), reserve(t, l, before, now), reserve(t, l, before, now)
		keep(t, s, stored)
		if d := take(t, l, perDay, now); d.Allowed || d.Used != 3 {
			t.Errorf("from %v to day: %+v, want all three used", before, d)
		}
		keep(t, s, running)
		release(t, failing)
		if d := take(t, l, perDay, now); !d.Allowed || d.Used != 3 {
			t.Errorf("from %v to day, after one was given back: %+v, want one more", before, d)
		}
	}
}

// Whatever changes under load, and whether calls are recorded or given back, exactly the limit is recorded.
func TestExactWhileTheLimitChanges(t *testing.T) {
	const callers, requests = 16, 300
	now := at(t, "2026-03-10T10:30:00Z")
	s := storetest.New(t)
	l := limit.New(s)
	var kept, running atomic.Int64
	var wg sync.WaitGroup
	for n := range callers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(1, uint64(n)))
			for refused := 0; refused < 20; {
				p := pierre.Periods()[rnd.IntN(len(pierre.Periods()))]
				r := reserve(t, l, pierre.Limit{Requests: requests, Period: p}, now)
				if !r.Allowed {
					refused++
					runtime.Gosched()
					continue
				}
				refused = 0
				if n := running.Add(1); n > requests {
					t.Errorf("%d calls are admitted at once, more than the limit of %d", n, requests)
				}
				runtime.Gosched()
				if rnd.IntN(4) == 0 {
					running.Add(-1)
					release(t, r)
					continue
				}
				keep(t, s, r)
				kept.Add(1)
			}
		})
	}
	wg.Wait()
	for take(t, l, pierre.Limit{Requests: requests, Period: pierre.PeriodDay}, now).Allowed { // what the last release freed
		kept.Add(1)
	}
	if n := kept.Load(); n != requests {
		t.Errorf("%d calls were recorded, want exactly %d", n, requests)
	}
}

// Keys that are no longer used take no memory, and none that is used at that moment is forgotten.
func TestIdleKeysAreForgotten(t *testing.T) {
	const keys = 5000
	l, now, lim := limit.New(storetest.New(t)), at(t, "2026-01-31T23:00:00Z"), pierre.Limit{Requests: 1, Period: pierre.PeriodMinute}
	hour := pierre.Limit{Requests: 2, Period: pierre.PeriodHour}
	lasting := reserve(t, l, pierre.Limit{}, now) // a call that runs over the sweep
	before := heap()
	for n := range keys {
		r, err := l.Reserve(t.Context(), bucketsOf(pierre.KeyID(fmt.Sprint("key_", n)), lim), now)
		if err != nil {
			t.Fatal(err)
		}
		release(t, r)
	}
	full := heap() - before
	later := now.Add(2 * time.Hour)
	if _, err := l.Reserve(t.Context(), bucketsOf("key_new", lim), later); err != nil { // a new key makes it look for idle ones
		t.Fatal(err)
	}
	if left := heap() - before; left > full/4 {
		t.Errorf("%d idle keys keep %d of %d bytes", keys, left, full)
	}
	take(t, l, hour, now)
	if d := take(t, l, hour, now); d.Allowed {
		t.Error("a call that ran while idle keys were dropped is not counted")
	}
	release(t, lasting)
	runtime.KeepAlive(l)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
