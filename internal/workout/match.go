package workout

import (
	"cmp"
	"math"
	"slices"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Planned is a workout of one day as far as an activity can be compared with it.
type Planned struct {
	Sport           pierre.Sport
	Seconds, Meters *float64 // nil: not known
}

// Match finds, for each workout of a day, which of the day's activities carried it out: their index, or -1. An activity carries
// out at most one workout, and only one of its sport, all running being one sport, and all cycling. Of several, those go together
// whose durations differ least by ratio, or else their distances, or else in the order of the day.
func Match(planned []Planned, done []pierre.Activity) []int {
	type pair struct {
		plan, act int
		off       float64
	}
	var pairs []pair
	for i, p := range planned {
		for j, a := range done {
			if SameSport(p.Sport, a.Sport) {
				pairs = append(pairs, pair{i, j, apart(p, a)})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.off, b.off), cmp.Compare(a.plan, b.plan), done[a.act].Start.Compare(done[b.act].Start), cmp.Compare(a.act, b.act))
	})
	of := slices.Repeat([]int{-1}, len(planned))
	used := make([]bool, len(done))
	for _, p := range pairs {
		if of[p.plan] < 0 && !used[p.act] {
			of[p.plan], used[p.act] = p.act, true
		}
	}
	return of
}

// SameSport reports whether an activity of the one sport can carry out a workout of the other.
func SameSport(a, b pierre.Sport) bool {
	return a == b || a.IsRun() && b.IsRun() || a.IsRide() && b.IsRide()
}

// apart is how far an activity is from what was planned, as the logarithm of a ratio; infinite if nothing can be compared.
func apart(p Planned, a pierre.Activity) float64 {
	for _, of := range [][2]*float64{{p.Seconds, a.DurationSeconds}, {p.Meters, a.DistanceMeters}} {
		if of[0] != nil && of[1] != nil && *of[0] > 0 && *of[1] > 0 {
			return math.Abs(math.Log(*of[1] / *of[0]))
		}
	}
	return math.Inf(1)
}
