package tools

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// calendarTool is the tool that whoever reads planned workouts may use.
const calendarTool = "get_calendar"

func (c *Catalog) getCalendar() tool {
	return declare(c, spec{
		name:  calendarTool,
		title: "Show the calendar",
		doc: "Planned workouts beside what was done, races and rest days. " +
			"A workout was carried out by the activity of its day and sport that is nearest in length; of a past day without one it was missed. Sums say planned and done.",
	}, c.showCalendar)
}

type calendarArgs struct {
	After  date `json:"after,omitempty" jsonschema:"First day. Default: Monday of this week." brief:"default: Monday"`
	Before date `json:"before,omitempty" jsonschema:"Day after the last. Default: two weeks after the first." brief:""`
}

const (
	usualCalendar   = 14  // days
	longestCalendar = 184 // days
)

// days returns the first and the last day that are asked for.
func (a calendarArgs) days(today time.Time) (from, to time.Time, err error) {
	from, hasAfter := a.After.day()
	before, hasBefore := a.Before.day()
	switch {
	case !hasAfter && !hasBefore:
		from = training.Monday(today)
	case !hasAfter:
		from = before.AddDate(0, 0, -usualCalendar)
	}
	if !hasBefore {
		before = from.AddDate(0, 0, usualCalendar)
	}
	to = before.AddDate(0, 0, -1)
	if n := int(before.Sub(from) / (24 * time.Hour)); n < 1 || n > longestCalendar {
		return from, to, wrongArguments([]string{fmt.Sprintf("after and before must be 1 to %d days apart, not %d.", longestCalendar, n)})
	}
	return from, to, nil
}

type calendarAnswer struct {
	From    string        `json:"from" jsonschema:"first day"`
	To      string        `json:"to" jsonschema:"last day that is listed"`
	Today   string        `json:"today"`
	Planned plannedSum    `json:"planned" jsonschema:"of all days that were asked for, as is done"`
	Done    doneSum       `json:"done"`
	Rest    []string      `json:"rest_days,omitempty" jsonschema:"up to to, with nothing planned and nothing done"`
	Days    []calendarDay `json:"days" jsonschema:"those with something on them"`
	Next    string        `json:"next_after,omitempty" jsonschema:"there is more: ask again with this as after"`
	Notes   []string      `json:"notes,omitempty"`
}

type plannedSum struct {
	Workouts int      `json:"workouts"`
	Done     int      `json:"carried_out"`
	Missed   int      `json:"missed"`
	Ahead    int      `json:"to_come"`
	Seconds  *float64 `json:"duration_seconds,omitempty" jsonschema:"of the workouts for which it can be told, as with all sums"`
	Meters   *float64 `json:"distance_meters,omitempty"`
	Load     *float64 `json:"load,omitempty"`
}

type doneSum struct {
	Activities int      `json:"activities"`
	Seconds    *float64 `json:"duration_seconds,omitempty"`
	Meters     *float64 `json:"distance_meters,omitempty"`
	Load       *float64 `json:"load,omitempty"`
}

type calendarDay struct {
	Date     string             `json:"date"`
	Weekday  string             `json:"weekday"`
	Goals    []calendarGoal     `json:"goals,omitempty" jsonschema:"whose day it is: those with race are races"`
	Workouts []calendarWorkout  `json:"workouts,omitempty"`
	Others   []calendarActivity `json:"other_activities,omitempty" jsonschema:"done without a plan"`
}

type calendarGoal struct {
	ID     pierre.GoalID `json:"goal_id"`
	Title  string        `json:"title"`
	Race   bool          `json:"race,omitempty"`
	Meters *float64      `json:"distance_meters,omitempty"`
	Target *float64      `json:"target_seconds,omitempty"`
}

type calendarWorkout struct {
	ID      pierre.WorkoutID    `json:"workout_id"`
	Name    string              `json:"name"`
	Sport   pierre.Sport        `json:"sport_type"`
	Start   string              `json:"start_time,omitempty"`
	Status  training.PlanStatus `json:"status"`
	Steps   string              `json:"steps,omitempty" jsonschema:"of those to come"`
	Seconds *float64            `json:"planned_duration_seconds,omitempty"`
	Meters  *float64            `json:"planned_distance_meters,omitempty"`
	Load    *float64            `json:"planned_load,omitempty"`
	Done    *calendarActivity   `json:"done,omitempty" jsonschema:"what carried it out"`
	Percent *compliance         `json:"percent_of_plan,omitempty"`
}

// A compliance is what was done as a share of what was planned.
type compliance struct {
	Seconds *float64 `json:"duration,omitempty"`
	Meters  *float64 `json:"distance,omitempty"`
	Load    *float64 `json:"load,omitempty"`
}

type calendarActivity struct {
	ID      pierre.ActivityID `json:"activity_id"`
	Name    string            `json:"name"`
	Sport   pierre.Sport      `json:"sport_type"`
	Race    bool              `json:"race,omitempty"`
	Seconds *float64          `json:"duration_seconds,omitempty"`
	Meters  *float64          `json:"distance_meters,omitempty"`
	Load    *float64          `json:"load,omitempty"`
}

func (c *Catalog) showCalendar(ctx context.Context, user pierre.UserID, args calendarArgs) (calendarAnswer, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return calendarAnswer{}, err
	}
	from, to, err := args.days(clock.Today())
	if err != nil {
		return calendarAnswer{}, err
	}
	workouts, err := c.data.Workouts(ctx, user, pierre.WorkoutQuery{From: from, To: to})
	if err != nil {
		return calendarAnswer{}, err
	}
	goals, err := c.data.Goals(ctx, user)
	if err != nil {
		return calendarAnswer{}, err
	}
	days, _, err := c.training.Calendar(ctx, user, workouts, from, to)
	if err != nil {
		return calendarAnswer{}, err
	}
	a := calendarAnswer{From: from.Format(time.DateOnly), To: to.Format(time.DateOnly), Today: clock.Today().Format(time.DateOnly), Days: []calendarDay{}}
	for _, d := range days {
		a.Planned.add(d)
		a.Done.add(d)
	}
	a.Notes = a.explain()
	return a.filled(days, goals), nil
}

// explain says what the figures are, in so far as there are any.
func (a calendarAnswer) explain() []string {
	var notes []string
	if a.Planned.Load != nil {
		notes = append(notes, "Planned loads are what the steps come to by the athlete's thresholds, an hour at threshold being 100; plan_workout shows how.")
	}
	if a.Planned.Workouts == 0 {
		notes = append(notes, "Nothing is planned in these days; plan_workout does.")
	}
	return notes
}
