package training

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Context is how an activity lies among those around it.
type Context struct {
	Local      time.Time // its start
	SinceLast  *float64  // hours since the start of the activity before; nil: it is the first
	LoadRank   Value     // percent of the loads of the 90 days up to it that are lower
	WeekLoad   Value     // of the 7 days up to it
	UsualWeek  Value     // the mean of the four weeks before these
	FormBefore Value     // TSB of its day
}

// rankDays are the days among whose loads an activity is placed.
const rankDays = 90

const methodRank fitness.Method = "share of the loads of 90 days that are lower (arithmetic)"

// Around returns how an activity lies among the others of the user.
func (s *Service) Around(ctx context.Context, user pierre.UserID, from pierre.Provider, act pierre.Activity) (Context, error) {
	clock, err := s.Clock(ctx, user)
	if err != nil {
		return Context{}, err
	}
	day := clock.DayOf(act)
	c := Context{Local: clock.Local(act)}
	before, err := s.rows(ctx, user, pierre.ActivityQuery{Before: act.Start, Providers: providers(from)})
	if err != nil {
		return Context{}, err
	}
	for _, b := range before {
		if b.ID != act.Twin {
			c.SinceLast = new(act.Start.Sub(b.Start).Hours())
			break
		}
	}
	h, err := s.HistoryOf(ctx, user, HistoryQuery{Days: rankDays, Provider: from, Until: day})
	if err != nil {
		return Context{}, err
	}
	c.FormBefore = h.Form.Balance
	c.place(h, act, day)
	return c, nil
}

// place sets where the load of an activity lies among those of the days up to it.
func (c *Context) place(h History, act pierre.Activity, day time.Time) {
	var loads []float64
	week, usual := 0.0, 0.0
	for _, l := range h.Loads {
		age := daysBetween(l.Day, day)
		if age < 0 || age >= rankDays {
			continue
		}
		loads = append(loads, l.Load.Value.Value)
		switch {
		case age < 7:
			week += l.Load.Value.Value
		case age < 7+changeDays:
			usual += l.Load.Value.Value
		}
	}
	c.LoadRank = rankIn(h, act, loads)
	c.WeekLoad, c.UsualWeek = unavailable(because("no activity has a load")), unavailable(because("no activity has a load"))
	if len(loads) == 0 {
		return
	}
	c.WeekLoad = counted(len(loads), "sum of 7 days (arithmetic)", week)
	known := min(daysBetween(h.Loads[0].Day, day)+1, 7+changeDays) - 7
	if known < 7 {
		c.UsualWeek = unavailable(because("less than a week of loads before these 7 days is known"))
		return
	}
	c.UsualWeek = counted(len(loads), "mean of the four weeks before (arithmetic)", usual*7/float64(known))
	if known < changeDays {
		c.UsualWeek.Note = fmt.Sprintf("of the %d days since the first load", known)
	}
}

// rankIn is how many percent of the loads are lower than that of an activity.
func rankIn(h History, act pierre.Activity, loads []float64) Value {
	switch at := slices.IndexFunc(h.Loads, func(l DayLoad) bool { return l.Activity.ID == act.ID }); {
	case act.Twin != "":
		return unavailable(because("it does not count: %s does, which is the same by all appearances", act.Twin))
	case act.Hidden:
		return unavailable(because("it does not count: the athlete hid it"))
	case at < 0:
		return unavailable(because("the activity has no load"))
	case len(loads) == 1:
		return unavailable(because("no other activity of the 90 days up to it has a load"))
	default:
		return counted(len(loads), methodRank, rankOf(h.Loads[at].Load.Value.Value, loads))
	}
}

// rankOf is how many percent of the values are lower.
func rankOf(v float64, of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	at, _ := slices.BinarySearch(sorted, v)
	return 100 * float64(at) / float64(len(sorted))
}
