package fitness

import (
	"math"
	"sort"
)

// maxSeconds of recorded time are brought to one value per second; what is longer
// is no training session, and would cost memory without an end.
const maxSeconds = 14 * 24 * 3600

// sliver is the time in seconds below which it is a rounding error.
const sliver = 1e-6

// A secondly is a quantity as one mean per second of recorded time, with the
// pauses cut out.
type secondly struct {
	x     []float64
	spans []span // of the seconds, in order; the first begins with the first second
}

// A span is a run of seconds that follow each other without a pause.
type span struct {
	first int     // index of the first second
	at    float64 // s after the start of the recording, where that begins
}

// perSecond integrates the column over each second of recorded time, which keeps
// the work exact whatever the recording interval. A missing value counts as 0.
func perSecond(c column) (secondly, error) {
	if !(c.recorded <= maxSeconds) {
		return secondly{}, unavailable("the recording is longer than %d days", maxSeconds/(24*3600))
	}
	p := secondly{x: make([]float64, 0, int(c.recorded)+1)}
	sum, filled := 0.0, 0.0 // of the second in the making
	for i, x := range c.x {
		if math.IsNaN(x) {
			x = 0
		}
		at, left := c.t[i], c.seconds(i)
		for left > sliver {
			if filled == 0 {
				p.begin(at)
			}
			part := min(left, 1-filled)
			sum += x * part
			filled += part
			left -= part
			at += part
			if filled > 1-sliver {
				p.x = append(p.x, sum/filled)
				sum, filled = 0, 0
			}
		}
		if c.pausesAfter(i) {
			if filled > 0 { // the second goes on after the pause
				p.begin(c.t[i+1])
			}
		}
	}
	if filled >= 0.5 {
		p.x = append(p.x, sum/filled)
	}
	return p, nil
}

// begin notes when the next second begins, unless it follows the one before.
func (p *secondly) begin(at float64) {
	next := len(p.x)
	if n := len(p.spans); n > 0 {
		last := &p.spans[n-1]
		switch {
		case math.Abs(last.at+float64(next-last.first)-at) < sliver:
			return
		case last.first == next:
			last.at = at
			return
		}
	}
	p.spans = append(p.spans, span{next, at})
}

// at returns when second i begins, in seconds after the start of the recording.
func (p *secondly) at(i int) float64 {
	s := p.spans[sort.Search(len(p.spans), func(n int) bool { return p.spans[n].first > i })-1]
	return s.at + float64(i-s.first)
}
