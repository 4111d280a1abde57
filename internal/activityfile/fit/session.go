package fit

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/muktihari/fit/profile/basetype"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// unsetBelow is the FIT time below which a time counts from when the device was
// switched on: its clock was not set (1998-07-03; see date_time in the FIT profile).
const unsetBelow = 0x10000000

// drafts turns the sessions into drafts, each with its share of the samples and laps.
func (f *file) drafts(sum [32]byte) []draft.Draft {
	if len(f.sessions) == 0 {
		return nil
	}
	f.followLaps()
	draft.StartLaps(f.laps, f.sessions[0].start)
	slices.SortStableFunc(f.laps, func(a, b draft.Lap) int { return cmp.Compare(a.Start, b.Start) })
	slices.SortStableFunc(f.lengths, func(a, b poolLength) int { return cmp.Compare(a.end, b.end) })
	if f.copied {
		f.dropCopiedParts()
	}
	parts := map[int]int{}
	for _, s := range f.sessions {
		parts[s.part]++
	}
	legs := f.legs()
	shift, offset, unset := f.clock()
	var drafts []draft.Draft
	for i, s := range f.sessions {
		d := f.draft(s, legs[i])
		if math.IsNaN(d.Start) && len(d.Samples) == 0 {
			continue // nothing says when it was
		}
		if parts[s.part] > 1 {
			d.Rec.MultisportID = fmt.Sprintf("%x-%d", sum[:8], s.part)
		}
		d.Rec.UTCOffset = offset
		d.Unset = unset
		if shift != 0 {
			d.Shift(shift)
			d.Local = true
			d.Warn("the device's clock was not set: the start is the local time that it noted at the end, its time zone is unknown")
		}
		if f.copied {
			d.Warn("the file holds it more than once")
		}
		drafts = append(drafts, d)
	}
	return drafts
}

// gatherSessions puts the sessions in order, each once: without those that sum up others, and with one for records that have none.
func (f *file) gatherSessions() {
	if len(f.sessions) == 0 && len(f.records) > 0 {
		f.sessions = []session{f.wholeSession()}
	}
	if legs := slices.DeleteFunc(slices.Clone(f.sessions), func(s session) bool { return s.all }); len(legs) > 0 {
		f.sessions = legs
	}
	slices.SortStableFunc(f.sessions, func(a, b session) int { return cmp.Compare(a.start, b.start) })
	f.dropCopies()
}

// followLaps corrects the starts of laps that overlap the lap before, as of devices that let all begin with the recording:
// when they were written, less how long they were, tells it.
func (f *file) followLaps() {
	for i := 1; i < len(f.laps); i++ {
		l, before := &f.laps[i], &f.laps[i-1]
		long := draft.First(l.Totals.ElapsedSeconds, l.Totals.DurationSeconds)
		if long == nil || !(l.Start < before.End-1) {
			continue
		}
		if began := f.written[i] - *long; began >= before.End-2 {
			l.Start, l.End = math.Max(began, before.End), f.written[i]
		}
	}
}

// A leg is what was recorded during a session: everything in [from, to).
type leg struct {
	from, to float64
	samples  []draft.Sample
	base     float64 // m on the device's counter when it began
}

func (f *file) legs() []leg {
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
		lo, hi := draft.FirstFrom(f.records, l.from), draft.FirstFrom(f.records, l.to)
		l.samples = f.records[lo:max(lo, hi):max(lo, hi)]
		for ; seen < lo; seen++ {
			if d := f.records[seen].Dist; d > 0 {
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

// draft makes one of the session and what was recorded during it.
func (f *file) draft(s session, l leg) draft.Draft {
	text := ""
	if len(f.sessions) == 1 {
		text = f.completeSession(&s, l.samples)
	}
	d := draft.New(s.start)
	d.Rec.Sport, d.Rec.Totals, d.Rec.Device = s.sport, s.totals, f.device()
	d.Rec.Impression = s.words
	draft.Called(&d.Rec.Activity, s.name)
	countFrom(l.samples, l.base)
	lengths := between(f.lengths, func(x poolLength) float64 { return x.end }, l.from, l.to)
	var stray int
	d.Samples, stray = near(addLengths(l.samples, lengths, s.pool), s.start, s.end)
	if text != "" {
		d.Warn(text)
	}
	if stray > 0 {
		d.Warn(fmt.Sprintf("%d samples of another day were left out", stray))
	}
	d.Laps = slices.Clone(between(f.laps, func(x draft.Lap) float64 { return x.Start }, l.from, l.to))
	withoutSensors(&d)
	if !s.inPool() {
		withoutRests(d.Laps)
	}
	return d
}

// wholeSession stands for the session message of a recording that was cut off.
func (f *file) wholeSession() session {
	s := session{start: f.records[0].T, end: f.records[len(f.records)-1].T, pool: math.NaN(), sport: pierre.SportOther}
	if f.sport != nil {
		s.sport, s.name = sportOf(f.sport.Sport, f.sport.SubSport), nameOf(f.sport.Sport, f.sport.SubSport)
	}
	s.totals.DurationSeconds = draft.Positive(timerSeconds(f.timer, s.end))
	return s
}

// timerSeconds is how long the stopwatch ran. It may still run at the end.
func timerSeconds(events []timer, end float64) float64 {
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
func (f *file) clock() (shift float64, offset *int, unset bool) {
	at := f.sessions[0].start
	if math.IsNaN(at) && len(f.records) > 0 {
		at = f.records[0].T
	}
	isUnset := at < epoch+unsetBelow
	for _, c := range f.clocks {
		if c.utc == basetype.Uint32Invalid || c.local == basetype.Uint32Invalid {
			continue
		}
		ahead := int64(c.local) - int64(c.utc)
		if isUnset && c.utc < unsetBelow && c.local >= unsetBelow {
			return float64(ahead), nil, false
		}
		// Several makers write garbage here.
		if !isUnset && ahead%900 == 0 && ahead >= -14*3600 && ahead <= 14*3600 {
			return 0, new(int(ahead)), false
		}
	}
	return 0, nil, isUnset
}

// near returns the samples, which are in order, from a day before start to a
// day after end, and how many others there are: a clock that was set on the way
// leaves samples of another year.
func near(samples []draft.Sample, start, end float64) (kept []draft.Sample, stray int) {
	if math.IsNaN(start) || math.IsNaN(end) {
		return samples, 0
	}
	kept = draft.During(samples, start-day, end+day)
	return kept, len(samples) - len(kept)
}

// countFrom makes the distances of samples start at base, if the device went on counting from there.
func countFrom(samples []draft.Sample, base float64) {
	first := slices.IndexFunc(samples, func(s draft.Sample) bool { return !math.IsNaN(s.Dist) })
	if first < 0 || samples[first].Dist < base {
		return
	}
	for i := range samples {
		samples[i].Dist -= base
	}
}

// withoutSensors removes totals of 0 that stand for a sensor that was not there.
func withoutSensors(d *draft.Draft) {
	if !slices.ContainsFunc(d.Samples, func(s draft.Sample) bool { return s.Alt != 0 && !math.IsNaN(s.Alt) }) {
		zero := func(t *pierre.Totals) {
			for _, v := range []**float64{&t.ElevationGainMeters, &t.ElevationLossMeters} {
				if *v != nil && **v == 0 {
					*v = nil
				}
			}
		}
		zero(&d.Rec.Totals)
		for i := range d.Laps {
			zero(&d.Laps[i].Totals)
		}
	}
}
