package fitness

import (
	"math"
	"slices"
)

// How altitude becomes ascent, by what measured it: the mean over a time, then only rises and falls of a least size count.
const (
	barometerStep    = 2.0 // m
	barometerSeconds = 15
	gpsStep          = 5.0 // m
	gpsSeconds       = 90
	gpsNoise         = 0.8 // m between neighbouring means over 5 s, above which no barometer measured
)

// Ascent returns the sums in metres of the rises and of the falls of the altitude in m at the times in s, after a centred
// mean. Only rises and falls of at least one step count, each from turning point to turning point: the sum of raw altitudes
// grows with every metre of noise. Of a barometer, the mean is over 15 s and the step 2 m; of satellites alone, whose
// altitude wanders by metres, 90 s and 5 m, which the note says. The noise tells them apart: the median of the second
// differences. See [MethodAscent].
func Ascent(t, altitude []float64) (up, down Result, err error) {
	c, err := hold("altitude", t, altitude, -500, 9000)
	if err != nil {
		return Result{}, Result{}, err
	}
	up = Result{Method: MethodAscent, Coverage: c.coverage()}
	step, seconds := barometerStep, float64(barometerSeconds)
	if c.noise() > gpsNoise {
		step, seconds = gpsStep, gpsSeconds
		up.Note = "altitude of satellites, without a barometer: averaged over 90 s, in steps of 5 m"
	}
	down = up
	up.Value, down.Value = climbs(c.smooth(seconds), step)
	return up, down, nil
}

// noise returns how far in m the means over some seconds lie off their neighbours' line: the standard deviation of
// independent errors, from the median, so that real turns do not count.
func (c column) noise() float64 {
	const bin, near = 5, 20 // s
	var at, mean []float64
	sum, n, began := 0.0, 0.0, math.Inf(-1)
	for i, v := range c.x {
		if math.IsNaN(v) {
			continue
		}
		if c.t[i] >= began+bin && n > 0 {
			at, mean = append(at, began), append(mean, sum/n)
			sum, n = 0, 0
		}
		if n == 0 {
			began = c.t[i]
		}
		sum, n = sum+v, n+1
	}
	var bends []float64
	for i := 1; i+1 < len(at); i++ {
		if at[i+1]-at[i-1] <= near {
			bends = append(bends, math.Abs(mean[i+1]-2*mean[i]+mean[i-1]))
		}
	}
	if len(bends) == 0 {
		return 0
	}
	slices.Sort(bends)
	return 1.4826 * bends[len(bends)/2] / math.Sqrt(6)
}

// levelled returns the altitude without what satellites add to it: where no barometer measured, the mean over 90 s. The note
// says so.
func levelled(t, altitude []float64) (smoothed []float64, note string) {
	c, err := hold("altitude", t, altitude, -500, 9000)
	if err != nil || c.noise() <= gpsNoise {
		return altitude, ""
	}
	smoothed = slices.Clone(c.x)
	next := 0
	values := c.smooth(gpsSeconds)
	for i, v := range c.x {
		if !math.IsNaN(v) {
			smoothed[i] = values[next]
			next++
		}
	}
	return smoothed, "slopes by the altitude of satellites, averaged over 90 s"
}

// climbs sums up the rises and the falls between turning points that are at least a step apart.
func climbs(altitude []float64, step float64) (up, down float64) {
	turn, top, bottom := altitude[0], altitude[0], altitude[0]
	for _, a := range altitude {
		top, bottom = max(top, a), min(bottom, a)
		// Up to the turn that a fall by a step confirms, or the reverse.
		if top-turn >= step && top-a >= step && top > turn {
			up += top - turn
			turn, top, bottom = top, a, a
		} else if turn-bottom >= step && a-bottom >= step && bottom < turn {
			down += turn - bottom
			turn, top, bottom = bottom, a, a
		}
	}
	if rise := top - turn; rise >= step {
		up += rise
	} else if fall := turn - bottom; fall >= step {
		down += fall
	}
	return up, down
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
