//go:build !race

package training

import (
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// BenchmarkDigest makes and reads the digest of an hour's recording.
func BenchmarkDigest(b *testing.B) {
	for name, rec := range map[string]pierre.Recording{
		"ride": specimen(pierre.SportRide, 3600, 1, 0), "run": specimen(pierre.SportRun, 3600, 1, 0),
	} {
		b.Run("make/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				newDigest(rec)
			}
		})
		data, _ := digestedActivity{rec.Activity, newDigest(rec)}.encode()
		b.Run("read/"+name, func(b *testing.B) {
			b.ReportAllocs()
			b.ReportMetric(float64(len(data)), "bytes")
			for b.Loop() {
				_, rest, err := decodeActivity(data)
				if err == nil {
					_, err = decodeDigest(rest)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
