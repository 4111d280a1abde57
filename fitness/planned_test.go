//go:build !race

package fitness

import (
	"math"
	"testing"
)

// The score of a plan is that of a recording which follows it.
func TestPlannedStress(t *testing.T) {
	intervals := []PlannedStep{{900, 0.6}}
	for range 5 {
		intervals = append(intervals, PlannedStep{240, 1.05}, PlannedStep{180, 0.5})
	}
	const ftp = 250.0
	var seconds, watts []float64
	for _, s := range intervals {
		for range int(s.Seconds) {
			seconds, watts = append(seconds, float64(len(seconds))), append(watts, s.Intensity*ftp)
		}
	}
	power, err := NewPower(seconds, watts)
	if err != nil {
		t.Fatal(err)
	}
	np, err := power.Normalized()
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := TSS(float64(len(seconds)), np, ftp)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		steps []PlannedStep
		of    func([]PlannedStep) (Result, error)
		want  float64
	}{
		{"an hour at the threshold", []PlannedStep{{3600, 1}}, PlannedStress, 100},
		{"an hour of swimming at it", []PlannedStep{{3600, 1}}, PlannedSwimStress, 100},
		{"half an hour of it, and half an hour's rest", []PlannedStep{{1800, 1}, {1800, 0}}, PlannedSwimStress, 12.5},
		{"20 seconds", []PlannedStep{{20, 2}}, PlannedStress, 20. * 4 / 36},
		{"intervals", intervals, PlannedStress, recorded.Value},
	} {
		got, err := tt.of(tt.steps)
		if err != nil || math.Abs(got.Value-tt.want) > 0.05 {
			t.Errorf("%s: %v, %v, want %v", tt.name, got.Value, err, tt.want)
		}
	}
	for _, bad := range [][]PlannedStep{nil, {{0, 1}}, {{60, -1}}, {{60, math.NaN()}}, {{math.Inf(1), 1}}, {{60, 11}}} {
		if _, err := PlannedStress(bad); err == nil {
			t.Errorf("%v has a score", bad)
		}
	}
}
