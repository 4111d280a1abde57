package training

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// runLoad is the stress score of a run by its mean speed over the threshold speed.
func (a Athlete) runLoad(act pierre.Activity, d digest, recent func() ThresholdSpeed) Load {
	threshold, ok := a.thresholdSpeed()
	if !ok {
		threshold = recent()
	}
	speed, in, err := runSpeed(act, d)
	if err = firstOf(err, threshold.err); err != nil {
		return noLoad(err)
	}
	threshold = threshold.provenBy(speed.Value, *act.DurationSeconds)
	r, err := fitness.RTSS(*act.DurationSeconds, speed, threshold.mps)
	return newLoad(LoadByPace, r, err, in, threshold.in)
}

// runSpeed is the speed of a run that its load goes by.
func runSpeed(act pierre.Activity, d digest) (fitness.Result, Input, error) {
	if g := d.gradedRun(); g != nil && g.Normalized > 0 {
		return fitness.Result{Value: g.Normalized, Method: fitness.MethodNormalizedPace, Coverage: g.Coverage, Note: g.Note}, samplesInput(ChannelDistance), nil
	}
	speed, in, err := meanSpeed(act)
	speed.Note = "by the mean speed, as on the level"
	return speed, in, err
}

// gradedRun is the grade-adjusted speed, if it speaks for the whole activity: whoever has no time in motion was recorded in part.
func (d *digest) gradedRun() *gradedDigest {
	if d.Graded == nil || d.Graded.Coverage < leastCoverage || d.Moving == 0 {
		return nil
	}
	return d.Graded
}

// swimLoad is the stress score of a swim by its mean speed over the threshold speed.
func (a Athlete) swimLoad(act pierre.Activity) Load {
	if err := a.swimPace.err(); err != nil {
		return noLoad(err)
	}
	speed, in, err := meanSpeed(act)
	if err != nil {
		return noLoad(err)
	}
	r, err := fitness.SwimTSS(*act.DurationSeconds, speed, 100/a.swimPace.value)
	return newLoad(LoadBySwimPace, r, err, in, a.swimPace.input())
}

// meanSpeed is an activity's distance over its duration, in m/s.
func meanSpeed(act pierre.Activity) (fitness.Result, Input, error) {
	if act.DistanceMeters == nil || act.DurationSeconds == nil || !(*act.DurationSeconds > 0) {
		return fitness.Result{}, Input{}, because("neither distance nor duration was recorded")
	}
	mps := *act.DistanceMeters / *act.DurationSeconds
	return fitness.Result{Value: mps}, Input{Name: "average_speed_mps", Value: new(mps), Decimals: 3, Source: Recorded}, nil
}

// thresholdSpeed is that of the profile, and false if the athlete never said it.
func (a Athlete) thresholdSpeed() (ThresholdSpeed, bool) {
	if !a.runPace.known {
		return ThresholdSpeed{}, false
	}
	return ThresholdSpeed{mps: 1000 / a.runPace.value, in: a.runPace.input()}, true
}

// recentRuns are an athlete's runs, the oldest first, to estimate the threshold from.
type recentRuns []recentRun

type recentRun struct {
	id   pierre.ActivityID
	day  time.Time
	fast []Stretch // until the strongest of them was found
	best []Race    // the strongest, if it has one
}

// add takes note of a run. Runs must come in the order of their days.
func (r *recentRuns) add(act pierre.Activity, d digest, day time.Time) {
	if act.Sport.IsRun() {
		*r = append(*r, recentRun{id: act.ID, day: day, fast: stretches(act, d)})
	}
}

// threshold estimates the threshold speed on a day from the runs of the [thresholdDays] up to it, and forgets earlier ones.
func (r *recentRuns) threshold(day time.Time) ThresholdSpeed {
	old := 0
	for old < len(*r) && (*r)[old].day.Before(day.AddDate(0, 0, -thresholdDays)) {
		old++
	}
	*r = (*r)[old:]
	var races []Race
	for i := range *r {
		(*r)[i].find()
		races = append(races, (*r)[i].best...)
	}
	return estimatedThreshold(races)
}

// find looks for the strongest stretch, once.
func (r *recentRun) find() {
	if r.fast == nil {
		return
	}
	var races []Race
	for _, e := range r.fast {
		if vdot, err := fitness.VDOT(e.Meters, e.Seconds); err == nil && vdot.Value <= highestVDOT {
			races = append(races, Race{e, pierre.Activity{ID: r.id}, vdot})
		}
	}
	if best, ok := strongest(races, thresholdDistance); ok {
		r.best = []Race{best}
	}
	r.fast = nil
}

// estimatedThreshold is the threshold speed of the strongest of some stretches.
func estimatedThreshold(races []Race) ThresholdSpeed {
	best, ok := strongest(races, thresholdDistance)
	if !ok {
		return ThresholdSpeed{err: noRuns(thresholdDays)}
	}
	speed, err := fitness.PaceThreshold.Speed(best.VDOT.Value)
	return ThresholdSpeed{speed.Value, err, Input{
		Name: "threshold_speed_mps", Value: new(speed.Value), Decimals: 3, Source: Estimated,
		Note: fmt.Sprintf("%s; VDOT %.1f of %.10g m in %.0f s in %s: too low unless that was a race", fitness.MethodVDOTPaces.Name(),
			best.VDOT.Value, best.Meters, best.Seconds, best.Activity.ID),
	}}
}

// recentThreshold is the threshold speed that a run's load goes by, where neither heart rate nor the profile tells.
func (s *Service) recentThreshold(ctx context.Context, user pierre.UserID, a *Analysis) (ThresholdSpeed, error) {
	_, stated := a.Athlete.thresholdSpeed()
	if !a.Sport.IsRun() || stated || a.Athlete.heartLoad(a.Activity, a.digest).Err == nil {
		return ThresholdSpeed{}, nil
	}
	return s.ThresholdSpeed(ctx, user, "", a.Activity)
}
