//go:build !race

package fitness_test

import (
	"math"
	"testing"

	"github.com/pierre-mcp/pierre/fitness"
)

func TestMeans(t *testing.T) {
	nan := math.NaN()
	x := []float64{0, 1, 2, 3, 5, 9, 10, nan, -1, 11, math.Inf(1)}
	y := []float64{2, 4, nan, 8, 10, 20, 30, 99, 99, 99, 99}
	want := []float64{3, 8, 10, nan, 25}
	for i, got := range fitness.Means(x, y, 0, 10, 5) {
		if got != want[i] && !(math.IsNaN(got) && math.IsNaN(want[i])) {
			t.Errorf("part %d has the mean %v, want %v", i, got, want[i])
		}
	}
	for _, n := range []int{0, -1} {
		if got := fitness.Means(x, y, 0, 10, n); len(got) != 0 {
			t.Errorf("%d parts: %v", n, got)
		}
	}
	for _, got := range fitness.Means(x, y, 5, 5, 3) {
		if !math.IsNaN(got) {
			t.Errorf("a range of nothing has the mean %v", got)
		}
	}
}
