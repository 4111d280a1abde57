package fitness

// A PlannedStep is a stretch of a workout to come at one intensity.
type PlannedStep struct {
	Seconds   float64
	Intensity float64 // of the threshold of power or speed, 1 being the threshold
}

// maxIntensity is above what anyone holds for a second.
const maxIntensity = 10

// PlannedStress returns the stress score that steps are made for, rests included: as [TSS] and [RTSS] are of a recording, with
// each step held exactly. It is t·IF²/36, IF being the 4-norm of the 30 s moving mean of the intensities at 1 Hz; of less than
// 30 s the steps' own.
func PlannedStress(steps []PlannedStep) (Result, error) {
	seconds, err := checkPlanned(steps)
	if err != nil {
		return Result{}, err
	}
	var perSecond []float64
	square := 0.0
	for _, s := range steps {
		square += s.Seconds * s.Intensity * s.Intensity
		for range int(s.Seconds + 0.5) {
			perSecond = append(perSecond, s.Intensity)
		}
	}
	if len(perSecond) >= npWindow {
		intensity := normalize(perSecond)
		square = seconds * intensity * intensity
	}
	return result(square/36, MethodPlannedStress, 0)
}

// PlannedSwimStress returns the same for a swim, as [SwimTSS] is of a recording: t·IF³/36, IF being the mean intensity.
func PlannedSwimStress(steps []PlannedStep) (Result, error) {
	seconds, err := checkPlanned(steps)
	if err != nil {
		return Result{}, err
	}
	mean := 0.0
	for _, s := range steps {
		mean += s.Intensity * s.Seconds / seconds
	}
	return result(seconds*mean*mean*mean/36, MethodSwimTSS, 0)
}

func checkPlanned(steps []PlannedStep) (seconds float64, err error) {
	for _, s := range steps {
		if err := first(within("a step", s.Seconds, 0, 60*maxMinutes, "s"), within("an intensity", s.Intensity, 0, maxIntensity, "")); err != nil {
			return 0, err
		}
		seconds += s.Seconds
	}
	if !(seconds > 0) {
		return 0, unavailable("the steps have no length in time")
	}
	return seconds, within("the workout", seconds, 0, 60*maxMinutes, "s")
}
