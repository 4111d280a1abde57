package merge

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// What two activities must have in common to be the same by all appearances: nobody does two things at once.
const (
	minCommon   = 0.5  // of the shorter one
	minContains = 0.8  // of the part, to be a part of the whole
	minParts    = 0.8  // of the whole, that its parts make up together
	longPause   = 1.5  // times the moving time; after that, what is still on is a watch that nobody stopped
	lengthStep  = 1.25 // two lengths in one step are as long
)

// LongestSpan is how long an activity can overlap with others.
const LongestSpan = 36 * time.Hour

// A Span is when an activity was.
type Span struct{ From, To time.Time }

// SpanOf returns when a was, without the long pause of a watch that nobody stopped.
func SpanOf(a pierre.Activity) Span {
	seconds := 0.0
	switch e, d := a.ElapsedSeconds, a.DurationSeconds; {
	case e != nil && d != nil:
		seconds = min(*e, longPause**d)
	case e != nil:
		seconds = *e
	case d != nil:
		seconds = *d
	}
	return Span{a.Start, a.Start.Add(min(time.Duration(seconds*float64(time.Second)), LongestSpan))}
}

// And returns the time from the earlier start to the later end.
func (s Span) And(t Span) Span {
	if t.From.Before(s.From) {
		s.From = t.From
	}
	if t.To.After(s.To) {
		s.To = t.To
	}
	return s
}

func (s Span) length() float64 { return s.To.Sub(s.From).Seconds() }

// common returns how many seconds two spans share.
func (s Span) common(t Span) float64 {
	from, to := s.From, s.To
	if t.From.After(from) {
		from = t.From
	}
	if t.To.Before(to) {
		to = t.To
	}
	return max(0, to.Sub(from).Seconds())
}

// An Outing is an activity as far as it matters for whether another is the same.
type Outing struct {
	Span

	sport      pierre.Sport
	multisport string
	primary    Facts
}

// NewOuting sums up an activity.
func NewOuting(a pierre.Activity) Outing {
	return Outing{Span: SpanOf(a), sport: a.Sport, multisport: a.MultisportID}
}

// Ranked returns o with the sources of its activity.
func (o Outing) Ranked(sources []Facts) Outing {
	if len(sources) > 0 {
		o.primary = slices.MinFunc(sources, RicherFirst)
	}
	return o
}

// Twins finds activities that are the same by all appearances: they share their time, and their sports can be the same.
// It returns for each the one that counts in its place, -1 if it counts itself: of two the longer one, of two as long the
// richer one; of a whole and its parts, such as a triathlon and its legs, the parts if they make up most of it.
// same decides what else speaks for or against two of them. The result does not depend on the order of all.
func Twins(all []Outing, same func(a, b int) bool) []int {
	alike := make([][]bool, len(all))
	for a := range all {
		alike[a] = make([]bool, len(all))
	}
	for a := range all {
		for b := range a {
			alike[a][b] = all[a].mayBe(all[b]) && same(a, b)
			alike[b][a] = alike[a][b]
		}
	}
	order := make([]int, len(all))
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(a, b int) int { return preferred(all[a], all[b]) })
	twins := make([]int, len(all))
	var counted []int
	for _, n := range order {
		twins[n] = -1
		if part := firstPart(all, order, alike, n); part >= 0 {
			twins[n] = part
			continue
		}
		if at := slices.IndexFunc(counted, func(c int) bool { return alike[n][c] }); at >= 0 {
			twins[n] = counted[at]
			continue
		}
		counted = append(counted, n)
	}
	for n, twin := range twins { // a part may have a twin of its own
		for range all {
			if twin >= 0 && twins[twin] >= 0 {
				twin = twins[twin]
			}
		}
		twins[n] = twin
	}
	return twins
}

func (o Outing) mayBe(other Outing) bool {
	if o.multisport != "" && o.multisport == other.multisport || !sportsAgree(o.sport, other.sport) {
		return false
	}
	shorter := min(o.length(), other.length())
	return shorter > 0 && o.common(other.Span) >= minCommon*shorter
}

// preferred orders activities by which of two counts.
func preferred(a, b Outing) int {
	step := func(o Outing) float64 { return math.Floor(math.Log(max(1, o.length())) / math.Log(lengthStep)) }
	return cmp.Or(
		-cmp.Compare(step(a), step(b)),
		RicherFirst(a.primary, b.primary),
		a.From.Compare(b.From),
	)
}

// firstPart returns the first of the parts that make up most of the whole, -1 if there are none.
func firstPart(all []Outing, order []int, alike [][]bool, whole int) int {
	var parts []int
	sum := 0.0
	for _, p := range order {
		part := all[p]
		apart := !slices.ContainsFunc(parts, func(other int) bool { return part.common(all[other].Span) > (1-minContains)*part.length() })
		if p != whole && alike[whole][p] && apart && part.length() < minContains*all[whole].length() &&
			part.common(all[whole].Span) >= minContains*part.length() {
			parts = append(parts, p)
			sum += part.length()
		}
	}
	if len(parts) < 2 || sum < minParts*all[whole].length() {
		return -1
	}
	return slices.MinFunc(parts, func(a, b int) int { return all[a].From.Compare(all[b].From) })
}
