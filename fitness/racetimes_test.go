//go:build !race

package fitness

import "testing"

func TestRacePredictions(t *testing.T) {
	five, ten := Race{5000, 1200}, Race{10000, 2400}
	for _, c := range []struct {
		name            string
		race            Race
		meters          float64
		riegel, cameron float64
	}{
		{"5 km to 10 km", five, 10000, 2501.9, 2499.7},
		{"10 km to half marathon", ten, HalfMarathon, 5295.4, 5291.5},
		{"10 km to marathon", ten, Marathon, 11040.5, 11244.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			near(t, "Riegel", value(t)(Riegel(c.race, c.meters, RiegelExponent)), c.riegel, 0.05)
			near(t, "Cameron", value(t)(Cameron(c.race, c.meters)), c.cameron, 0.05)
		})
	}
	if r, err := Riegel(ten, Marathon, RiegelExponent); err != nil || r.Note == "" {
		t.Errorf("marathon from 10 km = %+v, %v; want a note", r, err)
	}
	_, err := Riegel(Race{}, 5000, RiegelExponent)
	refused(t, "no race", err)
	_, err = Cameron(five, 0)
	refused(t, "no distance", err)
}

func TestFitRiegel(t *testing.T) {
	for _, c := range []struct {
		name  string
		races []Race
		want  float64
	}{
		{"on the law", []Race{{5000, 1200}, {10000, 2501.91}, {HalfMarathon, 5520.2}}, 1.06},
		{"endurance as no other", []Race{{5000, 1200}, {10000, 2400}}, 1.03},
		{"sprinter", []Race{{1500, 260}, {10000, 2800}}, 1.12},
	} {
		got, err := FitRiegel(c.races)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		near(t, c.name, got, c.want, 1e-4)
	}
	_, err := FitRiegel([]Race{{5000, 1200}, {5100, 1210}})
	refused(t, "one distance", err)
	own, err := Riegel(Race{5000, 1200}, 10000, 1.08)
	if err != nil || own.Method != MethodRiegelFit {
		t.Errorf("own exponent = %+v, %v; want the method to say so", own, err)
	}
}

func TestCriticalSpeed(t *testing.T) {
	cs, err := FitCriticalSpeed([]Race{{1500, 300}, {3000, 640}, {5000, 1100}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "CS", cs.MetersPerSecond, 4.373, 0.0005)
	near(t, "D′", cs.DPrimeMeters, 192.7, 0.05)
	if cs.RSquared < 0.99 || cs.RSquared > 1 || cs.Races != 3 {
		t.Errorf("fit = %+v", cs)
	}
	_, err = FitCriticalSpeed([]Race{{1500, 300}, {3000, 640}})
	refused(t, "two races", err)
	_, err = FitCriticalSpeed([]Race{{1500, 500}, {3000, 900}, {5000, 1250}, {400, 180}})
	refused(t, "faster the longer", err)
}
