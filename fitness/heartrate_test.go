//go:build !race

package fitness

import (
	"math"
	"testing"
)

func TestHeartRateTimeRule(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name              string
		t, bpm            []float64
		seconds, coverage float64
	}{
		{"one sample per second", []float64{0, 1, 2}, []float64{100, 100, 100}, 3, 1},
		{"smart recording", []float64{0, 10, 30, 31}, []float64{100, 100, 100, 100}, 32, 1},
		{"a short stop where every second is recorded", []float64{0, 1, 2, 14, 15, 16}, []float64{100, 100, 100, 100, 100, 100}, 6, 1},
		{"a pause is not recorded time", []float64{0, 1, 2, 600, 601}, []float64{100, 100, 100, 100, 100}, 5, 1},
		{"zeros are missing", []float64{0, 1, 2, 3}, []float64{0, 0, 100, 100}, 2, 0.5},
		{"a short gap takes the last value", []float64{0, 5, 10}, []float64{100, nan, nan}, 11, 1},
		{"a long gap does not", []float64{0, 20, 40}, []float64{100, nan, nan}, 20, 20.0 / 41},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, err := NewHeartRate(c.t, c.bpm)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "seconds", h.Seconds(), c.seconds, 1e-9)
			near(t, "coverage", h.Coverage(), c.coverage, 1e-9)
			near(t, "mean", value(t)(h.Mean()), 100, 1e-9)
		})
	}
}

func TestHeartRateRefusals(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct{ t, bpm []float64 }{
		"nothing":              {nil, nil},
		"no column":            {[]float64{0, 1}, nil},
		"one sample":           {[]float64{0}, []float64{100}},
		"other length":         {[]float64{0, 1}, []float64{100}},
		"only zeros":           {[]float64{0, 1}, []float64{0, 0}},
		"only NaN":             {[]float64{0, 1}, []float64{nan, nan}},
		"unsorted":             {[]float64{1, 0}, []float64{100, 100}},
		"a time that is NaN":   {[]float64{0, nan}, []float64{100, 100}},
		"a time that is Inf":   {[]float64{0, math.Inf(1)}, []float64{100, 100}},
		"one sample a minute":  {[]float64{0, 60, 120}, []float64{100, 100, 100}},
		"impossible heartbeat": {[]float64{0, 1}, []float64{600, -5}},
	} {
		_, err := NewHeartRate(c.t, c.bpm)
		refused(t, name, err)
	}
	_, err := HeartRate{}.Banister(HeartRateRange{50, 190}, Male)
	refused(t, "the zero heart rate", err)
}

func TestPeakIgnoresSpikes(t *testing.T) {
	at, bpm := steps(stretch{600, 150}, stretch{20, 181}, stretch{600, 150})
	bpm[100], bpm[101] = 230, 228
	h, err := NewHeartRate(at, bpm)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "peak", value(t)(h.Peak()), 181, 0)
}

func TestObservedHRMaxNeedsAgreement(t *testing.T) {
	near(t, "confirmed", value(t)(ObservedHRMax([]float64{170, 188, 186, 214})), 188, 0)
	_, err := ObservedHRMax([]float64{188, 186})
	refused(t, "two activities", err)
	_, err = ObservedHRMax([]float64{120, 150, 180})
	refused(t, "no agreement", err)
}
