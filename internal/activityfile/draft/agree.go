package draft

import (
	"fmt"
	"math"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// What a source says twice must agree: this file decides which of the two counts.

// mostStrides is how often one leg steps per minute at most, for long.
const mostStrides = 120

// oneLeg turns the cadence of runs that count the steps of both feet into strides of one leg.
func (d *Draft) oneLeg() {
	if !d.Rec.Sport.OnFoot() {
		return
	}
	halve := func(t *pierre.Totals) {
		if t.AverageCadenceRPM != nil && *t.AverageCadenceRPM > mostStrides {
			t.AverageCadenceRPM = new(*t.AverageCadenceRPM / 2)
		}
	}
	halve(&d.Rec.Totals)
	for i := range d.Laps {
		halve(&d.Laps[i].Totals)
	}
	if m := summarise(d.Samples).cad; m.n > 0 && m.mean() > mostStrides {
		for i := range d.Samples {
			d.Samples[i].Cad /= 2
		}
	}
}

// oneMeanPower leaves out a mean power of the device that does not count the seconds without power, if the samples tell
// the mean of all: it would contradict the normalized power and everything that is computed of the samples.
func (d *Draft) oneMeanPower() {
	const tolerance = 0.03
	stated := d.Rec.AveragePowerWatts
	if stated == nil {
		return
	}
	var all, pedalled tally
	for i := range d.Samples {
		all.add(d.Samples[i].Power)
		if d.Samples[i].Power > 0 {
			pedalled.add(d.Samples[i].Power)
		}
	}
	if all.n < 2 || 10*all.n < 9*len(d.Samples) || pedalled.n == 0 {
		return // the samples do not tell
	}
	if math.Abs(*stated-all.mean()) > tolerance*all.mean() && math.Abs(*stated-pedalled.mean()) <= tolerance*pedalled.mean() {
		d.Rec.AveragePowerWatts = nil
		d.Warn(fmt.Sprintf("the device's mean power of %.0f W leaves out the seconds without power; with them it is %.0f W", *stated, all.mean()))
	}
}

// timesInOrder corrects a start after the first sample, and a timer that ran longer than the activity was.
func (d *Draft) timesInOrder() {
	const reading = 1.5 // s, by which two rounded times may differ
	t := &d.Rec.Totals
	span := 0.0
	if n := len(d.Samples); n > 0 {
		if first := d.Samples[0].T; first < d.Start {
			d.Start = first
		}
		span = d.Samples[n-1].T - d.Start
	}
	if t.ElapsedSeconds == nil && t.DurationSeconds != nil && span > 0 {
		t.ElapsedSeconds = &span
		if late := *t.DurationSeconds - span; late > reading && late <= math.Max(60, 0.05*span) {
			t.ElapsedSeconds = t.DurationSeconds // the track ends a little before the timer
		}
	}
	if t.DurationSeconds == nil || t.ElapsedSeconds == nil || *t.DurationSeconds <= *t.ElapsedSeconds+reading {
		return
	}
	d.Warn(fmt.Sprintf("a timer of %.0f s in an activity of %.0f s is impossible", *t.DurationSeconds, *t.ElapsedSeconds))
	if span > 0 {
		t.ElapsedSeconds = &span
	}
	t.DurationSeconds = new(math.Min(*t.DurationSeconds, *t.ElapsedSeconds))
	t.AverageSpeedMPS = nil
}
