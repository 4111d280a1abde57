//go:build !race

package fitness

import (
	"math"
	"testing"
)

func TestPolarization(t *testing.T) {
	for _, c := range []struct{ low, middle, high, want float64 }{ // 0: not defined
		{80, 5, 15, 2.380},
		{68, 6, 26, 2.469}, // the example of a polarized distribution
		{75, 20, 5, 1.273},
		{80, 0, 20, 3.182}, // log10(0.80/0.01·0.19·100)
		{100, 0, 0, 0},
		{80, 20, 0, 0},
		{20, 20, 60, 0},
		{99.5, 0, 0.5, 0},
		{0, 0, 0, 0},
		{math.NaN(), 1, 1, 0},
		{math.Inf(1), 1, 1, 0},
	} {
		got, err := Polarization(c.low, c.middle, c.high)
		if (err == nil) != (c.want != 0) || math.Abs(got.Value-c.want) > 0.001 {
			t.Errorf("%v: %v, %v", c, got.Value, err)
		}
	}
}

func TestPaceZonesAndThirds(t *testing.T) {
	z, err := FrielPaceZones(4)
	if err != nil || len(z.Zones) != 7 || z.Zones[4].Low != 4 || math.Abs(z.Zones[1].Low-4/1.29) > 1e-6 || z.Zones[6].High != 0 {
		t.Errorf("%+v, %v", z, err)
	}
	for _, c := range []struct {
		make             func(float64) (Zones, error)
		threshold, a, b  float64
		tooLow, tooGreat float64
	}{{HeartRateThirds, 170, 153, 170, 20, 400}, {PowerThirds, 200, 152, 212, 5, 2000}, {PaceThirds, 4, 4 / 1.14, 4, 0.5, 20}} {
		z, err := c.make(c.threshold)
		if err != nil || len(z.Zones) != 3 || math.Abs(z.Zones[1].Low-c.a) > 1e-6 || z.Zones[2].Low != c.b {
			t.Errorf("%+v, %v", z, err)
		}
		_, low := c.make(c.tooLow)
		_, great := c.make(c.tooGreat)
		if low == nil || great == nil {
			t.Errorf("thresholds of %v and %v are taken", c.tooLow, c.tooGreat)
		}
	}
}
