package activityfile

import (
	"math"
	"slices"
	"sort"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// finish sorts and cleans the samples, and derives what the source did not
// store. docs/imports.md explains each rule.
func (d *draft) finish() pierre.Recording {
	sortSamples(d.samples)
	d.shorten()
	clean(d.samples)
	plausible(&d.rec.Totals)
	if math.IsNaN(d.start) && len(d.samples) > 0 {
		d.start = d.samples[0].t
	}
	d.rec.Name, d.rec.Device = tidy(d.rec.Name, maxTitle), tidy(d.rec.Device, maxTitle)
	d.rec.Description = tidy(d.rec.Description, maxDescription)
	if d.rec.Sport == "" {
		d.rec.Sport = pierre.SportOther
	}
	d.rec.Start = fromUnix(d.start)
	measureTrack(d.samples, d.rec.Sport)
	derive(&d.rec.Totals, d.samples, d.rec.Sport, 0)
	plausible(&d.rec.Totals)
	d.rec.HasGPS = slices.ContainsFunc(d.samples, func(s sample) bool { return s.placed() })
	d.finishLaps()
	d.rec.Series = columns(d.samples, d.start)
	return d.rec
}

// finishLaps derives what the laps lack, and counts their starts from d.start.
func (d *draft) finishLaps() {
	// Laps follow each other. A hostile file's may all span everything: then what they lack stays unknown.
	budget := 4 * len(d.samples)
	startLaps(d.laps, d.start)
	for i := range d.laps {
		l := &d.laps[i]
		start := l.start - d.start
		if math.IsNaN(start) || start > maxSpan {
			continue
		}
		plausible(&l.totals)
		within := during(d.samples, l.start, l.end)
		if budget -= len(within); budget >= 0 {
			derive(&l.totals, within, d.rec.Sport, math.NaN())
			plausible(&l.totals)
		}
		d.rec.Laps = append(d.rec.Laps, pierre.Lap{StartSeconds: math.Max(0, start), Totals: l.totals})
	}
}

// startLaps lets laps without a start begin where the lap before them ended.
func startLaps(laps []lap, begin float64) {
	for i := range laps {
		l := &laps[i]
		if math.IsNaN(l.start) {
			l.start = begin
		}
		if long := first(l.totals.ElapsedSeconds, l.totals.DurationSeconds); math.IsNaN(l.end) && long != nil {
			l.end = l.start + *long
		}
		begin = l.end
	}
}

// during returns the samples in [start, end].
func during(samples []sample, start, end float64) []sample {
	lo := firstFrom(samples, start)
	hi := sort.Search(len(samples), func(i int) bool { return samples[i].t > end })
	return samples[lo:max(lo, hi)]
}

// derive fills what t lacks from samples, which are in order. Distances count
// from origin, or from the first one if that is NaN.
func derive(t *pierre.Totals, samples []sample, sport pierre.Sport, origin float64) {
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
		fill(&t.ElapsedSeconds, samples[len(samples)-1].t-samples[0].t, true)
		if t.DurationSeconds == nil {
			fill(&t.DurationSeconds, movingSeconds(samples, sport), true)
		}
	}
	if t.ElevationGainMeters == nil || t.ElevationLossMeters == nil {
		gain, loss := climb(samples)
		t.ElevationGainMeters, t.ElevationLossMeters = first(t.ElevationGainMeters, gain), first(t.ElevationLossMeters, loss)
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

func summarise(samples []sample) summary {
	var m summary
	for i := range samples {
		s := &samples[i]
		m.dist.add(s.dist)
		m.hr.add(s.hr)
		m.power.add(s.power)
		m.speed.add(s.speed)
		if s.cad > 0 { // while coasting or standing there is no cadence to average
			m.cad.add(s.cad)
		}
	}
	return m
}
