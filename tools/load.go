package tools

import (
	"fmt"
	"slices"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A loadKind says what the load of an activity was computed from.
type loadKind string

// The kinds, the best first. All are scaled so that an hour at threshold is 100.
const (
	loadByPower     loadKind = "power"
	loadByHeartRate loadKind = "heart_rate"
	loadByMean      loadKind = "mean_heart_rate"
)

func loadKinds() []loadKind { return []loadKind{loadByPower, loadByHeartRate, loadByMean} }

// A load is the stress score of one activity.
type load struct {
	result fitness.Result
	kind   loadKind
	inputs []input
}

// leastCoverage is the share of a recording that must have heart rate for the samples to count; below it
// the mean of what is there stands for the rest.
const leastCoverage = 0.5

// load computes the stress score of an activity by the best means that the recording and the profile allow.
func (a athlete) load(act pierre.Activity, d digest) (load, error) {
	l, err := a.powerLoad(act, d)
	if err == nil {
		return l, nil
	}
	l, heartErr := a.heartLoad(act, d)
	if heartErr == nil {
		return l, nil
	}
	hasPower := act.Sport.IsRide() && (d.Power != nil || act.NormalizedPowerWatts != nil)
	hasHeart := d.HeartRate != nil || act.AverageHeartRateBPM != nil
	switch {
	case hasPower && hasHeart:
		return load{}, &fitness.UnavailableError{Reason: fmt.Sprintf("%v; by heart rate it is not because %v", err, heartErr)}
	case hasHeart:
		return load{}, heartErr
	case hasPower:
		return load{}, err
	}
	return load{}, &fitness.UnavailableError{Reason: "neither power (of a ride) nor heart rate was recorded"}
}

// powerLoad is for rides alone: a runner's power has another threshold.
func (a athlete) powerLoad(act pierre.Activity, d digest) (load, error) {
	if !act.Sport.IsRide() {
		return load{}, &fitness.UnavailableError{Reason: "power counts in cycling only"}
	}
	np, seconds, err := normalizedPower(act, d)
	if err != nil {
		return load{}, err
	}
	if !a.ftp.known {
		return load{}, a.ftp.err()
	}
	tss, err := fitness.TSS(seconds, np, a.ftp.value)
	return load{tss, loadByPower, []input{samplesInput("power_watts"), a.ftp.input()}}, err
}

// methodDevicePower is for recordings whose samples have no power, such as rows of a table.
const methodDevicePower fitness.Method = "normalized power as the device computed it (recording)"

// normalizedPower returns the normalized power and the seconds that it is of: from the samples, or else
// what the device computed.
func normalizedPower(act pierre.Activity, d digest) (np fitness.Result, seconds float64, err error) {
	switch {
	case d.Power != nil:
		return d.Power.normalized(), d.Power.Seconds, nil
	case act.NormalizedPowerWatts != nil && act.DurationSeconds != nil:
		return fitness.Result{Value: *act.NormalizedPowerWatts, Method: methodDevicePower}, *act.DurationSeconds, nil
	}
	return fitness.Result{}, 0, &fitness.UnavailableError{Reason: "no power was recorded"}
}

func (a athlete) heartLoad(act pierre.Activity, d digest) (load, error) {
	trimp, err := a.trimp(act, d)
	if err != nil {
		return load{}, err
	}
	limits, _, err := a.heartRates()
	if err != nil {
		return load{}, err
	}
	score, err := fitness.HRTSS(trimp.result, a.thresholdHR.value, limits, fitness.Sex(a.sex))
	return load{score, trimp.kind, append(slices.Clone(trimp.inputs), a.thresholdHR.input())}, err
}

// trimp returns Banister's TRIMP from the samples, or else from the mean heart rate.
func (a athlete) trimp(act pierre.Activity, d digest) (load, error) {
	hasMean := act.AverageHeartRateBPM != nil && act.DurationSeconds != nil
	if d.HeartRate == nil && !hasMean {
		return load{}, &fitness.UnavailableError{Reason: "no heart rate was recorded"}
	}
	limits, inputs, err := a.heartRates()
	if err != nil {
		return load{}, err
	}
	sex := fitness.Sex(a.sex)
	if d.HeartRate != nil {
		hr, err := d.HeartRate.HeartRate()
		if err != nil {
			return load{}, err
		}
		if hr.Coverage() >= leastCoverage || !hasMean {
			r, err := hr.Banister(limits, sex)
			return load{r, loadByHeartRate, append([]input{samplesInput("heart_rate_bpm")}, inputs...)}, err
		}
	}
	r, err := fitness.BanisterOf(*act.DurationSeconds/60, *act.AverageHeartRateBPM, limits, sex)
	mean := input{Name: "average_heart_rate_bpm", Value: act.AverageHeartRateBPM, Source: fromRecording}
	return load{r, loadByMean, append([]input{mean}, inputs...)}, err
}

func samplesInput(channel string) input { return input{Name: channel, Source: fromRecording} }
