//go:build !race

package fitness

import (
	"math"
	"testing"
)

func TestBestEfforts(t *testing.T) {
	// 200 m in 100 s, 400 m in 100 s, a rest, 200 m in 100 s.
	at := []float64{0, 100, 200, 260, 360}
	distance := []float64{0, 200, 600, 600, 800}
	efforts, err := BestEfforts(at, distance, []float64{100, 400, 500, 800, 900})
	if err != nil {
		t.Fatal(err)
	}
	want := []BestEffort{
		{Meters: 100, Seconds: 25, StartSeconds: 100},
		{Meters: 400, Seconds: 100, StartSeconds: 100},
		{Meters: 500, Seconds: 150, StartSeconds: 50},
		{Meters: 800, Seconds: 360, StartSeconds: 0},
	}
	if len(efforts) != len(want) {
		t.Fatalf("efforts = %+v", efforts)
	}
	for i, w := range want {
		if efforts[i] != w {
			t.Errorf("effort = %+v, want %+v", efforts[i], w)
		}
	}
}

func TestBestEffortsSurviveBadSamples(t *testing.T) {
	nan := math.NaN()
	at := []float64{0, 10, 20, nan, 30, 25, 40, 50}
	distance := []float64{0, 30, nan, 70, 90, 500, 60, 150}
	efforts, err := BestEfforts(at, distance, []float64{150, 1000, nan, -5, 0, math.Inf(1)})
	if err != nil || len(efforts) != 1 || efforts[0].Seconds != 50 {
		t.Errorf("efforts = %+v, %v; want 150 m in 50 s", efforts, err)
	}
	_, err = BestEfforts(at, at[:3], []float64{100})
	refused(t, "columns of different length", err)
	_, err = BestEfforts(nil, nil, []float64{100})
	refused(t, "nothing", err)
}
