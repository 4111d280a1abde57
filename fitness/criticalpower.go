package fitness

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// A CriticalPower is the two-parameter model of how long a power can be held:
// P = CP + W′/t.
type CriticalPower struct {
	Watts    float64 // CP
	WPrimeJ  float64 // W′, joules
	RSquared float64 // of the fitted line
	Method   Method
}

// The two-parameter model holds for efforts of about 2 to 20 minutes; shorter
// ones overrate W′, longer ones underrate CP.
const (
	fitMinSeconds = 120
	fitMaxSeconds = 1200
	fitMinEfforts = 3
	fitMinSpread  = 3
	goodFit       = 0.95 // R², below which an effort was probably not all out
)

// FitCriticalPower fits work = CP·t + W′ by least squares to the efforts of 2 to
// 20 minutes. It needs three, the longest at least three times the shortest, and
// all must have been all out.
func FitCriticalPower(efforts []Effort) (CriticalPower, error) {
	seconds, watts, err := fittable(efforts)
	if err != nil {
		return CriticalPower{}, err
	}
	work := make([]float64, len(seconds))
	for i, s := range seconds {
		work[i] = s * watts[i]
	}
	wPrime, cp := stat.LinearRegression(seconds, work, nil, false)
	return criticalPower(cp, wPrime, stat.RSquared(seconds, work, nil, wPrime, cp), MethodCPWorkTime)
}

// FitCriticalPowerInverse fits P = W′·(1/t) + CP by least squares, with the needs
// of [FitCriticalPower]. It weights short efforts more and so gives a higher CP;
// the two together show how certain the fit is.
func FitCriticalPowerInverse(efforts []Effort) (CriticalPower, error) {
	seconds, watts, err := fittable(efforts)
	if err != nil {
		return CriticalPower{}, err
	}
	inverse := make([]float64, len(seconds))
	for i, s := range seconds {
		inverse[i] = 1 / s
	}
	cp, wPrime := stat.LinearRegression(inverse, watts, nil, false)
	return criticalPower(cp, wPrime, stat.RSquared(inverse, watts, nil, cp, wPrime), MethodCPInverseTime)
}

func fittable(efforts []Effort) (seconds, watts []float64, err error) {
	shortest, longest := math.Inf(1), 0.0
	for _, e := range efforts {
		if e.Seconds >= fitMinSeconds && e.Seconds <= fitMaxSeconds && e.Watts > 0 && e.Watts <= maxWatts {
			seconds, watts = append(seconds, e.Seconds), append(watts, e.Watts)
			shortest, longest = min(shortest, e.Seconds), max(longest, e.Seconds)
		}
	}
	if len(seconds) < fitMinEfforts {
		return nil, nil, unavailable("there are %d efforts of 2 to 20 minutes, and %d are needed", len(seconds), fitMinEfforts)
	}
	if longest < fitMinSpread*shortest {
		return nil, nil, unavailable("the efforts are too alike: the longest must take %d times as long as the shortest", fitMinSpread)
	}
	return seconds, watts, nil
}

func criticalPower(cp, wPrime, r2 float64, m Method) (CriticalPower, error) {
	c := CriticalPower{Watts: cp, WPrimeJ: wPrime, RSquared: r2, Method: m}
	if !finite(r2) || c.check() != nil {
		return CriticalPower{}, unavailable("the efforts do not fit the model: they were not all out")
	}
	return c, nil
}

func (c CriticalPower) check() error {
	return first(
		within("critical power", c.Watts, 30, 700, "W"),
		within("W′", c.WPrimeJ, 1000, 100_000, "J"),
	)
}
