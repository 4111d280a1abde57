package fitness

// A Split is a part of a recording of a given distance. The last one of a recording can be shorter.
type Split struct {
	StartSeconds float64 // after the start of the recording
	Seconds      float64 // without pauses
	Meters       float64
	Cost         float64 // of running on its slopes over that on the level; 0: not known
}

// Speed returns the mean speed in m/s.
func (s Split) Speed() float64 { return s.Meters / s.Seconds }

// GradedSpeed returns the speed on the level that would have cost the same, in m/s, and false if the slopes are not known.
func (s Split) GradedSpeed() (mps float64, ok bool) { return s.Speed() * s.Cost, s.Cost > 0 }

const (
	mostSplits    = 5000 // beyond every day's way
	leastRest     = 10   // m; a shorter rest after the last whole split is none
	leastSloped   = 0.9  // the share of a split whose slopes have to be known
	shortestSplit = 100  // m
)

// Splits divides a recording, by its times in s and the cumulative distance in m, into parts of so many metres each, at least 100,
// and the rest. Marks between two samples are interpolated. A gap between samples that is a pause does not count in the time,
// as in the laps of a device. altitude in m gives the cost of running on the slopes, as in [NewGradedRun]; nil: none, which
// the sports need whose cost that is not. The note says how the slopes were found, if that was not by a barometer. See [MethodSplits].
func Splits(t, distance, altitude []float64, meters float64) (splits []Split, note string, err error) {
	if err := within("length of a split", meters, shortestSplit, maxDistance, "m"); err != nil {
		return nil, "", err
	}
	w, err := newWay(t, distance)
	if err != nil {
		return nil, "", err
	}
	first, last := w.d[0], w.d[len(w.d)-1]
	if (last-first)/meters > mostSplits {
		return nil, "", unavailable("the way has more than %d splits", mostSplits)
	}
	if len(altitude) == len(t) {
		note = w.slope(t, distance, altitude)
	}
	for from := w.at(0, first); from.d+leastRest <= last; {
		to := w.at(from.next, min(from.d+meters, last))
		s := Split{StartSeconds: from.t, Seconds: to.timer - from.timer, Meters: to.d - from.d}
		if known := to.sloped - from.sloped; known >= leastSloped*s.Meters {
			s.Cost = (to.level - from.level) / known
		}
		if s.Seconds > sliver {
			splits = append(splits, s)
		}
		from = to
	}
	if len(splits) == 0 {
		return nil, "", unavailable("no distance was recorded")
	}
	return splits, note, nil
}

// A way is a recording's distance with what grows along it.
type way struct {
	t, d   []float64 // s and m, neither of which falls
	timer  []float64 // s without pauses
	level  []float64 // m on the level that cost as much as the sloped ones
	sloped []float64 // m whose slopes are known
}

// A mark is a point of a way.
type mark struct {
	t, d, timer, level, sloped float64
	next                       int // the first sample that is not before it
}

func newWay(t, distance []float64) (way, error) {
	pause, err := pauseLength(t)
	if err != nil {
		return way{}, err
	}
	at, d, err := nonFalling(t, distance)
	if err != nil {
		return way{}, err
	}
	w := way{t: at, d: d, timer: make([]float64, len(at)), level: make([]float64, len(at)), sloped: make([]float64, len(at))}
	paused, next := 0.0, 1 // up to the sample of t before next
	for i := range at {
		for ; next < len(t) && t[next] <= at[i]; next++ {
			if gap := t[next] - t[next-1]; gap > pause {
				paused += gap - lastSeconds
			}
		}
		w.timer[i] = at[i] - paused
	}
	return w, nil
}

// slope adds what the slopes cost, and returns how they were found.
func (w way) slope(t, distance, altitude []float64) (note string) {
	altitude, note = levelled(t, altitude)
	span := slopeMeters
	if note != "" {
		span = gpsSlopeMeters
	}
	own := make([]float64, len(w.t)) // the altitude at the samples of the way
	next := 0
	for i := range t {
		if next < len(own) && t[i] == w.t[next] && distance[i] == w.d[next] {
			own[next] = altitude[i]
			next++
		}
	}
	knots, at := makeKnots(w.d, own)
	costs := make([]float64, len(knots))
	for i := range knots {
		costs[i] = minettiRun(slopeAt(knots, i, span)) / flatCost
	}
	last := -1 // the last sample with an altitude
	for i := range own {
		if i > 0 {
			w.level[i], w.sloped[i] = w.level[i-1], w.sloped[i-1]
		}
		if i > 0 && last >= 0 && w.t[i-1]-w.t[last] <= holdSeconds {
			step := w.d[i] - w.d[i-1]
			w.level[i] += step * costs[at[last]]
			w.sloped[i] += step
		}
		if at[i] >= 0 {
			last = i
		}
	}
	return note
}

// at returns the point of the way at a distance, which sample i or a later one reaches.
func (w way) at(i int, meters float64) mark {
	for i < len(w.d)-1 && w.d[i] < meters {
		i++
	}
	share := 1.0
	if i > 0 && w.d[i] > w.d[i-1] {
		share = min(max((meters-w.d[i-1])/(w.d[i]-w.d[i-1]), 0), 1)
	}
	between := func(x []float64) float64 {
		if i == 0 {
			return x[0]
		}
		return x[i-1] + share*(x[i]-x[i-1])
	}
	return mark{t: between(w.t), d: meters, timer: between(w.timer), level: between(w.level), sloped: between(w.sloped), next: i}
}
