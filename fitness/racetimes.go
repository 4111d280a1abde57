package fitness

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// A Race is a distance that was run, and how long it took.
type Race struct {
	Meters  float64
	Seconds float64
}

// RiegelExponent is the exponent of Riegel's power law for runners of all levels.
const RiegelExponent = 1.06

// Own exponents outside mean that the races were not comparable.
const minExponent, maxExponent = 1.03, 1.12

// Riegel predicts the time in seconds over a distance in metres from one race:
// T₂ = T₁·(D₂/D₁)^exponent. Use [RiegelExponent] or [FitRiegel].
func Riegel(race Race, meters, exponent float64) (Result, error) {
	if err := first(
		checkRace(race.Meters, race.Seconds),
		within("distance", meters, 200, 200_000, "m"),
		within("exponent", exponent, 1, 1.2, ""),
	); err != nil {
		return Result{}, err
	}
	method := MethodRiegel
	if exponent != RiegelExponent {
		method = MethodRiegelFit
	}
	res, err := result(race.Seconds*math.Pow(meters/race.Meters, exponent), method, 0)
	switch {
	case res.Value < 210 || res.Value > 230*60:
		res.Note = "outside the 3.5 to 230 minutes that Riegel's law was fitted to"
	case meters > HalfMarathon && race.Meters < HalfMarathon:
		res.Note = "optimistic for most runners: a marathon takes endurance that a shorter race does not show"
	}
	return res, err
}

// FitRiegel fits the athlete's own exponent to two or more races of different
// distance, by least squares of the logarithms, clamped to 1.03 to 1.12.
func FitRiegel(races []Race) (float64, error) {
	var logMeters, logSeconds []float64
	shortest, longest := math.Inf(1), 0.0
	for _, r := range races {
		if checkRace(r.Meters, r.Seconds) != nil {
			continue
		}
		logMeters = append(logMeters, math.Log(r.Meters))
		logSeconds = append(logSeconds, math.Log(r.Seconds))
		shortest, longest = min(shortest, r.Meters), max(longest, r.Meters)
	}
	if len(logMeters) < 2 || longest < 1.5*shortest {
		return 0, unavailable("two different races are needed, one at least half as long again as the other")
	}
	_, exponent := stat.LinearRegression(logMeters, logSeconds, nil, false)
	return min(max(exponent, minExponent), maxExponent), nil
}

// Cameron predicts the time in seconds over a distance in metres from one race:
// T₂ = T₁·(D₂/D₁)·f(D₁)/f(D₂). It slows more than [Riegel] over long distances.
func Cameron(race Race, meters float64) (Result, error) {
	if err := first(
		checkRace(race.Meters, race.Seconds),
		within("distance", meters, 400, 100_000, "m"),
	); err != nil {
		return Result{}, err
	}
	return result(race.Seconds*meters/race.Meters*cameron(race.Meters)/cameron(meters), MethodCameron, 0)
}

func cameron(meters float64) float64 {
	return 13.49681 - 0.000030363*meters + 835.7114/math.Pow(meters, 0.7905)
}

// A CriticalSpeed is the two-parameter model of how long a speed can be held:
// distance = CS·t + D′.
type CriticalSpeed struct {
	MetersPerSecond float64 // CS
	DPrimeMeters    float64 // D′
	RSquared        float64
	Races           int // that were fitted
	Method          Method
}

// FitCriticalSpeed fits the model by least squares to races of 2 to 30 minutes.
// It needs three, the longest at least three times the shortest.
func FitCriticalSpeed(races []Race) (CriticalSpeed, error) {
	var seconds, meters []float64
	shortest, longest := math.Inf(1), 0.0
	for _, r := range races {
		if checkRace(r.Meters, r.Seconds) != nil || r.Seconds > 1800 {
			continue
		}
		seconds, meters = append(seconds, r.Seconds), append(meters, r.Meters)
		shortest, longest = min(shortest, r.Seconds), max(longest, r.Seconds)
	}
	if len(seconds) < fitMinEfforts || longest < fitMinSpread*shortest {
		return CriticalSpeed{}, unavailable("%d different races of 2 to 30 minutes are needed, the longest at least %d times the shortest", fitMinEfforts, fitMinSpread)
	}
	dPrime, cs := stat.LinearRegression(seconds, meters, nil, false)
	r2 := stat.RSquared(seconds, meters, nil, dPrime, cs)
	if !(cs > 0) || !(dPrime > 0) || !finite(r2) {
		return CriticalSpeed{}, unavailable("the races do not fit the model: they were not all out")
	}
	return CriticalSpeed{MetersPerSecond: cs, DPrimeMeters: dPrime, RSquared: r2, Races: len(seconds), Method: MethodCriticalSpeed}, nil
}
