package fitness

import (
	"math"
	"slices"
)

const (
	pauseSeconds = 30 // a longer gap between two samples is a pause,
	denseSeconds = 2  // but where half the samples are at most this far apart,
	stopSeconds  = 10 // a gap longer than this is: devices that record every second leave gaps only when they stop
	holdSeconds  = 10 // a sample without the value takes over one that is at most this old
	lastSeconds  = 1  // what the last sample before a pause or the end stands for
)

// A column is one quantity of a recording with the time that each sample stands
// for, by the rule in the package documentation.
type column struct {
	t       []float64 // s
	x       []float64 // NaN: missing, also after holding
	seconds []float64 // what the sample stands for
	pause   []bool    // a pause follows the sample

	recorded float64 // s, sum of seconds
	covered  float64 // s, of those with a value
}

// hold prepares the column x, taking only values in [low, high] as recorded.
// The name of the quantity goes into the reason of an error.
func hold(what string, t, x []float64, low, high float64) (column, error) {
	pause, err := pauseLength(t)
	if err != nil {
		return column{}, err
	}
	if len(x) == 0 {
		return column{}, unavailable("no %s was recorded", what)
	}
	if len(x) != len(t) {
		return column{}, unavailable("the recording has %d samples of %s at %d times", len(x), what, len(t))
	}
	c := column{t: t, x: make([]float64, len(t)), seconds: make([]float64, len(t)), pause: make([]bool, len(t))}
	last := -1
	for i := range t {
		c.seconds[i], c.pause[i] = standsFor(t, i, pause)
		c.recorded += c.seconds[i]
		if x[i] >= low && x[i] <= high {
			last = i
		}
		if last < 0 || t[i]-t[last] > holdSeconds {
			c.x[i] = math.NaN()
			continue
		}
		c.x[i] = x[last]
		c.covered += c.seconds[i]
	}
	if last < 0 {
		return column{}, unavailable("no %s was recorded", what)
	}
	if c.covered <= 0 {
		return column{}, unavailable("the recording has no length")
	}
	return c, nil
}

func (c column) coverage() float64 { return min(c.covered/c.recorded, 1) }

// mean is the mean over the time that has a value.
func (c column) mean() float64 {
	sum := 0.0
	for i, x := range c.x {
		if !math.IsNaN(x) {
			sum += x * c.seconds[i]
		}
	}
	return sum / c.covered
}

// standsFor returns how long sample i stands, and whether a pause follows it.
func standsFor(t []float64, i int, pause float64) (seconds float64, paused bool) {
	if i == len(t)-1 {
		return lastSeconds, false
	}
	if d := t[i+1] - t[i]; d <= pause {
		return d, false
	}
	return lastSeconds, true
}

// pauseLength returns the gap in seconds above which one is a pause. It refuses
// times that fall, and samples so far apart that most gaps would be pauses.
func pauseLength(t []float64) (float64, error) {
	if len(t) < 2 {
		return 0, unavailable("the recording has fewer than two samples")
	}
	gaps := make([]float64, 0, len(t)-1)
	for i, at := range t {
		if !finite(at) || i > 0 && at < t[i-1] {
			return 0, unavailable("the recording's times are not in order")
		}
		if i > 0 {
			gaps = append(gaps, at-t[i-1])
		}
	}
	slices.Sort(gaps)
	switch median := gaps[len(gaps)/2]; {
	case median > pauseSeconds:
		return 0, unavailable("the samples are %.0f s apart, and at most %d s are needed", median, pauseSeconds)
	case median > denseSeconds:
		return pauseSeconds, nil
	}
	return stopSeconds, nil
}
