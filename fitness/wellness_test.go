//go:build !race

package fitness_test

import (
	"errors"
	"math"
	"testing"

	"github.com/pierre-mcp/pierre/fitness"
)

func TestRMSSD(t *testing.T) {
	t.Parallel()
	clean := []float64{812, 804, 790, 801, 818, 826, 810}
	r, err := fitness.RMSSD(clean)
	if err != nil || math.Abs(r.Value-12.85) > 0.005 || math.Abs(math.Log(r.Value)-2.553) > 0.0005 || r.Coverage != 1 {
		t.Errorf("rMSSD is %+v, %v, want 12.85 ms, of which the logarithm is 2.553", r, err)
	}
	// A beat that was missed, and one that was counted twice: neither changes the value much.
	broken := append(append([]float64{}, clean...), 1640, 810, 802, 250, 801, 812)
	r, err = fitness.RMSSD(broken)
	if err != nil || r.Value > 13 || math.Abs(r.Coverage-8./12) > 1e-9 {
		t.Errorf("with artefacts rMSSD is %+v, %v", r, err)
	}
	for name, intervals := range map[string][]float64{
		"none": nil, "one": {800}, "two": {800, 810}, "mostly artefacts": {800, 810, 805, 1500, 800, 300, 900, 400},
		"no numbers": {math.NaN(), math.Inf(1), math.NaN(), 800},
	} {
		var no *fitness.UnavailableError
		if r, err := fitness.RMSSD(intervals); !errors.As(err, &no) {
			t.Errorf("%s: rMSSD is %+v, %v", name, r, err)
		}
	}
}

// daysOf are values of days from a day on.
func daysOf(first int, values ...float64) []fitness.DayValue {
	var list []fitness.DayValue
	for i, v := range values {
		list = append(list, fitness.DayValue{Day: first + i, Value: v})
	}
	return list
}

func TestWeekMean(t *testing.T) {
	t.Parallel()
	series := daysOf(93, 1000, 2, 4, 6) // days 93 to 96
	m, err := fitness.WeekMean(series, 100)
	if err != nil || m.Value != 4 || m.SD != 2 || m.Days != 3 {
		t.Errorf("the week is %+v, %v, want the mean 4 of days 94 to 96", m, err)
	}
	if m, err := fitness.WeekMean(series, 101); err == nil || m.Days != 2 {
		t.Errorf("with 2 days the week is %+v", m)
	}
}

func TestBaseline(t *testing.T) {
	t.Parallel()
	var series []fitness.DayValue
	for day := range 200 {
		v := 50.
		if day%2 == 1 {
			v = 60
		}
		if day >= 193 || day < 133 { // the week up to day 199, and what is before the 60 days
			v = 1000
		}
		series = append(series, fitness.DayValue{Day: day, Value: v})
	}
	b, err := fitness.BaselineOf(series, 199)
	if err != nil || b.Days != 60 || b.Value != 55 || math.Abs(b.SD-5.0422) > 1e-4 {
		t.Errorf("the baseline is %+v, %v, want 55 ± 5.04 of 60 days", b, err)
	}
	if low, high := b.Range(0.5); math.Abs(low-52.479) > 1e-3 || math.Abs(high-57.521) > 1e-3 {
		t.Errorf("the range is %g to %g", low, high)
	}
	if off, ok := b.Off(60.0422); !ok || math.Abs(off-1) > 1e-3 {
		t.Errorf("it is off by %g, %v", off, ok)
	}
	// The edges: 13 days of which the first is 30 days before the week; one less, or none so early, is too little.
	sparse := append(daysOf(163, 50), daysOf(181, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)...)
	if b, err := fitness.BaselineOf(sparse, 199); err != nil || b.Days != 13 {
		t.Errorf("13 days over 30 are %+v, %v", b, err)
	}
	for name, few := range map[string][]fitness.DayValue{"12 days": sparse[:12], "none so early": append(daysOf(164, 50), sparse[1:]...), "nothing": nil} {
		if b, err := fitness.BaselineOf(few, 199); err == nil {
			t.Errorf("%s make a baseline: %+v", name, b)
		}
	}
	same, err := fitness.BaselineOf(daysOf(133, make([]float64, 60)...), 199)
	if _, ok := same.Off(1); err != nil || ok {
		t.Errorf("a baseline without spread tells how far off a value is: %v", err)
	}
}

func TestLogarithms(t *testing.T) {
	t.Parallel()
	got := fitness.Logarithms(daysOf(1, math.E, 0, -1, 1))
	if len(got) != 2 || got[0] != (fitness.DayValue{Day: 1, Value: 1}) || got[1] != (fitness.DayValue{Day: 4, Value: 0}) {
		t.Errorf("the logarithms are %v", got)
	}
}

func TestSpearman(t *testing.T) {
	t.Parallel()
	// A textbook's ten people: −29/165.
	iq := []float64{86, 97, 99, 100, 101, 103, 106, 110, 112, 113}
	hours := []float64{2, 20, 28, 27, 50, 29, 7, 17, 6, 12}
	c, err := fitness.Spearman(iq, hours)
	if err != nil || math.Abs(c.R+29./165) > 1e-9 || c.N != 10 || c.Told() {
		t.Errorf("the correlation is %+v, %v", c, err)
	}
	// tanh(atanh(r) ± 1.96·√((1 + r²/2)/7))
	if math.Abs(c.Low+0.7278) > 1e-3 || math.Abs(c.High-0.5145) > 1e-3 {
		t.Errorf("the interval is %g to %g", c.Low, c.High)
	}
	// Ties share the mean of their ranks: 1.5, 1.5, 3.5, 3.5, 5.5, 5.5, 7.5, 7.5 against 1 … 8.
	c, err = fitness.Spearman([]float64{1, 1, 2, 2, 3, 3, 4, 4}, []float64{1, 2, 3, 4, 5, 6, 7, 8})
	if err != nil || math.Abs(c.R-math.Sqrt(40./42)) > 1e-9 || !c.Told() {
		t.Errorf("with ties the correlation is %+v, %v", c, err)
	}
	up := []float64{1, 2, 3, 4, 5, 6, 7, 8}
	if c, err := fitness.Spearman(up, up); err != nil || c.R != 1 || c.Low != 1 {
		t.Errorf("of the same the correlation is %+v, %v", c, err)
	}
	for name, y := range map[string][]float64{"seven": up[:7], "all the same": make([]float64, 8)} {
		if c, err := fitness.Spearman(up[:len(y)], y); err == nil {
			t.Errorf("%s correlate: %+v", name, c)
		}
	}
}
