package activityfile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/muktihari/fit/profile/basetype"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// fitUnset is the FIT time below which a time counts from when the device was
// switched on: its clock was not set (1998-07-03; see date_time in the FIT profile).
const fitUnset = 0x10000000

// drafts turns the sessions into drafts, each with its share of the samples and laps.
func (f *fitFile) drafts(sum [32]byte) []draft {
	if len(f.sessions) == 0 {
		if len(f.records) == 0 {
			return nil
		}
		f.sessions = []fitSession{f.wholeSession()}
	}
	if legs := slices.DeleteFunc(slices.Clone(f.sessions), func(s fitSession) bool { return s.all }); len(legs) > 0 {
		f.sessions = legs
	}
	startLaps(f.laps, f.sessions[0].start)
	slices.SortStableFunc(f.laps, func(a, b lap) int { return cmp.Compare(a.start, b.start) })
	slices.SortStableFunc(f.lengths, func(a, b fitLength) int { return cmp.Compare(a.end, b.end) })
	slices.SortStableFunc(f.sessions, func(a, b fitSession) int { return cmp.Compare(a.start, b.start) })
	parts := map[int]int{}
	for _, s := range f.sessions {
		parts[s.part]++
	}
	legs := f.legs()
	shift, offset, unset := f.clock()
	var drafts []draft
	for i, s := range f.sessions {
		d := f.draft(s, legs[i])
		if math.IsNaN(d.start) && len(d.samples) == 0 {
			continue // nothing says when it was
		}
		if parts[s.part] > 1 {
			d.rec.MultisportID = fmt.Sprintf("%x-%d", sum[:8], s.part)
		}
		d.rec.UTCOffset = offset
		d.unset = unset
		if shift != 0 {
			d.shift(shift)
			d.local = true
			d.warn("the device's clock was not set: the start is the local time that it noted at the end, its time zone is unknown")
		}
		drafts = append(drafts, d)
	}
	return drafts
}

// A leg is what was recorded during a session: everything in [from, to).
type leg struct {
	from, to float64
	samples  []sample
	base     float64 // m on the device's counter when it began
}

func (f *fitFile) legs() []leg {
	legs := make([]leg, len(f.sessions))
	last, seen := 0.0, 0 // the distance of the records before the leg
	for i, s := range f.sessions {
		l := &legs[i]
		l.from, l.to = math.Inf(-1), math.Inf(1)
		if i > 0 {
			l.from = s.start
		}
		if i+1 < len(f.sessions) {
			l.to = f.sessions[i+1].start
		}
		if math.IsNaN(l.from) {
			continue // what was recorded is that of the first one
		}
		lo, hi := firstFrom(f.records, l.from), firstFrom(f.records, l.to)
		l.samples = f.records[lo:max(lo, hi):max(lo, hi)]
		for ; seen < lo; seen++ {
			if d := f.records[seen].dist; d > 0 {
				last = d
			}
		}
		l.base = last
	}
	return legs
}

// between returns those of list, which is in order of their times, in [from, to).
func between[T any](list []T, at func(T) float64, from, to float64) []T {
	lo := sort.Search(len(list), func(i int) bool { return at(list[i]) >= from })
	hi := sort.Search(len(list), func(i int) bool { return at(list[i]) >= to })
	return list[lo:max(lo, hi)]
}

// firstFrom returns the index of the first sample at t or later.
func firstFrom(samples []sample, t float64) int {
	return sort.Search(len(samples), func(i int) bool { return samples[i].t >= t })
}

// draft makes one of the session and what was recorded during it.
func (f *fitFile) draft(s fitSession, l leg) draft {
	d := newDraft(s.start)
	d.rec.Sport, d.rec.Totals, d.rec.Device = s.sport, s.totals, f.device()
	countFrom(l.samples, l.base)
	lengths := between(f.lengths, func(x fitLength) float64 { return x.end }, l.from, l.to)
	var stray int
	d.samples, stray = near(addLengths(l.samples, lengths, s.pool), s.start, s.end)
	if stray > 0 {
		d.warn(fmt.Sprintf("%d samples of another day were left out", stray))
	}
	d.laps = slices.Clone(between(f.laps, func(x lap) float64 { return x.start }, l.from, l.to))
	d.withoutSensors()
	return d
}

// wholeSession stands for the session message of a recording that was cut off.
func (f *fitFile) wholeSession() fitSession {
	s := fitSession{start: f.records[0].t, end: f.records[len(f.records)-1].t, pool: math.NaN(), sport: pierre.SportOther}
	if f.sport != nil {
		s.sport = fitSport(f.sport.Sport, f.sport.SubSport)
	}
	s.totals.DurationSeconds = positive(timerSeconds(f.timer, s.end))
	return s
}

// timerSeconds is how long the stopwatch ran. It may still run at the end.
func timerSeconds(events []fitTimer, end float64) float64 {
	var sum, since float64
	running := false
	for _, e := range events {
		switch {
		case e.on && !running:
			since = e.t
		case !e.on && running:
			sum += e.t - since
		}
		running = e.on
	}
	if running && end > since {
		sum += end - since
	}
	return sum
}

// clock returns what to add to the times, and the athlete's offset from UTC in
// seconds. If unset, the times say nothing and nothing is known to repair them.
func (f *fitFile) clock() (shift float64, offset *int, unset bool) {
	at := f.sessions[0].start
	if math.IsNaN(at) && len(f.records) > 0 {
		at = f.records[0].t
	}
	isUnset := at < fitEpoch+fitUnset
	for _, c := range f.clocks {
		if c.utc == basetype.Uint32Invalid || c.local == basetype.Uint32Invalid {
			continue
		}
		ahead := int64(c.local) - int64(c.utc)
		if isUnset && c.utc < fitUnset && c.local >= fitUnset {
			return float64(ahead), nil, false
		}
		// Several makers write garbage here.
		if !isUnset && ahead%900 == 0 && ahead >= -14*3600 && ahead <= 14*3600 {
			return 0, new(int(ahead)), false
		}
	}
	return 0, nil, isUnset
}

func (d *draft) shift(seconds float64) {
	d.start += seconds
	for i := range d.samples {
		d.samples[i].t += seconds
	}
	for i := range d.laps {
		d.laps[i].start += seconds
		d.laps[i].end += seconds
	}
}

// near returns the samples, which are in order, from a day before start to a
// day after end, and how many others there are: a clock that was set on the way
// leaves samples of another year.
func near(samples []sample, start, end float64) (kept []sample, stray int) {
	const day = 86400
	if math.IsNaN(start) || math.IsNaN(end) {
		return samples, 0
	}
	kept = during(samples, start-day, end+day)
	return kept, len(samples) - len(kept)
}

// countFrom makes the distances of samples start at base, if the device went on counting from there.
func countFrom(samples []sample, base float64) {
	first := slices.IndexFunc(samples, func(s sample) bool { return !math.IsNaN(s.dist) })
	if first < 0 || samples[first].dist < base {
		return
	}
	for i := range samples {
		samples[i].dist -= base
	}
}

// withoutSensors removes totals of 0 that stand for a sensor that was not there.
func (d *draft) withoutSensors() {
	if !slices.ContainsFunc(d.samples, func(s sample) bool { return s.alt != 0 && !math.IsNaN(s.alt) }) {
		zero := func(t *pierre.Totals) {
			for _, v := range []**float64{&t.ElevationGainMeters, &t.ElevationLossMeters} {
				if *v != nil && **v == 0 {
					*v = nil
				}
			}
		}
		zero(&d.rec.Totals)
		for i := range d.laps {
			zero(&d.laps[i].totals)
		}
	}
}
