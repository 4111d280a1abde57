package tools

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
	"github.com/pierre-mcp/pierre/internal/workout"
)

// filled lists as many days as there is room for.
func (a calendarAnswer) filled(days []training.CalendarDay, goals []pierre.Goal) calendarAnswer {
	for i, d := range days {
		date := d.Day.Format(time.DateOnly)
		next := a
		v := viewDay(d, goals)
		switch {
		case v.Workouts == nil && v.Others == nil && v.Goals == nil:
			next.Rest = append(slices.Clip(next.Rest), date)
		default:
			next.Days = append(slices.Clip(next.Days), v)
		}
		next.To = date
		if i+1 < len(days) {
			next.Next = days[i+1].Day.Format(time.DateOnly)
		} else {
			next.Next = ""
		}
		if i > 0 && encodedSize(next)+encodedSize(next.text()) > answerBytes {
			break
		}
		a = next
	}
	return a
}

func viewDay(d training.CalendarDay, goals []pierre.Goal) calendarDay {
	v := calendarDay{Date: d.Day.Format(time.DateOnly), Weekday: d.Day.Weekday().String()}
	for _, g := range goals {
		if !g.Date.Equal(d.Day) || g.Status == pierre.GoalCancelled {
			continue
		}
		goal := calendarGoal{ID: g.ID, Title: shorten(g.Title, 60), Race: g.Type == pierre.GoalTime, Meters: g.Meters}
		if goal.Race {
			goal.Target = round(&g.Target)
		}
		v.Goals = append(v.Goals, goal)
	}
	for _, p := range d.Planned {
		w := calendarWorkout{
			ID: p.ID, Name: shorten(p.Name, 60), Sport: p.Sport, Start: p.Start, Status: p.Status,
			Seconds: viewValue(p.Plan.Seconds, 0).Value, Meters: viewValue(p.Plan.Meters, 0).Value, Load: viewValue(p.Plan.Load, 1).Value,
		}
		if p.Status == training.PlanAhead {
			w.Steps = shorten(strings.Join(workout.Lines(p.Sport, p.Workout.Steps), "; "), 200)
		}
		if p.Done != nil {
			w.Done = new(viewOuting(*p.Done))
			w.Percent = complies(w)
		}
		v.Workouts = append(v.Workouts, w)
	}
	for _, o := range d.Others {
		v.Others = append(v.Others, viewOuting(o))
	}
	return v
}

func viewOuting(o training.Outing) calendarActivity {
	a := calendarActivity{
		ID: o.ID, Name: shorten(o.Name, 60), Sport: o.Sport, Race: o.Race, Seconds: roundedTo(o.DurationSeconds, 0), Meters: roundedTo(o.DistanceMeters, 0), Load: roundedTo(o.Load, 1),
	}
	return a
}

// complies compares what was done with what was planned, nil if nothing of it can be compared.
func complies(w calendarWorkout) *compliance {
	percent := func(done, planned *float64) *float64 {
		if done == nil || planned == nil || !(*planned > 0) {
			return nil
		}
		return rounded(100**done / *planned, 0)
	}
	p := compliance{percent(w.Done.Seconds, w.Seconds), percent(w.Done.Meters, w.Meters), percent(w.Done.Load, w.Load)}
	if p == (compliance{}) {
		return nil
	}
	return &p
}

func addTo(total **float64, v *float64) {
	if v == nil {
		return
	}
	if *total == nil {
		*total = new(0.0)
	}
	*total = rounded(**total+*v, 1)
}

func (s *plannedSum) add(d training.CalendarDay) {
	for _, p := range d.Planned {
		s.Workouts++
		switch p.Status {
		case training.PlanDone:
			s.Done++
		case training.PlanMissed:
			s.Missed++
		case training.PlanAhead:
			s.Ahead++
		}
		addTo(&s.Seconds, viewValue(p.Plan.Seconds, 0).Value)
		addTo(&s.Meters, viewValue(p.Plan.Meters, 0).Value)
		addTo(&s.Load, viewValue(p.Plan.Load, 1).Value)
	}
}

func (s *doneSum) add(d training.CalendarDay) {
	add := func(o training.Outing) {
		s.Activities++
		addTo(&s.Seconds, roundedTo(o.DurationSeconds, 0))
		addTo(&s.Meters, roundedTo(o.DistanceMeters, 0))
		addTo(&s.Load, roundedTo(o.Load, 1))
	}
	for _, p := range d.Planned {
		if p.Done != nil {
			add(*p.Done)
		}
	}
	for _, o := range d.Others {
		add(o)
	}
}

func (a calendarAnswer) text() string {
	lines := []string{
		fmt.Sprintf("%s to %s; today is %s", a.From, a.To, a.Today),
		fmt.Sprintf("planned: %s (%d done, %d missed, %d to come)%s", human.Plural(a.Planned.Workouts, "workout"), a.Planned.Done, a.Planned.Missed, a.Planned.Ahead, amounts(a.Planned.Seconds, a.Planned.Meters, a.Planned.Load)),
		fmt.Sprintf("done: %s%s", human.Plural(a.Done.Activities, "activity"), amounts(a.Done.Seconds, a.Done.Meters, a.Done.Load)),
	}
	for _, d := range a.Days {
		lines = append(lines, d.lines()...)
	}
	if a.Next != "" {
		lines = append(lines, "More: after="+a.Next)
	}
	return strings.Join(lines, "\n")
}

func (d calendarDay) lines() []string {
	var lines []string
	add := func(format string, args ...any) {
		lines = append(lines, d.Weekday[:3]+" "+d.Date+": "+fmt.Sprintf(format, args...))
	}
	for _, g := range d.Goals {
		if g.Race {
			add("race %q%s", g.Title, amounts(g.Target, g.Meters, nil))
		} else {
			add("goal %q", g.Title)
		}
	}
	for _, w := range d.Workouts {
		text := fmt.Sprintf("%s %q, %s%s", w.Status, w.Name, w.Sport, amounts(w.Seconds, w.Meters, w.Load))
		if w.Done != nil {
			text += " → " + w.Done.Name + amounts(w.Done.Seconds, w.Done.Meters, w.Done.Load)
		}
		add("%s", text)
	}
	for _, o := range d.Others {
		add("unplanned %s, %s%s", o.Name, o.Sport, amounts(o.Seconds, o.Meters, o.Load))
	}
	return lines
}

// amounts writes what is known of a time, a distance and a load.
func amounts(seconds, meters, load *float64) string {
	text := ""
	if seconds != nil {
		text += ", " + clockTime(*seconds)
	}
	if meters != nil {
		text += ", " + kilometres(*meters)
	}
	if load != nil {
		text += ", load " + fixed(*load, 0)
	}
	return text
}
