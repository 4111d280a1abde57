//go:build !race

package tools_test

import (
	"math"
	"testing"
)

// Training paces, as a client reads them.
type trainingPaces struct {
	computed

	Paces []struct {
		Name  string
		Speed float64 `json:"speed_mps"`
		PerKM float64 `json:"pace_seconds_per_km"`
	}
}

// check compares with seconds per km of some of the paces, to 1 % as tables are in whole seconds.
func (p trainingPaces) check(t *testing.T, perKM map[string]float64) {
	t.Helper()
	if len(p.Paces) != 7 || p.Method == "" || len(p.Inputs) != 1 || p.Inputs[0].Name != "vdot_ml_per_kg_min" || p.Inputs[0].Source != "recorded" {
		t.Errorf("the training paces are %+v", p)
	}
	for i, pace := range p.Paces {
		if want, ok := perKM[pace.Name]; ok && math.Abs(pace.PerKM-want) > 0.01*want {
			t.Errorf("the pace %s is %v s/km, want %v", pace.Name, pace.PerKM, want)
		}
		if math.Abs(pace.Speed*pace.PerKM-1000) > 1 || i > 0 && pace.Speed <= p.Paces[i-1].Speed {
			t.Errorf("the pace %+v is not of its speed, or slower than the one before", pace)
		}
	}
}
