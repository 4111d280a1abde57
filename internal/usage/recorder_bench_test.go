package usage_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/usage"
)

func newCall(now time.Time) pierre.Call {
	return pierre.Call{
		ID: pierre.NewCallID(), KeyID: "key_a", UserID: "user_a", Tool: "get_activities", Status: pierre.CallSucceeded,
		Started: now, Duration: 1500 * time.Microsecond, RequestBytes: 120, ResponseBytes: 4000,
		Country: "CH", ClientHash: "00112233445566", Buckets: buckets(pierre.Limit{Requests: 1 << 40, Period: pierre.PeriodMonth}),
	}
}

// buckets are what the calls of key_a count against.
func buckets(lim pierre.Limit) []pierre.Bucket {
	return pierre.Limits{Quota: lim}.Buckets("key_a", "", "")
}

// reserved is the reservation of a call at now under a monthly limit.
func reserved(now time.Time) limit.Reservation {
	return limit.Reservation{
		Decision: limit.Decision{Allowed: true},
		Buckets:  buckets(pierre.Limit{Requests: 1 << 40, Period: pierre.PeriodMonth}), CallID: pierre.NewCallID(), At: now,
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, callers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			r := usage.NewRecorder(storetest.New(b))
			var n atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range callers {
				wg.Go(func() {
					for n.Add(1) <= int64(b.N) {
						if err := r.Record(b.Context(), reserved(time.Now()), newCall(time.Now())); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
		})
	}
}
