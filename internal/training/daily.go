package training

import (
	"time"

	"github.com/pierre-mcp/pierre/fitness"
)

// Daily are the loads of a history and the form that follows, day by day from First on.
type Daily struct {
	First     time.Time
	Loads     []float64 // 0: rest, or activities without a load
	Estimated []float64 // the part of Loads that follows from estimated thresholds
	Form      []fitness.Form
}

// Daily returns each day of the timeframe, from the first load on.
func (h History) Daily() (Daily, error) {
	if h.stateErr != nil {
		return Daily{}, h.stateErr
	}
	all, estimated := make([]fitness.DayLoad, len(h.Loads)), make([]fitness.DayLoad, len(h.Loads))
	first := h.Loads[0].Day
	for i, l := range h.Loads {
		all[i] = fitness.DayLoad{Day: l.Day, Load: l.Load.Value.Value}
		estimated[i].Day = l.Day
		if l.Load.isEstimated() {
			estimated[i].Load = l.Load.Value.Value
		}
		if l.Day.Before(first) {
			first = l.Day
		}
	}
	d := Daily{First: first}
	var err error
	if d.Loads, err = fitness.DailyLoads(all, first, h.To); err != nil {
		return Daily{}, err
	}
	if d.Estimated, err = fitness.DailyLoads(estimated, first, h.To); err != nil {
		return Daily{}, err
	}
	if d.Form, err = fitness.FormByDay(d.Loads, fitness.Form{}); err != nil {
		return Daily{}, err
	}
	if before := daysBetween(first, h.From); before > 0 {
		d = Daily{h.From, d.Loads[before:], d.Estimated[before:], d.Form[before:]}
	}
	return d, nil
}

// isEstimated reports whether the load follows from an estimate.
func (l Load) isEstimated() bool {
	for _, in := range l.Inputs {
		if in.Source == Estimated {
			return true
		}
	}
	return false
}
