package limit_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func month(n int64) pierre.Limit { return pierre.Limit{Requests: n, Period: pierre.PeriodMonth} }

// A call passes all of its limits or costs nothing, and the one that is named is the last to free.
func TestAllLimitsOrNone(t *testing.T) {
	both(t, func(t *testing.T, fresh func(*store.Store) limiter) {
		now := at(t, "2026-03-10T10:59:30Z")
		limits := pierre.Limits{
			Quota:         month(5),
			Burst:         pierre.Burst{Requests: 3, Per: 30 * time.Second},
			Tools:         map[string]pierre.Limit{"get_stats": {Requests: 1, Period: pierre.PeriodHour}},
			Customer:      pierre.Limit{Requests: 4, Period: pierre.PeriodDay},
			CustomerBurst: pierre.Burst{Requests: 100, Per: time.Second},
		}
		l := fresh(storetest.New(t))
		try := func(family pierre.KeyID, tool string, now time.Time) limit.Decision {
			t.Helper()
			r, err := l.Reserve(t.Context(), limits.Buckets(family, "user_a", tool), now)
			if err != nil {
				t.Fatal(err)
			}
			return r.Decision
		}
		for _, step := range []struct {
			family    pierre.KeyID
			tool      string
			after     time.Duration
			refusedBy string
			freesIn   time.Duration
		}{
			{"key_a", "get_stats", 0, "", 0},
			{"key_a", "get_stats", 0, "tool-get_stats-hour", 30 * time.Second},
			{"key_a", "other", 0, "", 0},
			{"key_a", "other", 0, "", 0},
			{"key_a", "other", 0, "key-burst", 10 * time.Second},
			{"key_a", "get_stats", 0, "tool-get_stats-hour", 30 * time.Second}, // of two that refuse
			{"key_b", "get_stats", 0, "", 0},                                   // the same customer's other key
			{"key_b", "other", 0, "customer-day", 13*time.Hour + 30*time.Second},
			{"key_a", "other", 10 * time.Second, "customer-day", 13*time.Hour + 20*time.Second},
		} {
			d := try(step.family, step.tool, now.Add(step.after))
			if d.Allowed != (step.refusedBy == "") {
				t.Fatalf("%+v: %+v", step, d)
			}
			if d.Allowed {
				continue
			}
			by := d.Refusing()
			if by.Bucket.Policy != step.refusedBy || by.FreesAt.Sub(now.Add(step.after)) != step.freesIn {
				t.Errorf("%+v: refused by %s, which frees in %v", step, by.Bucket.Policy, by.FreesAt.Sub(now.Add(step.after)))
			}
		}
		d, err := l.Peek(t.Context(), limits.Buckets("key_a", "user_a", "get_stats"), now.Add(10*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		for policy, used := range map[string]int64{"key-month": 3, "key-burst": 2, "tool-get_stats-hour": 1, "customer-day": 4, "customer-burst": 0} {
			if s, ok := d.State(policy); !ok || s.Used != used {
				t.Errorf("%s: %+v, want %d used: a refused call costs nothing anywhere", policy, s, used)
			}
		}
	})
}

// A burst admits what a token bucket of the same rate does.
func TestBurstIsATokenBucket(t *testing.T) {
	both(t, func(t *testing.T, fresh func(*store.Store) limiter) {
		for _, b := range []pierre.Burst{{Requests: 1, Per: time.Second}, {Requests: 10, Per: time.Second}, {Requests: 4, Per: time.Minute}, {Requests: 125, Per: time.Hour}} {
			l, oracle := fresh(storetest.New(t)), rate.NewLimiter(rate.Every(b.Interval()), int(b.Requests))
			list := pierre.Limits{Burst: b}.Buckets(key, "", "")
			rnd, now := rand.New(rand.NewPCG(3, uint64(b.Requests))), at(t, "2026-03-10T10:00:00Z")
			const tries = 1000
			admitted := 0
			for range tries {
				now = now.Add(time.Duration(rnd.Int64N(2*b.Interval().Microseconds()/3)) * time.Microsecond)
				if rnd.IntN(200) == 0 {
					now = now.Add(time.Duration(rnd.Int64N(2*b.Per.Microseconds())) * time.Microsecond)
				}
				want := oracle.AllowN(now, 1)
				r, err := l.Reserve(t.Context(), list, now)
				if err != nil {
					t.Fatal(err)
				}
				if r.Allowed != want {
					t.Fatalf("%+v at %v: admitted %v, a token bucket %v", b, now, r.Allowed, want)
				}
				s := r.States[0]
				if r.Allowed {
					admitted++
				} else if again, err := l.Peek(t.Context(), list, s.FreesAt); err != nil || !again.Allowed || !s.FreesAt.After(now) {
					t.Fatalf("%+v at %v: not free at %v, %v", b, now, s.FreesAt, err)
				}
				if s.Used+s.Remaining != b.Requests {
					t.Fatalf("%+v: %d used and %d remaining", b, s.Used, s.Remaining)
				}
				now = r.At
			}
			if admitted == 0 || admitted == tries {
				t.Fatalf("%+v: %d of %d were admitted", b, admitted, tries)
			}
		}
	})
}

// What was taken of a burst and given back can be taken again.
func TestReleaseOfABurst(t *testing.T) {
	both(t, func(t *testing.T, fresh func(*store.Store) limiter) {
		l, now := fresh(storetest.New(t)), at(t, "2026-03-10T10:00:00Z")
		list := pierre.Limits{Burst: pierre.Burst{Requests: 1, Per: time.Minute}}.Buckets(key, "", "")
		for range 3 {
			r, err := l.Reserve(t.Context(), list, now)
			if err != nil || !r.Allowed {
				t.Fatalf("%+v, %v", r, err)
			}
			if r, err := l.Reserve(t.Context(), list, now); err != nil || r.Allowed {
				t.Fatalf("the second of one: %+v, %v", r, err)
			}
			release(t, r)
			release(t, r)
		}
	})
}

// A lower rate or a clock that was set back leaves a burst used up at most, never for longer.
func TestABurstIsNeverMoreThanUsedUp(t *testing.T) {
	both(t, func(t *testing.T, fresh func(*store.Store) limiter) {
		l, now := fresh(storetest.New(t)), at(t, "2026-03-10T10:00:00Z")
		slow := pierre.Limits{Burst: pierre.Burst{Requests: 2, Per: time.Hour}}.Buckets(key, "", "")
		fast := pierre.Limits{Burst: pierre.Burst{Requests: 10, Per: time.Second}}.Buckets(key, "", "")
		for range 2 {
			if r, err := l.Reserve(t.Context(), slow, now); err != nil || !r.Allowed {
				t.Fatalf("%+v, %v", r, err)
			}
		}
		for _, now := range []time.Time{now, now.Add(-24 * time.Hour)} {
			d, err := l.Peek(t.Context(), fast, now)
			if s := d.States[0]; err != nil || d.Allowed || s.FreesAt.Sub(now) != 100*time.Millisecond || s.Remaining != 0 {
				t.Errorf("at %v: %+v, %v; want one call after a tenth of a second", now, d, err)
			}
		}
	})
}
