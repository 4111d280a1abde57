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

// maxSpanYears are more than any recording lasts, whatever its pauses. Sums of such times stay exact to less than a [sliver], and
// their seconds fit into an int of any machine.
const maxSpanYears = 10

// spans reports whether a recording can have samples at the times first and t, in s.
func spans(first, t float64) bool { return math.Abs(t-first) <= maxSpanYears*365.25*24*3600 }

// inOrder refuses times that fall, and those that are too far apart for a recording.
func inOrder(t []float64) error {
	for i, at := range t {
		if !finite(at) || i > 0 && at < t[i-1] {
			return unavailable("the recording's times are not in order")
		}
		if !spans(t[0], at) {
			return unavailable("the recording's samples are more than %d years apart", maxSpanYears)
		}
	}
	return nil
}

// A column is one quantity of a recording with the time that each sample stands
// for, by the rule in the package documentation.
type column struct {
	t      []float64 // s
	x      []float64 // NaN: missing, also after holding; the recording's own where nothing had to be changed
	weight []float64 // s that each sample stands for, where there are no times
	pause  float64   // s, above which a gap is a pause

	recorded float64 // s, sum of what the samples stand for
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
	c := column{t: t, x: x, pause: pause}
	last := -1
	for i, v := range x {
		seconds := c.seconds(i)
		c.recorded += seconds
		if v >= low && v <= high {
			last = i
		} else {
			v = math.NaN()
			if held := max(last, 0); last >= 0 && t[i]-t[held] <= holdSeconds {
				v = x[held]
			}
			c.x = replace(c.x, x, i, v)
		}
		if !math.IsNaN(v) {
			c.covered += seconds
		}
	}
	if last < 0 {
		return column{}, unavailable("no %s was recorded", what)
	}
	if c.covered <= 0 {
		return column{}, unavailable("the recording has no length")
	}
	return c, nil
}

// replace sets value i of x, which becomes a copy if it is the recording's own.
func replace(x, own []float64, i int, v float64) []float64 {
	if math.IsNaN(own[i]) && math.IsNaN(v) {
		return x
	}
	if &x[0] == &own[0] {
		x = slices.Clone(own)
	}
	x[i] = v
	return x
}

// known returns the column without the samples that have no value: the time of these is like a pause.
func (c column) known() column {
	k := c
	k.t, k.x = nil, nil
	for i, x := range c.x {
		if !math.IsNaN(x) {
			k.t, k.x = append(k.t, c.t[i]), append(k.x, x)
		}
	}
	return k
}

func (c column) coverage() float64 { return min(c.covered/c.recorded, 1) }

// mean is the mean over the time that has a value.
func (c column) mean() float64 {
	sum := 0.0
	for i, x := range c.x {
		if !math.IsNaN(x) {
			sum += x * c.seconds(i)
		}
	}
	return sum / c.covered
}

// seconds returns how long sample i stands.
func (c column) seconds(i int) float64 {
	switch {
	case c.weight != nil:
		return c.weight[i]
	case i == len(c.t)-1 || c.pausesAfter(i):
		return lastSeconds
	}
	return c.t[i+1] - c.t[i]
}

// pausesAfter reports whether a pause follows sample i.
func (c column) pausesAfter(i int) bool {
	return i < len(c.t)-1 && c.t[i+1]-c.t[i] > c.pause
}

// pauseLength returns the gap in seconds above which one is a pause. It refuses times that are not
// [inOrder], and samples so far apart that most gaps would be pauses.
func pauseLength(t []float64) (float64, error) {
	if len(t) < 2 {
		return 0, unavailable("the recording has fewer than two samples")
	}
	if err := inOrder(t); err != nil {
		return 0, err
	}
	dense, near := 0, 0
	for i := range len(t) - 1 {
		if t[i+1]-t[i] <= denseSeconds {
			dense++
		}
		if t[i+1]-t[i] <= pauseSeconds {
			near++
		}
	}
	switch middle := (len(t) - 1) / 2; {
	case dense > middle: // the median gap is that short
		return stopSeconds, nil
	case near > middle:
		return pauseSeconds, nil
	}
	return 0, unavailable("the samples are %.0f s apart, and at most %d s are needed", medianGap(t), pauseSeconds)
}

func medianGap(t []float64) float64 {
	gaps := make([]float64, 0, len(t)-1)
	for i := range len(t) - 1 {
		gaps = append(gaps, t[i+1]-t[i])
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}
