package training

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// historyDays are looked at before a timeframe: fitness at its start follows from them.
const historyDays = 365

// A History is the loads of an athlete's activities, day by day, and the fitness and form that follow.
type History struct {
	From, To   time.Time // the first and the last day of the timeframe, as midnight UTC
	Clock      Clock
	Activities int        // in the timeframe
	Loads      []DayLoad  // oldest first; they may begin before the timeframe
	NotCounted []NoLoads  // why activities of the timeframe have no load, by reason
	Form       Form       // up to To
	Weeks      []WeekLoad // of the timeframe, from Monday to Sunday, oldest first
	state      fitness.Form
	stateErr   error // why there is no state at the end of To
}

// A DayLoad is the load of an activity and the athlete's day that it counts for.
type DayLoad struct {
	Activity pierre.Activity
	Day      time.Time
	Load     Load
}

// NoLoads are activities without a load, for one reason.
type NoLoads struct {
	Reason     error
	Activities int
}

// A Form is the state of an athlete on the last day of a history.
type Form struct {
	Fitness, Fatigue, Balance Value // CTL, ATL, TSB
	Ramp                      Value // growth of fitness in 7 days
	Monotony, Strain          Value // of the last 7 days
	AcuteChronic              Value // load of the last 7 days over that of the 28 before
}

// A WeekLoad sums up a week.
type WeekLoad struct {
	Start            time.Time // Monday
	Activities       int       // with a load
	Load             float64
	Fitness, Balance float64 // on the week's last day
}

// A HistoryQuery says which loads a history is of. The zero value, but for Days, means all activities up to today.
type HistoryQuery struct {
	Days     int // of the timeframe, with its last
	Provider pierre.Provider
	Until    time.Time    // the last day, as midnight UTC; later than today is today
	Sport    pierre.Sport // only this kind: a run means all running, a ride all cycling
}

// History returns the loads of the user's activities in the days up to today, of one source or of all.
func (s *Service) History(ctx context.Context, user pierre.UserID, from pierre.Provider, days int) (History, error) {
	return s.HistoryOf(ctx, user, HistoryQuery{Days: days, Provider: from})
}

// HistoryOf returns the loads of the user's activities that the query asks for.
func (s *Service) HistoryOf(ctx context.Context, user pierre.UserID, q HistoryQuery) (History, error) {
	athlete, err := s.Athlete(ctx, user)
	if err != nil {
		return History{}, err
	}
	last := athlete.Clock.until(q.Until)
	h := newHistory(athlete, last.AddDate(0, 0, 1-q.Days), last)
	find := pierre.ActivityQuery{
		Providers: providers(q.Provider), Ascending: true,
		After: h.From.AddDate(0, 0, -historyDays-1), Before: last.AddDate(0, 0, 2), // local days may begin a day earlier, or later
	}
	if q.Sport != "" {
		find.Sports = kindOf(q.Sport)
	}
	if err := s.each(ctx, user, find, h.add); err != nil {
		return History{}, err
	}
	return h.finish(), nil
}

// A historian puts a history together.
type historian struct {
	History

	athlete Athlete
	runs    recentRuns
	seconds struct{ counted, all float64 }
	reasons map[string]NoLoads // by their text
}

func newHistory(a Athlete, from, to time.Time) *historian {
	return &historian{History: History{From: from, To: to, Clock: a.Clock}, athlete: a, reasons: map[string]NoLoads{}}
}

func (h *historian) add(a pierre.Activity, d digest) {
	on := h.Clock.DayOf(a)
	if on.After(h.To) {
		return // the wrong clock of a device
	}
	h.athlete = h.athlete.On(on) // of the last activity, mostly the same
	h.runs.add(a, d, on)
	l := h.athlete.load(a, d, func() ThresholdSpeed { return h.runs.threshold(on) })
	if l.Err == nil {
		h.Loads = append(h.Loads, DayLoad{a, on, l})
	}
	if on.Before(h.From) {
		return
	}
	h.Activities++
	seconds := 0.0
	if a.DurationSeconds != nil {
		seconds = *a.DurationSeconds
	}
	h.seconds.all += seconds
	if l.Err != nil {
		reason := l.Err.Error()
		h.reasons[reason] = NoLoads{l.Err, h.reasons[reason].Activities + 1}
		return
	}
	h.seconds.counted += seconds
}

func (h *historian) finish() History {
	for _, reason := range slices.Sorted(maps.Keys(h.reasons)) {
		h.NotCounted = append(h.NotCounted, h.reasons[reason])
	}
	daily, form, err := h.days()
	if err != nil {
		none := unavailable(err)
		h.stateErr = err
		h.Form = Form{none, none, none, none, none, none, none}
		return h.History
	}
	h.fill(daily, form)
	h.weeks(h.firstDay(), form)
	return h.History
}

// firstDay is the day of the first load.
func (h *historian) firstDay() time.Time {
	return slices.MinFunc(h.Loads, func(a, b DayLoad) int { return a.Day.Compare(b.Day) }).Day
}

// days returns the load and the form of each day from the first load to the last day.
func (h *historian) days() (daily []float64, form []fitness.Form, err error) {
	if len(h.Loads) == 0 {
		if len(h.NotCounted) > 0 {
			return nil, nil, &NoLoadsError{slices.MaxFunc(h.NotCounted, func(a, b NoLoads) int { return cmp.Compare(a.Activities, b.Activities) }).Reason}
		}
		return nil, nil, because("there are no activities")
	}
	loads := make([]fitness.DayLoad, len(h.Loads))
	for i, l := range h.Loads {
		loads[i] = fitness.DayLoad{Day: l.Day, Load: l.Load.Value.Value}
	}
	if daily, err = fitness.DailyLoads(loads, h.firstDay(), h.To); err != nil {
		return nil, nil, err
	}
	form, err = fitness.FormByDay(daily, fitness.Form{})
	return daily, form, err
}

// A NoLoadsError says why no activity at all has a load.
type NoLoadsError struct{ Most error } // the most frequent reason

func (e *NoLoadsError) Error() string { return "no activity has a load; mostly " + e.Most.Error() }

func (e *NoLoadsError) Unwrap() error { return e.Most }

func (h *historian) fill(daily []float64, form []fitness.Form) {
	last := form[len(form)-1]
	h.state = last
	note := ""
	if share, warming := fitness.WarmUp(len(daily)); warming {
		note = fmt.Sprintf("warming up: %d days of history show at most %.0f %% of it", len(daily), 100*share)
	}
	f := &h.Form
	f.Fitness = h.modelled(last.Fitness, fitness.MethodFitnessFatigue, note)
	f.Fatigue = h.modelled(last.Fatigue, fitness.MethodFitnessFatigue, note)
	f.Balance = h.modelled(last.Balance, fitness.MethodFitnessFatigue, note)
	ramp, err := fitness.Ramp(form)
	f.Ramp = computed(ramp, err, h.loadsInput())
	if week, err := fitness.Foster(daily[max(0, len(daily)-7):]); err != nil {
		f.Monotony, f.Strain = unavailable(err), unavailable(err)
	} else {
		f.Monotony = h.modelled(week.Monotony, week.Method, "")
		f.Strain = h.modelled(week.Strain, week.Method, "")
	}
	if r, err := fitness.AcuteChronicUncoupled(daily); err != nil {
		f.AcuteChronic = unavailable(err)
	} else {
		f.AcuteChronic = h.modelled(r.Ratio, r.Method, r.Note)
	}
}

// modelled makes a value of what follows from the daily loads. It covers the share of the time that has a load.
func (h *historian) modelled(v float64, m fitness.Method, note string) Value {
	val := Value{v, Evidence{Method: m, Inputs: []Input{h.loadsInput()}, Note: note}}
	if h.seconds.all > 0 {
		val.Coverage = h.seconds.counted / h.seconds.all
	}
	return val
}

func (h *historian) loadsInput() Input {
	return Input{Name: "activity_loads", Value: new(float64(len(h.Loads))), Source: Recorded}
}

// weeks sums up the loads of the timeframe from Mondays to Sundays.
func (h *historian) weeks(first time.Time, form []fitness.Form) {
	for monday := Monday(h.From); !monday.After(h.To); monday = monday.AddDate(0, 0, 7) {
		next := monday.AddDate(0, 0, 7)
		lastDay := min(int(next.Sub(first)/(24*time.Hour))-1, len(form)-1)
		if lastDay < 0 {
			continue // before the first load
		}
		w := WeekLoad{Start: monday, Fitness: form[lastDay].Fitness, Balance: form[lastDay].Balance}
		for _, l := range h.Loads {
			if !l.Day.Before(monday) && l.Day.Before(next) {
				w.Activities++
				w.Load += l.Load.Value.Value
			}
		}
		h.Weeks = append(h.Weeks, w)
	}
}
