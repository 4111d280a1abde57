package limit_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// What is done with a limiter: a call of one of two keys of a customer is reserved, or given back.
type step struct {
	key  int
	back bool
}

// A model holds what is used of the keys' limits and, last, of the customer's.
func model(perKey, together int) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return [3]int{} },
		Step: func(state, in, out any) (bool, any) {
			used, s, allowed := state.([3]int), in.(step), out.(bool)
			if s.back {
				used[s.key]--
				used[2]--
				return used[s.key] >= 0, used
			}
			free := used[s.key] < perKey && used[2] < together
			if allowed {
				used[s.key]++
				used[2]++
			}
			return free == allowed, used
		},
		Equal: func(a, b any) bool { return a == b },
	}
}

// Whatever happens side by side, the answers are as if the calls had come one after the other.
func TestLimitersAreLinearizable(t *testing.T) {
	const perKey, together, workers, each = 6, 9, 6, 60
	limits := pierre.Limits{
		Quota:    pierre.Limit{Requests: perKey, Period: pierre.PeriodMonth},
		Customer: pierre.Limit{Requests: together, Period: pierre.PeriodMonth},
	}
	history := func(t *testing.T, limiters []limiter) {
		var mu sync.Mutex
		var ops []porcupine.Operation
		began := time.Now()
		timed := func(worker int, s step, do func() bool) {
			call := time.Since(began).Nanoseconds()
			allowed := do()
			end := time.Since(began).Nanoseconds()
			mu.Lock()
			defer mu.Unlock()
			ops = append(ops, porcupine.Operation{ClientId: worker, Input: s, Call: call, Output: allowed, Return: end})
		}
		now := time.Now()
		var wg sync.WaitGroup
		for worker := range workers {
			wg.Go(func() {
				rnd, l := rand.New(rand.NewPCG(5, uint64(worker))), limiters[worker%len(limiters)]
				held := [2][]limit.Reservation{}
				for range each {
					k := rnd.IntN(2)
					if n := len(held[k]); n > 0 && rnd.IntN(5) < 2 {
						r := held[k][n-1]
						held[k] = held[k][:n-1]
						timed(worker, step{k, true}, func() bool {
							if err := r.Release(t.Context()); err != nil {
								t.Error(err)
							}
							return true
						})
						continue
					}
					timed(worker, step{k, false}, func() bool {
						r, err := l.Reserve(t.Context(), limits.Buckets([]pierre.KeyID{"key_a", "key_b"}[k], "user_a", "get_stats"), now)
						if err != nil {
							t.Error(err)
						}
						if r.Allowed {
							held[k] = append(held[k], r)
						}
						return r.Allowed
					})
				}
			})
		}
		wg.Wait()
		if result := porcupine.CheckOperationsTimeout(model(perKey, together), ops, 30*time.Second); result != porcupine.Ok {
			t.Errorf("the history of %d operations is %v", len(ops), result)
		}
	}
	t.Run("in process", func(t *testing.T) { history(t, []limiter{limit.New(storetest.New(t))}) })
	t.Run("three servers in Redis", func(t *testing.T) {
		f := newFleet(t, 3, limit.SharedOptions{})
		history(t, []limiter{f.limiters[0], f.limiters[1], f.limiters[2]})
	})
}

// Random calls, returns, hours and other limits give what a simple count says.
func TestLimitersCountAsASimpleModel(t *testing.T) {
	both(t, func(t *testing.T, fresh func(*store.Store) limiter) {
		s := storetest.New(t)
		l, rnd := fresh(s), rand.New(rand.NewPCG(7, 7))
		now := at(t, "2026-03-10T10:00:00Z")
		keys := []pierre.KeyID{"key_a", "key_b"}
		type held struct {
			r   limit.Reservation
			key int
		}
		var running []held
		var hour time.Time
		used, all := [2]int64{}, int64(0)
		limits := pierre.Limits{Quota: pierre.Limit{Requests: 20, Period: pierre.PeriodHour}, Customer: pierre.Limit{Requests: 30, Period: pierre.PeriodHour}}
		for i := range 1500 {
			if rnd.IntN(40) == 0 {
				now = now.Add(time.Duration(rnd.IntN(50)) * time.Minute)
			}
			if h := now.Truncate(time.Hour); !h.Equal(hour) {
				hour, used, all = h, [2]int64{}, 0
			}
			if rnd.IntN(50) == 0 {
				limits.Quota.Requests, limits.Customer.Requests = 1+rnd.Int64N(40), 1+rnd.Int64N(60)
			}
			if n := len(running); n > 0 && rnd.IntN(3) == 0 {
				h := running[n-1]
				running = running[:n-1]
				release(t, h.r)
				if h.r.At.Truncate(time.Hour).Equal(hour) {
					used[h.key]--
					all--
				}
				continue
			}
			k := rnd.IntN(2)
			r, err := l.Reserve(t.Context(), limits.Buckets(keys[k], "user_a", "get_stats"), now)
			if err != nil {
				t.Fatal(err)
			}
			if want := used[k] < limits.Quota.Requests && all < limits.Customer.Requests; r.Allowed != want {
				t.Fatalf("event %d at %v: admitted %v, want %v; %d and %d used of %+v", i, now, r.Allowed, want, used[k], all, limits)
			}
			if r.Allowed {
				used[k]++
				all++
				running = append(running, held{r, k})
			}
		}
	})
}
