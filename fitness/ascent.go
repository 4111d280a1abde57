package fitness

import "math"

// The smallest rises in metres that count, by what measured them.
const (
	BarometerHysteresis = 2.0
	GPSHysteresis       = 5.0
)

// climbSeconds is what the altitude is averaged over before it is summed.
const climbSeconds = 15

// Ascent returns the sums in metres of the rises and of the falls of the altitude
// in m at the times in s, after a centred mean over 15 s. Only rises and falls of at
// least the hysteresis in m count, each from turning point to turning point: the sum
// of raw altitudes grows with every metre of noise.
func Ascent(t, altitude []float64, hysteresis float64) (up, down Result, err error) {
	if err := within("hysteresis", hysteresis, 0, 50, "m"); err != nil {
		return Result{}, Result{}, err
	}
	c, err := hold("altitude", t, altitude, -500, 9000)
	if err != nil {
		return Result{}, Result{}, err
	}
	up = Result{Method: MethodAscent, Coverage: c.coverage()}
	down = up
	smoothed := c.smooth(climbSeconds)
	turn, top, bottom := smoothed[0], smoothed[0], smoothed[0]
	for _, a := range smoothed {
		top, bottom = max(top, a), min(bottom, a)
		// Up to the turn that a fall by the hysteresis confirms, or the reverse.
		if top-turn >= hysteresis && top-a >= hysteresis && top > turn {
			up.Value += top - turn
			turn, top, bottom = top, a, a
		} else if turn-bottom >= hysteresis && a-bottom >= hysteresis && bottom < turn {
			down.Value += turn - bottom
			turn, top, bottom = bottom, a, a
		}
	}
	if rise := top - turn; rise >= hysteresis {
		up.Value += rise
	} else if fall := turn - bottom; fall >= hysteresis {
		down.Value += fall
	}
	return up, down, nil
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
