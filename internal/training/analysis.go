package training

import (
	"context"
	"math"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The channels of a recording, as inputs name them.
const (
	ChannelHeartRate = "heart_rate_bpm"
	ChannelPower     = "power_watts"
	ChannelSpeed     = "speed_mps"
	ChannelDistance  = "distance_meters"
	ChannelAltitude  = "altitude_meters"
	ChannelPosition  = "position"
)

// An Analysis is one activity and its athlete, prepared for the metrics.
type Analysis struct {
	pierre.Recording

	Athlete Athlete
	digest  digest
	recent  ThresholdSpeed // of a run whose load has to go by it

	heart     fitness.HeartRate
	heartErr  error
	power     fitness.Power
	powerErr  error
	meters    []float64            // distance at each sample, nil: not recorded
	efforts   []fitness.BestEffort // on foot
	graded    fitness.GradedRun
	gradedErr error
}

// Analyze prepares one of the user's recordings.
func (s *Service) Analyze(ctx context.Context, user pierre.UserID, rec pierre.Recording) (*Analysis, error) {
	athlete, err := s.Athlete(ctx, user)
	if err != nil {
		return nil, err
	}
	a := newAnalysis(rec, athlete.On(athlete.Clock.DayOf(rec.Activity)))
	a.recent, err = s.recentThreshold(ctx, user, a)
	return a, err
}

func newAnalysis(rec pierre.Recording, athlete Athlete) *Analysis {
	a := &Analysis{Recording: rec, Athlete: athlete}
	s := rec.Series
	whole := wholeSeconds(rec.Activity)
	a.heart, a.heartErr = fitness.NewHeartRate(s.Time, s.HeartRate)
	a.heart = a.heart.Of(whole)
	if a.power, a.powerErr = fitness.NewPower(s.Time, s.Power); a.powerErr == nil {
		a.power, a.powerErr = a.power.Of(whole)
	}
	a.meters, a.gradedErr = distances(s), because("grade adjustment is for running and walking")
	if rec.Sport.OnFoot() {
		a.efforts = bestEfforts(s.Time, a.meters)
		a.graded, a.gradedErr = fitness.NewGradedRun(s.Time, a.meters, s.Altitude)
		a.graded = a.graded.Of(whole)
	}
	ofRun := a.efforts
	if !rec.Sport.IsRun() {
		ofRun = nil
	}
	a.digest = digestOf(a.heart, a.heartErr, a.power, a.powerErr, ofRun)
	if a.gradedErr == nil {
		a.digest.Graded = gradedOf(a.graded)
	}
	if moving := a.MovingTime(); moving.Err == nil {
		a.digest.Moving = hundredth(moving.Value)
	}
	return a
}

// wholeSeconds is the time that the samples should cover: that of the activity, 0 if it is not known.
func wholeSeconds(act pierre.Activity) float64 {
	if act.DurationSeconds == nil {
		return 0
	}
	return *act.DurationSeconds
}

// partial reports that too little of an activity was recorded to speak for the whole.
func partial(what string, coverage float64) error {
	if coverage >= leastCoverage {
		return nil
	}
	return because("only %.0f %% of the activity has %s", 100*coverage, what)
}

// HasPower reports whether the activity has power, in samples or as the device summed it up.
func (a *Analysis) HasPower() bool { return a.powerErr == nil || a.NormalizedPowerWatts != nil }

// Load returns the stress score by the best means that there are.
func (a *Analysis) Load() Load {
	return a.Athlete.load(a.Activity, a.digest, func() ThresholdSpeed { return a.recent })
}

// HeartLoad returns the stress score by heart rate, 100 for an hour at threshold.
func (a *Analysis) HeartLoad() Value { return a.Athlete.heartLoad(a.Activity, a.digest).Value }

// PowerLoad returns the stress score of a ride by power, 100 for an hour at threshold.
func (a *Analysis) PowerLoad() Value { return a.Athlete.powerLoad(a.Activity, a.digest).Value }

// TRIMP returns Banister's training impulse.
func (a *Analysis) TRIMP() Value {
	r, kind, err := a.Athlete.trimp(a.Activity, a.digest)
	if err != nil {
		return unavailable(err)
	}
	_, inputs, err := a.Athlete.heartRates()
	return computed(r, err, append([]Input{heartInput(a.Activity, kind)}, inputs...)...)
}

// EdwardsTRIMP returns the minutes in five heart rate zones times 1 to 5.
func (a *Analysis) EdwardsTRIMP() Value {
	maxHR := a.Athlete.maxHR
	if err := firstOf(a.heartErr, maxHR.err(), partial("heart rate", a.heart.Coverage())); err != nil {
		return unavailable(err)
	}
	r, err := a.heart.Edwards(maxHR.value)
	return computed(r, err, samplesInput(ChannelHeartRate), maxHR.input())
}

// Energy returns the energy spent in kilocalories, by heart rate.
func (a *Analysis) Energy() Value {
	ath, weight := a.Athlete, a.Athlete.weight()
	needs := needsOf(weight, ath.age)
	if ath.sex == "" {
		needs = append(needs, needSex())
	}
	if err := firstOf(a.heartErr, missing(needs...), partial("heart rate", a.heart.Coverage())); err != nil {
		return unavailable(err)
	}
	r, err := a.heart.Energy(weight.value, ath.age.value, fitness.Sex(ath.sex))
	return computed(r, err, samplesInput(ChannelHeartRate), weight.input(), ageInput(ath.age), ath.sexInput())
}

// VDOT returns the highest VDOT of the activity's fastest stretches.
func (a *Analysis) VDOT() Value {
	best, at, err := bestVDOT(a.digest.Efforts)
	best.Note = "as if that stretch had been a race: too low if it was not"
	return computed(best, err, Input{Name: "distance_meters", Value: new(at.Meters), Decimals: 1, Source: Recorded},
		Input{Name: "seconds", Value: new(at.Seconds), Decimals: 1, Source: Recorded})
}

// bestVDOT returns the highest VDOT of the stretches and the stretch that has it.
func bestVDOT(efforts []Stretch) (best fitness.Result, at Stretch, err error) {
	err = because("no run of at least 1000 m was recorded")
	for _, e := range efforts {
		if r, rErr := fitness.VDOT(e.Meters, e.Seconds); rErr == nil && r.Value > best.Value {
			best, at, err = r, e, nil
		}
	}
	return best, at, err
}

// MovingTime returns the seconds in motion by speed, whatever the device's timer said.
func (a *Analysis) MovingTime() Value {
	threshold := fitness.RideMoving
	switch {
	case a.Sport.IsRun():
		threshold = fitness.RunMoving
	case !a.Sport.IsRide():
		threshold = fitness.WalkMoving
	}
	speed, channel := a.speeds()
	r, err := fitness.MovingTime(a.Series.Time, speed, threshold)
	if whole := wholeSeconds(a.Activity); err == nil && whole > 0 {
		r.Coverage *= min(1, recordedSeconds(a.Series.Time)/whole)
		err = partial("speed", r.Coverage)
	}
	return computed(r, err, samplesInput(channel))
}

// recordedSeconds is the time between the samples, without pauses.
func recordedSeconds(t []float64) float64 {
	sum := 0.0
	for i := 1; i < len(t); i++ {
		if step := t[i] - t[i-1]; step <= longestStep {
			sum += step
		}
	}
	return sum
}

// speeds returns the speed at each sample, and the channel that it comes from: where the device recorded none, that of the
// distance.
func (a *Analysis) speeds() (speed []float64, channel string) {
	if a.Series.Speed != nil || a.meters == nil {
		return a.Series.Speed, ChannelSpeed
	}
	t := a.Series.Time
	speed = make([]float64, len(t))
	last := -1 // the last sample with a distance
	for i := range t {
		speed[i] = math.NaN()
		if math.IsNaN(a.meters[i]) {
			continue
		}
		if last >= 0 && t[i] > t[last] {
			speed[last] = max(0, a.meters[i]-a.meters[last]) / (t[i] - t[last])
		}
		last = i
	}
	return speed, ChannelDistance
}
