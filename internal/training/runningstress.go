package training

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A ThresholdSpeed is the speed that a runner could hold for about an hour.
type ThresholdSpeed struct {
	mps float64
	err error // why it is not known
	in  Input
}

// thresholdDistance is what most runners cover in somewhat less than the hour of their threshold, in metres.
const thresholdDistance = 10_000

// thresholdDays is how old a run may be to speak for an athlete's threshold.
const thresholdDays = 90

// ThresholdSpeed estimates the threshold speed from the fastest stretches of the runs of the [thresholdDays] up to run, run
// included.
func (s *Service) ThresholdSpeed(ctx context.Context, user pierre.UserID, from pierre.Provider, run pierre.Activity) (ThresholdSpeed, error) {
	if !run.Sport.IsRun() {
		return ThresholdSpeed{err: because("the running stress score is for runs")}, nil
	}
	races, err := s.races(ctx, user, from, run.Start.Add(time.Microsecond), thresholdDays)
	if err != nil {
		return ThresholdSpeed{}, err
	}
	return estimatedThreshold(races), nil
}

// RunningStress returns the load of a run by its grade-adjusted speed, 100 for an hour at threshold: that of the profile, or
// else recent.
func (a *Analysis) RunningStress(recent ThresholdSpeed) Value {
	threshold, ok := a.Athlete.thresholdSpeed()
	if !ok {
		threshold = recent
	}
	if err := firstOf(threshold.err, a.gradedErr); err != nil {
		return unavailable(err)
	}
	if a.DurationSeconds == nil {
		return unavailable(because("the duration was not recorded"))
	}
	speed, err := a.graded.Normalized()
	if err != nil {
		return unavailable(err)
	}
	threshold = threshold.provenBy(speed.Value, *a.DurationSeconds)
	r, err := fitness.RTSS(*a.DurationSeconds, speed, threshold.mps)
	return computed(r, err, append(a.gradedInputs(), threshold.in)...)
}

const (
	mostIntensity  = 1.05 // of the threshold that anyone holds for longer than
	intenseSeconds = 2400 // this
)

// provenBy raises the threshold if a run of so many seconds was faster than the threshold allows: then it was too low.
func (t ThresholdSpeed) provenBy(mps, seconds float64) ThresholdSpeed {
	if seconds <= intenseSeconds || mps <= mostIntensity*t.mps {
		return t
	}
	note := fmt.Sprintf("raised from %.3f m/s: nobody holds more than %.2f of it for %.0f minutes, as this run did", t.mps, mostIntensity, seconds/60)
	if t.in.Note != "" {
		note += "; " + t.in.Note
	}
	t.mps = mps / mostIntensity
	t.in = Input{Name: "threshold_speed_mps", Value: new(t.mps), Decimals: 3, Source: Estimated, Note: note}
	return t
}
