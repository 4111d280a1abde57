package fitness

const (
	restingOxygen = 3.5 // ml/kg/min
	minOxygen     = 10  // ml/kg/min, of a VO₂max
	maxOxygen     = 100
)

// ACSMRunning returns the oxygen cost in ml/kg/min of running at a speed in m/s on
// a slope (rise over run): 0.2·v + 0.9·v·i + 3.5, v in m/min. It holds above
// 134 m/min; below, most people walk.
func ACSMRunning(speed, slope float64) (Result, error) {
	return acsm(acsmTerm{0.2, 0.9, 134, 8 * 60, MethodACSMRun}, speed, slope)
}

// ACSMWalking returns the oxygen cost in ml/kg/min of walking at a speed in m/s on
// a slope (rise over run): 0.1·v + 1.8·v·i + 3.5, v in m/min. It holds for 50 to
// 100 m/min.
func ACSMWalking(speed, slope float64) (Result, error) {
	return acsm(acsmTerm{0.1, 1.8, 50, 100, MethodACSMWalk}, speed, slope)
}

// An acsmTerm holds the constants of a metabolic equation and the range in m/min
// that it was made for.
type acsmTerm struct {
	flat, vertical   float64
	slowest, fastest float64
	method           Method
}

func acsm(c acsmTerm, speed, slope float64) (Result, error) {
	if err := first(within("speed", speed, 0, 8, "m/s"), within("slope", slope, 0, 0.5, "")); err != nil {
		return Result{}, err
	}
	v := 60 * speed
	res, err := result(c.flat*v+c.vertical*v*slope+restingOxygen, c.method, 0)
	if v < c.slowest || v > c.fastest {
		res.Note = "outside the speeds that the equation was made for"
	}
	return res, err
}

// ACSMCycling returns the oxygen cost in ml/kg/min of cycling at a power in watts
// for a rider of a weight in kg: 10.8·P/w + 7.
func ACSMCycling(watts, weightKg float64) (Result, error) {
	if err := first(within("power", watts, 0, 1000, "W"), checkWeight(weightKg)); err != nil {
		return Result{}, err
	}
	return result(10.8*watts/weightKg+7, MethodACSMCycle, 0)
}

// minReserveShare is the intensity below which a heart rate says little about the
// maximum.
const minReserveShare = 0.4

// Swain extrapolates the VO₂max in ml/kg/min from a steady effort of a known oxygen
// cost in ml/kg/min, as the shares of the oxygen and heart rate reserves are equal:
// (VO₂ − 3.5)/share + 3.5. The effort must use 40 % of the reserve.
func Swain(oxygen, bpm float64, r HeartRateRange) (Result, error) {
	if err := first(
		within("oxygen cost", oxygen, restingOxygen, maxOxygen, "ml/kg/min"),
		within("heart rate", bpm, minHeartRate, maxHeartRate, "bpm"),
		r.check(),
	); err != nil {
		return Result{}, err
	}
	share := r.reserve(bpm)
	if share < minReserveShare {
		return Result{}, unavailable("the effort used %.0f %% of the heart rate reserve, and 40 %% are needed", 100*share)
	}
	return vo2max((oxygen-restingOxygen)/share+restingOxygen, MethodSwain)
}

// Cooper returns the VO₂max in ml/kg/min from the distance in metres of a 12-minute
// run all out: (d − 504.9)/44.73.
func Cooper(meters float64) (Result, error) {
	if err := within("distance in 12 minutes", meters, 1000, 5000, "m"); err != nil {
		return Result{}, err
	}
	return vo2max((meters-504.9)/44.73, MethodCooper)
}

// Uth returns the VO₂max in ml/kg/min as 15.3·HRmax/HRrest, found in trained men.
func Uth(r HeartRateRange) (Result, error) {
	if err := r.check(); err != nil {
		return Result{}, err
	}
	res, err := vo2max(15.3*r.MaxBPM/r.RestBPM, MethodUth)
	res.Note = "a rough estimate, found in 46 well-trained men"
	return res, err
}

func vo2max(v float64, m Method) (Result, error) {
	if err := within("VO₂max", v, minOxygen, maxOxygen, "ml/kg/min"); err != nil {
		return Result{}, err
	}
	return result(v, m, 0)
}
