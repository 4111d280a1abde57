package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// BenchmarkFirstCallWhileUsageWaits measures what a server asks the database at the first call of a key, how much it has used, while the calls of
// 125 000 keys wait to be folded, gathered or as they came: at the first such call of the server, after which it knows what waits, and at
// later ones, before each of which another call was recorded.
//
//	go test ./internal/store -run xxx -bench FirstCallWhileUsageWaits -benchtime 20x
func BenchmarkFirstCallWhileUsageWaits(b *testing.B) {
	const keys, atOnce = 125_000, 500
	now := time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)
	for _, db := range []string{"sqlite", "postgres"} {
		s := storetest.On(b, db)
		for first := 0; first < keys; first += atOnce {
			calls := make([]pierre.Call, atOnce)
			for i := range calls {
				calls[i] = storedCall(pierre.KeyID(fmt.Sprint("key_", (first+i)*7919%keys)), pierre.PeriodMonth, now)
			}
			if err := s.RecordCalls(b.Context(), calls); err != nil {
				b.Fatal(err)
			}
		}
		for _, gathered := range []bool{false, true} {
			if gathered {
				if err := store.Gather(b.Context(), s); err != nil {
					b.Fatal(err)
				}
			}
			for _, cold := range []bool{true, false} {
				b.Run(fmt.Sprintf("%s/gathered=%t/cold=%t", db, gathered, cold), func(b *testing.B) { firstCalls(b, s, cold, now) })
			}
		}
	}
}

func firstCalls(b *testing.B, s *store.Store, cold bool, now time.Time) {
	b.Helper()
	start, _ := pierre.PeriodMonth.Window(now)
	n := 0
	for b.Loop() {
		b.StopTimer()
		if err := s.RecordCalls(b.Context(), []pierre.Call{storedCall(pierre.KeyID(fmt.Sprint("other_", n)), pierre.PeriodMonth, now)}); err != nil {
			b.Fatal(err)
		}
		if cold {
			store.ForgetBatches(s)
		}
		b.StartTimer()
		used, err := s.QuotaUsed(b.Context(), fmt.Sprint("key:key_", n), pierre.PeriodMonth, start, nil)
		if err != nil || used != 1 {
			b.Fatalf("%d calls are used, %v", used, err)
		}
		n++
	}
}
