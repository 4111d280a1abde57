package training

import (
	"slices"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A LoadKind says what the load of an activity was computed from.
type LoadKind string

// The kinds, the best first. All are scaled so that an hour at threshold is 100.
const (
	LoadByPower     LoadKind = "power"
	LoadByHeartRate LoadKind = "heart_rate"
	LoadByMean      LoadKind = "mean_heart_rate" // of the activity, as there are too few samples
	LoadByPace      LoadKind = "pace"            // of a run
	LoadBySwimPace  LoadKind = "swim_pace"
	LoadByExertion  LoadKind = "session_rpe" // as the athlete perceived it
)

// LoadKinds lists the kinds, the best first.
func LoadKinds() []LoadKind {
	return []LoadKind{LoadByPower, LoadByHeartRate, LoadByMean, LoadByPace, LoadBySwimPace, LoadByExertion}
}

// A Load is the stress score of one activity.
type Load struct {
	Value
	Kind LoadKind
}

func newLoad(kind LoadKind, r fitness.Result, err error, inputs ...Input) Load {
	if err != nil {
		return noLoad(err)
	}
	return Load{computed(r, nil, inputs...), kind}
}

func noLoad(err error) Load { return Load{Value: unavailable(err)} }

// leastCoverage is the share of an activity that must have samples for these to count; below it the mean that the
// device states stands for all of it, or there is no value.
const leastCoverage = 0.5

// load computes the stress score of an activity by the best means that the recording and the profile allow, or else by how hard
// the athlete says it was. recent is what the athlete's runs up to the activity say of the threshold speed.
func (a Athlete) load(act pierre.Activity, d digest, recent func() ThresholdSpeed) Load {
	measured := a.measuredLoad(act, d, recent)
	if measured.Err == nil || act.RPE == nil {
		return measured
	}
	if by := exertionLoad(act); by.Err == nil {
		return by
	}
	return measured
}

// exertionLoad is the stress score by the perceived exertion, which is of the whole session, rests included.
func exertionLoad(act pierre.Activity) Load {
	seconds := act.DurationSeconds
	if seconds == nil {
		seconds = act.ElapsedSeconds
	}
	if act.RPE == nil || seconds == nil {
		return noLoad(because("neither a perceived exertion nor a duration is known"))
	}
	from := Recorded
	if slices.Contains(act.Said, "rpe") {
		from = User
	}
	r, err := fitness.SessionRPE(*seconds/60, *act.RPE)
	return newLoad(LoadByExertion, r, err, Input{Name: "rpe", Value: act.RPE, Decimals: 1, Source: from})
}

func (a Athlete) measuredLoad(act pierre.Activity, d digest, recent func() ThresholdSpeed) Load {
	hasHeart := d.HeartRate != nil || act.AverageHeartRateBPM != nil
	hasSpeed := act.DistanceMeters != nil && act.DurationSeconds != nil
	byHeart := func() Load { return a.heartLoad(act, d) }
	switch {
	case act.Sport.IsRide() && (d.Power != nil || act.NormalizedPowerWatts != nil):
		return bestLoad(func() Load { return a.powerLoad(act, d) }, "heart rate", byHeart, hasHeart)
	case act.Sport.IsRun() && hasSpeed && hasHeart:
		return bestLoad(byHeart, "pace", func() Load { return a.runLoad(act, d, recent) }, a.mayGoByPace())
	case act.Sport.IsRun() && hasSpeed:
		return a.runLoad(act, d, recent)
	case act.Sport == pierre.SportSwim && hasSpeed:
		return bestLoad(func() Load { return a.swimLoad(act) }, "heart rate", byHeart, hasHeart)
	case hasHeart:
		return byHeart()
	}
	return noLoad(because("neither power (of a ride) nor heart rate nor pace (of a run or swim) was recorded"))
}

// mayGoByPace reports whether pace may stand in for a heart rate that was recorded: not by an estimate, while the athlete could
// say what the heart rate lacks.
func (a Athlete) mayGoByPace() bool {
	_, _, err := a.heartRates()
	return err == nil || a.runPace.known
}

// bestLoad returns the first load, or if there is none the other, which is by something that may not have been recorded.
func bestLoad(first func() Load, by string, other func() Load, recorded bool) Load {
	l := first()
	if l.Err == nil || !recorded {
		return l
	}
	second := other()
	if second.Err == nil {
		return second
	}
	return noLoad(&NoLoadError{l.Err, by, second.Err})
}

// powerLoad is for rides alone: a runner's power has another threshold.
func (a Athlete) powerLoad(act pierre.Activity, d digest) Load {
	if !act.Sport.IsRide() {
		return noLoad(because("power counts in cycling only"))
	}
	np, seconds, err := normalizedPower(act, d)
	if err = firstOf(err, a.ftp.err()); err != nil {
		return noLoad(err)
	}
	tss, err := fitness.TSS(seconds, np, a.ftp.value)
	return newLoad(LoadByPower, tss, err, samplesInput(ChannelPower), a.ftp.input())
}

// methodDevicePower is for recordings whose samples have no power, such as rows of a table.
const methodDevicePower fitness.Method = "normalized power as the device computed it (recording)"

// normalizedPower returns the normalized power and the seconds that it is of: from the samples, or else
// what the device computed.
func normalizedPower(act pierre.Activity, d digest) (np fitness.Result, seconds float64, err error) {
	switch {
	case d.Power != nil:
		np := d.Power.normalized()
		if whole := wholeSeconds(act); whole > d.Power.Seconds {
			np.Coverage *= d.Power.Seconds / whole
		}
		return np, d.Power.Seconds, partial("power", np.Coverage)
	case act.NormalizedPowerWatts != nil && act.DurationSeconds != nil:
		return fitness.Result{Value: *act.NormalizedPowerWatts, Method: methodDevicePower}, *act.DurationSeconds, nil
	}
	return fitness.Result{}, 0, because("no power was recorded")
}

func (a Athlete) heartLoad(act pierre.Activity, d digest) Load {
	trimp, kind, err := a.trimp(act, d)
	if err != nil {
		return noLoad(err)
	}
	limits, inputs, err := a.heartRates()
	if err != nil {
		return noLoad(err)
	}
	score, err := fitness.HRTSS(trimp, a.thresholdHR.value, limits, fitness.Sex(a.sex))
	return newLoad(kind, score, err, slices.Concat([]Input{heartInput(act, kind)}, inputs, []Input{a.thresholdHR.input()})...)
}

// trimp returns Banister's TRIMP from the samples, or else from the mean heart rate.
func (a Athlete) trimp(act pierre.Activity, d digest) (fitness.Result, LoadKind, error) {
	hasMean := act.AverageHeartRateBPM != nil && act.DurationSeconds != nil
	if d.HeartRate == nil && !hasMean {
		return fitness.Result{}, "", because("no heart rate was recorded")
	}
	limits, _, err := a.heartRates()
	if err != nil {
		return fitness.Result{}, "", err
	}
	sex := fitness.Sex(a.sex)
	if d.HeartRate != nil {
		hr, err := d.HeartRate.HeartRate()
		if err != nil {
			return fitness.Result{}, "", err
		}
		hr = hr.Of(wholeSeconds(act))
		if !hasMean || hr.Coverage() >= leastCoverage {
			r, err := hr.Banister(limits, sex)
			return r, LoadByHeartRate, firstOf(err, partial("heart rate", hr.Coverage()))
		}
	}
	r, err := fitness.BanisterOf(*act.DurationSeconds/60, *act.AverageHeartRateBPM, limits, sex)
	return r, LoadByMean, err
}

// heartInput is the heart rate that a load of a kind was computed from.
func heartInput(act pierre.Activity, kind LoadKind) Input {
	if kind == LoadByMean {
		return Input{Name: "average_heart_rate_bpm", Value: act.AverageHeartRateBPM, Decimals: 1, Source: Recorded}
	}
	return samplesInput(ChannelHeartRate)
}
