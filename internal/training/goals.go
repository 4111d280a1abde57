package training

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Progress is how far an athlete is with a goal today.
type Progress struct {
	Current   Value    // in the unit of the goal's type
	Share     *float64 // of the way, 0 to 1 and more; nil: it cannot be told
	Elapsed   float64  // share of the goal's days that are over, 0 to 1
	OnTrack   *bool    // whether the share of the way is at least that of the days; nil: it cannot be told
	Projected Value    // at the goal's date, at the rate of now
	DaysLeft  int
}

const (
	methodSum       fitness.Method = "sum since the goal's first day (arithmetic)"
	methodPerWeek   fitness.Method = "activities since the goal's first day over its weeks (arithmetic)"
	methodRecent    fitness.Method = "what is done and the mean of the last 28 days until the goal's date (arithmetic)"
	methodStated    fitness.Method = "as the athlete states it (no computation)"
	methodBestMark  fitness.Method = "the best of the last 180 days (arithmetic)"
	methodBestMonth fitness.Method = "the best mean of four weeks in a row of the last 52 (arithmetic)"
	methodMeanWeek  fitness.Method = "mean of the last 12 whole weeks (arithmetic)"
)

// Measure returns what a goal counts as it is today; what is counted from the goal's first day on ends with its date.
func (s *Service) Measure(ctx context.Context, user pierre.UserID, from pierre.Provider, g pierre.Goal) (Value, error) {
	of, err := s.asking(ctx, user, from)
	if err != nil {
		return Value{}, err
	}
	switch g.Type {
	case pierre.GoalTime:
		p, err := s.Predict(ctx, user, from, *g.Meters)
		return p.ByVDOT, err
	case pierre.GoalPerformance:
		marks, err := s.marks(ctx, of, g.Metric, evidenceDays, 1)
		if err != nil {
			return Value{}, err
		}
		return bestOf(marks, g.Metric), nil
	case pierre.GoalCustom:
		if g.Current == nil {
			return unavailable(because("the athlete has not said it: give current_value with set_goal")), nil
		}
		return Value{*g.Current, Evidence{Method: methodStated, Inputs: []Input{{Name: "current_value", Value: g.Current, Decimals: 3, Source: User}}}}, nil
	case pierre.GoalDistance, pierre.GoalFrequency:
	}
	days, err := s.volumes(ctx, of, g.Sport, g.Start, of.clock.until(g.Date))
	if err != nil {
		return Value{}, err
	}
	sum := total(days)
	inputs := []Input{{Name: "activities", Value: new(float64(sum.Activities)), Source: Recorded}}
	if g.Type == pierre.GoalDistance {
		return Value{sum.Meters, Evidence{Method: methodSum, Inputs: inputs}}, nil
	}
	if len(days) < 7 {
		return unavailable(because("the goal's days so far are less than a week")), nil
	}
	return Value{float64(sum.Activities) * 7 / float64(len(days)), Evidence{Method: methodPerWeek, Inputs: inputs}}, nil
}

func bestOf(marks []Mark, m pierre.GoalMetric) Value {
	if len(marks) == 0 {
		return unavailable(because("no activity of the last %d days shows %s", evidenceDays, m))
	}
	best := slices.MaxFunc(marks, func(a, b Mark) int { return cmp.Compare(a.Value, b.Value) })
	return Value{best.Value, Evidence{Method: methodBestMark, Inputs: []Input{
		{Name: string(m), Value: new(best.Value), Decimals: 1, Source: Recorded, Note: fmt.Sprintf("on %s in %s", best.Day.Format(time.DateOnly), best.Activity)},
	}}}
}

// Progress says how far the user is with a goal.
func (s *Service) Progress(ctx context.Context, user pierre.UserID, g pierre.Goal) (Progress, error) {
	of, err := s.asking(ctx, user, "")
	if err != nil {
		return Progress{}, err
	}
	clock := of.clock
	p := Progress{DaysLeft: daysBetween(clock.Today(), g.Date), Projected: unavailable(because("only distances are added up until the goal's date; see analyze_goal_feasibility"))}
	if days := daysBetween(g.Start, g.Date); days > 0 {
		p.Elapsed = min(1, max(0, float64(daysBetween(g.Start, clock.Today()))/float64(days)))
	}
	if p.Current, err = s.Measure(ctx, user, "", g); err != nil || p.Current.Err != nil {
		return p, err
	}
	p.Share = shareOfWay(g, p.Current.Value)
	switch {
	case p.Share == nil:
	case g.Type == pierre.GoalFrequency: // a rate, which is to hold on every day
		p.OnTrack = new(*p.Share >= 1)
	default:
		p.OnTrack = new(*p.Share >= p.Elapsed)
	}
	if g.Type == pierre.GoalDistance {
		recent, err := s.volumes(ctx, of, g.Sport, clock.Today().AddDate(0, 0, -changeDays), clock.Today().AddDate(0, 0, -1))
		if err != nil {
			return p, err
		}
		perDay := total(recent).Meters / changeDays
		p.Projected = Value{p.Current.Value + perDay*float64(max(0, p.DaysLeft)), Evidence{Method: methodRecent, Inputs: []Input{
			{Name: "meters_per_week", Value: new(7 * perDay), Source: Recorded, Note: "of the last 28 days"},
		}}}
	}
	return p, nil
}

// shareOfWay is the share of the way from where the goal began to its target.
func shareOfWay(g pierre.Goal, now float64) *float64 {
	begin := 0.0
	if g.Type == pierre.GoalTime && now <= g.Target || g.Type == pierre.GoalPerformance && now >= g.Target {
		return new(1.0)
	}
	switch g.Type {
	case pierre.GoalDistance, pierre.GoalFrequency:
	case pierre.GoalTime, pierre.GoalPerformance, pierre.GoalCustom:
		if g.Baseline == nil {
			return nil
		}
		begin = *g.Baseline
	}
	if g.Target == begin {
		return new(1.0)
	}
	return new((now - begin) / (g.Target - begin))
}

// mostAWeek is how many activities a week a goal may ask for, which is ten a day.
const mostAWeek = 70

// PossibleGoal refuses a goal that nobody reaches: a time faster than anyone's, a distance for which the days do not
// suffice, more activities than there is time for. The error is of the argument target_value.
func PossibleGoal(g pierre.Goal) error {
	const field = "target_value"
	switch days := g.Date.Sub(g.Start).Hours()/24 + 1; g.Type {
	case pierre.GoalTime:
		if *g.Meters > g.Target*mostOver(humanSpeed(pierre.SportRun), g.Target) {
			return pierre.Invalid(field, "%g seconds over %g meters is faster than anyone has run: give target_value in seconds.", g.Target, *g.Meters)
		}
	case pierre.GoalDistance:
		const day = 24 * 3600
		if g.Target > days*day*mostOver(humanSpeed(g.Sport), day) {
			return pierre.Invalid(field, "%g meters cannot be covered in %g days: give target_value in meters, or a later target_date.", g.Target, days)
		}
	case pierre.GoalFrequency:
		if g.Target > mostAWeek {
			return pierre.Invalid(field, "%g activities a week are more than %d: give target_value per week.", g.Target, mostAWeek)
		}
	case pierre.GoalPerformance, pierre.GoalCustom:
	}
	return nil
}
