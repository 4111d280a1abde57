//go:build !race

package fitness

import (
	"math"
	"testing"
)

func TestHaversine(t *testing.T) {
	near(t, "Paris–London", Haversine(48.8566, 2.3522, 51.5074, -0.1278), 343556.5, 0.5)
	near(t, "a degree on the equator", Haversine(0, 0, 0, 1), 111195.08, 0.005)
	near(t, "nowhere", Haversine(50, 8, 50, 8), 0, 0)
	near(t, "to the antipode", Haversine(0, 0, 0, 180), math.Pi*EarthRadius, 1e-6)
}

func TestTrackDistance(t *testing.T) {
	const step = 1e-4 // degrees, 11.12 m
	nan := math.NaN()
	for _, c := range []struct {
		name string
		lat  []float64
		want float64 // steps
	}{
		{"a straight line", []float64{0, 1, 2, 3, 4}, 4},
		{"a point is missing", []float64{0, 1, nan, 3, 4}, 4},
		{"a point is astray", []float64{0, 1, 5000, 3, 4}, 4},
		{"the first point is missing", []float64{nan, 1, 2, 3, 4}, 3},
		{"the track goes on elsewhere", append(rising(0, 12), rising(5000, 12)...), 11 + 11},
		{"it begins with points anywhere", append([]float64{9000, -4000, 300, 7000, 2000, -800}, rising(1, 12)...), 11},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, lon, lat := make([]float64, len(c.lat)), make([]float64, len(c.lat)), make([]float64, len(c.lat))
			for i := range at {
				at[i], lat[i] = 5*float64(i), c.lat[i]*step
			}
			d, err := TrackDistance(at, lat, lon, 12)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "distance", d[len(d)-1], c.want*step*111195.08, 0.5)
		})
	}
	_, err := TrackDistance([]float64{0, 1}, []float64{nan, nan}, []float64{nan, nan}, 12)
	refused(t, "no positions", err)
	_, err = TrackDistance([]float64{0, 1}, []float64{0, 0}, []float64{0}, 12)
	refused(t, "columns of different length", err)
}

func TestMovingTime(t *testing.T) {
	at, speed := steps(stretch{100, 3}, stretch{50, 0.2}, stretch{100, 1})
	near(t, "running", value(t)(MovingTime(at, speed, RunMoving)), 200, 0)
	near(t, "riding", value(t)(MovingTime(at, speed, RideMoving)), 100, 0)
	_, err := MovingTime(at, nil, RunMoving)
	refused(t, "no speed", err)
}

func TestAscent(t *testing.T) {
	var at, altitude []float64
	add := func(seconds int, perSecond float64) {
		for range seconds {
			last := 200.0
			if n := len(altitude); n > 0 {
				last = altitude[n-1]
			}
			at, altitude = append(at, float64(len(at))), append(altitude, last+perSecond)
		}
	}
	add(300, 0)
	add(300, 0.5)  // 150 m up
	add(300, -0.2) // 60 m down
	add(300, 0.1)  // 30 m up
	for i := range altitude {
		altitude[i] += 0.5*float64(i%2) - 0.25 // noise
	}
	up, down, err := Ascent(at, altitude)
	near(t, "ascent", value(t)(up, err), 180, 4)
	near(t, "descent", value(t)(down, err), 60, 3)
	near(t, "coverage", up.Coverage, 1, 1e-9)

	up, down, err = Ascent(at[:300], altitude[:300])
	if err != nil || up.Value != 0 || down.Value != 0 {
		t.Errorf("noise on the level climbs %v and falls %v, %v", up.Value, down.Value, err)
	}
	_, _, err = Ascent(at, nil)
	refused(t, "no altitude", err)
}

// rising returns n numbers from the first on.
func rising(first float64, n int) []float64 {
	numbers := make([]float64, n)
	for i := range numbers {
		numbers[i] = first + float64(i)
	}
	return numbers
}
