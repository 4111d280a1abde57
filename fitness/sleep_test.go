//go:build !race

package fitness_test

import (
	"math"
	"testing"

	"github.com/pierre-mcp/pierre/fitness"
)

func TestSleepQuality(t *testing.T) {
	t.Parallel()
	good := fitness.Night{
		Hours: 7.5, Efficiency: new(90.), Latency: new(10.), Awake: new(15.), Awakenings: new(1.), Deep: new(18.), REM: new(23.),
	}
	for name, tt := range map[string]struct {
		change          func(*fitness.Night)
		age             float64
		score, coverage float64
	}{
		"good in all":              {func(*fitness.Night) {}, 35, 100, 1},
		"the limits are good":      {func(n *fitness.Night) { n.Hours, n.Efficiency, n.Latency, n.Awake = 7, new(85.), new(15.), new(20.) }, 35, 100, 1},
		"6 hours":                  {func(n *fitness.Night) { n.Hours = 6 }, 35, 80, 1}, // 50 of 100 at a weight of 40
		"5 hours":                  {func(n *fitness.Night) { n.Hours = 5 }, 35, 60, 1},
		"2 hours":                  {func(n *fitness.Night) { n.Hours = 2 }, 35, 60, 1},
		"10 hours":                 {func(n *fitness.Night) { n.Hours = 10 }, 35, 80, 1},
		"7.5 hours at 16":          {func(n *fitness.Night) { n.Hours = 7.5 }, 16, 90, 1},
		"8.5 hours at 70":          {func(n *fitness.Night) { n.Hours = 8.5 }, 70, 90, 1},
		"75 % efficiency":          {func(n *fitness.Night) { n.Efficiency = new(75.) }, 0, 90, 1},
		"no deep sleep":            {func(n *fitness.Night) { n.Deep = new(0.) }, 0, 95, 1},
		"30 minutes to sleep":      {func(n *fitness.Night) { n.Latency = new(30.) }, 0, 96.667, 1},
		"duration alone":           {func(n *fitness.Night) { *n = fitness.Night{Hours: 6.5} }, 0, 75, 0.4},
		"a value that is no value": {func(n *fitness.Night) { n.Efficiency = new(math.NaN()) }, 0, 100, 0.8},
	} {
		n := good
		tt.change(&n)
		got, err := fitness.SleepQuality(n, tt.age)
		if err != nil || math.Abs(got.Value-tt.score) > 0.001 || math.Abs(got.Coverage-tt.coverage) > 1e-9 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		points, weights := 0.0, 0.0
		for _, p := range got.Parts {
			points, weights = points+p.Score*p.Weight, weights+p.Weight
		}
		if math.Abs(points/weights-got.Value) > 1e-9 {
			t.Errorf("%s: the parts do not add up: %+v", name, got)
		}
	}
	for _, hours := range []float64{0, -1, 25, math.NaN()} {
		if got, err := fitness.SleepQuality(fitness.Night{Hours: hours, Efficiency: new(90.)}, 0); err == nil {
			t.Errorf("%g hours are %+v", hours, got)
		}
	}
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		signs           fitness.Signs
		score, coverage float64
	}{
		"all as usual":        {fitness.Signs{new(0.), new(0.), new(100.), new(0.), new(100.)}, 100, 1},
		"all at the limits":   {fitness.Signs{new(-0.5), new(1.), new(100.), new(-10.), new(100.)}, 100, 1},
		"all bad":             {fitness.Signs{new(-2.5), new(3.), new(0.), new(-40.), new(0.)}, 0, 1},
		"HRV below":           {fitness.Signs{HRV: new(-1.5)}, 50, 0.3},
		"HRV above":           {fitness.Signs{HRV: new(2.)}, 100, 0.3},
		"heart rate up":       {fitness.Signs{Resting: new(2.), HRV: new(0.)}, 80, 0.5},
		"form beside a night": {fitness.Signs{Sleep: new(80.), Form: new(-25.)}, 68.75, 0.4},
	} {
		got, err := fitness.Recovery(tt.signs)
		if err != nil || math.Abs(got.Value-tt.score) > 1e-9 || math.Abs(got.Coverage-tt.coverage) > 1e-9 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, s := range map[string]fitness.Signs{"nothing": {}, "form alone": {Form: new(5.)}, "no number": {HRV: new(math.NaN())}} {
		if got, err := fitness.Recovery(s); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestRegularity(t *testing.T) {
	t.Parallel()
	r, err := fitness.Regularity([]float64{2, 4, 4, 4, 5, 5, 7, 9}) // 5 ± 2.138
	if err != nil || math.Abs(r.Value-2.138) > 0.001 {
		t.Errorf("the spread is %+v, %v", r, err)
	}
	if r, err := fitness.Regularity([]float64{1, 2, 3, 4}); err == nil {
		t.Errorf("of four nights it is %+v", r)
	}
}
