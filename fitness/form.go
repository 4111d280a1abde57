package fitness

import (
	"math"
	"time"
)

// The time constants in days of fitness and fatigue.
const (
	FitnessDays = 42
	FatigueDays = 7
)

// WarmUpDays is how long a history must be before its fitness can be trusted:
// after three time constants 5 % of the unknown start is left.
const WarmUpDays = 3 * FitnessDays

// maxDays bounds the length of a series of days: more than a lifetime is a mistake.
const maxDays = 40_000

// A DayLoad is the load of one activity on a calendar day.
type DayLoad struct {
	Day  time.Time // its year, month and day in its own location count
	Load float64
}

// DailyLoads adds up the loads of each calendar day from the first to the last,
// both inclusive; a day without activity is 0. Loads outside are left out. The
// caller chooses the days, so that rest up to today counts and midnight is the
// athlete's.
func DailyLoads(loads []DayLoad, from, to time.Time) ([]float64, error) {
	last := dayNumber(to) - dayNumber(from)
	if last < 0 || last >= maxDays {
		return nil, unavailable("the days from %s to %s are no sensible range", from.Format(time.DateOnly), to.Format(time.DateOnly))
	}
	days := make([]float64, last+1)
	for _, l := range loads {
		if !(l.Load >= 0) || math.IsInf(l.Load, 0) {
			return nil, unavailable("a load of %v is no load", l.Load)
		}
		if at := dayNumber(l.Day) - dayNumber(from); at >= 0 && at <= last {
			days[at] += l.Load
		}
	}
	return days, nil
}

// dayNumber counts the calendar days since the epoch.
func dayNumber(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 3600))
}

// Form is the state of an athlete on one day.
type Form struct {
	Fitness float64 // CTL, after the day's load
	Fatigue float64 // ATL, after the day's load
	Balance float64 // TSB: yesterday's fitness less yesterday's fatigue
}

// FormByDay follows fitness (CTL, 42 days), fatigue (ATL, 7 days) and their
// balance (TSB) through daily loads, oldest first, rest days 0 (see [DailyLoads]). Each day
// closes the share 1 − e^(−1/N) of the gap to its load. start is the state before
// the first day, mostly zero; then see [WarmUp]. The balance is yesterday's difference,
// as it stands before today's training; today's is Fitness − Fatigue. See
// [MethodFitnessFatigue].
func FormByDay(daily []float64, start Form) ([]Form, error) {
	if err := checkDaily(daily); err != nil {
		return nil, err
	}
	if !(start.Fitness >= 0) || !(start.Fatigue >= 0) || !finite(start.Fitness+start.Fatigue) {
		return nil, unavailable("the start values are no loads")
	}
	days := make([]Form, len(daily))
	yesterday := start
	for i, load := range daily {
		days[i] = Form{
			Fitness: yesterday.Fitness + (load-yesterday.Fitness)*gain(FitnessDays),
			Fatigue: yesterday.Fatigue + (load-yesterday.Fatigue)*gain(FatigueDays),
			Balance: yesterday.Fitness - yesterday.Fatigue,
		}
		yesterday = days[i]
	}
	return days, nil
}

// gain is the share of the gap to the day's load that a mean with a time constant
// of n days closes.
func gain(n float64) float64 { return -math.Expm1(-1 / n) }

func checkDaily(daily []float64) error {
	if len(daily) == 0 {
		return unavailable("there are no days")
	}
	for _, load := range daily {
		if !(load >= 0) || load > maxDailyLoad {
			return unavailable("a daily load of %v is no load", load)
		}
	}
	return nil
}

const maxDailyLoad = 1e6

// WarmUp returns the share [0, 1) of a steady athlete's fitness that days of
// history can show when the model starts from 0, and whether that is still too
// little to trust (fewer than [WarmUpDays]).
func WarmUp(days int) (share float64, warming bool) {
	return -math.Expm1(-float64(max(days, 0)) / FitnessDays), days < WarmUpDays
}

// Ramp returns how much the fitness grew in the last seven of the days. Coaches
// take more than 5 to 8 a week as a reason for caution; no study stands behind it.
func Ramp(days []Form) (Result, error) {
	if len(days) < 8 {
		return Result{}, unavailable("%d days are too few: 8 are needed", len(days))
	}
	return result(days[len(days)-1].Fitness-days[len(days)-8].Fitness, MethodFitnessFatigue, 0)
}

// maxProjection is how many days ahead a projection goes.
const maxProjection = 366

// ProjectForm follows the form through days of the same load each, from the state at the end of the day before the first.
func ProjectForm(from Form, load float64, days int) ([]Form, error) {
	if days < 1 || days > maxProjection {
		return nil, unavailable("a projection goes 1 to %d days ahead, not %d", maxProjection, days)
	}
	daily := make([]float64, days)
	for i := range daily {
		daily[i] = load
	}
	return FormByDay(daily, from)
}

// TaperLoad returns the load of each day that leads to a balance (TSB) on the last of so many days, from the state at the end
// of the day before the first. The load of that last day itself does not count for its balance. The means are linear in the
// load, so there is one solution: with a = e^(−1/42), b = e^(−1/7) and k = days − 1,
// load = (CTL·a^k − ATL·b^k − TSB)/(a^k − b^k). It refuses a form that even rest does not reach.
func TaperLoad(from Form, days int, balance float64) (Result, error) {
	if days < 2 || days > maxProjection {
		return Result{}, unavailable("a taper takes 1 to %d days before the day of the wished form", maxProjection-1)
	}
	k := float64(days - 1)
	slow, fast := math.Exp(-k/FitnessDays), math.Exp(-k/FatigueDays)
	atRest := from.Fitness*slow - from.Fatigue*fast
	load := (atRest - balance) / (slow - fast)
	if load < 0 {
		return Result{}, unavailable("even rest on every day before leads only to a form of %+.1f", atRest)
	}
	if load > maxDailyLoad {
		return Result{}, unavailable("it would take a daily load of %.0f", load)
	}
	return result(load, MethodTaper, 0)
}
