package training

import (
	"math"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// NormalizedPower returns the normalized power in watts.
func (a *Analysis) NormalizedPower() Value {
	np, _, err := normalizedPower(a.Activity, a.digest)
	return computed(np, err, samplesInput(ChannelPower))
}

// Intensity returns the normalized power of a ride over the threshold power.
func (a *Analysis) Intensity() Value {
	np, _, err := normalizedPower(a.Activity, a.digest)
	ftp := a.Athlete.ftp
	if err = firstOf(err, a.cyclingOnly(), ftp.err()); err != nil {
		return unavailable(err)
	}
	r, err := fitness.Intensity(np, ftp.value)
	return computed(r, err, samplesInput(ChannelPower), ftp.input())
}

func (a *Analysis) cyclingOnly() error {
	if a.Sport.IsRide() {
		return nil
	}
	return because("the threshold power is that of cycling")
}

// Variability returns the normalized over the mean power.
func (a *Analysis) Variability() Value {
	if a.powerErr != nil {
		return unavailable(a.powerErr)
	}
	r, err := a.power.Variability()
	return computed(r, err, samplesInput(ChannelPower))
}

// Work returns the mechanical work in kilojoules.
func (a *Analysis) Work() Value {
	if a.powerErr != nil {
		return unavailable(a.powerErr)
	}
	r, err := a.power.Work()
	return computed(r, err, samplesInput(ChannelPower))
}

// PowerEfficiency returns the normalized power over the mean heart rate, in watts per bpm.
func (a *Analysis) PowerEfficiency() Value {
	np, _, err := normalizedPower(a.Activity, a.digest)
	if err = firstOf(err, a.heartErr); err != nil {
		return unavailable(err)
	}
	hr, err := a.heart.Mean()
	if err != nil {
		return unavailable(err)
	}
	r, err := fitness.EfficiencyOfPower(np, hr)
	err = firstOf(err, partial("heart rate", hr.Coverage))
	return computed(r, err, samplesInput(ChannelPower), samplesInput(ChannelHeartRate))
}

// SpeedEfficiency returns the grade-adjusted speed over the mean heart rate, in metres per beat.
func (a *Analysis) SpeedEfficiency() Value {
	if err := firstOf(a.gradedErr, a.heartErr); err != nil {
		return unavailable(err)
	}
	speed, err1 := a.graded.Speed()
	hr, err2 := a.heart.Mean()
	if err := firstOf(err1, err2); err != nil {
		return unavailable(err)
	}
	r, err := fitness.EfficiencyOfSpeed(speed, hr)
	err = firstOf(err, partial("speed and heart rate", r.Coverage))
	return computed(r, err, append(a.gradedInputs(), samplesInput(ChannelHeartRate))...)
}

// gradedInputs are the channels that grade adjustment takes.
func (a *Analysis) gradedInputs() []Input {
	return []Input{a.distanceInput(), samplesInput(ChannelAltitude)}
}

func (a *Analysis) distanceInput() Input { return distanceInput(a.Series) }

// distanceInput is what the distances of a series come from.
func distanceInput(s pierre.Series) Input {
	if s.Distance == nil {
		return samplesInput(ChannelPosition)
	}
	return samplesInput(ChannelDistance)
}

// GradeAdjustedSpeed returns the speed on the level of the same cost, in m/s.
func (a *Analysis) GradeAdjustedSpeed() Value {
	if a.gradedErr != nil {
		return unavailable(a.gradedErr)
	}
	r, err := a.graded.Speed()
	err = firstOf(err, partial("speed", r.Coverage))
	return computed(r, err, a.gradedInputs()...)
}

// output is what the athlete did, for comparison with the heart rate: power, or else speed.
func (a *Analysis) output() (channel string, values []float64) {
	if a.powerErr == nil {
		return ChannelPower, a.Series.Power
	}
	speed, channel := a.speeds()
	return channel, speed
}

// Decoupling returns by how much percent the output per heart beat fell from the first to the second half of a
// steady effort.
func (a *Analysis) Decoupling() Value {
	channel, out := a.output()
	r, err := fitness.Decoupling(a.Series.Time, out, a.Series.HeartRate)
	return computed(r, err, samplesInput(channel), samplesInput(ChannelHeartRate))
}

// HeartRateDrift returns by how much percent the heart rate rose between the halves of a steady effort.
func (a *Analysis) HeartRateDrift() Value {
	channel, out := a.output()
	r, err := fitness.CardiacDrift(a.Series.Time, out, a.Series.HeartRate)
	return computed(r, err, samplesInput(channel), samplesInput(ChannelHeartRate))
}

// A PowerCurve is the highest mean power for each of some lengths.
type PowerCurve struct {
	Efforts []fitness.Effort
	Evidence
}

// PowerCurve returns the highest mean power over each of the lengths in seconds that the recording has.
func (a *Analysis) PowerCurve(seconds []int) PowerCurve {
	if a.powerErr != nil {
		return PowerCurve{Evidence: Evidence{Err: a.powerErr}}
	}
	return PowerCurve{a.power.MeanMax(seconds), Evidence{
		Method: fitness.MethodMeanMaxPower, Inputs: []Input{samplesInput(ChannelPower)}, Coverage: a.power.Coverage(),
	}}
}

// An EffortCurve is the fastest stretch over each of some distances.
type EffortCurve struct {
	Efforts []fitness.BestEffort
	Evidence
}

// BestEfforts returns the fastest stretches over the usual distances, on foot.
func (a *Analysis) BestEfforts() EffortCurve {
	if len(a.efforts) > 0 {
		return EffortCurve{a.efforts, Evidence{Method: fitness.MethodBestEffort, Inputs: []Input{a.distanceInput()}}}
	}
	return EffortCurve{Evidence: Evidence{Err: because("no distance of at least 1000 m on foot was recorded")}}
}

const (
	longestSplit  = 1.5  // ratio of the halves beyond which they tell of the recording, not of the athlete
	shortestSplit = 1000 // m of distance that are worth halving
	longestStep   = 30   // s between two samples beyond which there was a pause, as in package fitness
)

// Split returns the seconds of the first and of the second half of the distance, without pauses, and false
// where the recording does not tell them.
func (a *Analysis) Split() (before, after float64, ok bool) {
	first, last := math.NaN(), math.NaN()
	for _, d := range a.meters {
		if !math.IsNaN(d) {
			if math.IsNaN(first) {
				first = d
			}
			last = d
		}
	}
	if !(last-first >= shortestSplit) {
		return 0, 0, false
	}
	moving, begin, end := 0.0, math.NaN(), 0.0 // seconds without pauses, at the first and the last known distance
	middle := math.NaN()
	for i, d := range a.meters {
		if i > 0 {
			if step := a.Series.Time[i] - a.Series.Time[i-1]; step <= longestStep {
				moving += step
			}
		}
		if math.IsNaN(d) {
			continue
		}
		if math.IsNaN(begin) {
			begin = moving
		}
		if math.IsNaN(middle) && d >= (first+last)/2 {
			middle = moving
		}
		end = moving
	}
	before, after = middle-begin, end-middle
	return before, after, before > 0 && after > 0 && max(before, after) <= longestSplit*min(before, after)
}
