package tools

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A thresholdSpeed is the speed that a runner could hold for about an hour.
type thresholdSpeed struct {
	mps float64
	err error // why it is not known
	in  input
}

// thresholdDistance is what most runners cover in somewhat less than the hour of their threshold, in metres.
const thresholdDistance = 10_000

// thresholdSpeed estimates the threshold speed from the fastest stretches of the runs up to act, act included.
func (c *Catalog) thresholdSpeed(ctx context.Context, user pierre.UserID, act pierre.Activity, from pierre.Provider) (thresholdSpeed, error) {
	if !act.Sport.IsRun() {
		return thresholdSpeed{err: &fitness.UnavailableError{Reason: "the running stress score is for runs"}}, nil
	}
	races, err := c.races(ctx, user, from, act.Start.Add(time.Microsecond))
	if err != nil {
		return thresholdSpeed{}, err
	}
	best, ok := strongest(races, thresholdDistance)
	if !ok {
		return thresholdSpeed{err: noEvidenceOfRuns()}, nil
	}
	speed, err := fitness.PaceThreshold.Speed(best.vdot.Value)
	return thresholdSpeed{speed.Value, err, input{
		Name: "threshold_speed_mps", Value: rounded(speed.Value, 3), Source: fromEstimate,
		Note: fmt.Sprintf("%s; VDOT %.1f of %s m in %s s in %s: too low unless that was a race", fitness.MethodVDOTPaces.Name(),
			best.vdot.Value, plain(best.Meters), plain(*rounded(best.Seconds, 0)), best.activity.ID),
	}}, nil
}

func noEvidenceOfRuns() error {
	return &fitness.UnavailableError{Reason: fmt.Sprintf("there is no run of 1000 m or more in the last %d days", evidenceDays)}
}

func (a *analysis) runningStress() value {
	if err := firstOf(a.threshold.err, a.gradedErr); err != nil {
		return unavailable(err)
	}
	if a.rec.DurationSeconds == nil {
		return unavailable(&fitness.UnavailableError{Reason: "the duration was not recorded"})
	}
	speed, err := a.graded.Normalized()
	if err != nil {
		return unavailable(err)
	}
	r, err := fitness.RTSS(*a.rec.DurationSeconds, speed, a.threshold.mps)
	return computed(r, err, 1, append(a.gradedInputs(), a.threshold.in)...)
}
