package training

import (
	"context"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/workout"
)

// A CalendarDay is what was planned for a day, and what was done on it.
type CalendarDay struct {
	Day     time.Time
	Planned []PlannedWorkout
	Others  []Outing // that carried out nothing that was planned
}

// A PlanStatus says what became of a planned workout.
type PlanStatus string

// The statuses.
const (
	PlanAhead  PlanStatus = "planned" // for today or later, and not done yet
	PlanDone   PlanStatus = "done"
	PlanMissed PlanStatus = "missed" // its day is over
)

// PlanStatuses lists the statuses.
func PlanStatuses() []PlanStatus { return []PlanStatus{PlanAhead, PlanDone, PlanMissed} }

// A PlannedWorkout is a workout with what it was expected to take, by the thresholds of its day, and the activity that carried it out.
type PlannedWorkout struct {
	pierre.Workout

	Plan   Plan
	Status PlanStatus
	Done   *Outing // nil: none
}

// An Outing is an activity with its load.
type Outing struct {
	pierre.Activity

	Load *float64 // nil: none can be told
}

// Calendar lays workouts, ordered by their days, beside what was done from one day to another. It has every day.
func (s *Service) Calendar(ctx context.Context, user pierre.UserID, workouts []pierre.Workout, from, to time.Time) ([]CalendarDay, Clock, error) {
	athlete, err := s.Athlete(ctx, user)
	if err != nil {
		return nil, Clock{}, err
	}
	days := make([]CalendarDay, daysBetween(from, to)+1)
	for i := range days {
		days[i].Day = from.AddDate(0, 0, i)
	}
	if err := s.done(ctx, user, athlete.Clock, days); err != nil {
		return nil, Clock{}, err
	}
	for _, w := range workouts {
		if at := daysBetween(from, w.Day); at >= 0 && at < len(days) {
			days[at].Planned = append(days[at].Planned, PlannedWorkout{Workout: w, Plan: athlete.On(w.Day).Plan(w.Sport, w.Steps)})
		}
	}
	for i := range days {
		days[i].match(athlete.Clock.Today())
	}
	return days, athlete.Clock, nil
}

// done adds the activities of the days.
func (s *Service) done(ctx context.Context, user pierre.UserID, clock Clock, days []CalendarDay) error {
	from, to := days[0].Day, days[len(days)-1].Day
	if from.After(clock.Today()) {
		return nil
	}
	page, err := s.data.Activities(ctx, user, pierre.ActivityQuery{
		Days: pierre.LocalDays{From: from, To: to, Zone: clock.Zone}, Ascending: true, Uncounted: true,
	})
	if err != nil || len(page.Activities) == 0 {
		return err
	}
	last := clock.until(to)
	h, err := s.HistoryOf(ctx, user, HistoryQuery{Days: daysBetween(from, last) + 1, Until: last})
	if err != nil {
		return err
	}
	loads := map[pierre.ActivityID]float64{}
	for _, l := range h.Loads {
		loads[l.Activity.ID] = l.Load.Value.Value
	}
	for _, a := range page.Activities {
		at := daysBetween(from, clock.DayOf(a))
		if at < 0 || at >= len(days) || a.Twin != "" {
			continue
		}
		o := Outing{Activity: a}
		if load, ok := loads[a.ID]; ok {
			o.Load = &load
		}
		days[at].Others = append(days[at].Others, o)
	}
	return nil
}

// match finds what carried out the workouts of the day.
func (d *CalendarDay) match(today time.Time) {
	planned := make([]workout.Planned, len(d.Planned))
	for i, p := range d.Planned {
		planned[i] = workout.Planned{Sport: p.Sport, Seconds: p.Plan.Seconds.known(), Meters: p.Plan.Meters.known()}
	}
	activities := make([]pierre.Activity, len(d.Others))
	for i, o := range d.Others {
		activities[i] = o.Activity
	}
	done := workout.Match(planned, activities)
	all := d.Others
	d.Others = nil
	for i, o := range all {
		if !slices.Contains(done, i) {
			d.Others = append(d.Others, o)
		}
	}
	for i := range d.Planned {
		p := &d.Planned[i]
		switch {
		case done[i] >= 0:
			p.Status, p.Done = PlanDone, &all[done[i]]
		case d.Day.Before(today):
			p.Status = PlanMissed
		default:
			p.Status = PlanAhead
		}
	}
}

// known returns the number, or nil if there is none.
func (v Value) known() *float64 {
	if v.Err != nil {
		return nil
	}
	return &v.Value
}

// Thresholds are those by which the targets of a sport's workouts are converted.
func (a Athlete) Thresholds(sport pierre.Sport) workout.Thresholds {
	number := func(q quantity) *float64 {
		if !q.known {
			return nil
		}
		return &q.value
	}
	by := workout.Thresholds{FTPWatts: number(a.ftp), ThresholdBPM: number(a.thresholdHR)}
	if p := a.planner(sport); p.unpaced == nil {
		by.SpeedMPS = &p.threshold
	}
	return by
}
