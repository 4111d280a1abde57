//go:build !race

package fitness

import (
	"testing"
)

func TestZones(t *testing.T) {
	for _, c := range []struct {
		name  string
		zones func() (Zones, error)
		lows  []float64
	}{
		{"Karvonen", func() (Zones, error) { return KarvonenZones(HeartRateRange{50, 190}) }, []float64{120, 134, 148, 162, 176}},
		{"percent of maximum", func() (Zones, error) { return PercentMaxZones(200) }, []float64{100, 120, 140, 160, 180}},
		{"Coggan power", func() (Zones, error) { return CogganPowerZones(250) }, []float64{0, 140, 190, 227.5, 265, 302.5, 377.5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			z, err := c.zones()
			if err != nil || len(z.Zones) != len(c.lows) {
				t.Fatalf("zones = %+v, %v", z, err)
			}
			if z.Method.Source() == "" {
				t.Errorf("the method %q has no source", z.Method)
			}
			for i, low := range c.lows {
				near(t, "low", z.Zones[i].Low, low, 0.0001)
				if i > 0 && z.Zones[i-1].High != z.Zones[i].Low {
					t.Errorf("zone %d ends at %v, not where the next begins", i, z.Zones[i-1].High)
				}
			}
			if last := z.Zones[len(z.Zones)-1]; last.High != 0 {
				t.Errorf("the last zone ends at %v", last.High)
			}
		})
	}
	_, err := KarvonenZones(HeartRateRange{RestBPM: 60, MaxBPM: 0})
	refused(t, "no maximum", err)
	_, err = PercentMaxZones(0)
	refused(t, "no maximum either", err)
}

func TestTimeInZones(t *testing.T) {
	z, err := PercentMaxZones(200)
	if err != nil {
		t.Fatal(err)
	}
	zt, err := heartRate(t, stretch{10, 90}, stretch{20, 100}, stretch{30, 159}, stretch{40, 210}).TimeIn(z)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "below", zt.Below, 10, 0)
	for i, want := range []float64{20, 0, 30, 0, 40} {
		near(t, "zone", zt.Seconds[i], want, 0)
	}
	near(t, "coverage", zt.Coverage, 1, 1e-9)

	pz, err := CogganPowerZones(200)
	if err != nil {
		t.Fatal(err)
	}
	zt, err = power(t, stretch{60, 0}, stretch{60, 150}, stretch{60, 900}).TimeIn(pz)
	if err != nil || zt.Seconds[0] != 60 || zt.Seconds[1] != 60 || zt.Seconds[6] != 60 || zt.Below != 0 {
		t.Errorf("time in power zones = %+v, %v", zt, err)
	}
	_, err = HeartRate{}.TimeIn(z)
	refused(t, "no heart rate", err)
}
