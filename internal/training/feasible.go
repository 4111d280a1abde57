package training

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Verdict says how a goal compares with what the athlete has shown.
type Verdict string

// The verdicts.
const (
	GoalReached   Verdict = "reached"         // it is so, or was until the date
	GoalWithin    Verdict = "within"          // less is needed than what was surely shown
	GoalPossible  Verdict = "possible"        // what is needed lies within what was shown
	GoalBeyond    Verdict = "beyond"          // more is needed than what was ever shown
	GoalUndecided Verdict = "cannot_be_told"  // too little is known
	GoalOver      Verdict = "date_has_passed" // and it was not reached
)

// Verdicts lists the verdicts.
func Verdicts() []Verdict {
	return []Verdict{GoalReached, GoalWithin, GoalPossible, GoalBeyond, GoalUndecided, GoalOver}
}

// A Feasibility compares what a goal needs with what the athlete has shown.
type Feasibility struct {
	Verdict      Verdict
	Unit         string // what the values below are in; their change is per 28 days where it is one
	DaysLeft     int
	Current      Value // in Unit
	Needed       Value // in Unit, at the goal's date
	Change       Change
	NeededChange Value
	Projected    Value // at the goal's date, if the change goes on
	Low, High    float64
	Highest      Value // of volumes: the best mean of four weeks
	Predictions  Prediction
}

// Feasible says whether a goal is within what the user has shown.
func (s *Service) Feasible(ctx context.Context, user pierre.UserID, g pierre.Goal) (Feasibility, error) {
	of, err := s.asking(ctx, user, "")
	if err != nil {
		return Feasibility{}, err
	}
	f := Feasibility{Verdict: GoalUndecided, DaysLeft: daysBetween(of.clock.Today(), g.Date)}
	none := unavailable(because("the athlete alone knows what it takes"))
	f.Current, f.Needed, f.Change.Value, f.NeededChange, f.Projected, f.Highest = none, none, none, none, none, none
	switch g.Type {
	case pierre.GoalTime:
		f.Predictions, err = s.Predict(ctx, user, "", *g.Meters)
		if err != nil {
			return f, err
		}
		needed, err := fitness.VDOT(*g.Meters, g.Target)
		if err != nil {
			f.Needed = unavailable(err)
			return f, nil
		}
		f.Current = f.Predictions.VDOT
		err = s.performance(ctx, of, &f, g, pierre.GoalVDOT, needed)
		return f, err
	case pierre.GoalPerformance:
		if f.Current, err = s.Measure(ctx, user, "", g); err != nil {
			return f, err
		}
		err = s.performance(ctx, of, &f, g, g.Metric, fitness.Result{Value: g.Target, Method: methodStated})
		return f, err
	case pierre.GoalDistance, pierre.GoalFrequency:
		err = s.volumeGoal(ctx, of, &f, g)
		return f, err
	case pierre.GoalCustom:
	}
	return f, nil
}

// performance compares the change that a performance needs with the one that the athlete showed in a year.
func (s *Service) performance(ctx context.Context, of asking, f *Feasibility, g pierre.Goal, m pierre.GoalMetric, needed fitness.Result) error {
	f.Unit = string(m)
	f.Needed = computed(needed, nil, Input{Name: "target_value", Value: &g.Target, Decimals: 1, Source: User})
	marks, err := s.marks(ctx, of, m, yearDays, marksInYear)
	if err != nil {
		return err
	}
	f.judge(marks, of.clock.Today(), needed.Value)
	return nil
}

// judge compares what is needed with what the marks show.
func (f *Feasibility) judge(marks []Mark, today time.Time, needed float64) {
	var rate fitness.Rate
	rate, f.Change = changeOf(marks, today)
	switch {
	case f.Change.Err != nil:
		f.Projected = f.Change.Value
	case f.DaysLeft < 0:
		f.Projected = unavailable(because("the goal's date has passed"))
	default:
		at, low, high := rate.At(float64(f.DaysLeft))
		f.Projected = Value{at, Evidence{Method: rate.Method, Note: "if the change of the last year goes on; seldom does one for long"}}
		f.Low, f.High = low, high
	}
	switch {
	case f.Current.Err != nil:
	case f.Current.Value >= needed:
		f.Verdict = GoalReached
	case f.DaysLeft < 0:
		f.Verdict = GoalOver
	default:
		perMonth := (needed - f.Current.Value) / float64(max(1, f.DaysLeft)) * changeDays
		f.NeededChange = Value{perMonth, Evidence{Method: "what is missing over the time that is left (arithmetic)"}}
		if f.Change.Err == nil {
			f.Verdict = verdictOf(perMonth, f.Change.Low, f.Change.High)
		}
	}
}

func verdictOf(needed, low, high float64) Verdict {
	switch {
	case needed <= low:
		return GoalWithin
	case needed <= high:
		return GoalPossible
	}
	return GoalBeyond
}

const (
	usualWeeks = 12
	monthWeeks = 4
	yearWeeks  = 52
)

// volumeGoal compares how much a week needs with what the athlete's weeks had.
func (s *Service) volumeGoal(ctx context.Context, asked asking, f *Feasibility, g pierre.Goal) error {
	f.Unit = "meters_per_week"
	if g.Type == pierre.GoalFrequency {
		f.Unit = "activities_per_week"
	}
	of := func(v Volume) float64 {
		if g.Type == pierre.GoalFrequency {
			return float64(v.Activities)
		}
		return v.Meters
	}
	done, err := s.Measure(ctx, asked.user, "", g)
	if err != nil {
		return err
	}
	needed := g.Target
	if g.Type == pierre.GoalDistance {
		needed = (g.Target - done.Value) * 7 / float64(max(1, f.DaysLeft))
	}
	f.Needed = Value{max(0, needed), Evidence{Method: "what is missing over the weeks that are left (arithmetic)", Inputs: []Input{
		{Name: "target_value", Value: &g.Target, Decimals: 1, Source: User},
	}}}
	usual, best, err := s.usualWeek(ctx, asked, g.Sport, of)
	if err != nil {
		return err
	}
	f.Current, f.Highest = usual, best
	reached := done.Err == nil && done.Value >= g.Target
	switch {
	case reached && (g.Type == pierre.GoalDistance || f.DaysLeft < 0): // a rate has to hold until the date
		f.Verdict = GoalReached
	case f.DaysLeft < 0 && done.Err == nil:
		f.Verdict = GoalOver
	case f.DaysLeft < 0: // without a rate
	case usual.Err == nil:
		f.Verdict = verdictOf(needed, usual.Value, best.Value)
	}
	return nil
}

// usualWeek returns the mean of the last whole weeks, and the best mean of four weeks in a row of the last year.
func (s *Service) usualWeek(ctx context.Context, asked asking, sport pierre.Sport, of func(Volume) float64) (usual, best Value, err error) {
	last := Monday(asked.clock.Today()).AddDate(0, 0, -1)
	first, err := s.begin(ctx, asked, sport, last.AddDate(0, 0, 1-7*yearWeeks), last)
	if err != nil {
		return usual, best, err
	}
	days, err := s.volumes(ctx, asked, sport, Monday(first), last)
	if err != nil {
		return usual, best, err
	}
	weeks := weeksOf(days)
	if len(weeks) < monthWeeks {
		usual = unavailable(because("there are %d whole weeks of history, and %d are needed", len(weeks), monthWeeks))
		return usual, usual, nil
	}
	recent := weeks[max(0, len(weeks)-usualWeeks):]
	usual = Value{meanOf(recent, of), Evidence{Method: methodMeanWeek, Inputs: []Input{{Name: "weeks", Value: new(float64(len(recent))), Source: Recorded}}}}
	at, most := 0, -1.0
	for i := range len(weeks) - monthWeeks + 1 {
		if m := meanOf(weeks[i:i+monthWeeks], of); m > most {
			at, most = i, m
		}
	}
	until := last.AddDate(0, 0, -7*(len(weeks)-monthWeeks-at))
	best = Value{most, Evidence{Method: methodBestMonth, Note: fmt.Sprintf("until %s", until.Format(time.DateOnly))}}
	return usual, best, nil
}

func meanOf(weeks []Volume, of func(Volume) float64) float64 {
	sum := 0.0
	for _, w := range weeks {
		sum += of(w)
	}
	return sum / float64(len(weeks))
}
