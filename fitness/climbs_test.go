//go:build !race

package fitness

import (
	"math"
	"testing"
)

// legs returns a ride at 5 m/s, second by second, whose slope is that of each leg over its metres.
func legs(of ...[2]float64) (t, d, a []float64) {
	at, high := 0.0, 500.0
	for _, leg := range of {
		for meters := 0.0; meters < leg[0]; meters += 5 {
			t, d, a = append(t, float64(len(t))), append(d, at), append(a, high)
			at += 5
			high += 5 * leg[1]
		}
	}
	return t, d, a
}

func TestClimbs(t *testing.T) {
	for name, tt := range map[string]struct {
		legs [][2]float64
		want []Climb // seconds, metres and gain are compared roughly
	}{
		"flat":                         {[][2]float64{{20_000, 0}}, nil},
		"too gentle":                   {[][2]float64{{5000, 0.02}}, nil},
		"too short":                    {[][2]float64{{400, 0.2}}, nil},
		"one":                          {[][2]float64{{3000, 0}, {2000, 0.06}, {3000, -0.02}}, []Climb{{Seconds: 400, StartMeters: 3000, Meters: 2000, GainMeters: 120}}},
		"a dip is a part of it":        {[][2]float64{{2000, 0.06}, {100, -0.05}, {2000, 0.06}, {500, -0.05}}, []Climb{{Seconds: 820, Meters: 4100, GainMeters: 235}}},
		"a descent divides it":         {[][2]float64{{2000, 0.06}, {500, -0.06}, {2000, 0.06}}, []Climb{{Seconds: 400, Meters: 2000, GainMeters: 120}, {Seconds: 400, StartMeters: 2500, Meters: 2000, GainMeters: 120}}},
		"a plateau divides it":         {[][2]float64{{2000, 0.06}, {1500, -0.001}, {2000, 0.06}}, []Climb{{Seconds: 400, Meters: 2000, GainMeters: 120}, {Seconds: 400, StartMeters: 3500, Meters: 2000, GainMeters: 120}}},
		"what is flat at its end goes": {[][2]float64{{900, 0.002}, {3000, 0.08}, {900, 0.002}}, []Climb{{Seconds: 600, StartMeters: 900, Meters: 3000, GainMeters: 240}}},
	} {
		t.Run(name, func(t *testing.T) {
			at, d, a := legs(tt.legs...)
			got, err := Climbs(at, d, a)
			if err != nil || len(got) != len(tt.want) {
				t.Fatalf("there are %d climbs, %+v, %v", len(got), got, err)
			}
			for i, c := range got {
				w := tt.want[i]
				if math.Abs(c.Seconds-w.Seconds) > 15 || math.Abs(c.StartMeters-w.StartMeters) > 75 || math.Abs(c.Meters-w.Meters) > 75 || math.Abs(c.GainMeters-w.GainMeters) > 5 {
					t.Errorf("climb %d is %+v, want about %+v", i, c, w)
				}
			}
		})
	}
	if _, err := Climbs([]float64{0, 1}, nil, nil); err == nil {
		t.Error("there are climbs without altitude")
	}
}

func TestClimbCategories(t *testing.T) {
	for gain, want := range map[float64]string{79: "", 80: "4", 160: "3", 320: "2", 640: "1", 800: "HC", 1071: "HC"} {
		c := Climb{Seconds: 3600, Meters: 13_800, GainMeters: gain}
		if got := c.Category(); got != want || c.VAM() != gain {
			t.Errorf("%v m are of category %q with %v m/h, want %q", gain, got, c.VAM(), want)
		}
	}
}
