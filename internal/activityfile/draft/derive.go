package draft

import (
	"math"
	"slices"
	"sort"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Finish sorts and cleans the samples, and derives what the source did not
// store. docs/IMPORTS.md explains each rule.
func (d *Draft) Finish() pierre.Recording {
	SortSamples(d.Samples)
	d.shorten()
	clean(d.Samples)
	plausible(&d.Rec.Totals)
	if math.IsNaN(d.Start) && len(d.Samples) > 0 {
		d.Start = d.Samples[0].T
	}
	d.Rec.Name, d.Rec.Device = tidy(d.Rec.Name, MaxTitle), tidy(d.Rec.Device, MaxTitle)
	d.Rec.Description, d.Rec.Note = tidy(d.Rec.Description, MaxDescription), tidy(d.Rec.Note, MaxDescription)
	d.Rec.Gear = tidy(d.Rec.Gear, MaxTitle)
	if d.Rec.Sport == "" {
		d.Rec.Sport = pierre.SportOther
	}
	d.timesInOrder()
	d.Rec.Start = FromUnix(d.Start)
	d.believe()
	d.oneLeg()
	d.oneMeanPower()
	derive(&d.Rec.Totals, d.Samples, d.Rec.Sport, 0)
	plausible(&d.Rec.Totals)
	d.Rec.HasGPS = slices.ContainsFunc(d.Samples, func(s Sample) bool { return s.placed() })
	d.finishLaps()
	d.Rec.Series = columns(d.Samples, d.Start)
	return d.Rec
}

// finishLaps derives what the laps lack, and counts their starts from d.start.
func (d *Draft) finishLaps() {
	// Laps follow each other. A hostile file's may all span everything: then what they lack stays unknown.
	budget := 4 * len(d.Samples)
	StartLaps(d.Laps, d.Start)
	for i := range d.Laps {
		l := &d.Laps[i]
		start := l.Start - d.Start
		if math.IsNaN(start) || start > MaxSpan {
			continue
		}
		plausible(&l.Totals)
		within := During(d.Samples, l.Start, l.End)
		if budget -= len(within); budget >= 0 {
			derive(&l.Totals, within, d.Rec.Sport, math.NaN())
			plausible(&l.Totals)
		}
		d.Rec.Laps = append(d.Rec.Laps, pierre.Lap{StartSeconds: math.Max(0, start), Totals: l.Totals})
	}
}

// StartLaps lets laps without a start begin where the lap before them ended.
func StartLaps(laps []Lap, begin float64) {
	for i := range laps {
		l := &laps[i]
		if math.IsNaN(l.Start) {
			l.Start = begin
		}
		if long := First(l.Totals.ElapsedSeconds, l.Totals.DurationSeconds); math.IsNaN(l.End) && long != nil {
			l.End = l.Start + *long
		}
		begin = l.End
	}
}

// During returns the samples in [start, end].
func During(samples []Sample, start, end float64) []Sample {
	lo := FirstFrom(samples, start)
	hi := sort.Search(len(samples), func(i int) bool { return samples[i].T > end })
	return samples[lo:max(lo, hi)]
}

// derive fills what t lacks from samples, which are in order. Distances count
// from origin, or from the first one if that is NaN.
func derive(t *pierre.Totals, samples []Sample, sport pierre.Sport, origin float64) {
	m := summarise(samples)
	if math.IsNaN(origin) {
		origin = m.dist.first
	}
	fill := func(dst **float64, x float64, ok bool) {
		if *dst == nil && ok && !math.IsNaN(x) && !math.IsInf(x, 0) {
			*dst = new(x)
		}
	}
	fill(&t.DistanceMeters, m.dist.max-origin, m.dist.max > origin)
	if len(samples) > 1 {
		fill(&t.ElapsedSeconds, samples[len(samples)-1].T-samples[0].T, true)
		if t.DurationSeconds == nil {
			fill(&t.DurationSeconds, movingSeconds(samples, sport), true)
		}
	}
	if t.ElevationGainMeters == nil || t.ElevationLossMeters == nil {
		gain, loss := climb(samples, known(t.DurationSeconds))
		t.ElevationGainMeters, t.ElevationLossMeters = First(t.ElevationGainMeters, gain), First(t.ElevationLossMeters, loss)
	}
	fill(&t.AverageHeartRateBPM, m.hr.mean(), m.hr.n > 0)
	fill(&t.MaxHeartRateBPM, m.hr.max, m.hr.n > 0)
	fill(&t.AveragePowerWatts, m.power.mean(), m.power.n > 0)
	fill(&t.MaxPowerWatts, m.power.max, m.power.n > 0)
	fill(&t.AverageCadenceRPM, m.cad.mean(), m.cad.n > 0)
	fill(&t.MaxSpeedMPS, m.speed.max, m.speed.n > 0)
	if t.DistanceMeters != nil && t.DurationSeconds != nil && *t.DurationSeconds > 0 {
		fill(&t.AverageSpeedMPS, *t.DistanceMeters / *t.DurationSeconds, true)
	}
}

// known returns x, 0 if it is not known.
func known(x *float64) float64 {
	if x == nil {
		return 0
	}
	return *x
}

// A tally sums up the values of one column.
type tally struct {
	n               int
	sum, first, max float64
}

func (t *tally) add(x float64) {
	if math.IsNaN(x) {
		return
	}
	if t.n == 0 {
		t.first, t.max = x, x
	}
	t.n++
	t.sum += x
	t.max = math.Max(t.max, x)
}

func (t *tally) mean() float64 { return t.sum / float64(t.n) }

type summary struct{ dist, hr, power, cad, speed tally }

func summarise(samples []Sample) summary {
	var m summary
	for i := range samples {
		s := &samples[i]
		m.dist.add(s.Dist)
		m.hr.add(s.HR)
		m.power.add(s.Power)
		m.speed.add(s.Speed)
		if s.Cad > 0 { // while coasting or standing there is no cadence to average
			m.cad.add(s.Cad)
		}
	}
	return m
}

// FirstFrom returns the index of the first sample at t or later.
func FirstFrom(samples []Sample, t float64) int {
	return sort.Search(len(samples), func(i int) bool { return samples[i].T >= t })
}
