package store_test

import (
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func BenchmarkActivities(b *testing.B) {
	s := storetest.New(b)
	user, err := s.EnsureUser(b.Context(), "ana@example.com", parallelDay)
	if err != nil {
		b.Fatal(err)
	}
	const activities = 2000
	for n := range activities {
		length, distance := 600., 2000.
		_, err := s.ImportRecording(b.Context(), user.ID,
			pierre.Source{Provider: "file", Format: "fit", SHA256: [32]byte{byte(n), byte(n >> 8)}, Imported: parallelDay},
			pierre.Recording{Activity: pierre.Activity{
				Sport: "run", Name: "Morning run", Start: parallelDay.Add(time.Duration(n) * 24 * time.Hour),
				Totals: pierre.Totals{DurationSeconds: &length, ElapsedSeconds: &length, DistanceMeters: &distance},
			}})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		page, err := s.Activities(b.Context(), user.ID, pierre.ActivityQuery{})
		if err != nil || page.Total != activities {
			b.Fatal(page.Total, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/activities, "ns/activity")
}
