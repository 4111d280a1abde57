package fitness

import (
	"math"
	"slices"
)

// A border divides values into low and high ones.
type border struct{ low, high float64 } // the means of both

// mostBorders is how many levels are tried: standing, easy, hard, all out.
const mostBorders = 4

// borders returns where the values divide best into low and high (Otsu 1979), where the high ones do so again, and so on.
func borders(values []float64) []border {
	slices.Sort(values)
	var found []border
	for len(found) < mostBorders && len(values) > 1 {
		b, at := otsu(values)
		if at == 0 {
			break
		}
		found = append(found, b)
		values = values[at:]
	}
	return found
}

// otsu divides rising values where the variance between the two classes is the largest. at is the first of the higher ones, 0 if
// all are equal.
func otsu(values []float64) (b border, at int) {
	whole, sum, best := total(values), 0.0, 0.0
	for i, v := range values[:len(values)-1] {
		sum += v
		n, m := float64(i+1), float64(len(values)-i-1)
		low, high := sum/n, (whole-sum)/m
		if between := n * m * (high - low) * (high - low); between > best && values[i+1] > v {
			b, at, best = border{low, high}, i+1, between
		}
	}
	return b, at
}

// An effort is a part of a trace, in seconds, that is high.
type effort struct {
	from, to    int
	level, rest float64 // the means of it and of what is around it
	steady      bool    // it has a plateau rather than a peak
}

func (e effort) seconds() float64 { return float64(e.to - e.from) }

// efforts returns the parts of the trace that are high, by a threshold half way between low and high with hysteresis.
func (k trait) efforts(s trace, y []float64, b border) []effort {
	const hysteresis = 0.15
	middle, margin := (b.low+b.high)/2, hysteresis*(b.high-b.low)
	if b.high < k.contrast*b.low {
		return nil
	}
	var list []effort
	up := false
	for i, v := range y {
		switch {
		case !up && v > middle+margin:
			up = true
			list = append(list, effort{from: i, to: len(y)})
		case up && !(v >= middle-margin):
			up = false
			list[len(list)-1].to = i
		}
	}
	list = k.joined(list)
	list = slices.DeleteFunc(list, func(e effort) bool { return 2*int(e.seconds()) < k.work })
	k.sharpen(s, list)
	list = slices.DeleteFunc(list, func(e effort) bool { return int(e.seconds()) < k.work })
	return k.measured(s, list)
}

// joined makes one effort of two that are divided by less than a rest, or by less than a thirtieth of both.
func (k trait) joined(list []effort) []effort {
	var out []effort
	for _, e := range list {
		if n := len(out) - 1; n >= 0 && float64(e.from-out[n].to) < max(float64(k.rest), (e.seconds()+out[n].seconds())/30) {
			out[n].to = e.to
			continue
		}
		out = append(out, e)
	}
	return out
}

// sharpen moves the ends of each effort to where the mean changes (least squares, as Hinkley 1970), between the middles of the
// effort and of the rest.
func (k trait) sharpen(s trace, list []effort) {
	for i := range list {
		e, before, after := &list[i], 0, len(s.x)
		if i > 0 {
			before = list[i-1].to
		}
		if i < len(list)-1 {
			after = list[i+1].from
		}
		middle := (e.from + e.to) / 2
		from, to := e.from, e.to
		if from > 0 {
			e.from = s.change(max((before+from)/2, from-k.search), from, min(middle, from+k.search), 1)
		}
		if to < len(s.x) {
			e.to = s.change(max(middle, to-k.search), to, min((to+after+1)/2, to+k.search), -1)
		}
	}
}

// change returns the second between from and to at which the mean rises the most (sign 1) or falls (-1), or else the given one.
func (s trace) change(from, given, to int, sign float64) int {
	at, best := given, 0.0
	for i := from + 1; i < to; i++ {
		n, m := s.known[i]-s.known[from], s.known[to]-s.known[i]
		step := sign * (s.mean(i, to) - s.mean(from, i))
		if between := n * m / (n + m) * step * step; step > 0 && between > best {
			at, best = i, between
		}
	}
	return at
}

// measured adds to each effort its level, that of the rest around it, and its shape.
func (k trait) measured(s trace, list []effort) []effort {
	const (
		around  = 60   // s
		rounded = 0.35 // of the height, by which the ends of a plateau may be lower
	)
	for i := range list {
		e, before, after := &list[i], 0, len(s.x)
		if i > 0 {
			before = list[i-1].to
		}
		if i < len(list)-1 {
			after = list[i+1].from
		}
		before, after = max(before, e.from-around), min(after, e.to+around)
		fifth := max(1, (e.to-e.from)/5)
		e.level = s.mean(e.from, e.to)
		outside := s.known[e.from] - s.known[before] + s.known[after] - s.known[e.to]
		e.rest = (s.sum[e.from] - s.sum[before] + s.sum[after] - s.sum[e.to]) / max(outside, 1)
		ends := (s.mean(e.from, e.from+fifth) + s.mean(e.to-fifth, e.to)) / 2
		e.steady = s.mean(e.from+fifth, e.to-fifth)-ends <= rounded*(e.level-e.rest)
	}
	return slices.DeleteFunc(list, func(e effort) bool { return math.IsNaN(e.level) })
}

// What makes efforts a structured session.
const (
	leastRepeats   = 3      // equal efforts in a row,
	leastPair      = 300    // or two of so many seconds that are alone, with a rest that is not longer
	repeatedShare  = 0.6    // of the efforts that are at least half as long have to be among these,
	repeatedTime   = 1. / 3 // and of the time of all efforts
	equalShare     = 0.1    // by which the lengths of equal efforts may differ from their mean, and about their levels;
	pairLengths    = 0.02   // the lengths of two,
	pairLevels     = 0.05   // and their levels
	steadyShare    = 2. / 3 // of equal efforts have to have a plateau
	roundSeconds   = 30     // of which the lengths are multiples, if no three are equal
	leastRound     = 5      // efforts of a minute or more,
	roundTolerance = 3      // s
	mostLadder     = 8      // of which the longest is at most so many times as long as the shortest
)

// structure puts efforts into sets, and returns how many of them repeat: 0 if they are no structured session.
func (k trait) structure(s trace, efforts []effort) (sets []IntervalSet, repeated int) {
	runs := k.runs(efforts)
	shortest := math.Inf(1)
	seconds := 0.0
	for _, run := range runs {
		if k.repeats(s, run) {
			repeated += len(run)
			for _, e := range run {
				shortest, seconds = min(shortest, e.seconds()), seconds+e.seconds()
			}
		}
	}
	like, whole := 0, 0.0
	for _, e := range efforts {
		if e.seconds() >= shortest/2 {
			like, whole = like+1, whole+e.seconds()
		}
	}
	enough := float64(repeated) >= repeatedShare*float64(like) && seconds >= repeatedTime*whole && (repeated > 2 || like == 2)
	if repeated == 0 || !enough {
		if !k.ladder(efforts) {
			return nil, 0
		}
		repeated, shortest = len(efforts), 0
	}
	for _, run := range runs {
		if run = slices.DeleteFunc(run, func(e effort) bool { return e.seconds() < shortest/2 }); len(run) > 0 {
			sets = append(sets, setOf(s, run))
		}
	}
	return sets, repeated
}

// runs divides the efforts into runs of equal ones with equal rests.
func (k trait) runs(efforts []effort) [][]effort {
	var runs [][]effort
	for first := 0; first < len(efforts); {
		seconds, level, n := 0.0, 0.0, 0.0
		next := first
		for ; next < len(efforts); next++ {
			e := efforts[next]
			if n > 0 && !(k.equal(e.seconds(), seconds/n, equalShare) && math.Abs(e.level-level/n) <= levelShare(seconds/n)*level/n) {
				break
			}
			seconds, level, n = seconds+e.seconds(), level+e.level, n+1
		}
		runs = append(runs, byRest(efforts[first:next])...)
		first = next
	}
	return runs
}

// levelShare is by which share the levels of equal efforts of so many seconds may differ from their mean: the mean of a short one
// is less certain.
func levelShare(seconds float64) float64 { return equalShare * (1 + min(1, 30/seconds)) }

// equal reports whether two lengths in seconds are equal up to a share.
func (k trait) equal(a, b, share float64) bool { return math.Abs(a-b) <= max(k.tolerance, share*b) }

// byRest divides a run where the rest is far longer than usual in it.
func byRest(run []effort) [][]effort {
	const longer = 20 // s, beyond twice the usual
	var rests []int
	for i := 1; i < len(run); i++ {
		rests = append(rests, run[i].from-run[i-1].to)
	}
	slices.Sort(rests)
	var parts [][]effort
	from := 0
	for i := 1; i < len(run); i++ {
		if run[i].from-run[i-1].to > 2*rests[(len(rests)-1)/2]+longer {
			parts = append(parts, run[from:i])
			from = i
		}
	}
	return append(parts, run[from:])
}

// repeats reports whether a run of equal efforts is one that nobody does by chance.
func (k trait) repeats(s trace, run []effort) bool {
	steady := 0
	for _, e := range run {
		if e.steady {
			steady++
		}
	}
	if len(run) < 2 || float64(steady) < steadyShare*float64(len(run)) {
		return false
	}
	set := setOf(s, run)
	if !(set.Level() >= k.contrast*set.RestLevel) {
		return false
	}
	if len(run) >= leastRepeats {
		return true
	}
	a, b := run[0], run[1]
	return b.seconds() >= leastPair && set.RestSeconds <= set.Seconds() && a.seconds() >= leastPair && k.equal(a.seconds(), b.seconds(), pairLengths) &&
		math.Abs(a.level-b.level) <= pairLevels*b.level
}

// ladder reports whether the efforts differ but are each a whole number of half minutes long, as in a pyramid.
func (k trait) ladder(efforts []effort) bool {
	longest, shortest := 0.0, math.Inf(1)
	for _, e := range efforts {
		longest, shortest = max(longest, e.seconds()), min(shortest, e.seconds())
		off := math.Abs(e.seconds() - roundSeconds*math.Round(e.seconds()/roundSeconds))
		if off > roundTolerance || !e.steady || e.level < k.contrast*e.rest || k.lag > 0 {
			return false
		}
	}
	return len(efforts) >= leastRound && longest <= mostLadder*shortest && shortest >= 2*roundSeconds-roundTolerance
}

func setOf(s trace, run []effort) IntervalSet {
	var set IntervalSet
	rest, restKnown := 0.0, 0.0
	for i, e := range run {
		set.Intervals = append(set.Intervals, Interval{float64(e.from), e.seconds(), e.level})
		if i > 0 {
			before := run[i-1].to
			set.RestSeconds += float64(e.from-before) / float64(len(run)-1)
			rest, restKnown = rest+s.sum[e.from]-s.sum[before], restKnown+s.known[e.from]-s.known[before]
		}
	}
	set.RestLevel = rest / max(restKnown, 1)
	return set
}
