package tools

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

// A criticalPower is the model of how long a power can be held, and where it came from.
type criticalPower struct {
	model   fitness.CriticalPower
	err     error // why there is none
	source  source
	note    string
	efforts []input // that the model was fitted to
}

// A bestPower is the highest mean power over a length of time among several rides.
type bestPower struct {
	powerEffort

	ride pierre.Activity
}

// fitCritical fits critical power to the highest mean powers of the rides of the days up to act, act included.
func (c *Catalog) fitCritical(ctx context.Context, user pierre.UserID, act pierre.Activity, from pierre.Provider, clk clock) (criticalPower, error) {
	if !act.Sport.IsRide() {
		return criticalPower{err: notCycled()}, nil
	}
	q := pierre.ActivityQuery{After: act.Start.AddDate(0, 0, -criticalDays), Before: act.Start.Add(time.Microsecond)}
	if from != "" {
		q.Providers = []pierre.Provider{from}
	}
	page, err := c.data.Activities(ctx, user, q)
	if err != nil {
		return criticalPower{}, err
	}
	digests, err := c.digests(ctx, user, q.After)
	if err != nil {
		return criticalPower{}, err
	}
	return newCritical(bestPowers(page.Activities, digests), clk), nil
}

func notCycled() error { return &fitness.UnavailableError{Reason: "critical power is that of cycling"} }

// bestPowers returns the best of the rides for each length that digests keep, the shortest first.
func bestPowers(activities []pierre.Activity, digests map[pierre.ActivityID]digest) []bestPower {
	var best []bestPower
	for _, act := range activities {
		p := digests[act.ID].Power
		if p == nil || !act.Sport.IsRide() {
			continue
		}
		for _, e := range p.Best {
			at, ok := slices.BinarySearchFunc(best, e.Seconds, func(b bestPower, s float64) int { return cmp.Compare(b.Seconds, s) })
			if !ok {
				best = slices.Insert(best, at, bestPower{e, act})
			} else if e.Watts > best[at].Watts {
				best[at] = bestPower{e, act}
			}
		}
	}
	return best
}

func newCritical(best []bestPower, clk clock) criticalPower {
	if len(best) == 0 {
		return criticalPower{err: &fitness.UnavailableError{
			Reason: fmt.Sprintf("no ride of the %d days up to this one has 2 minutes of power", criticalDays),
		}}
	}
	cp := criticalPower{source: fromEstimate}
	efforts := make([]fitness.Effort, len(best))
	for i, b := range best {
		efforts[i] = fitness.Effort{Seconds: b.Seconds, Watts: b.Watts}
		cp.efforts = append(cp.efforts, input{
			Name: curveMaxPower + "_watts", Value: rounded(b.Watts, 1), Source: fromRecording,
			Note: fmt.Sprintf("over %s s on %s in %s", plain(b.Seconds), day(clk.local(b.ride)).Format(time.DateOnly), b.ride.ID),
		})
	}
	cp.model, cp.err = fitness.FitCriticalPower(efforts)
	cp.note = fmt.Sprintf("fitted to the best of the %d days up to the ride, R² %.3f: as good as these were all out", criticalDays, cp.model.RSquared)
	if other, err := fitness.FitCriticalPowerInverse(efforts); err == nil {
		cp.note += fmt.Sprintf("; the 1/t fit gives %.0f W and %.1f kJ", other.Watts, other.WPrimeJ/1000)
	}
	return cp
}

// givenCritical is the model by the athlete's own numbers.
func givenCritical(watts, kilojoules float64) criticalPower {
	return criticalPower{model: fitness.CriticalPower{Watts: watts, WPrimeJ: 1000 * kilojoules}, source: fromUser}
}

func (a *analysis) criticalPower() value {
	m := a.fitted.model
	return computed(fitness.Result{Value: m.Watts, Method: m.Method, Note: a.fitted.note}, a.fitted.err, 1, a.fitted.efforts...)
}

func (a *analysis) wPrime() value {
	m := a.fitted.model
	return computed(fitness.Result{Value: m.WPrimeJ / 1000, Method: m.Method}, a.fitted.err, 2,
		input{Name: curveMaxPower + "_watts", Source: fromRecording, Note: "those of critical_power_watts"})
}

func (a *analysis) wBalance() value {
	left, inputs, err := a.lowestBalance()
	left.Value /= 1000
	return computed(left, err, 2, inputs...)
}

func (a *analysis) wBalancePercent() value {
	left, inputs, err := a.lowestBalance()
	left.Value *= 100 / a.critical.model.WPrimeJ
	return computed(left, err, 1, inputs...)
}

// lowestBalance returns the least W′ in joules that was left during the ride.
func (a *analysis) lowestBalance() (fitness.Result, []input, error) {
	if !a.rec.Sport.IsRide() {
		return fitness.Result{}, nil, notCycled()
	}
	c := a.critical
	switch {
	case a.powerErr != nil:
		return fitness.Result{}, nil, a.powerErr
	case c.err != nil:
		return fitness.Result{}, nil, &fitness.UnavailableError{
			Reason: c.err.Error() + "; if the athlete knows them, give critical_power_watts and w_prime_kilojoules",
		}
	}
	balance, err := a.power.WBalance(c.model)
	if err != nil {
		return fitness.Result{}, nil, err
	}
	left, at, err := balance.Lowest()
	note := fmt.Sprintf("%.0f s after the start", at)
	if left.Note != "" {
		note += "; " + left.Note
	}
	left.Note = note
	return left, []input{
		samplesInput("power_watts"),
		{Name: "critical_power_watts", Value: rounded(c.model.Watts, 1), Source: c.source, Note: c.note},
		{Name: "w_prime_kilojoules", Value: rounded(c.model.WPrimeJ/1000, 2), Source: c.source},
	}, err
}
