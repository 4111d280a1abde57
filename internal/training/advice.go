package training

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An AdviceKind says what advice is about.
type AdviceKind string

// The kinds.
const (
	AdviceTraining  AdviceKind = "training"
	AdviceRecovery  AdviceKind = "recovery"
	AdviceNutrition AdviceKind = "nutrition"
	AdviceEquipment AdviceKind = "equipment"
)

// AdviceKinds lists the kinds.
func AdviceKinds() []AdviceKind {
	return []AdviceKind{AdviceTraining, AdviceRecovery, AdviceNutrition, AdviceEquipment}
}

// An AdviceKey names one advice.
type AdviceKey string

// The advice, with the unit of its value.
const (
	LongestRun    AdviceKey = "longest_next_run_meters"
	VaryDays      AdviceKey = "monotony"
	MoreMinutes   AdviceKey = "active_minutes_per_week"
	RestDays      AdviceKey = "rest_days"
	Protein       AdviceKey = "protein_grams_per_day"
	Carbohydrate  AdviceKey = "carbohydrate_grams_per_day"
	DuringEffort  AdviceKey = "carbohydrate_grams_per_hour_during"
	AfterEffort   AdviceKey = "carbohydrate_grams_per_hour_after"
	HeartRateBelt AdviceKey = "activities_without_load"
)

// An Advice is a rule that applies to the athlete, with the numbers that it comes to.
type Advice struct {
	Kind  AdviceKind
	Key   AdviceKey
	Value Value    // Err: the rule cannot be applied, and why
	High  *float64 // the upper end, where the rule gives a range from Value on
}

// The limits of coaches for form: below the first it is time to rest, until it is above the second.
const (
	restBelow = -30
	restUntil = -10
)

// Advise returns what rules say to the user, of the wanted kinds; about an activity, if one is given.
func (s *Service) Advise(ctx context.Context, user pierre.UserID, from pierre.Provider, act *pierre.Activity, wanted func(AdviceKind) bool) ([]Advice, error) {
	of, err := s.asking(ctx, user, from)
	if err != nil {
		return nil, err
	}
	h, err := s.HistoryOf(ctx, user, HistoryQuery{Days: changeDays, Provider: from})
	if err != nil {
		return nil, err
	}
	athlete, err := s.Athlete(ctx, user)
	if err != nil {
		return nil, err
	}
	first, err := s.begin(ctx, of, "", h.From, h.To)
	if err != nil {
		return nil, err
	}
	days, err := s.volumes(ctx, of, "", first, h.To)
	if err != nil {
		return nil, err
	}
	lengths, err := s.runLengths(ctx, of, spikeDays)
	if err != nil {
		return nil, err
	}
	var list []Advice
	for _, a := range []*Advice{
		longRun(lengths, of.clock.Today()), vary(h), minutes(days), rest(h),
		protein(athlete), carbohydrate(athlete, days), during(act), after(athlete, act), belt(h),
	} {
		if a != nil && wanted(a.Kind) {
			list = append(list, *a)
		}
	}
	return list, nil
}

func longRun(lengths []runLength, today time.Time) *Advice {
	longest := longestRun(lengths, today)
	if longest == 0 {
		return nil // no runner
	}
	return &Advice{AdviceTraining, LongestRun, counted(len(lengths), "1.1 of the longest run of 30 days (Frandsen et al. 2025)", 1.1*longest), nil}
}

func vary(h History) *Advice {
	if m := h.Form.Monotony; m.Err == nil && m.Value > 2 {
		return &Advice{AdviceTraining, VaryDays, m, nil}
	}
	return nil
}

func lessThanWeek() Value { return unavailable(because("less than a week of history is known")) }

func minutes(days []Volume) *Advice {
	if len(days) < 7 {
		return &Advice{AdviceTraining, MoreMinutes, lessThanWeek(), nil}
	}
	sum := total(days)
	perWeek := sum.Seconds / 60 * 7 / float64(len(days))
	if perWeek >= guideline {
		return nil
	}
	return &Advice{AdviceTraining, MoreMinutes, counted(sum.Activities, methodMean, perWeek), nil}
}

// rest counts the days of rest, after today, until form is back.
func rest(h History) *Advice {
	f := h.Form
	if f.Balance.Err != nil {
		return &Advice{AdviceRecovery, RestDays, f.Balance, nil}
	}
	fit, tired := f.Fitness.Value, f.Fatigue.Value
	if f.Balance.Value >= restBelow || fit-tired >= restUntil {
		return nil
	}
	n := 0
	for fit-tired < restUntil {
		fit, tired = fit*math.Exp(-1./fitness.FitnessDays), tired*math.Exp(-1./fitness.FatigueDays)
		n++
	}
	v := Value{float64(n), Evidence{Method: fitness.MethodFitnessFatigue, Inputs: []Input{
		{Name: "ctl", Value: new(f.Fitness.Value), Decimals: 1, Source: Recorded}, {Name: "atl", Value: new(f.Fatigue.Value), Decimals: 1, Source: Recorded},
	}}}
	return &Advice{AdviceRecovery, RestDays, v, nil}
}

// perKilogram is what to eat by a range of grams per kilogram of body weight.
func perKilogram(a Athlete, key AdviceKey, m fitness.Method, low, high float64, inputs ...Input) *Advice {
	weight := a.weight()
	if err := weight.err(); err != nil {
		return &Advice{AdviceNutrition, key, unavailable(err), nil}
	}
	v := Value{low * weight.value, Evidence{Method: m, Inputs: append(inputs, weight.input())}}
	return &Advice{AdviceNutrition, key, v, new(high * weight.value)}
}

func protein(a Athlete) *Advice {
	low, high, m := fitness.MaintainWeight.ProteinPerKg()
	return perKilogram(a, Protein, m, low, high)
}

// carbohydrate goes by the hours of a day in the last week.
func carbohydrate(a Athlete, days []Volume) *Advice {
	if len(days) < 7 {
		return &Advice{AdviceNutrition, Carbohydrate, lessThanWeek(), nil}
	}
	hours := total(days[len(days)-7:]).Seconds / 3600 / 7
	low, high := fitness.CarbohydratePerKg(hours)
	return perKilogram(a, Carbohydrate, fitness.MethodCarbohydrate, low, high,
		Input{Name: "hours_per_day", Value: &hours, Decimals: 2, Source: Recorded, Note: "of the last 7 days"})
}

func during(act *pierre.Activity) *Advice {
	if act == nil || act.DurationSeconds == nil {
		return nil
	}
	low, high := fitness.CarbohydrateDuring(*act.DurationSeconds / 3600)
	if high == 0 {
		return nil
	}
	v := Value{low, Evidence{Method: fitness.MethodCarbohydrateDuring, Inputs: []Input{
		{Name: "duration_seconds", Value: act.DurationSeconds, Source: Recorded},
	}}}
	return &Advice{AdviceNutrition, DuringEffort, v, &high}
}

func after(a Athlete, act *pierre.Activity) *Advice {
	if act == nil {
		return nil
	}
	return perKilogram(a, AfterEffort, "1.0 to 1.2 g/kg an hour for 4 hours, if the next effort comes within 8 (Thomas, Erdman & Burke 2016)", 1, 1.2)
}

// belt is for activities that no load could be told of, whatever the athlete says of the thresholds.
func belt(h History) *Advice {
	missing := 0
	for _, n := range h.NotCounted {
		if _, ok := errors.AsType[*MissingError](n.Reason); !ok {
			missing += n.Activities
		}
	}
	if missing == 0 {
		return nil
	}
	return &Advice{AdviceEquipment, HeartRateBelt, counted(h.Activities, "activities of 28 days without a load (arithmetic)", float64(missing)), nil}
}
