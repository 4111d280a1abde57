package training

import (
	"math"
	"slices"
	"sort"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Intervals are the sets of a structured session, as far as its samples show one.
type Intervals struct {
	Sets []IntervalSet
	Evidence
}

// An IntervalSet is a run of equal intervals.
type IntervalSet struct {
	fitness.IntervalSet

	Parts     []IntervalPart // of each interval
	Mean      IntervalPart
	RestWatts *float64
}

// An IntervalPart is what was recorded during an interval. What was not is nil.
type IntervalPart struct{ Watts, Meters, BPM *float64 }

// IntervalsOf finds the intervals of a recording: on foot and in the water by pace, else by power, and where that was not recorded
// by heart rate. The sport must be one that has them.
func IntervalsOf(rec pierre.Recording) Intervals {
	s := rec.Series
	meters := distances(s)
	found, e := findIntervals(rec, meters)
	if e.Err != nil {
		return Intervals{Evidence: e}
	}
	e.Method, e.Coverage, e.Note = fitness.MethodIntervals, found.Coverage, found.Note
	if whole := wholeSeconds(rec.Activity); whole > 0 {
		e.Coverage = min(1, e.Coverage*(s.Time[len(s.Time)-1]-s.Time[0])/whole)
	}
	byPower, byHeartRate := e.Inputs[0].Name == ChannelPower, e.Inputs[0].Name == ChannelHeartRate
	along := newCurve(s.Time, meters)
	var sets []IntervalSet
	for _, set := range found.Sets {
		v := IntervalSet{IntervalSet: set}
		for _, i := range set.Intervals {
			p := IntervalPart{Meters: along.grown(i), BPM: meanHeartRate(s, i)}
			if byPower {
				p.Watts = new(i.Level)
			}
			if byPower || byHeartRate {
				p.Meters = nil // what was found is no pace, and on a bicycle the way says less
			}
			if !p.possible(rec.Sport, i.Seconds) {
				return Intervals{Evidence: Evidence{Err: because("an interval of %.0f s is faster or stronger than anyone is", i.Seconds)}}
			}
			v.Parts = append(v.Parts, p)
		}
		v.Mean = IntervalPart{
			meanOfParts(v.Parts, func(p IntervalPart) *float64 { return p.Watts }),
			meanOfParts(v.Parts, func(p IntervalPart) *float64 { return p.Meters }),
			meanOfParts(v.Parts, func(p IntervalPart) *float64 { return p.BPM }),
		}
		if byPower && set.RestSeconds > 0 {
			v.RestWatts = new(set.RestLevel)
		}
		sets = append(sets, v)
	}
	return Intervals{sets, e}
}

// findIntervals finds the intervals by the channel that tells the most, which it returns as the input.
func findIntervals(rec pierre.Recording, meters []float64) (found fitness.Intervals, e Evidence) {
	s := rec.Series
	switch {
	case rec.Sport.OnFoot() && meters != nil:
		e.Inputs = []Input{distanceInput(s)}
		if s.Altitude != nil {
			e.Inputs = append(e.Inputs, samplesInput(ChannelAltitude))
		}
		found, e.Err = fitness.RunIntervals(s.Time, meters, s.Altitude)
	case rec.Sport == pierre.SportSwim && meters != nil:
		e.Inputs = []Input{distanceInput(s)}
		found, e.Err = fitness.SwimIntervals(s.Time, meters)
	case !rec.Sport.OnFoot() && hasPower(s):
		e.Inputs = []Input{samplesInput(ChannelPower)}
		found, e.Err = fitness.PowerIntervals(s.Time, s.Power)
	default:
		e.Inputs = []Input{samplesInput(ChannelHeartRate)}
		found, e.Err = fitness.HeartIntervals(s.Time, s.HeartRate)
	}
	return found, e
}

func hasPower(s pierre.Series) bool {
	_, err := fitness.NewPower(s.Time, s.Power)
	return err == nil
}

// HasIntervals reports whether a sport has sessions of intervals whose effort goes on without a break.
func HasIntervals(s pierre.Sport) bool {
	return s.IsRide() || s.OnFoot() || slices.Contains([]pierre.Sport{
		pierre.SportSwim, pierre.SportWorkout, "rowing", "kayaking", "canoeing", "cross_country_skiing", "backcountry_skiing", "inline_skating",
	}, s)
}

// possible reports whether anyone could do that in so many seconds.
func (p IntervalPart) possible(sport pierre.Sport, seconds float64) bool {
	return (p.Watts == nil || *p.Watts <= mostOver(humanPower(), seconds)) &&
		(p.Meters == nil || *p.Meters/seconds <= mostOver(humanSpeed(sport), seconds))
}

// meanOfParts returns the mean of what all parts have, or nil.
func meanOfParts(parts []IntervalPart, of func(IntervalPart) *float64) *float64 {
	sum := 0.0
	for _, p := range parts {
		v := of(p)
		if v == nil {
			return nil
		}
		sum += *v
	}
	return new(sum / float64(len(parts)))
}

// meanHeartRate returns the mean of the heart rates that were recorded in an interval, nil if they are of less than half of it.
func meanHeartRate(s pierre.Series, i fitness.Interval) *float64 {
	from, to := sort.SearchFloat64s(s.Time, i.StartSeconds), sort.SearchFloat64s(s.Time, i.StartSeconds+i.Seconds)
	if s.HeartRate == nil || from >= to {
		return nil
	}
	h, err := fitness.NewHeartRate(s.Time[from:to], s.HeartRate[from:to])
	if err != nil || h.Seconds() < i.Seconds/2 {
		return nil
	}
	mean, err := h.Mean()
	if err != nil {
		return nil
	}
	return &mean.Value
}

// A curve is the distance in m at times in s, neither of which falls.
type curve struct{ t, d []float64 }

func newCurve(t, meters []float64) curve {
	var c curve
	if len(t) > 0 {
		c = curve{t: []float64{t[0]}, d: []float64{0}} // the distance is that since the start
	}
	for i, d := range meters {
		if !math.IsNaN(d) && !math.IsInf(d, 0) && d >= c.d[len(c.d)-1] {
			c.t, c.d = append(c.t, t[i]), append(c.d, d)
		}
	}
	return c
}

// grown returns by how many metres the distance grew in an interval, nil if it did not.
func (c curve) grown(i fitness.Interval) *float64 {
	if meters := c.at(i.StartSeconds+i.Seconds) - c.at(i.StartSeconds); meters > 0 {
		return &meters
	}
	return nil
}

// at returns the distance at a time, interpolated.
func (c curve) at(t float64) float64 {
	n := sort.SearchFloat64s(c.t, t)
	switch {
	case len(c.t) == 0 || n == 0:
		return 0
	case n == len(c.t):
		return c.d[n-1]
	}
	share := (t - c.t[n-1]) / (c.t[n] - c.t[n-1])
	return c.d[n-1] + share*(c.d[n]-c.d[n-1])
}
