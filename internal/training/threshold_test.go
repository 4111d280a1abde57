package training

import (
	"math"
	"strings"
	"testing"
)

// A run that is faster for long than its threshold allows says that the threshold was too low.
func TestThresholdIsProvenByTheRun(t *testing.T) {
	threshold := ThresholdSpeed{mps: 3, in: Input{Value: new(3.0), Note: "VDOT"}}
	for _, c := range []struct{ mps, seconds, want float64 }{
		{3.5, 2400, 3},  // short enough
		{3.15, 7200, 3}, // 1.05
		{3.5, 3600, 3.5 / 1.05},
	} {
		got := threshold.provenBy(c.mps, c.seconds)
		if math.Abs(got.mps-c.want) > 1e-12 || *got.in.Value != got.mps || (got.mps != 3) != strings.HasPrefix(got.in.Note, "raised from 3.000 m/s") {
			t.Errorf("%g m/s over %g s: %+v, want %g", c.mps, c.seconds, got, c.want)
		}
	}
	if *threshold.in.Value != 3 {
		t.Error("the threshold itself was changed")
	}
}
