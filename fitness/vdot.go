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

// TrainingPaces are Daniels' training intensities as speeds in m/s.
type TrainingPaces struct {
	EasySlow   float64 // 59 % of VDOT
	Easy       float64 // 67 %, the book's single easy pace
	EasyFast   float64 // 74 %
	Marathon   float64 // the predicted marathon
	Threshold  float64 // 88 %
	Interval   float64 // 97.5 %
	Repetition float64 // interval pace less 6 s per 400 m
	Method     Method
	Note       string
}

// Paces returns the training paces for a VDOT.
func Paces(vdotValue float64) (TrainingPaces, error) {
	if err := within("VDOT", vdotValue, minVDOT, maxVDOT, "ml/kg/min"); err != nil {
		return TrainingPaces{}, err
	}
	at := func(share float64) float64 { return speedAtOxygen(share*vdotValue) / 60 }
	interval := at(0.975)
	return TrainingPaces{
		EasySlow:   at(0.59),
		Easy:       at(0.67),
		EasyFast:   at(0.74),
		Marathon:   Marathon / raceTime(vdotValue, Marathon),
		Threshold:  at(0.88),
		Interval:   interval,
		Repetition: 400 / (400/interval - 6),
		Method:     MethodVDOTPaces,
		Note:       vdotNote(vdotValue, curveMinSeconds),
	}, nil
}
