package tools

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) setGoal() tool {
	return declare(c, spec{
		name:  "set_goal",
		title: "Set a goal",
		doc: "Keeps a goal of the athlete, or changes or deletes one. A new one needs title, goal_type, target_value and target_date. " +
			"Use it only for what the athlete wants; see suggest_goals and analyze_goal_feasibility.",
		changes: true,
		once:    true,
	}, c.keepGoal)
}

// A goalStatus is one of a goal's, or deleted.
type goalStatus string

const deletedGoal goalStatus = "deleted"

func goalStatuses() []goalStatus {
	var list []goalStatus
	for _, s := range pierre.GoalStatuses() {
		list = append(list, goalStatus(s))
	}
	return append(list, deletedGoal)
}

type goalArgs struct {
	Title       string            `json:"title,omitempty" brief:"" limits:"1,200"`
	Type        pierre.GoalType   `json:"goal_type,omitempty" brief:""`
	Target      *float64          `json:"target_value,omitempty" jsonschema:"distance: meters in sum until the date; time: seconds over distance_meters; frequency: activities a week; performance: in the unit of metric; custom: any number." brief:"distance: meters in sum; time: seconds; frequency: activities a week" limits:"0,1000000000"`
	Date        date              `json:"target_date,omitempty" jsonschema:"By which day, such as 2026-09-27." brief:"such as 2026-09-27"`
	Description string            `json:"description,omitempty" brief:"" limits:"1,1000"`
	Sport       sportChoice       `json:"sport_type,omitempty" jsonschema:"What counts: run also has trail and virtual runs, ride every kind of ride. Default: every sport." brief:""`
	Meters      *float64          `json:"distance_meters,omitempty" jsonschema:"Of the race, for goal_type time." brief:"for time" limits:"400,100000"`
	Metric      pierre.GoalMetric `json:"metric,omitempty" jsonschema:"For goal_type performance." brief:"for performance"`
	Current     *float64          `json:"current_value,omitempty" jsonschema:"Where the athlete stands, for goal_type custom." brief:"for custom" limits:"-1000000000,1000000000"`
	Status      goalStatus        `json:"status,omitempty" jsonschema:"With goal_id." brief:""`
	ID          pierre.GoalID     `json:"goal_id,omitempty" jsonschema:"To change a goal: then only what is given changes." brief:"to change one" limits:"1,100"`
}

// problems says what a new goal lacks, and what of another cannot be changed.
func (a goalArgs) problems() []string {
	if a.Title != "" && strings.TrimSpace(a.Title) == "" {
		return []string{"title must not be blank."}
	}
	if a.ID != "" {
		if a.Type != "" || a.Meters != nil || a.Metric != "" || a.Sport != "" {
			return []string{"goal_type, sport_type, distance_meters and metric of a goal do not change: make a new goal."}
		}
		if a.Title == "" && a.Target == nil && a.Date == "" && a.Description == "" && a.Current == nil && a.Status == "" {
			return []string{"nothing to change: give at least one of title, target_value, target_date, description, current_value, status."}
		}
		return nil
	}
	var problems []string
	for _, need := range []struct {
		missing bool
		text    string
	}{
		{a.Title == "", "title is missing: what the athlete calls the goal."},
		{a.Type == "", "goal_type is missing: one of " + words(pierre.GoalTypes()) + "."},
		{a.Target == nil, "target_value is missing: the number to reach."},
		{a.Date == "", "target_date is missing: the day by which to reach it, such as 2026-09-27."},
		{a.Type == pierre.GoalTime && a.Meters == nil, "distance_meters is missing: a time is over a distance."},
		{a.Type != "" && a.Type != pierre.GoalTime && a.Meters != nil, "distance_meters is for goal_type time."},
		{a.Type == pierre.GoalPerformance && a.Metric == "", "metric is missing: one of " + words(pierre.GoalMetrics()) + "."},
		{a.Type != "" && a.Type != pierre.GoalPerformance && a.Metric != "", "metric is for goal_type performance."},
		{a.Type != "" && a.Type != pierre.GoalCustom && a.Current != nil, "current_value is for goal_type custom: the others are measured."},
		{a.Type == pierre.GoalTime && a.Sport != "" && !pierre.Sport(a.Sport).IsRun(), "sport_type must be run: times are predicted for runs alone."},
		{a.Status != "", "status goes with goal_id: a new goal is active."},
	} {
		if need.missing {
			problems = append(problems, need.text)
		}
	}
	return problems
}

// A goalView is a goal in answers.
type goalView struct {
	ID          pierre.GoalID     `json:"goal_id"`
	Title       string            `json:"title"`
	Description string            `json:"description,omitempty"`
	Type        pierre.GoalType   `json:"goal_type"`
	Sport       pierre.Sport      `json:"sport_type,omitempty" jsonschema:"absent: every sport"`
	Target      *float64          `json:"target_value" jsonschema:"distance: meters; time: seconds; frequency: activities a week; performance: in the unit of metric"`
	Meters      *float64          `json:"distance_meters,omitempty"`
	Metric      pierre.GoalMetric `json:"metric,omitempty"`
	Start       string            `json:"start_date"`
	Date        string            `json:"target_date"`
	Baseline    *float64          `json:"baseline_value,omitempty" jsonschema:"when the goal was set"`
	Status      pierre.GoalStatus `json:"status"`
}

func viewGoal(g pierre.Goal) goalView {
	return goalView{
		ID: g.ID, Title: g.Title, Description: g.Description, Type: g.Type, Sport: g.Sport, Target: round(&g.Target), Meters: g.Meters, Metric: g.Metric,
		Start: g.Start.Format(time.DateOnly), Date: g.Date.Format(time.DateOnly), Baseline: round(g.Baseline), Status: g.Status,
	}
}

// amount writes a value in the unit of the goal.
func (g goalView) amount(v float64) string {
	switch g.Type {
	case pierre.GoalDistance:
		return kilometres(v)
	case pierre.GoalTime:
		return clockTime(v)
	case pierre.GoalFrequency:
		return fixed(v, 1) + " a week"
	case pierre.GoalPerformance:
		return fixed(v, 1) + " " + string(g.Metric)
	case pierre.GoalCustom:
	}
	return plain(v)
}

func (g goalView) text() string {
	over := ""
	if g.Meters != nil {
		over = " over " + kilometres(*g.Meters)
	}
	return fmt.Sprintf("%s %q: %s%s by %s, %s", g.ID, g.Title, g.amount(*g.Target), over, g.Date, g.Status)
}

type goalAnswer struct {
	Goal    goalView `json:"goal"`
	Deleted bool     `json:"deleted,omitempty"`
}

func (a goalAnswer) text() string {
	if a.Deleted {
		return "Deleted " + a.Goal.text()
	}
	return a.Goal.text()
}

// longestGoal is how many years ahead a goal can lie.
const longestGoal = 20

func (c *Catalog) keepGoal(ctx context.Context, user pierre.UserID, args goalArgs) (goalAnswer, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return goalAnswer{}, err
	}
	today := clock.Today()
	day, _ := args.Date.day()
	args.Title = strings.TrimSpace(args.Title)
	if args.Date != "" && (!day.After(today) || day.After(today.AddDate(longestGoal, 0, 0))) {
		return goalAnswer{}, pierre.Invalid("target_date", "target_date must be after today, %s, and within %d years.", today.Format(time.DateOnly), longestGoal)
	}
	if args.Status == deletedGoal {
		return c.dropGoal(ctx, user, args.ID)
	}
	if args.ID != "" {
		g, err := c.data.UpdateGoal(ctx, user, args.ID, c.now(), func(g *pierre.Goal) error {
			if err := args.change(g, day); err != nil {
				return err
			}
			return training.PossibleGoal(*g)
		})
		return goalAnswer{Goal: viewGoal(g)}, unknownGoal(err, args.ID)
	}
	g := pierre.Goal{
		Title: args.Title, Description: args.Description, Type: args.Type, Sport: pierre.Sport(args.Sport), Target: *args.Target,
		Meters: args.Meters, Metric: args.Metric, Start: today, Date: day, Current: args.Current, Status: pierre.GoalActive,
	}
	if err := training.PossibleGoal(g); err != nil {
		return goalAnswer{}, err
	}
	now, err := c.training.Measure(ctx, user, "", g)
	if err != nil {
		return goalAnswer{}, err
	}
	if now.Err == nil && g.Type != pierre.GoalDistance && g.Type != pierre.GoalFrequency {
		g.Baseline = &now.Value
	}
	g, err = c.data.AddGoal(ctx, user, c.now(), g)
	return goalAnswer{Goal: viewGoal(g)}, err
}

// change makes what was asked for of a goal.
func (a goalArgs) change(g *pierre.Goal, day time.Time) error {
	if a.Current != nil && g.Type != pierre.GoalCustom {
		return pierre.Invalid("current_value", "current_value is for goals of the type custom: this one is measured.")
	}
	if a.Title != "" {
		g.Title = a.Title
	}
	if a.Description != "" {
		g.Description = a.Description
	}
	if a.Target != nil {
		g.Target = *a.Target
	}
	if a.Date != "" {
		g.Date = day
	}
	if a.Current != nil {
		g.Current = a.Current
		if g.Baseline == nil {
			g.Baseline = a.Current
		}
	}
	if a.Status != "" {
		g.Status = pierre.GoalStatus(a.Status)
	}
	return nil
}

func (c *Catalog) dropGoal(ctx context.Context, user pierre.UserID, id pierre.GoalID) (goalAnswer, error) {
	g, err := c.goal(ctx, user, id)
	if err == nil {
		err = unknownGoal(c.data.DeleteGoal(ctx, user, id), id)
	}
	return goalAnswer{viewGoal(g), true}, err
}

// goal returns one of the user's goals.
func (c *Catalog) goal(ctx context.Context, user pierre.UserID, id pierre.GoalID) (pierre.Goal, error) {
	goals, err := c.data.Goals(ctx, user)
	if err != nil {
		return pierre.Goal{}, err
	}
	for _, g := range goals {
		if g.ID == id {
			return g, nil
		}
	}
	return pierre.Goal{}, unknownGoal(pierre.NotFound("goal"), id)
}

// unknownGoal words the error of a goal that is not there.
func unknownGoal(err error, id pierre.GoalID) error {
	if pierre.KindOf(err) != pierre.KindNotFound {
		return err
	}
	return &pierre.Error{Kind: pierre.KindNotFound, Field: "goal_id", Msg: fmt.Sprintf("goal %.40q not found; track_progress without goal_id lists the goals.", string(id)), Err: err}
}
