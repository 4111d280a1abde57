//go:build !race

package fitness

import (
	"math"
	"slices"
	"testing"
)

func TestDownsampleKeepsPeaks(t *testing.T) {
	at, x := steps(stretch{10000, 100})
	x[3333], x[7000], x[20] = 900, -50, math.NaN()
	picked := Downsample(at, x, 50)
	if len(picked) != 50 || picked[0] != 0 || picked[49] != 9999 || !slices.IsSorted(picked) {
		t.Fatalf("picked = %v", picked)
	}
	for _, i := range []int{3333, 7000} {
		if !slices.Contains(picked, i) {
			t.Errorf("the extreme at %d is gone", i)
		}
	}
	if slices.Contains(picked, 20) {
		t.Error("a sample that is NaN was picked")
	}
}

func TestDownsampleOfLittle(t *testing.T) {
	at, x := steps(stretch{5, 1})
	for n, want := range map[int]int{-1: 0, 0: 0, 1: 1, 2: 2, 3: 3, 5: 5, 9: 5} {
		if got := Downsample(at, x, n); len(got) != want {
			t.Errorf("Downsample(5 samples, %d) = %v", n, got)
		}
	}
	if got := Downsample(nil, x, 3); len(got) != 0 {
		t.Errorf("Downsample without times = %v", got)
	}
}
