package workout

import "github.com/pierre-mcp/pierre/internal/pierre"

// Thresholds are an athlete's numbers by which targets are converted. A nil one is not known.
type Thresholds struct {
	FTPWatts     *float64
	ThresholdBPM *float64 // of heart rate
	SpeedMPS     *float64 // that can be held for an hour, of the workout's sport
}

// Speed returns the range of a pace target in m/s, the slower one first, if it is known.
func (by Thresholds) Speed(t *pierre.StepTarget) (low, high float64, ok bool) {
	switch {
	case t == nil:
	case t.By == pierre.TargetPace:
		return 1000 / t.High, 1000 / t.Low, true
	case t.By == pierre.TargetPercentPace && by.SpeedMPS != nil:
		return t.Low / 100 * *by.SpeedMPS, t.High / 100 * *by.SpeedMPS, true
	}
	return 0, 0, false
}
