//go:build !race

package fitness

import (
	"math"
	"testing"
)

// The values are of the formula, by hand: at 30 °C and 50 % the vapour pressure is 21.14 hPa, and 17.01 + 8.31 + 3.94 = 29.26.
func TestWBGT(t *testing.T) {
	for _, c := range []struct{ temperature, humidity, want float64 }{
		{20, 0, 15.28}, {30, 50, 29.26}, {20, 100, 24.45}, {10, 80, 13.46}, {35, 40, 32.59},
	} {
		r, err := WBGT(c.temperature, c.humidity)
		if err != nil || math.Abs(r.Value-c.want) > .01 || r.Note == "" {
			t.Errorf("%v °C, %v %%: %v, %v; want %v", c.temperature, c.humidity, r.Value, err, c.want)
		}
	}
	for _, c := range [][2]float64{{61, 50}, {20, 101}, {20, -1}, {math.NaN(), 50}, {20, math.Inf(1)}} {
		if r, err := WBGT(c[0], c[1]); err == nil {
			t.Errorf("%v gives %v", c, r.Value)
		}
	}
}

func TestHeatRiskAndMarathonLoss(t *testing.T) {
	for _, c := range []struct {
		wbgt float64
		risk HeatRisk
		loss float64
	}{
		{-3, HeatLow, 0},
		{5, HeatLow, 0},
		{7, HeatLow, 1.7},
		{10, HeatLow, 1.7},
		{10.1, HeatLow, 2.5},
		{18.3, HeatLow, 3.3},
		{18.4, HeatRising, 3.3},
		{22.3, HeatHigh, 4.5},
		{25, HeatHigh, 4.5},
		{25.7, HeatVeryHigh, 0},
		{27.9, HeatExtreme, 0},
	} {
		loss, ok := MarathonLossAt(c.wbgt)
		if got := HeatRiskOf(c.wbgt); got != c.risk || loss.Percent != c.loss || ok != (c.loss > 0) {
			t.Errorf("%v °C: %v, %v %v; want %v, %v", c.wbgt, got, loss.Percent, ok, c.risk, c.loss)
		}
	}
	if got := AtAltitude(20, 500, 2500); math.Abs(got-7) > 1e-9 {
		t.Errorf("2000 m up it is %v °C", got)
	}
}
