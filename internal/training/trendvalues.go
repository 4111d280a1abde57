package training

import (
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// value returns the metric of one activity, and its mean heart rate where the metric is at one.
func (c *collector) value(act pierre.Activity, d digest) (v, bpm float64, ok bool) {
	switch c.metric {
	case TrendPace:
		speed, _, err := meanSpeed(act)
		return 1000 / speed.Value, 0, err == nil && speed.Value > 0
	case TrendHeartRate:
		hr, err := meanHeart(act, d)
		return hr.Value, 0, err == nil
	case TrendPower:
		np, _, err := normalizedPower(act, d)
		return np.Value, 0, err == nil && act.Sport.IsRide()
	case TrendEfficiency:
		return efficiency(act, d)
	case TrendDecoupling:
		v, ok := decoupling(act, d)
		return v, 0, ok
	case TrendVDOT:
		best, _, err := bestVDOT(stretches(act, d))
		return best.Value, 0, err == nil && best.Value <= highestVDOT && act.Sport.IsRun()
	case TrendPaceAtHeart, TrendPowerAtHeart:
		return c.output(act, d)
	case TrendMaximum:
		return d.PeakHR, 0, d.PeakHR > 0
	default:
		return 0, 0, false
	}
}

// meanHeart is the mean heart rate from the samples, or else as the device summed it up.
func meanHeart(act pierre.Activity, d digest) (fitness.Result, error) {
	if d.HeartRate != nil {
		hr, err := d.HeartRate.HeartRate()
		if err == nil {
			err = partial("heart rate", hr.Of(wholeSeconds(act)).Coverage())
		}
		if err == nil {
			return hr.Mean()
		}
	}
	if act.AverageHeartRateBPM == nil {
		return fitness.Result{}, because("no heart rate was recorded")
	}
	return fitness.Result{Value: *act.AverageHeartRateBPM}, nil
}

// efficiency is output over heart rate: of rides in W/bpm, on foot in metres per beat.
func efficiency(act pierre.Activity, d digest) (v, bpm float64, ok bool) {
	hr, err := meanHeart(act, d)
	if err != nil || wholeSeconds(act) < leastTrendSeconds {
		return 0, 0, false
	}
	var r fitness.Result
	switch {
	case act.Sport.IsRide():
		var np fitness.Result
		if np, _, err = normalizedPower(act, d); err == nil {
			r, err = fitness.EfficiencyOfPower(np, hr)
		}
	case act.Sport.OnFoot():
		var speed fitness.Result
		if speed, err = trendSpeed(act, d); err == nil {
			r, err = fitness.EfficiencyOfSpeed(speed, hr)
		}
	default:
		return 0, 0, false
	}
	return r.Value, 0, err == nil
}

// output is the speed of a run, or the power of a ride, and the heart rate that it was done with.
func (c *collector) output(act pierre.Activity, d digest) (v, bpm float64, ok bool) {
	hr, err := meanHeart(act, d)
	if err != nil || wholeSeconds(act) < leastTrendSeconds {
		return 0, 0, false
	}
	var r fitness.Result
	switch {
	case c.metric == TrendPowerAtHeart && act.Sport.IsRide():
		r, _, err = normalizedPower(act, d)
	case c.metric == TrendPaceAtHeart && act.Sport.OnFoot():
		r, err = trendSpeed(act, d)
	default:
		return 0, 0, false
	}
	return r.Value, hr.Value, err == nil && r.Value > 0
}

// weekly sums up days in whole weeks from Monday to Sunday, from the first with a value on.
func weekly(from, to time.Time, byDay map[time.Time]float64) []TrendPoint {
	first := Monday(from)
	if first.Before(from) {
		first = first.AddDate(0, 0, 7)
	}
	var weeks []TrendPoint
	for start := first; !start.AddDate(0, 0, 6).After(to); start = start.AddDate(0, 0, 7) {
		week := TrendPoint{Day: start}
		any := false
		for n := range 7 {
			v, ok := byDay[start.AddDate(0, 0, n)]
			week.Value += v
			any = any || ok
		}
		if any || len(weeks) > 0 {
			weeks = append(weeks, week)
		}
	}
	return weeks
}

func (h History) loadsByDay() map[time.Time]float64 {
	days := map[time.Time]float64{}
	for _, l := range h.Loads {
		if !l.Day.Before(h.From) {
			days[l.Day] += l.Load.Value.Value
		}
	}
	return days
}

// trendSpeed is the speed of an activity on foot, grade-adjusted where its samples allow.
func trendSpeed(act pierre.Activity, d digest) (fitness.Result, error) {
	if g := d.gradedRun(); g != nil && g.Speed > 0 {
		return fitness.Result{Value: g.Speed}, nil
	}
	speed, _, err := meanSpeed(act)
	return speed, err
}

// decoupling is that of a run, or of a ride by power: the speed of a ride goes by hills and wind.
func decoupling(act pierre.Activity, d digest) (float64, bool) {
	switch {
	case d.Steady == nil || d.Moving == 0:
		return 0, false
	case act.Sport.IsRide():
		return d.Steady.Decoupling, d.Steady.ByPower
	default:
		return d.Steady.Decoupling, act.Sport.OnFoot()
	}
}
