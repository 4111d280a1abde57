package tools

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A history is the loads of an athlete's activities, day by day.
type history struct {
	athlete  athlete
	from, to time.Time // the timeframe, which the loads may begin before

	loads   []scored
	total   int // activities in the timeframe
	seconds struct{ counted, all float64 }
	reasons map[string]int
}

// A scored activity has a load.
type scored struct {
	activity pierre.Activity
	day      time.Time
	load     load
}

func (h *history) add(a pierre.Activity, d digest) {
	on := day(h.athlete.clock.local(a))
	if on.After(h.to) {
		return // the wrong clock of a device
	}
	l, err := h.athlete.load(a, d)
	if err == nil {
		h.loads = append(h.loads, scored{a, on, l})
	}
	if on.Before(h.from) {
		return
	}
	h.total++
	seconds := 0.0
	if a.DurationSeconds != nil {
		seconds = *a.DurationSeconds
	}
	h.seconds.all += seconds
	if err != nil {
		h.reasons[noEvidence(err).NotAvailable]++
		return
	}
	h.seconds.counted += seconds
}

func (h *history) answer() loadAnswer {
	a := loadAnswer{
		From: h.from.Format(time.DateOnly), To: h.to.Format(time.DateOnly), TimeZone: h.athlete.clock.view(),
		Loads: h.describe(), Weeks: []weekView{}, Recent: []dayOfLoad{},
	}
	days, err := h.days()
	if err != nil {
		none := unavailable(err)
		a.CTL, a.ATL, a.TSB, a.Ramp, a.Monotony, a.Strain, a.AcuteChronic = none, none, none, none, none, none, none
		return a
	}
	h.fill(&a, days)
	for _, s := range slices.Backward(h.loads) {
		if len(a.Recent) == recentShown || s.day.Before(h.from) {
			break
		}
		a.Recent = append(a.Recent, dayOfLoad{
			s.activity.ID, s.day.Format(time.DateOnly), s.activity.Sport, rounded(s.load.result.Value, 1), s.load.kind,
		})
	}
	return a
}

// A loadDays is a model of fitness over the days from the first load to today.
type loadDays struct {
	first time.Time
	daily []float64
	form  []fitness.Form
}

func (h *history) days() (loadDays, error) {
	if len(h.loads) == 0 {
		reason := "there are no activities"
		if len(h.reasons) > 0 {
			top := slices.MaxFunc(slices.Sorted(maps.Keys(h.reasons)), func(a, b string) int { return cmp.Compare(h.reasons[a], h.reasons[b]) })
			reason = "no activity has a load; mostly " + strings.TrimPrefix(top, "not available because ")
		}
		return loadDays{}, &fitness.UnavailableError{Reason: reason}
	}
	loads := make([]fitness.DayLoad, len(h.loads))
	d := loadDays{first: h.loads[0].day}
	for i, s := range h.loads {
		loads[i] = fitness.DayLoad{Day: s.day, Load: s.load.result.Value}
		if s.day.Before(d.first) {
			d.first = s.day
		}
	}
	var err error
	if d.daily, err = fitness.DailyLoads(loads, d.first, h.to); err != nil {
		return d, err
	}
	d.form, err = fitness.FormByDay(d.daily, fitness.Form{})
	return d, err
}

func (h *history) fill(a *loadAnswer, d loadDays) {
	last := d.form[len(d.form)-1]
	note := ""
	if share, warming := fitness.WarmUp(len(d.daily)); warming {
		note = fmt.Sprintf("warming up: %d days of history show at most %.0f %% of it", len(d.daily), 100*share)
	}
	model := func(v float64) value { return h.modelled(v, fitness.MethodFitnessFatigue, note) }
	a.CTL, a.ATL, a.TSB = model(last.Fitness), model(last.Fatigue), model(last.Balance)
	ramp, err := fitness.Ramp(d.form)
	a.Ramp = computed(ramp, err, 1, h.loadsInput())
	if week, err := fitness.Foster(d.daily[max(0, len(d.daily)-7):]); err != nil {
		a.Monotony, a.Strain = unavailable(err), unavailable(err)
	} else {
		a.Monotony = h.modelled(week.Monotony, week.Method, "")
		a.Strain = h.modelled(week.Strain, week.Method, "")
	}
	if r, err := fitness.AcuteChronicUncoupled(d.daily); err != nil {
		a.AcuteChronic = unavailable(err)
	} else {
		a.AcuteChronic = h.modelled(r.Ratio, r.Method, r.Note)
	}
	a.Weeks = h.weeks(d)
}

// modelled makes a value of what follows from the daily loads.
func (h *history) modelled(v float64, m fitness.Method, note string) value {
	val := value{Value: rounded(v, 2), evidence: evidence{Method: string(m), Inputs: []input{h.loadsInput()}, Note: note}}
	if h.seconds.all > 0 {
		val.CoveragePercent = rounded(100*h.seconds.counted/h.seconds.all, 0)
	}
	return val
}

func (h *history) loadsInput() input {
	return input{Name: "activity_loads", Value: rounded(float64(len(h.loads)), 0), Source: fromRecording}
}

// weeks sums up the loads of the timeframe from Mondays to Sundays.
func (h *history) weeks(d loadDays) []weekView {
	weeks := []weekView{}
	for monday := h.from.AddDate(0, 0, -(int(h.from.Weekday())+6)%7); !monday.After(h.to); monday = monday.AddDate(0, 0, 7) {
		next := monday.AddDate(0, 0, 7)
		w, load := weekView{Start: monday.Format(time.DateOnly)}, 0.0
		for _, s := range h.loads {
			if !s.day.Before(monday) && s.day.Before(next) {
				w.Activities++
				load += s.load.result.Value
			}
		}
		lastDay := min(int(next.Sub(d.first)/(24*time.Hour))-1, len(d.form)-1)
		if lastDay < 0 {
			continue // before the first load
		}
		w.Load, w.CTL, w.TSB = rounded(load, 0), rounded(d.form[lastDay].Fitness, 1), rounded(d.form[lastDay].Balance, 1)
		weeks = append(weeks, w)
	}
	return weeks
}

// describe says what the loads of the timeframe come from.
func (h *history) describe() loadsView {
	v := loadsView{Activities: h.total, By: map[loadKind]int{}, NotCounted: []reasonView{}, Inputs: []input{}}
	used := map[string]bool{}
	for _, s := range h.loads {
		if s.day.Before(h.from) {
			continue
		}
		v.Counted++
		v.By[s.load.kind]++
		for _, in := range s.load.inputs {
			if in.Source != fromRecording || in.Note != "" {
				if !used[in.Name] {
					v.Inputs = append(v.Inputs, in)
				}
				used[in.Name] = true
			}
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(h.reasons)) {
		v.NotCounted = append(v.NotCounted, reasonView{reason, h.reasons[reason]})
	}
	return v
}
