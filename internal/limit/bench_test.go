package limit_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/redistest"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A call with a quota, a burst, a tool's limit and a customer's, of one of many customers.
func benchmarkReserve(b *testing.B, l limiter) {
	limits := pierre.Limits{
		Quota: month(1e9), Burst: pierre.Burst{Requests: 1_000_000, Per: time.Second},
		Tools: map[string]pierre.Limit{"get_stats": month(1e9)}, Customer: month(1e9),
	}
	for _, customers := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("customers=%d", customers), func(b *testing.B) {
			lists := make([][]pierre.Bucket, customers)
			for n := range lists {
				lists[n] = limits.Buckets(pierre.KeyID(fmt.Sprint("key_", n)), pierre.UserID(fmt.Sprint("user_", n)), "get_stats")
				if _, err := l.Reserve(b.Context(), lists[n], time.Now()); err != nil {
					b.Fatal(err)
				}
			}
			var next atomic.Int64
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r, err := l.Reserve(b.Context(), lists[next.Add(7)%int64(customers)], time.Now())
					if err != nil {
						b.Error(err)
						return
					}
					if err := r.Keep(b.Context()); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func BenchmarkReserveInProcess(b *testing.B) { benchmarkReserve(b, limit.New(storetest.New(b))) }

// BenchmarkAmongMany measures a call under one quota among so many customers, beside what can be had for it: a sync.Map of as
// many counters with a lock each. Whatever is looked up among many is not in the processor's caches.
func BenchmarkAmongMany(b *testing.B) {
	for _, customers := range []int{1000, 100_000} {
		lists := make([][]pierre.Bucket, customers)
		for n := range lists {
			lists[n] = pierre.Limits{Quota: month(1e9)}.Buckets(pierre.KeyID(fmt.Sprint("key_", n)), pierre.UserID(fmt.Sprint("user_", n)), "get_stats")
		}
		b.Run(fmt.Sprintf("limiter/customers=%d", customers), func(b *testing.B) {
			l := limit.New(none{})
			benchmarkInTurns(b, lists, func(buckets []pierre.Bucket) error {
				r, err := l.Reserve(b.Context(), buckets, time.Now())
				if err != nil {
					return err
				}
				return r.Keep(b.Context())
			})
		})
		b.Run(fmt.Sprintf("map/customers=%d", customers), func(b *testing.B) {
			type counter struct {
				mu   sync.Mutex
				used int64
			}
			var counters sync.Map
			benchmarkInTurns(b, lists, func(buckets []pierre.Bucket) error {
				for range 2 { // to reserve and to keep
					v, ok := counters.Load(buckets[2].ID)
					if !ok {
						v, _ = counters.LoadOrStore(buckets[2].ID, &counter{})
					}
					c := v.(*counter)
					c.mu.Lock()
					c.used++
					c.mu.Unlock()
				}
				return nil
			})
		})
	}
}

// benchmarkInTurns lets each customer call once, and measures further calls of customers that are far from each other.
func benchmarkInTurns(b *testing.B, lists [][]pierre.Bucket, call func([]pierre.Bucket) error) {
	b.Helper()
	for _, buckets := range lists {
		if err := call(buckets); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	for n := 0; b.Loop(); n += 7919 {
		if err := call(lists[n%len(lists)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReserveInRedis(b *testing.B) {
	benchmarkReserve(b, share(b, storetest.New(b), limit.SharedOptions{Redis: client(b, redistest.Start(b))}))
}

// Memory of a limiter that has seen so many keys.
func BenchmarkMemory(b *testing.B) {
	for _, keys := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			for b.Loop() {
				before, l := heap(), limit.New(none{})
				for n := range keys {
					r, err := l.Reserve(b.Context(), bucketsOf(pierre.KeyID(fmt.Sprint("key_", n)), month(10)), time.Now())
					if err != nil {
						b.Fatal(err)
					}
					if err := r.Keep(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(heap()-before)/float64(keys), "B/key")
				runtime.KeepAlive(l)
			}
		})
	}
}

// none is a database without calls.
type none struct{}

func (none) QuotaUsed(context.Context, string, pierre.Period, time.Time, []pierre.RunningCall) (int64, error) {
	return 0, nil
}
