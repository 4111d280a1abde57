package training

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A Score is how fit an athlete is, beside others of the same age and sex.
type Score struct {
	From, To      time.Time
	Percentile    Value  // of maximal oxygen uptake
	Level         string // of Percentile
	Before        Value  // the percentile of as many days before
	VO2max        Value  // ml/kg/min
	Fitness       Value  // CTL
	Growth        Value  // of CTL in a week
	ActiveMinutes Value  // a week
	ActiveWeeks   Value  // percent
}

// guideline is what the World Health Organization asks of adults: 150 minutes of moderate activity a week (WHO 2020).
const guideline = 150

// Score returns how fit the user is by the efforts of so many days.
func (s *Service) Score(ctx context.Context, user pierre.UserID, from pierre.Provider, days int) (Score, error) {
	of, err := s.asking(ctx, user, from)
	if err != nil {
		return Score{}, err
	}
	athlete, err := s.Athlete(ctx, user)
	if err != nil {
		return Score{}, err
	}
	today := of.clock.Today()
	sc := Score{From: today.AddDate(0, 0, 1-days), To: today}
	if sc.VO2max, err = s.vo2max(ctx, of, athlete, sc.From, today); err != nil {
		return Score{}, err
	}
	before, err := s.vo2max(ctx, of, athlete, sc.From.AddDate(0, 0, -days), sc.From.AddDate(0, 0, -1))
	if err != nil {
		return Score{}, err
	}
	sc.Percentile, sc.Before = percentile(sc.VO2max, athlete), percentile(before, athlete.On(sc.From.AddDate(0, 0, -1)))
	if sc.Percentile.Err == nil {
		sc.Level = fitness.Level(sc.Percentile.Value)
	}
	h, err := s.HistoryOf(ctx, user, HistoryQuery{Days: days, Provider: from})
	if err != nil {
		return Score{}, err
	}
	sc.Fitness, sc.Growth = h.Form.Fitness, h.Form.Ramp
	err = s.regular(ctx, of, &sc, days)
	return sc, err
}

// percentile places maximal oxygen uptake among people of the athlete's age and sex.
func percentile(vo2max Value, a Athlete) Value {
	needs := needsOf(a.age)
	if a.sex == "" {
		needs = append(needs, needSex())
	}
	if err := firstOf(vo2max.Err, missing(needs...)); err != nil {
		return unavailable(err)
	}
	r, err := fitness.VO2maxPercentile(vo2max.Value, a.age.value, fitness.Sex(a.sex))
	return computed(r, err, Input{Name: "vo2max_ml_per_kg_min", Value: new(vo2max.Value), Decimals: 1, Source: Estimated, Note: string(vo2max.Method)}, ageInput(a.age), a.sexInput())
}

// vo2max estimates maximal oxygen uptake by the best of runs, or of rides if that is more.
func (s *Service) vo2max(ctx context.Context, of asking, athlete Athlete, from, to time.Time) (Value, error) {
	var run, ride Mark
	watts := 0.0
	q := pierre.ActivityQuery{Providers: providers(of.from), After: from.AddDate(0, 0, -1), Before: to.AddDate(0, 0, 2)}
	err := s.each(ctx, of.user, q, func(a pierre.Activity, d digest) {
		on := of.clock.DayOf(a)
		if on.Before(from) || on.After(to) {
			return
		}
		if v, ok := measured(pierre.GoalVDOT, a, d); ok && v > run.Value {
			run = Mark{on, v, a.ID}
		}
		if w := powerOver(5*60, a, d); w > 0 {
			weight := athlete.On(on).weight()
			if v, err := fitness.VO2maxOfRide(w, weight.value); weight.known && err == nil && v.Value > ride.Value {
				ride, watts = Mark{on, v.Value, a.ID}, w
			}
		}
	})
	switch {
	case err != nil:
		return Value{}, err
	case run.Value == 0 && ride.Value == 0:
		return unavailable(because("no run of 1000 m or more, and no ride with 5 minutes of power and a known weight, lies in these days")), nil
	case run.Value >= ride.Value:
		return Value{run.Value, Evidence{Method: fitness.MethodVDOT, Note: "too low if no effort was all out", Inputs: []Input{
			{Name: "vdot_ml_per_kg_min", Value: new(run.Value), Decimals: 1, Source: Recorded, Note: fmt.Sprintf("on %s in %s", run.Day.Format(time.DateOnly), run.Activity)},
		}}}, nil
	}
	return Value{ride.Value, Evidence{Method: fitness.MethodSitko, Note: "too low if no effort was all out", Inputs: []Input{
		{Name: "best_5_minutes_watts", Value: new(watts), Decimals: 1, Source: Recorded, Note: fmt.Sprintf("on %s in %s", ride.Day.Format(time.DateOnly), ride.Activity)},
		athlete.On(ride.Day).weight().input(),
	}}}, nil
}

// regular adds how regularly the athlete trained, from the week of the first activity on.
func (s *Service) regular(ctx context.Context, of asking, sc *Score, days int) error {
	last := Monday(sc.To).AddDate(0, 0, -1)
	first, err := s.begin(ctx, of, "", last.AddDate(0, 0, 1-days/7*7), last)
	if err != nil {
		return err
	}
	list, err := s.volumes(ctx, of, "", Monday(first), last)
	if err != nil {
		return err
	}
	weeks, sum := weeksOf(list), total(list)
	if len(weeks) == 0 || sum.Activities == 0 {
		sc.ActiveMinutes = unavailable(because("there are no activities in whole weeks of these days"))
		sc.ActiveWeeks = sc.ActiveMinutes
		return nil
	}
	active := 0
	for _, w := range weeks {
		if w.Activities > 0 {
			active++
		}
	}
	sc.ActiveMinutes = counted(sum.Activities, methodMean, sum.Seconds/60/float64(len(weeks)))
	sc.ActiveMinutes.Note = fmt.Sprintf("the World Health Organization asks for at least %d of moderate activity (WHO 2020)", guideline)
	sc.ActiveWeeks = counted(sum.Activities, methodShare, 100*float64(active)/float64(len(weeks)))
	return nil
}
