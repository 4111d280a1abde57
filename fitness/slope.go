package fitness

// maxSlope is the steepest that Minetti measured.
const maxSlope = 0.45

// minettiRun returns the energy cost in J/kg/m of running on a slope (rise over
// run, clamped to ±0.45). The source is Minetti et al. 2002.
func minettiRun(slope float64) float64 {
	i := min(max(slope, -maxSlope), maxSlope)
	return ((((155.4*i-30.4)*i-43.3)*i+46.3)*i+19.5)*i + flatCost
}

const flatCost = 3.6 // J/kg/m, of running on the level

// A GradedRun is a run as one grade-adjusted speed per second of recorded time:
// the speed on the level that would have cost the same. Make it with
// [NewGradedRun].
type GradedRun struct {
	speed    []float64 // m/s, grade-adjusted
	coverage float64
	note     string
}

// NewGradedRun computes the grade-adjusted speed from the times in s, the
// cumulative distance in m and the altitude in m. The slope is a straight line
// fitted to the altitude over 50 m of distance, clamped to ±0.45. It is Minetti's
// cost of transport; Strava's newer grade adjustment, fitted to heart rates, gives
// less credit downhill. Where no altitude was recorded, as indoors, the run counts as level, and the notes of its results
// say so.
func NewGradedRun(t, distance, altitude []float64) (GradedRun, error) {
	adjusted, note, err := gradedSpeed(t, distance, altitude)
	if err != nil {
		return GradedRun{}, err
	}
	c, err := hold("altitude and distance", t, adjusted, 0, maxRunSpeed)
	if err != nil {
		return GradedRun{}, err
	}
	speed, err := perSecond(c.known())
	return GradedRun{speed: speed.x, coverage: c.coverage(), note: note}, err
}

// gradedSpeed returns the grade-adjusted speed at each sample in m/s, and how the slopes were found, if that was not by a barometer.
func gradedSpeed(t, distance, altitude []float64) (speed []float64, note string, err error) {
	note, span := "as on the level: no altitude was recorded", slopeMeters
	if len(altitude) == 0 {
		altitude = make([]float64, len(t))
	} else if altitude, note = levelled(t, altitude); note != "" {
		span = gpsSlopeMeters
	}
	speed, err = gradeAdjusted(t, distance, altitude, span)
	return speed, note, err
}

// Of returns r as a part of an activity that lasted so many seconds: its coverage is the share of these.
func (r GradedRun) Of(seconds float64) GradedRun {
	if recorded := float64(len(r.speed)); seconds > recorded {
		r.coverage *= recorded / seconds
	}
	return r
}

// maxRunSpeed in m/s is above the fastest human, also grade-adjusted.
const maxRunSpeed = 25

// movingSeconds is what a speed is averaged over to tell whether a runner moves, as
// many devices update the distance only every few seconds.
const movingSeconds = 11

// Speed returns the mean grade-adjusted speed in m/s over the time that the
// runner moved (faster than 0.8 m/s over 11 s, grade-adjusted).
func (r GradedRun) Speed() (Result, error) {
	sum, n := 0.0, 0
	window := 0.0
	for i := range len(r.speed) + movingSeconds/2 {
		if i < len(r.speed) {
			window += r.speed[i]
		}
		if i >= movingSeconds {
			window -= r.speed[i-movingSeconds]
		}
		if at := i - movingSeconds/2; at >= 0 && window > RunMoving*movingSeconds {
			sum += r.speed[at]
			n++
		}
	}
	if n == 0 {
		return Result{}, unavailable("the recording shows no running")
	}
	res, err := result(sum/float64(n), MethodGradeAdjusted, r.coverage)
	res.Note = r.note
	return res, err
}

// Normalized returns the normalized graded speed in m/s: the 4-norm of the 30 s
// moving mean of the grade-adjusted speed. It needs 30 s.
func (r GradedRun) Normalized() (Result, error) {
	if len(r.speed) < npWindow {
		return Result{}, unavailable("less than %d s of running were recorded", npWindow)
	}
	res, err := result(normalize(r.speed), MethodNormalizedPace, r.coverage)
	res.Note = r.note
	return res, err
}

// RTSS returns the running stress score of seconds at a speed in m/s, mostly of
// [GradedRun.Normalized]: t·IF²/36, IF being the speed over the threshold speed,
// the one that can be held for an hour.
func RTSS(seconds float64, speed Result, thresholdMPS float64) (Result, error) {
	if err := first(
		within("duration", seconds, 0, 60*maxMinutes, "s"),
		within("speed", speed.Value, 0, maxRunSpeed, "m/s"),
		within("threshold speed", thresholdMPS, 1, 8, "m/s"),
	); err != nil {
		return Result{}, err
	}
	intensity := speed.Value / thresholdMPS
	res, err := result(seconds*intensity*intensity/36, MethodRTSS, speed.Coverage)
	res.Note = speed.Note
	return res, err
}

// SwimTSS returns the swim stress score of seconds at a mean speed in m/s: t·IF³/36, IF being the speed over the threshold
// speed, which can be held for an hour. The cube stands for the resistance of water, which grows faster with speed than what
// a runner overcomes.
func SwimTSS(seconds float64, speed Result, thresholdMPS float64) (Result, error) {
	if err := first(
		within("duration", seconds, 0, 60*maxMinutes, "s"),
		within("speed", speed.Value, 0, maxSwimSpeed, "m/s"),
		within("threshold speed", thresholdMPS, 0.2, maxSwimSpeed, "m/s"),
	); err != nil {
		return Result{}, err
	}
	intensity := speed.Value / thresholdMPS
	res, err := result(seconds*intensity*intensity*intensity/36, MethodSwimTSS, speed.Coverage)
	res.Note = speed.Note
	return res, err
}

// maxSwimSpeed in m/s is above the fastest human.
const maxSwimSpeed = 3
