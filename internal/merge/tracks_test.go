package merge

import (
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Twelve of 64 places may be elsewhere, wherever along the track they are, and one more may not.
func TestAgreeAtTheEdge(t *testing.T) {
	track := func(from, away int) (s pierre.Series) {
		for i := range probes {
			latitude := 48 + float64(i)*1e-4
			if i >= from && i < from+away {
				latitude++
			}
			s.Time, s.Latitude, s.Longitude = append(s.Time, float64(i)), append(s.Latitude, latitude), append(s.Longitude, 16)
		}
		return s
	}
	for away, want := range map[int]bool{0: true, 12: true, 13: false, 14: false, probes: false} {
		for _, from := range []int{0, probes - away} {
			if got := agree(track(0, 0), track(from, away), 0, maxApart, minAgreeing); got != want {
				t.Errorf("with %d places elsewhere, from %d on: %t", away, from, got)
			}
		}
	}
}
