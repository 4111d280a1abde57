//go:build !race

package fitness_test

import (
	"math"
	"testing"

	"github.com/pierre-mcp/pierre/fitness"
)

// What is computed from the histogram is what is computed from the samples.
func TestHistogramKeepsTheLoad(t *testing.T) {
	var at, bpm []float64
	for i := range 3600 {
		at = append(at, float64(i))
		bpm = append(bpm, math.Round(140+40*math.Sin(float64(i)/200)))
		if i%900 > 850 {
			bpm[i] = math.NaN()
		}
	}
	whole, err := fitness.NewHeartRate(at, bpm)
	if err != nil {
		t.Fatal(err)
	}
	small, err := whole.Histogram().HeartRate()
	if err != nil {
		t.Fatal(err)
	}
	limits := fitness.HeartRateRange{RestBPM: 50, MaxBPM: 190}
	for name, f := range map[string]func(fitness.HeartRate) (fitness.Result, error){
		"Banister": func(h fitness.HeartRate) (fitness.Result, error) { return h.Banister(limits, fitness.Female) },
		"Edwards":  func(h fitness.HeartRate) (fitness.Result, error) { return h.Edwards(190) },
		"Mean":     fitness.HeartRate.Mean,
	} {
		want, err1 := f(whole)
		got, err2 := f(small)
		if err1 != nil || err2 != nil {
			t.Fatal(name, err1, err2)
		}
		if math.Abs(got.Value-want.Value) > 1e-6*want.Value || math.Abs(got.Coverage-want.Coverage) > 1e-9 {
			t.Errorf("%s = %v with coverage %v, want %v with %v", name, got.Value, got.Coverage, want.Value, want.Coverage)
		}
	}
}

func TestEmptyHistogram(t *testing.T) {
	if _, err := (fitness.HeartRateHistogram{LowBPM: 5, Seconds: []float64{9, math.NaN()}}).HeartRate(); err == nil {
		t.Error("a histogram without plausible heart rates is not refused")
	}
	if h := (fitness.HeartRate{}).Histogram(); h.Seconds != nil {
		t.Errorf("the histogram of nothing is %v", h)
	}
}
