package fitness

import "math"

// A Climb is what an altitude track rises and falls in total, in metres.
type Climb struct {
	AscentMeters  float64
	DescentMeters float64
	Method        Method
	Coverage      float64 // share (0, 1] of the recorded time that has an altitude
}

// The smallest rises in metres that count, by what measured them.
const (
	BarometerHysteresis = 2.0
	GPSHysteresis       = 5.0
)

// climbSeconds is what the altitude is averaged over before it is summed.
const climbSeconds = 15

// Ascent sums the rises and falls of the altitude in m at the times in s, after a
// centred mean over 15 s. Only rises and falls of at least the hysteresis in m
// count, each from turning point to turning point: the sum of raw altitudes grows
// with every metre of noise.
func Ascent(t, altitude []float64, hysteresis float64) (Climb, error) {
	if err := within("hysteresis", hysteresis, 0, 50, "m"); err != nil {
		return Climb{}, err
	}
	c, err := hold("altitude", t, altitude, -500, 9000)
	if err != nil {
		return Climb{}, err
	}
	climb := Climb{Method: MethodAscent, Coverage: c.coverage()}
	smoothed := c.smooth(climbSeconds)
	turn, top, bottom := smoothed[0], smoothed[0], smoothed[0]
	for _, a := range smoothed {
		top, bottom = max(top, a), min(bottom, a)
		// Up to the turn that a fall by the hysteresis confirms, or the reverse.
		if top-turn >= hysteresis && top-a >= hysteresis && top > turn {
			climb.AscentMeters += top - turn
			turn, top, bottom = top, a, a
		} else if turn-bottom >= hysteresis && a-bottom >= hysteresis && bottom < turn {
			climb.DescentMeters += turn - bottom
			turn, top, bottom = bottom, a, a
		}
	}
	if rise := top - turn; rise >= hysteresis {
		climb.AscentMeters += rise
	} else if fall := turn - bottom; fall >= hysteresis {
		climb.DescentMeters += fall
	}
	return climb, nil
}

// smooth returns the values of the samples that have one, each as the mean of
// those within half the seconds before and after.
func (c column) smooth(seconds float64) []float64 {
	var t, x []float64
	for i, v := range c.x {
		if !math.IsNaN(v) {
			t, x = append(t, c.t[i]), append(x, v)
		}
	}
	smoothed := make([]float64, len(x))
	from, to, sum := 0, 0, 0.0
	for i := range x {
		for ; to < len(x) && t[to] <= t[i]+seconds/2; to++ {
			sum += x[to]
		}
		for ; t[from] < t[i]-seconds/2; from++ {
			sum -= x[from]
		}
		smoothed[i] = sum / float64(to-from)
	}
	return smoothed
}
