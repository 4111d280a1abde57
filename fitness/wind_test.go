//go:build !race

package fitness

import (
	"math"
	"testing"
)

// eastAndBack is a course of 5 km to the east, and back, a point each 20 m.
func eastAndBack() (lat, lon []float64) {
	const meters, steps = 20.0, 250
	degrees := meters / (EarthRadius * math.Pi / 180 * math.Cos(47*math.Pi/180))
	for i := range 2*steps + 1 {
		lat, lon = append(lat, 47), append(lon, 8+degrees*float64(min(i, 2*steps-i)))
	}
	return lat, lon
}

func always(speed, from float64) func(int) (float64, float64) {
	return func(int) (float64, float64) { return speed, from }
}

func TestWindOnCourse(t *testing.T) {
	lat, lon := eastAndBack()
	lat[7], lon[9] = math.NaN(), math.NaN()
	turned := func(i int) (float64, float64) { // from ahead on both ways
		if i <= 250 {
			return 4, 90
		}
		return 4, 270
	}
	for _, c := range []struct {
		name                         string
		wind                         func(int) (float64, float64)
		head, tail, side, calm, mean float64
	}{
		{"west", always(4, 270), .5, .5, 0, 0, 0},
		{"north", always(4, 0), 0, 0, 1, 0, 0},
		{"north-east", always(4, 50), .5, .5, 0, 0, 0},
		{"turns", turned, 1, 0, 0, 0, 4},
		{"calm", always(1, 90), 0, 0, 0, 1, 0},
	} {
		w, err := WindOnCourse(lat, lon, c.wind)
		near := func(a, b float64) bool { return math.Abs(a-b) < .02 }
		if err != nil || !near(w.Head, c.head) || !near(w.Tail, c.tail) || !near(w.Side, c.side) || !near(w.Calm, c.calm) ||
			!near(w.MeanHead/5, c.mean/5) || math.Abs(w.Meters-10_000) > 150 {
			t.Errorf("%s: %+v, %v", c.name, w, err)
		}
	}
}

func TestWindOnCourseNeedsACourse(t *testing.T) {
	lat, lon := eastAndBack()
	apart := []float64{47, 48, 49, 50}
	for name, c := range map[string][2][]float64{
		"nothing": {}, "short": {lat[:20], lon[:20]}, "one column": {lat, nil}, "jumps": {apart, []float64{8, 8, 8, 8}},
	} {
		if w, err := WindOnCourse(c[0], c[1], always(4, 270)); err == nil {
			t.Errorf("%s: %+v", name, w)
		}
	}
	if w, err := WindOnCourse(lat, lon, always(math.NaN(), 270)); err == nil {
		t.Errorf("without wind: %+v", w)
	}
}
