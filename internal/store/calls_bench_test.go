package store_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// processorTime returns what the process has used: it depends less on what else the machine does than the time does.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkRecordCalls(b *testing.B) {
	for _, of := range []struct {
		db         string
		size, keys int
	}{
		{"sqlite", 1, 1},
		{"sqlite", 8, 1},
		{"sqlite", 16, 1},
		{"sqlite", 16, 16},
		{"sqlite", 512, 1},
		{"sqlite", 512, 16},
		{"postgres", 1, 1},
		{"postgres", 8, 1},
		{"postgres", 16, 1},
		{"postgres", 16, 16},
		{"postgres", 512, 1},
		{"postgres", 512, 16},
	} {
		size, keys := of.size, of.keys
		b.Run(fmt.Sprintf("%s/batch=%d/keys=%d", of.db, size, keys), func(b *testing.B) {
			s := storetest.On(b, of.db)
			at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
			calls := make([]pierre.Call, size)
			var recorded int
			before := processorTime(b)
			for b.Loop() {
				for i := range calls {
					at = at.Add(100 * time.Microsecond)
					calls[i] = storedCall(pierre.KeyID(fmt.Sprint("key_", i%keys)), pierre.PeriodMonth, at)
					calls[i].Duration = time.Duration(80+(recorded*7919)%300) * time.Microsecond
					recorded++
				}
				if err := s.RecordCalls(b.Context(), calls); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(recorded)/b.Elapsed().Seconds(), "calls/s")
			b.ReportMetric(float64((processorTime(b)-before).Nanoseconds())/float64(recorded)/1000, "cpu-µs/call")
		})
	}
}
