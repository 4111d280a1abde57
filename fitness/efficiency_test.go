//go:build !race

package fitness

import (
	"math"
	"strings"
	"testing"
)

func TestEfficiencyFactors(t *testing.T) {
	hr := Result{Value: 150, Coverage: 0.9}
	r, err := EfficiencyOfPower(Result{Value: 225, Coverage: 1}, hr)
	near(t, "W/bpm", value(t)(r, err), 1.5, 1e-9)
	near(t, "the poorer coverage", r.Coverage, 0.9, 0)
	near(t, "metres a beat", value(t)(EfficiencyOfSpeed(Result{Value: 3, Coverage: 1}, hr)), 1.2, 1e-9)
	_, err = EfficiencyOfPower(Result{Value: 225}, Result{})
	refused(t, "no heart rate", err)
	_, err = EfficiencyOfSpeed(Result{}, hr)
	refused(t, "no speed", err)
}

// drift is an hour at a constant output whose second half, after the warm-up, has
// a higher heart rate.
func drift() (t, output, bpm []float64) {
	t, output = steps(stretch{3600, 200})
	_, bpm = steps(stretch{600, 110}, stretch{1500, 150}, stretch{1500, 159})
	return t, output, bpm
}

func TestDecoupling(t *testing.T) {
	at, output, bpm := drift()
	r, err := Decoupling(at, output, bpm)
	near(t, "decoupling", value(t)(r, err), 100*(1-150.0/159), 1e-6)
	near(t, "coverage", r.Coverage, 1, 1e-9)
	near(t, "drift", value(t)(CardiacDrift(at, output, bpm)), 6, 1e-6)
}

func change(x []float64, from, to int, v float64) []float64 {
	y := append([]float64(nil), x...)
	for i := from; i < to; i++ {
		y[i] = v
	}
	return y
}

func TestDecouplingNotes(t *testing.T) {
	at, output, bpm := drift()
	late := append([]float64(nil), at...)
	for i := 2000; i < len(late); i++ {
		late[i] += 600
	}
	for note, c := range map[string]struct{ t, output, bpm []float64 }{
		"":                          {at, output, bpm},
		"short: 35 minutes":         {at[:2700], output[:2700], bpm[:2700]},
		"not steady":                {at, change(output, 1000, 1500, 500), bpm},
		"with 10 minutes of pauses": {late, output, bpm},
		"only 75 % of the time":     {at, output, change(bpm, 1000, 1750, math.NaN())},
	} {
		r, err := Decoupling(c.t, c.output, c.bpm)
		if err != nil || !strings.HasPrefix(r.Note, note) || (note == "") != (r.Note == "") {
			t.Errorf("note %q, want %q; %v", r.Note, note, err)
		}
	}
}

func TestDecouplingRefusals(t *testing.T) {
	at, output, bpm := drift()
	for name, c := range map[string]struct{ t, output, bpm []float64 }{
		"25 minutes":         {at[:1500], output[:1500], bpm[:1500]},
		"no heart rate":      {at, output, nil},
		"heart rate lost":    {at, output, change(bpm, 1000, 3000, math.NaN())},
		"no output":          {at, change(output, 0, 3600, 0), bpm},
		"output in one half": {at, change(output, 2100, 3600, 0), bpm},
		"no times":           {nil, output, bpm},
	} {
		_, err := Decoupling(c.t, c.output, c.bpm)
		refused(t, name, err)
		_, err = CardiacDrift(c.t, c.output, c.bpm)
		refused(t, name, err)
	}
}
