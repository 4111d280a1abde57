package fitness

import "math"

// A Distribution is the time that a recording spent at each step of a quantity, in a form that is small enough to keep: the
// time in zones of any limits follows from it. A value at a border is of the step above it.
type Distribution struct {
	Step     float64   // width of a step, in the quantity's unit
	Seconds  []float64 // at 0 up to Step, Step up to 2·Step …
	Coverage float64   // share (0, 1] of the recorded time that had the quantity
}

// The steps of distributions: zones whose limits are whole watts are exact, those of speeds to half a percent.
const (
	PowerStep = 1    // W
	SpeedStep = 0.02 // m/s
)

// Distribution returns the seconds at each whole watt.
func (p Power) Distribution() Distribution {
	return distributionOf(p.watts.x, PowerStep, p.coverage)
}

// Distribution returns the seconds at each grade-adjusted speed, as the mean over 11 s.
func (r GradedRun) Distribution() Distribution {
	return distributionOf(moving(r.speed), SpeedStep, r.coverage)
}

// moving returns the mean of each second and the five before and after it.
func moving(speed []float64) []float64 {
	means := make([]float64, len(speed))
	const side = movingSeconds / 2
	sum := 0.0
	for i := range len(speed) + side {
		if i < len(speed) {
			sum += speed[i]
		}
		if i >= movingSeconds {
			sum -= speed[i-movingSeconds]
		}
		if at := i - side; at >= 0 {
			means[at] = max(0, sum) / float64(min(i, len(speed)-1)-max(0, i-movingSeconds+1)+1)
		}
	}
	return means
}

// mostSteps bounds a distribution: no athlete has more.
const mostSteps = 5000

func distributionOf(x []float64, step, coverage float64) Distribution {
	d := Distribution{Step: step, Coverage: coverage}
	for _, v := range x {
		at := int(min(math.Floor(v/step+1e-9), mostSteps-1))
		for at >= len(d.Seconds) {
			d.Seconds = append(d.Seconds, 0)
		}
		d.Seconds[at]++
	}
	return d
}

// TimeIn returns the time in each of the zones, which must be in the unit of the distribution.
func (d Distribution) TimeIn(z Zones) (ZoneTime, error) {
	if len(d.Seconds) == 0 {
		return ZoneTime{}, unavailable("nothing was recorded")
	}
	values := make([]float64, len(d.Seconds))
	for i := range values {
		values[i] = (float64(i) + 1e-6) * d.Step
	}
	return timeIn(z, values, func(i int) float64 { return d.Seconds[i] }, d.Coverage), nil
}
