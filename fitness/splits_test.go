//go:build !race

package fitness

import (
	"math"
	"testing"
)

// sloped is a recording of one sample a second at a speed in m/s on a constant slope.
func sloped(seconds int, mps, slope float64) (at, distance, altitude []float64) {
	for i := range seconds + 1 {
		at = append(at, float64(i))
		distance = append(distance, float64(i)*mps)
		altitude = append(altitude, 500+float64(i)*mps*slope)
	}
	return at, distance, altitude
}

func TestSplits(t *testing.T) {
	at, distance, altitude := sloped(750, 3, 0.10)
	splits, note, err := Splits(at, distance, altitude, 1000)
	if err != nil || note != "" || len(splits) != 3 {
		t.Fatalf("the splits are %+v, %q, %v", splits, note, err)
	}
	for i, want := range []Split{{0, 333.333, 1000, 1.658}, {333.333, 333.333, 1000, 1.658}, {666.667, 83.333, 250, 1.658}} {
		got := splits[i]
		near(t, "start", got.StartSeconds, want.StartSeconds, 0.001)
		near(t, "seconds", got.Seconds, want.Seconds, 0.001)
		near(t, "metres", got.Meters, want.Meters, 0.001)
		near(t, "cost", got.Cost, want.Cost, 0.001) // Minetti: 5.968/3.6
		speed, ok := got.GradedSpeed()
		if !ok {
			t.Errorf("split %d has no grade-adjusted speed", i)
		}
		near(t, "grade-adjusted speed", speed, 3*1.658, 0.003)
	}
	miles, _, err := Splits(at, distance, nil, Mile)
	if err != nil || len(miles) != 2 || miles[0].Meters != Mile || miles[0].Cost != 0 {
		t.Errorf("the miles are %+v, %v", miles, err)
	}
}

// A pause does not count, wherever the mark is, and the next split goes on after it.
func TestSplitsWithoutPauses(t *testing.T) {
	at, distance, _ := sloped(800, 2.5, 0)
	for i := 101; i < len(at); i++ {
		at[i] += 120
	}
	splits, _, err := Splits(at, distance, nil, 1000)
	if err != nil || len(splits) != 2 {
		t.Fatalf("the splits are %+v, %v", splits, err)
	}
	near(t, "the split with a pause", splits[0].Seconds, 400, 0.001)
	near(t, "the start after it", splits[1].StartSeconds, 520, 0.001)
	near(t, "the split after it", splits[1].Seconds, 400, 0.001)
}

// Slopes that are known of a part of a split say nothing about it.
func TestSplitsOfHalfAnAltitude(t *testing.T) {
	at, distance, altitude := sloped(800, 2.5, 0.05)
	for i := range altitude {
		if i > 500 {
			altitude[i] = math.NaN()
		}
	}
	splits, _, err := Splits(at, distance, altitude, 1000)
	if err != nil || len(splits) != 2 || splits[0].Cost == 0 || splits[1].Cost != 0 {
		t.Errorf("the splits are %+v, %v", splits, err)
	}
}

func TestSplitsRefusals(t *testing.T) {
	at, distance, _ := sloped(10, 3, 0)
	refuse := func(name string, at, distance []float64, meters float64) {
		t.Helper()
		_, _, err := Splits(at, distance, nil, meters)
		refused(t, name, err)
	}
	refuse("short splits", at, distance, 99)
	refuse("no splits", at, distance, math.NaN())
	refuse("no samples", nil, nil, 1000)
	refuse("no distance", at, nil, 1000)
	refuse("on the spot", at, make([]float64, len(at)), 1000)
	refuse("around the world", []float64{0, 1, 2}, []float64{0, 1, 9e7}, 1000)
}
