package training

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Projection is how form goes on after a history if each day has the same load.
type Projection struct {
	Load Value          // of each day
	Form Form           // on the last day: fitness, fatigue and balance
	Days []ProjectedDay // the last one in front of each week's end, and the last; each day of at most two weeks
}

// A ProjectedDay is the form on a day to come.
type ProjectedDay struct {
	Day time.Time
	fitness.Form
}

// Project follows the form up to a day, with the same load on each day after the history.
func (h History) Project(until time.Time, load float64) Projection {
	in := Input{Name: "daily_load", Value: &load, Decimals: 1, Source: User}
	return h.project(until, Value{load, Evidence{Method: methodGiven, Inputs: []Input{in}}})
}

const methodGiven fitness.Method = "as asked (assumption)"

// Taper finds the load of each day after the history that leads to a balance (TSB) on a day.
func (h History) Taper(until time.Time, balance float64) Projection {
	if h.stateErr != nil {
		return noProjection(h.stateErr)
	}
	load, err := fitness.TaperLoad(h.state, h.daysTo(until), balance)
	inputs := []Input{
		{Name: "ctl", Value: new(h.state.Fitness), Decimals: 2, Source: Recorded, Note: "at the end of " + h.To.Format(time.DateOnly)},
		{Name: "atl", Value: new(h.state.Fatigue), Decimals: 2, Source: Recorded, Note: "likewise"},
		{Name: "target_tsb", Value: &balance, Decimals: 1, Source: User},
	}
	if err == nil && h.state.Fatigue > 0 {
		load.Note = fmt.Sprintf("%.0f %% of the fatigue (ATL) of now; a mean over two weeks of 41 to 60 %% less than before was best in studies of tapers (Bosquet et al. 2007)",
			100*load.Value/h.state.Fatigue)
	}
	return h.project(until, computed(load, err, inputs...))
}

// daysTo counts the days after the history up to a day.
func (h History) daysTo(until time.Time) int { return int(until.Sub(h.To) / (24 * time.Hour)) }

func noProjection(err error) Projection {
	none := unavailable(err)
	return Projection{Load: none, Form: Form{Fitness: none, Fatigue: none, Balance: none}}
}

// daysInFull is how many days of a projection are listed one by one.
const daysInFull = 14

func (h History) project(until time.Time, load Value) Projection {
	if err := firstOf(h.stateErr, load.Err); err != nil {
		return noProjection(err)
	}
	days, err := fitness.ProjectForm(h.state, load.Value, h.daysTo(until))
	if err != nil {
		return noProjection(err)
	}
	p := Projection{Load: load}
	for i, f := range days {
		on := h.To.AddDate(0, 0, i+1)
		if len(days) <= daysInFull || i == len(days)-1 || on.Weekday() == time.Sunday {
			p.Days = append(p.Days, ProjectedDay{on, f})
		}
	}
	last := days[len(days)-1]
	p.Form.Fitness = h.projected(last.Fitness, load)
	p.Form.Fatigue = h.projected(last.Fatigue, load)
	p.Form.Balance = h.projected(last.Balance, load)
	return p
}

// projected makes a value of what follows from the state at the end of the history and the days after it.
func (h History) projected(v float64, load Value) Value {
	now := h.Form.Fitness // whose coverage and note are those of all
	in := Input{Name: "daily_load", Value: new(load.Value), Decimals: 1, Source: Estimated, Note: "of each day after " + h.To.Format(time.DateOnly)}
	return Value{v, Evidence{Method: fitness.MethodFitnessFatigue, Inputs: append(slices.Clone(now.Inputs), in), Coverage: now.Coverage, Note: now.Note}}
}

// A SportLoad sums up the loads of one kind of sport.
type SportLoad struct {
	Sport      pierre.Sport // run and ride stand for all of their kind
	Activities int          // with a load
	Load       float64
}

// BySport adds up the loads of the timeframe, the most first.
func (h History) BySport() []SportLoad {
	var sums []SportLoad
	for _, l := range h.Loads {
		if l.Day.Before(h.From) {
			continue
		}
		kind := kindOf(l.Activity.Sport)[0]
		at := slices.IndexFunc(sums, func(s SportLoad) bool { return s.Sport == kind })
		if at < 0 {
			at, sums = len(sums), append(sums, SportLoad{Sport: kind})
		}
		sums[at].Activities++
		sums[at].Load += l.Load.Value.Value
	}
	slices.SortFunc(sums, func(a, b SportLoad) int {
		return cmp.Or(cmp.Compare(b.Load, a.Load), cmp.Compare(a.Sport, b.Sport))
	})
	return sums
}
