package fitness

import "math"

// A SpeedLimit is the highest mean speed in m/s that a sport allows over a time in seconds.
type SpeedLimit struct{ Seconds, MPS float64 }

// An ImpossibleStretch is a part of a recording that nobody covers that fast.
type ImpossibleStretch struct {
	From, To float64 // s, the times of its first and last sample
	Meters   float64 // the distance that grew meanwhile
}

// longestRest is how long a device may have shown no movement before a distance that jumps: a receiver that has lost
// its satellites stands still and then catches up.
const (
	longestRest = 300  // s
	mostRested  = 1000 // samples
)

// CutImpossible removes from a cumulative distance in m, at the times t in s, the stretches that are faster than one of
// the limits, however long they last: those whose distance exceeds limit.MPS · max(limit.Seconds, their length). Within
// such a stretch the returned distance does not grow. The stretches begin and end where the speed exceeds the limit, so
// that what was run before and after a drive stays (maximal scoring subsequences: Ruzzo & Tompa 1999).
//
// Samples without a distance (NaN) stay as they are; the distance must not fall, see [RepairDistance]. distance is not changed.
func CutImpossible(t, distance []float64, limits []SpeedLimit) (possible []float64, cut []ImpossibleStretch) {
	var known []int
	for i, d := range distance {
		if finite(d) && finite(t[i]) {
			known = append(known, i)
		}
	}
	grown := make([]float64, len(known)) // since the sample before
	for n := 1; n < len(known); n++ {
		grown[n] = max(0, distance[known[n]]-distance[known[n-1]])
	}
	at := func(n int) float64 { return t[known[n]] }
	for _, limit := range limits {
		for _, s := range tooFast(at, grown, limit) {
			meters := 0.0
			for n := s.first + 1; n <= s.last; n++ {
				meters += grown[n]
				grown[n] = 0
			}
			cut = append(cut, ImpossibleStretch{at(s.first), at(s.last), meters})
		}
	}
	if len(cut) == 0 {
		return distance, nil
	}
	possible = make([]float64, len(distance))
	copy(possible, distance)
	sum := distance[known[0]]
	for n, i := range known {
		sum += grown[n]
		possible[i] = sum
	}
	return possible, cut
}

// An excess is the part of a recording between two samples.
type excess struct {
	first, last int
	score       float64 // m beyond what the limit allows
	before      float64 // the score of everything before it
	lower       int     // the last one in front of it with less before it, -1: none
}

// tooFast returns the stretches that exceed the limit, in order.
func tooFast(at func(int) float64, grown []float64, limit SpeedLimit) []excess {
	var found []excess
	total := 0.0
	for n := 1; n < len(grown); n++ {
		s := excess{n - 1, n, grown[n] - limit.MPS*max(at(n)-at(n-1), 0), total, -1}
		total += s.score
		if s.score > 0 {
			found = join(found, s)
		}
	}
	kept := found[:0]
	for _, s := range found {
		meters := 0.0
		for n := s.first + 1; n <= s.last; n++ {
			meters += grown[n]
		}
		if meters > limit.MPS*max(limit.Seconds, at(s.last)-at(rested(at, grown, s.first))) {
			kept = append(kept, s)
		}
	}
	return kept
}

// join adds s to the maximal stretches before it, or makes one of it and those that it continues. What it has passed over
// once it does not look at again, so that all joins together take a time that grows with the number of samples.
func join(found []excess, s excess) []excess {
	for {
		j := len(found) - 1
		for j >= 0 && found[j].before >= s.before {
			j = found[j].lower
		}
		if j < 0 || found[j].before+found[j].score >= s.before+s.score {
			s.lower = j
			return append(found, s)
		}
		s = excess{found[j].first, s.last, s.before + s.score - found[j].before, found[j].before, -1}
		found = found[:j]
	}
}

// rested returns the sample from which on the device showed no movement until the sample first.
func rested(at func(int) float64, grown []float64, first int) int {
	const still = 0.2 // m/s
	from := first
	for from > max(0, first-mostRested) && at(first)-at(from-1) <= longestRest && grown[from] <= still*(at(from)-at(from-1)) {
		from--
	}
	return from
}

// maxGlitch is how many samples in a row may be errors of the device's counter.
const maxGlitch = 10

// RepairDistance returns the cumulative distance in m, at the times t in s, of a counter that may fail: single values
// that could only be reached faster than maxSpeed in m/s and that later ones do not confirm become NaN, and a counter that
// starts again at 0 goes on from where it was. What a counter jumps by is left for [CutImpossible]. distance is not changed.
func RepairDistance(t, distance []float64, maxSpeed float64) []float64 {
	repaired := distance
	set := func(i int, d float64) {
		if &repaired[0] == &distance[0] {
			repaired = append([]float64(nil), distance...)
		}
		repaired[i] = d
	}
	var last, before reading // good ones
	base := 0.0
	for i, d := range distance {
		if !finite(d) {
			continue
		}
		now := reading{i, t[i], d, true}
		switch {
		case now.follows(last, maxSpeed):
		case isGlitch(t, distance, last, i, maxSpeed):
			set(i, math.NaN())
			continue
		case d < last.meters && now.follows(before, maxSpeed): // nothing confirms the last one
			set(last.index, math.NaN())
			last = before
		case d < last.meters: // it starts again
			base += last.meters
			if !reachable(t[i]-last.t, d, maxSpeed) {
				base -= d // it starts again elsewhere
			}
		}
		before, last = last, now
		if base != 0 {
			set(i, base+d)
		}
	}
	return repaired
}

// A reading is what a counter showed.
type reading struct {
	index     int
	t, meters float64
	known     bool
}

// follows reports whether r can come after an earlier reading, or is the first one.
func (r reading) follows(earlier reading, maxSpeed float64) bool {
	return !earlier.known || reachable(r.t-earlier.t, r.meters-earlier.meters, maxSpeed)
}

// counterSlack is how late a counter may be, in seconds: many grow by a pool's length, or every few seconds.
const counterSlack = 10

// reachable reports whether the distance may grow by so many metres in so many seconds.
func reachable(seconds, meters, maxSpeed float64) bool {
	return meters >= -1 && meters <= maxSpeed*(max(seconds, 0)+counterSlack)
}

// isGlitch reports whether the distance of sample i is an error: a sample soon after it goes on from the last good one.
func isGlitch(t, distance []float64, last reading, i int, maxSpeed float64) bool {
	looked := 0
	for j := i + 1; j < len(distance) && looked < maxGlitch; j++ {
		if !finite(distance[j]) {
			continue
		}
		looked++
		if reachable(t[j]-last.t, distance[j]-last.meters, maxSpeed) {
			return true
		}
	}
	return false
}
