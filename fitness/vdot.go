package fitness

import "math"

// The distances in metres of the usual races.
const (
	Mile         = 1609.344
	HalfMarathon = 21097.5
	Marathon     = 42195.0
)

// The race times from which a VDOT can be computed, and those that the curve was
// fitted to.
const (
	raceMinSeconds   = 120
	raceMaxSeconds   = 8 * 3600
	curveMinSeconds  = 210
	curveMaxSeconds  = 4 * 3600
	minVDOT, maxVDOT = 15, 100
	bookMin, bookMax = 30, 85
)

// oxygenCost is the oxygen demand in ml/kg/min of running at v m/min.
func oxygenCost(v float64) float64 { return -4.60 + 0.182258*v + 0.000104*v*v }

// speedAtOxygen is the inverse of [oxygenCost], in m/min.
func speedAtOxygen(vo2 float64) float64 {
	const a, b = 0.000104, 0.182258
	return (-b + math.Sqrt(b*b+4*a*(vo2+4.60))) / (2 * a)
}

// sustainable is the share of VO₂max that can be held for t minutes.
func sustainable(t float64) float64 {
	return 0.8 + 0.1894393*math.Exp(-0.012778*t) + 0.2989558*math.Exp(-0.1932605*t)
}

func vdot(meters, seconds float64) float64 {
	minutes := seconds / 60
	return oxygenCost(meters/minutes) / sustainable(minutes)
}

// VDOT returns the performance-based VO₂max in ml/kg/min of a race, from the
// distance in metres and the time in seconds, by Daniels' and Gilbert's exponential
// curves (which many programs replace by steps).
func VDOT(meters, seconds float64) (Result, error) {
	if err := checkRace(meters, seconds); err != nil {
		return Result{}, err
	}
	v := vdot(meters, seconds)
	if err := within("VDOT", v, minVDOT, maxVDOT, "ml/kg/min"); err != nil {
		return Result{}, err
	}
	res, err := result(v, MethodVDOT, 0)
	res.Note = vdotNote(v, seconds)
	return res, err
}

func checkRace(meters, seconds float64) error {
	if err := first(
		within("distance", meters, 200, 200_000, "m"),
		within("race time", seconds, raceMinSeconds, raceMaxSeconds, "s"),
	); err != nil {
		return err
	}
	return within("race speed", meters/seconds, 1, 8, "m/s")
}

func vdotNote(vdot, seconds float64) string {
	switch {
	case seconds < curveMinSeconds || seconds > curveMaxSeconds:
		return "outside the 3.5 minutes to 4 hours that the curve was fitted to"
	case vdot < bookMin || vdot > bookMax:
		return "outside the VDOT of 30 to 85 that the published tables cover"
	}
	return ""
}

// RaceTime returns the time in seconds over a distance in metres that has the
// given VDOT. The curve has to be solved for the time: a table of fractions of
// VO₂max per distance is not the same.
func RaceTime(vdotValue, meters float64) (Result, error) {
	if err := first(
		within("VDOT", vdotValue, minVDOT, maxVDOT, "ml/kg/min"),
		within("distance", meters, 400, 60_000, "m"),
	); err != nil {
		return Result{}, err
	}
	seconds := raceTime(vdotValue, meters)
	res, err := result(seconds, MethodVDOTRace, 0)
	res.Note = vdotNote(vdotValue, seconds)
	return res, err
}

// raceTime bisects: over the time, the VDOT of a distance falls all the way in
// the range that the callers allow.
func raceTime(vdotValue, meters float64) float64 {
	fast, slow := meters/12, meters/0.5
	for range 60 {
		if mid := (fast + slow) / 2; vdot(meters, mid) > vdotValue {
			fast = mid
		} else {
			slow = mid
		}
	}
	return (fast + slow) / 2
}

// A TrainingPace is one of Daniels' training intensities.
type TrainingPace string

// The training paces, from slow to fast.
const (
	PaceEasySlow   TrainingPace = "easy_slow"  // 59 % of VDOT
	PaceEasy       TrainingPace = "easy"       // 67 %, the book's single easy pace
	PaceEasyFast   TrainingPace = "easy_fast"  // 74 %
	PaceMarathon   TrainingPace = "marathon"   // the predicted marathon
	PaceThreshold  TrainingPace = "threshold"  // 88 %
	PaceInterval   TrainingPace = "interval"   // 97.5 %
	PaceRepetition TrainingPace = "repetition" // the interval pace less 6 s per 400 m
)

// TrainingPaces lists the training paces, from slow to fast.
func TrainingPaces() []TrainingPace {
	return []TrainingPace{PaceEasySlow, PaceEasy, PaceEasyFast, PaceMarathon, PaceThreshold, PaceInterval, PaceRepetition}
}

// Speed returns the training pace for a VDOT, as a speed in m/s; see [Pace].
func (p TrainingPace) Speed(vdotValue float64) (Result, error) {
	if err := within("VDOT", vdotValue, minVDOT, maxVDOT, "ml/kg/min"); err != nil {
		return Result{}, err
	}
	at := func(share float64) float64 { return speedAtOxygen(share*vdotValue) / 60 }
	var speed float64
	switch p {
	case PaceEasySlow:
		speed = at(0.59)
	case PaceEasy:
		speed = at(0.67)
	case PaceEasyFast:
		speed = at(0.74)
	case PaceMarathon:
		speed = Marathon / raceTime(vdotValue, Marathon)
	case PaceThreshold:
		speed = at(0.88)
	case PaceInterval:
		speed = at(0.975)
	case PaceRepetition:
		speed = 400 / (400/at(0.975) - 6)
	default:
		return Result{}, unavailable("there is no training pace %q", string(p))
	}
	res, err := result(speed, MethodVDOTPaces, 0)
	res.Note = vdotNote(vdotValue, curveMinSeconds)
	return res, err
}
