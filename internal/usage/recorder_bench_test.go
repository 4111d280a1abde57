package usage_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/usage"
)

func newCall(now time.Time) pierre.Call {
	start, _ := pierre.PeriodMonth.Window(now)
	return pierre.Call{
		ID: pierre.NewCallID(), KeyID: "key_a", UserID: "user_a", Tool: "get_activities", Status: pierre.CallSucceeded,
		Started: now, Duration: 1500 * time.Microsecond, RequestBytes: 120, ResponseBytes: 4000,
		Country: "CH", ClientHash: "00112233445566", Period: pierre.PeriodMonth, WindowStart: start,
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, callers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			r := usage.NewRecorder(storetest.New(b), usage.Options{})
			var n atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range callers {
				wg.Go(func() {
					for n.Add(1) <= int64(b.N) {
						if err := r.Record(b.Context(), newCall(time.Now())); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
		})
	}
}
