package fit

import (
	"fmt"
	"math"
	"slices"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
)

const (
	backwards = 60    // s that the clock must go back to have been corrected; devices write single records late
	day       = 86400 // s
)

// A correction is a moment at which the device's clock was set while it recorded: all times before it are wrong by one offset.
type correction struct {
	record int     // the first one by the corrected clock
	before float64 // the last time by the old clock
	offset float64 // s that the clock was set ahead
}

// correctClock moves what was recorded by a clock that was set right on the way, and returns a warning. Records are in the
// order of the file, and marks is how many of them came before each lap.
func (f *file) correctClock() (warning string) {
	found := f.corrections()
	if len(found) != 1 {
		return "" // none, or a clock that cannot be believed: see near
	}
	c := found[0]
	if slices.ContainsFunc(f.records[:c.record], func(s draft.Sample) bool { return s.T+c.offset < epoch }) {
		return "" // before there were such files: no clock was set right
	}
	first := f.records[0].T
	for i := range f.records[:c.record] {
		f.records[i].T += c.offset
	}
	old := func(t float64) bool { return t >= first-day && t <= c.before+1 }
	for i := range f.laps {
		if l := &f.laps[i]; old(l.Start) && (c.offset > 0 || f.marks[i] < c.record) {
			l.Start += c.offset
			if old(l.End) {
				l.End += c.offset
			}
		}
	}
	for i := range f.sessions {
		if s := &f.sessions[i]; old(s.start) && math.Abs(s.start-first) < math.Abs(s.start-first-c.offset) {
			s.start += c.offset
			s.end += c.offset
		}
	}
	for i := range f.timer {
		if f.timer[i].t <= c.before && (c.offset > 0 || i == 0) {
			f.timer[i].t += c.offset
		}
	}
	return fmt.Sprintf("the device's clock was set %.0f s %s while it recorded; what came before was moved", math.Abs(c.offset), direction(c.offset))
}

func direction(offset float64) string {
	if offset < 0 {
		return "back"
	}
	return "ahead"
}

// corrections returns where the times of the records go back, or ahead by more than the recording can have lasted.
func (f *file) corrections() []correction {
	longest := math.Inf(1) // s that the recording may have lasted
	if len(f.sessions) > 0 {
		sum := 0.0
		for _, s := range f.sessions {
			if long := draft.First(s.totals.ElapsedSeconds, s.totals.DurationSeconds); long != nil {
				sum += *long
			} else {
				sum = math.Inf(1)
			}
		}
		longest = sum + day/2
	}
	var found []correction
	for i := 1; i < len(f.records); i++ {
		step := f.records[i].T - f.records[i-1].T
		if f.starts(i) || step >= -backwards && step <= longest {
			continue
		}
		found = append(found, correction{i, f.records[i-1].T, step - f.interval()})
		if len(found) > 1 {
			break
		}
	}
	return found
}

// starts reports whether record i is the first of a file of the chain.
func (f *file) starts(i int) bool { return slices.Contains(f.begins, i) }

// interval is the usual time between two records.
func (f *file) interval() float64 {
	const few = 1001 // are enough to tell
	var steps []float64
	for i := 1; i < min(len(f.records), few); i++ {
		if step := f.records[i].T - f.records[i-1].T; step > 0 {
			steps = append(steps, step)
		}
	}
	if len(steps) == 0 {
		return 1
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

// alignSessions lets a session begin with its records if its own start is of another time: the records wear the times that
// were taken while they happened. It returns a warning.
func (f *file) alignSessions() (warning string) {
	if len(f.sessions) != 1 || len(f.records) < 2 {
		return ""
	}
	s := &f.sessions[0]
	first, last := f.records[0].T, f.records[len(f.records)-1].T
	if math.IsNaN(s.start) || s.start < epoch+unsetBelow && first < epoch+unsetBelow {
		return ""
	}
	if s.start <= last+day && s.end >= first-day {
		return ""
	}
	if last-first > 2*day { // the records do not agree with each other either
		return ""
	}
	was := draft.FromUnix(s.start)
	s.start, s.end = first, last
	return fmt.Sprintf("the file's summary says that it began on %s, its records say %s, which counts",
		was.Format("2006-01-02 15:04"), draft.FromUnix(first).Format("2006-01-02 15:04"))
}

// completeSession gives a session that is shorter than its records their length. It returns a warning.
func (f *file) completeSession(s *session, samples []draft.Sample) (warning string) {
	const least, share = 60, 0.02
	elapsed := s.totals.ElapsedSeconds
	if elapsed == nil || len(samples) < 2 {
		return ""
	}
	span := samples[len(samples)-1].T - samples[0].T
	missing := span - *elapsed
	if missing <= math.Max(least, share**elapsed) || span > *elapsed+day {
		return ""
	}
	was := *elapsed
	s.totals.ElapsedSeconds, s.totals.DurationSeconds, s.totals.AverageSpeedMPS = &span, nil, nil
	if f.timerTotal > was && f.timerTotal <= span+least {
		s.totals.DurationSeconds = new(min(f.timerTotal, span))
	}
	s.end = s.start + span
	return fmt.Sprintf("the file's summary covers %.0f s, its records %.0f s, which count", was, span)
}
