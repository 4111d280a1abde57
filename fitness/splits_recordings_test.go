//go:build !race

package fitness_test

import (
	"path/filepath"
	"testing"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/recordings"
)

// A device that makes a lap of each kilometre counts the same time, up to the interval between its samples.
func TestSplitsAreTheLapsOfADevice(t *testing.T) {
	rec := decode(t, filepath.Join(recordings.Dir(t), "run_compressed_timestamps.fit"))[0]
	splits, _, err := fitness.Splits(rec.Series.Time, rec.Series.Distance, nil, 1000)
	if err != nil || len(splits) != len(rec.Laps) {
		t.Fatalf("%d splits beside %d laps: %v", len(splits), len(rec.Laps), err)
	}
	for i, lap := range rec.Laps[:len(rec.Laps)-1] {
		if i == 0 {
			continue // begins before the first distance
		}
		within(t, "split", splits[i].Seconds, *lap.DurationSeconds, 3.5)
	}
}
