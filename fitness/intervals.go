package fitness

import "math"

// An Interval is one effort of a structured session.
type Interval struct {
	StartSeconds float64 // after the start of the recording
	Seconds      float64 // elapsed
	Level        float64 // the mean of what it was found by: W, m/s (grade-adjusted on foot) or bpm
}

// An IntervalSet is a run of equal intervals.
type IntervalSet struct {
	Intervals   []Interval
	RestSeconds float64 // the mean time between two of them; 0: there is only one
	RestLevel   float64 // the mean between them
}

// Seconds returns the mean length of the intervals.
func (s IntervalSet) Seconds() float64 {
	return meanOf(s.Intervals, func(i Interval) float64 { return i.Seconds })
}

// Level returns the mean level of the intervals.
func (s IntervalSet) Level() float64 {
	return meanOf(s.Intervals, func(i Interval) float64 { return i.Level })
}

// Intervals are the sets of a structured session in their order, of which no two intervals overlap.
type Intervals struct {
	Sets     []IntervalSet
	Coverage float64
	Note     string
}

// A trait is how intervals show in one quantity.
type trait struct {
	what      string
	smooth    int     // s, of the moving mean
	work      int     // s that an interval has at least,
	rest      int     // and the rest after it
	contrast  float64 // of an interval over the rest, at least
	tolerance float64 // s by which the lengths of equal intervals may differ, or a tenth
	search    int     // s around the crossing of the threshold that the change is looked for in
	lag       int     // s by which the quantity follows the effort
}

// maxIntervalSeconds is the longest recording that intervals are looked for in.
const maxIntervalSeconds = 24 * 3600

// PowerIntervals finds the intervals of a structured session in the power in watts at the times t in seconds. Power that is
// missing for at most 30 s is interpolated; pauses count as 0. See [MethodIntervals].
func PowerIntervals(t, watts []float64) (Intervals, error) {
	c, err := hold("power", t, watts, 0, maxWatts)
	if err != nil {
		return Intervals{}, err
	}
	return trait{what: "power", smooth: 7, work: 10, rest: 8, contrast: 1.2, tolerance: 3, search: 30}.in(c)
}

// RunIntervals finds the intervals of a structured run in the grade-adjusted speed, from the times in s, the cumulative distance
// in m and the altitude in m; nil: as on the level. See [NewGradedRun] and [MethodIntervals].
func RunIntervals(t, distance, altitude []float64) (Intervals, error) {
	speed, note, err := gradedSpeed(t, distance, altitude)
	if err != nil {
		return Intervals{}, err
	}
	c, err := hold("distance", t, speed, 0, maxRunSpeed)
	if err != nil {
		return Intervals{}, err
	}
	found, err := trait{what: "pace", smooth: 11, work: 20, rest: 10, contrast: 1.12, tolerance: 5, search: 30}.in(c)
	found.Note = note
	return found, err
}

// SwimIntervals finds the intervals of a structured swim in the speed, from the times in s and the cumulative distance in m. In a pool
// the distance is known after each length, and after each rest. See [MethodIntervals].
func SwimIntervals(t, distance []float64) (Intervals, error) {
	if err := inOrder(t); err != nil {
		return Intervals{}, err
	}
	at, d, err := nonFalling(t, distance)
	if err != nil {
		return Intervals{}, err
	}
	if d[0] > 0 && at[0] > t[0] { // the first length
		at, d = append([]float64{t[0]}, at...), append([]float64{0}, d...)
	}
	if inSteps(at, d) {
		return Intervals{}, unavailable("the distance grows by whole lengths, which does not tell when a rest began; the laps may")
	}
	speed := make([]float64, len(at))
	for i := range len(at) - 1 {
		if step := at[i+1] - at[i]; step > 0 && step <= longestLength {
			speed[i] = min((d[i+1]-d[i])/step, maxSwimSpeed)
		}
	}
	c := column{t: at, x: speed, pause: longestLength, recorded: t[len(t)-1] - t[0], covered: at[len(at)-1] - at[0]}
	return trait{what: "pace", smooth: 1, work: 15, rest: 5, contrast: 1.15, tolerance: 5, search: 5}.in(c)
}

const (
	longestLength = 240 // s that a length of a pool takes at most
	leastStep     = 10  // m that nobody swims within the seconds between two samples
)

// inSteps reports whether most of the distance grew by steps that nobody swims in that time: then a device wrote after each
// length of a pool what it had counted, and the time of a rest is not known.
func inSteps(t, d []float64) bool {
	jumped := 0.0
	for i := 1; i < len(d); i++ {
		if step := d[i] - d[i-1]; step >= leastStep && step > maxSwimSpeed*(t[i]-t[i-1]) {
			jumped += step
		}
	}
	return jumped > (d[len(d)-1]-d[0])/2
}

// HeartIntervals finds the intervals of a structured session in the heart rate in bpm at the times t in seconds. It follows an
// effort with delay, which is taken off, so that the times are less exact than those of power or pace. See [MethodIntervals].
func HeartIntervals(t, bpm []float64) (Intervals, error) {
	c, err := hold("heart rate", t, bpm, minHeartRate, maxHeartRate)
	if err != nil {
		return Intervals{}, err
	}
	found, err := trait{what: "heart rate", smooth: 15, work: 90, rest: 45, contrast: 1.07, tolerance: 20, search: 60, lag: 20}.in(c)
	found.Note = "the heart rate follows an effort by about 20 s, which are taken off: the times are good to half a minute"
	return found, err
}

// in finds the intervals in a column.
func (k trait) in(c column) (Intervals, error) {
	first, last := c.t[0], c.t[len(c.t)-1]
	if last-first > maxIntervalSeconds {
		return Intervals{}, unavailable("the recording is longer than %d hours", maxIntervalSeconds/3600)
	}
	s := newTrace(c)
	smoothed := s.smooth(k.smooth)
	var best []IntervalSet
	repeated := 0
	for _, border := range borders(s.countable(smoothed)) {
		sets, n := k.structure(s, k.efforts(s, smoothed, border))
		if n > repeated {
			best, repeated = sets, n
		}
	}
	if best == nil {
		return Intervals{}, unavailable("the %s shows no efforts that repeat: it is steady, or changes without a pattern", k.what)
	}
	for _, set := range best {
		for i := range set.Intervals {
			n := &set.Intervals[i]
			begun := max(0, n.StartSeconds-float64(k.lag))
			n.Seconds -= begun - (n.StartSeconds - float64(k.lag))
			n.StartSeconds = first + begun
		}
	}
	return Intervals{Sets: best, Coverage: c.coverage()}, nil
}

func meanOf[T any](list []T, of func(T) float64) float64 {
	sum := 0.0
	for _, v := range list {
		sum += of(v)
	}
	return sum / float64(len(list))
}

// A trace is one value for each second from the start to the end of a recording, with the pauses.
type trace struct {
	x      []float64 // NaN: missing
	paused []bool
	sum    []float64 // of the known values before each second
	known  []float64 // how many these are
}

const (
	bridgedSeconds = 30  // s that a value may be missing within an interval
	countedPause   = 120 // s of a pause that weigh in what is high and what is low
)

func newTrace(c column) trace {
	first := c.t[0]
	n := int(c.t[len(c.t)-1]-first) + 1
	s := trace{make([]float64, n), make([]bool, n), make([]float64, n+1), make([]float64, n+1)}
	filled := make([]float64, n) // seconds of each second
	for i, x := range c.x {
		from := c.t[i] - first
		to := min(from+c.seconds(i), float64(n))
		if math.IsNaN(x) {
			continue
		}
		for from < to-sliver {
			at := min(int(from+sliver), n-1)
			part := min(to, float64(at+1)) - from
			s.x[at] += x * part
			filled[at] += part
			from += part
		}
	}
	for i := range s.x {
		if s.x[i] /= filled[i]; filled[i] < 0.5 {
			s.x[i] = math.NaN()
		}
	}
	for i := range c.t {
		if c.pausesAfter(i) {
			s.pause(int(math.Ceil(c.t[i]-first+lastSeconds)), int(c.t[i+1]-first))
		}
	}
	s.bridge()
	for i, v := range s.x {
		s.sum[i+1], s.known[i+1] = s.sum[i], s.known[i]
		if !math.IsNaN(v) {
			s.sum[i+1] += v
			s.known[i+1]++
		}
	}
	return s
}

// pause marks seconds as paused, in which nothing was done.
func (s trace) pause(from, to int) {
	for i := from; i < to; i++ {
		s.x[i], s.paused[i] = 0, true
	}
}

// bridge fills short gaps evenly between their ends.
func (s trace) bridge() {
	last := -1 // the last known value
	for i, v := range s.x {
		if math.IsNaN(v) {
			continue
		}
		if gap := i - last - 1; last >= 0 && gap > 0 && gap <= bridgedSeconds {
			for j := 1; j <= gap; j++ {
				s.x[last+j] = s.x[last] + (v-s.x[last])*float64(j)/float64(gap+1)
			}
		}
		last = i
	}
}

// mean returns the mean of the known seconds from up to to, NaN if there are none.
func (s trace) mean(from, to int) float64 {
	return (s.sum[to] - s.sum[from]) / (s.known[to] - s.known[from])
}

// smooth returns the moving mean over so many seconds.
func (s trace) smooth(seconds int) []float64 {
	y := make([]float64, len(s.x))
	for i := range y {
		y[i] = s.mean(max(0, i-seconds/2), min(len(y), i+seconds/2+1))
		if math.IsNaN(s.x[i]) {
			y[i] = math.NaN()
		}
	}
	return y
}

// countable returns the known values without what is beyond two minutes of each pause.
func (s trace) countable(y []float64) []float64 {
	var list []float64
	pausing := 0
	for i, v := range y {
		pausing++
		if !s.paused[i] {
			pausing = 0
		}
		if pausing <= countedPause && !math.IsNaN(v) {
			list = append(list, v)
		}
	}
	return list
}
