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
	best, ok := strongest(races, thresholdDistance)
	if !ok {
		return ThresholdSpeed{err: noRuns(thresholdDays)}, nil
	}
	speed, err := fitness.PaceThreshold.Speed(best.VDOT.Value)
	return ThresholdSpeed{speed.Value, err, Input{
		Name: "threshold_speed_mps", Value: new(speed.Value), Decimals: 3, Source: Estimated,
		Note: fmt.Sprintf("%s; VDOT %.1f of %.10g m in %.0f s in %s: too low unless that was a race", fitness.MethodVDOTPaces.Name(),
			best.VDOT.Value, best.Meters, best.Seconds, best.Activity.ID),
	}}, nil
}

// RunningStress returns the load of a run by its grade-adjusted speed, 100 for an hour at threshold.
func (a *Analysis) RunningStress(threshold ThresholdSpeed) Value {
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
	t.mps = mps / mostIntensity
	t.in.Note = fmt.Sprintf("raised from %.3f: nobody holds more than %.2f of it for %.0f minutes, as this run did; %s",
		*t.in.Value, mostIntensity, seconds/60, t.in.Note)
	t.in.Value = new(t.mps)
	return t
}
