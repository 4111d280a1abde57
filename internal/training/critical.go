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

// criticalDays is how long before a ride the efforts may lie that say what the athlete could do in it.
const criticalDays = 90

// A CriticalPower is the model of how long a power can be held, and where it came from.
type CriticalPower struct {
	model   fitness.CriticalPower
	err     error // why there is none
	source  Source
	note    string
	efforts []Input // that the model was fitted to
}

// GivenCritical is the model by the athlete's own numbers.
func GivenCritical(watts, kilojoules float64) CriticalPower {
	return CriticalPower{model: fitness.CriticalPower{Watts: watts, WPrimeJ: 1000 * kilojoules}, source: User}
}

// A bestPower is the highest mean power over a length of time among several rides.
type bestPower struct {
	powerEffort

	ride pierre.Activity
}

// CriticalPower fits critical power to the highest mean powers of the user's rides of the days up to ride, ride
// included.
func (s *Service) CriticalPower(ctx context.Context, user pierre.UserID, from pierre.Provider, ride pierre.Activity) (CriticalPower, error) {
	if !ride.Sport.IsRide() {
		return CriticalPower{err: notCycled()}, nil
	}
	clock, err := s.Clock(ctx, user)
	if err != nil {
		return CriticalPower{}, err
	}
	q := pierre.ActivityQuery{After: ride.Start.AddDate(0, 0, -criticalDays), Before: ride.Start.Add(time.Microsecond), Providers: providers(from)}
	var best bestPowers
	if err := s.each(ctx, user, q, best.add); err != nil {
		return CriticalPower{}, err
	}
	return fitCritical(best, clock), nil
}

func notCycled() error { return because("critical power is that of cycling") }

// bestPowers are the best of several rides for each length that digests keep, the shortest first.
type bestPowers []bestPower

func (b *bestPowers) add(act pierre.Activity, d digest) {
	all, _ := powers(act, d)
	for _, e := range all {
		if !slices.Contains(bestSeconds(), int(e.Seconds)) {
			continue
		}
		at, ok := slices.BinarySearchFunc(*b, e.Seconds, func(b bestPower, s float64) int { return cmp.Compare(b.Seconds, s) })
		if !ok {
			*b = slices.Insert(*b, at, bestPower{e, act})
		} else if e.Watts > (*b)[at].Watts {
			(*b)[at] = bestPower{e, act}
		}
	}
}

func fitCritical(best bestPowers, clock Clock) CriticalPower {
	if len(best) == 0 {
		return CriticalPower{err: because("no ride of the %d days up to this one has 2 minutes of power", criticalDays)}
	}
	cp := CriticalPower{source: Estimated}
	efforts := make([]fitness.Effort, len(best))
	for i, b := range best {
		efforts[i] = fitness.Effort{Seconds: b.Seconds, Watts: b.Watts}
		cp.efforts = append(cp.efforts, Input{
			Name: maxPowerInput, Value: new(b.Watts), Decimals: 1, Source: Recorded,
			Note: fmt.Sprintf("over %g s on %s in %s", b.Seconds, clock.DayOf(b.ride).Format(time.DateOnly), b.ride.ID),
		})
	}
	cp.model, cp.err = fitness.FitCriticalPower(efforts)
	cp.note = fmt.Sprintf("fitted to the best of the %d days up to the ride, R² %.3f: as good as these were all out", criticalDays, cp.model.RSquared)
	if other, err := fitness.FitCriticalPowerInverse(efforts); err == nil {
		cp.note += fmt.Sprintf("; the 1/t fit gives %.0f W and %.1f kJ", other.Watts, other.WPrimeJ/1000)
	}
	return cp
}

const maxPowerInput = "mean_max_power_watts"

// Watts returns the power that could be held long.
func (c CriticalPower) Watts() Value {
	return computed(fitness.Result{Value: c.model.Watts, Method: c.model.Method, Note: c.note}, c.err, c.efforts...)
}

// WPrime returns the work above the critical power that could be done, in kilojoules.
func (c CriticalPower) WPrime() Value {
	return computed(fitness.Result{Value: c.model.WPrimeJ / 1000, Method: c.model.Method}, c.err,
		Input{Name: maxPowerInput, Source: Recorded, Note: "those of critical_power_watts"})
}

// A NoCriticalPowerError says why critical power is not known; the athlete may know it.
type NoCriticalPowerError struct{ Err error }

func (e *NoCriticalPowerError) Error() string { return e.Err.Error() }

func (e *NoCriticalPowerError) Unwrap() error { return e.Err }

// A Balance is the least of W′ that was left in a ride.
type Balance struct{ Kilojoules, Percent Value }

// Balance follows W′ through the ride.
func (a *Analysis) Balance(c CriticalPower) Balance {
	left, inputs, err := a.lowestBalance(c)
	kj, percent := left, left
	kj.Value /= 1000
	percent.Value *= 100 / c.model.WPrimeJ
	return Balance{computed(kj, err, inputs...), computed(percent, err, inputs...)}
}

// lowestBalance returns the least W′ in joules that was left during the ride.
func (a *Analysis) lowestBalance(c CriticalPower) (fitness.Result, []Input, error) {
	switch {
	case !a.Sport.IsRide():
		return fitness.Result{}, nil, notCycled()
	case a.powerErr != nil:
		return fitness.Result{}, nil, a.powerErr
	case c.err != nil:
		return fitness.Result{}, nil, &NoCriticalPowerError{c.err}
	}
	left, at, err := a.power.LowestWBalance(c.model)
	if err != nil {
		return fitness.Result{}, nil, err
	}
	note := fmt.Sprintf("%.0f s after the start", at)
	if left.Note != "" {
		note += "; " + left.Note
	}
	left.Note = note
	return left, []Input{
		samplesInput(ChannelPower),
		{Name: "critical_power_watts", Value: new(c.model.Watts), Decimals: 1, Source: c.source, Note: c.note},
		{Name: "w_prime_kilojoules", Value: new(c.model.WPrimeJ / 1000), Decimals: 2, Source: c.source},
	}, nil
}
