package training

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Mark is the best value of a metric in a span of days.
type Mark struct {
	Day      time.Time // the athlete's, as midnight UTC
	Value    float64
	Activity pierre.ActivityID
}

// yearDays and marksInYear say which marks the rate of an athlete's improvement is told by: the best of every four weeks.
const (
	yearDays    = 364
	marksInYear = 13
)

// measured returns the value of a metric that an activity shows, and false if it shows none.
func measured(m pierre.GoalMetric, a pierre.Activity, d digest) (float64, bool) {
	best := 0.0
	switch m {
	case pierre.GoalVDOT:
		if !a.Sport.IsRun() {
			return 0, false
		}
		for _, e := range stretches(a, d) {
			if v, err := fitness.VDOT(e.Meters, e.Seconds); err == nil && v.Value <= highestVDOT {
				best = max(best, v.Value)
			}
		}
	case pierre.GoalPower20:
		best = powerOver(20*60, a, d)
	}
	return best, best > 0
}

// powerOver returns the highest mean power of a ride over so many seconds, or 0.
func powerOver(seconds float64, a pierre.Activity, d digest) float64 {
	best, _ := powers(a, d)
	for _, e := range best {
		if e.Seconds == seconds {
			return e.Watts
		}
	}
	return 0
}

// marks returns the best of a metric in each of so many equal spans of the days up to today, the oldest first. Spans
// without a value are left out.
func (s *Service) marks(ctx context.Context, of asking, m pierre.GoalMetric, days, spans int) ([]Mark, error) {
	clock := of.clock
	begin, span := clock.Today().AddDate(0, 0, 1-days), days/spans
	best := map[int]Mark{}
	q := pierre.ActivityQuery{After: begin.AddDate(0, 0, -1), Providers: providers(of.from)}
	err := s.each(ctx, of.user, q, func(a pierre.Activity, d digest) {
		on := clock.DayOf(a)
		v, ok := measured(m, a, d)
		if !ok || on.Before(begin) || on.After(clock.Today()) {
			return
		}
		if n := daysBetween(begin, on) / span; best[n].Value < v {
			best[n] = Mark{on, v, a.ID}
		}
	})
	if err != nil {
		return nil, err
	}
	list := make([]Mark, 0, len(best))
	for _, m := range best {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b Mark) int { return a.Day.Compare(b.Day) })
	return list, nil
}

func daysBetween(from, to time.Time) int { return int(math.Round(to.Sub(from).Hours() / 24)) }

// rateOf fits a line to marks, whose days are counted from the epoch.
func rateOf(marks []Mark, epoch time.Time) (fitness.Rate, error) {
	days, values := make([]float64, len(marks)), make([]float64, len(marks))
	for i, m := range marks {
		days[i], values[i] = float64(daysBetween(epoch, m.Day)), m.Value
	}
	return fitness.FitRate(days, values)
}

// A Change is how fast a metric of an athlete changes, in 28 days.
type Change struct {
	Value     // per 28 days
	Low, High float64
	Marks     int
}

const changeDays = 28

// changeOf returns the change that marks show, and the line that it is of, whose days are counted from the epoch.
func changeOf(marks []Mark, epoch time.Time) (fitness.Rate, Change) {
	r, err := rateOf(marks, epoch)
	if err != nil {
		return r, Change{Value: unavailable(err), Marks: len(marks)}
	}
	v := Value{changeDays * r.PerDay, Evidence{Method: r.Method, Inputs: []Input{
		{Name: "marks", Value: new(float64(len(marks))), Source: Recorded, Note: "the best of each span of days"},
	}}}
	return r, Change{v, changeDays * r.Low, changeDays * r.High, len(marks)}
}
