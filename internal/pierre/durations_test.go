package pierre_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// exact returns the percentile of sorted by the nearest rank.
func exact(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)*percent+99)/100-1]
}

func TestDurationsArePrecise(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 10, 1000, 20_000} {
		var parts [3]pierre.Durations
		var all []time.Duration
		for i := range n {
			d := time.Duration(math.Exp(rnd.Float64()*20)) * time.Microsecond // up to eight minutes
			all = append(all, d)
			parts[i%3].Add(d)
		}
		slices.Sort(all)
		var h pierre.Durations
		for _, p := range parts {
			h.Merge(&p)
		}
		if h.Count() != int64(n) {
			t.Fatalf("Count = %d, want %d", h.Count(), n)
		}
		for _, percent := range []int{1, 50, 95, 99, 100} {
			got, want := h.Percentile(int64(percent)), exact(all, percent)
			if _, measured := slices.BinarySearch(all, got); got < want || float64(got) > float64(want)*1.001 || !measured {
				t.Errorf("%d %% of %d durations: %v, want %v, or a thousandth more, that was added", percent, n, got, want)
			}
		}
	}
}

func TestDurationsAtTheEdges(t *testing.T) {
	var h pierre.Durations
	if got := h.Percentile(50); got != 0 || h.Count() != 0 {
		t.Errorf("of none: %v", got)
	}
	h.Add(-time.Second) // the clock was set back
	h.Add(0)
	h.Add(math.MaxInt64)
	if got := h.Percentile(50); got != 0 {
		t.Errorf("the median is %v, want 0", got)
	}
	if got := h.Percentile(100); got != math.MaxInt64/1000*1000 {
		t.Errorf("the longest is %v, want %v", got, time.Duration(math.MaxInt64))
	}
}
