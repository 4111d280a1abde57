//go:build !race

package fitness

import (
	"math"
	"testing"
)

// The values of a textbook case: x 1 … 8, y = 2x with errors of one alternating; worked by hand.
func TestFitRate(t *testing.T) {
	days, values := make([]float64, 8), make([]float64, 8)
	for i := range days {
		days[i] = float64(i + 1)
		values[i] = 2*days[i] + map[bool]float64{true: 1, false: -1}[i%2 == 0]
	}
	r, err := FitRate(days, values)
	if err != nil {
		t.Fatal(err)
	}
	// Sxx 42, Sxy 80, slope 1.904762, residual sum 8 − 42·0.095238² = 7.619048, s 1.126872, t(6) 2.446912
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-4 {
			t.Errorf("%s = %v, want %v", what, got, want)
		}
	}
	near("slope", r.PerDay, 1.904762)
	near("low", r.Low, 1.904762-2.446912*1.126872/math.Sqrt(42))
	near("high", r.High, 1.904762+2.446912*1.126872/math.Sqrt(42))
	value, low, high := r.At(10)
	near("value", value, 9+1.904762*5.5)
	half := 2.446912 * 1.126872 * math.Sqrt(1+1./8+5.5*5.5/42)
	near("half of the interval", (high-low)/2, half)

	for name, bad := range map[string][2][]float64{
		"too few":     {days[:7], values[:7]},
		"one day":     {make([]float64, 8), values},
		"no number":   {days, append([]float64{math.NaN()}, values[1:]...)},
		"not as many": {days[:7], values},
		"infinite":    {days, append([]float64{math.Inf(1)}, values[1:]...)},
	} {
		if r, err := FitRate(bad[0], bad[1]); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestVO2maxPercentile(t *testing.T) {
	for _, tt := range []struct {
		vo2max, age float64
		sex         Sex
		want        float64
	}{
		{48, 25, Male, 50},
		{37.6, 29.9, Female, 50},
		{24.4, 75, Male, 50},
		{51.6, 25, Male, 62.5}, // half way from 48.0 to 55.2
		{40.1, 20, Male, 25},
		{29, 20, Male, 5},
		{66.3, 20, Male, 95},
		{20, 30, Male, 5},
		{90, 30, Male, 95},
	} {
		got, err := VO2maxPercentile(tt.vo2max, tt.age, tt.sex)
		if err != nil || math.Abs(got.Value-tt.want) > 1e-9 {
			t.Errorf("%v: %v, %v", tt, got.Value, err)
		}
		if edge := tt.vo2max == 20 || tt.vo2max == 90; edge != (got.Note != "") {
			t.Errorf("%v is noted as %q", tt, got.Note)
		}
	}
	for _, age := range []float64{19, 80, math.NaN()} {
		if _, err := VO2maxPercentile(40, age, Male); err == nil {
			t.Errorf("a percentile at %v years", age)
		}
	}
	if _, err := VO2maxPercentile(40, 30, ""); err == nil {
		t.Error("a percentile of nobody")
	}
	for percentile, want := range map[float64]string{95: "superior", 80: "excellent", 79.9: "good", 40: "fair", 20: "poor", 0: "very poor"} {
		if got := Level(percentile); got != want {
			t.Errorf("Level(%v) = %s, want %s", percentile, got, want)
		}
	}
}

// 300 W of 75 kg: 16.6 + 8.87·4.
func TestVO2maxOfRide(t *testing.T) {
	if r, err := VO2maxOfRide(300, 75); err != nil || math.Abs(r.Value-52.08) > 1e-9 {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := VO2maxOfRide(300, 0); err == nil {
		t.Error("power over no weight")
	}
}

func TestUniform(t *testing.T) {
	// Pearson's statistic of 10, 10, 10, 10, 10, 10, 24 around 12 is 6·4/12 + 144/12 = 14; p of 6 degrees 0.0296.
	got, err := Uniform([]int{10, 10, 10, 10, 10, 10, 24})
	if err != nil || math.Abs(got.Statistic-14) > 1e-9 || math.Abs(got.Probability-0.0296) > 1e-4 || !got.Significant() {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := Uniform([]int{6, 5, 5, 6, 5, 5, 5}); err != nil || got.Significant() {
		t.Errorf("even counts: %+v, %v", got, err)
	}
	if _, err := Uniform([]int{4, 5, 5, 5, 5, 5, 5}); err == nil {
		t.Error("too few were tested")
	}
}

func TestGroups(t *testing.T) {
	// Ranks 1–3, 4–6, 7–9: H = 12/90·(36/3 + 225/3 + 576/3) − 30 = 7.2, p of 2 degrees 0.0273.
	got, err := Groups([][]float64{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}})
	if err != nil || math.Abs(got.Statistic-7.2) > 1e-9 || math.Abs(got.Probability-0.0273) > 1e-4 || !got.Significant() {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := Groups([][]float64{{1, 5, 9}, {2, 6, 7}, {3, 4, 8}}); err != nil || got.Significant() {
		t.Errorf("mixed groups: %+v, %v", got, err)
	}
	for _, groups := range [][][]float64{{{1, 2}, {1, 2, 3}}, {{1, 1, 1}, {1, 1, 1}}, {{1, 2, 3}}} {
		if got, err := Groups(groups); err == nil {
			t.Errorf("%v: %+v", groups, got)
		}
	}
}
