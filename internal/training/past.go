package training

import (
	"slices"
	"sort"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A past is what is known about an athlete at any time.
type past struct {
	pierre.ProfileRecord

	clock    Clock
	steps    map[string][]pierre.ProfileValue // of each dated field that has any, oldest first
	measured map[string][]measurement
	peaks    []float64 // of heart rate, where the maximum was never said
}

func newPast(rec pierre.ProfileRecord, c Clock, m map[string][]measurement) *past {
	p := &past{rec, c, map[string][]pierre.ProfileValue{}, m, nil}
	for _, f := range rec.Dated() {
		if steps := rec.History.Steps(f.Name); len(steps) > 0 {
			p.steps[f.Name] = steps
		}
	}
	return p
}

// thresholdShare of the maximum heart rate is where most trained athletes' lactate threshold lies.
const thresholdShare = 0.88

// on returns the athlete on a day.
func (p *past) on(day time.Time) Athlete {
	a := Athlete{Clock: p.clock, past: p, day: day, sex: p.Sex}
	a.from = time.Date(day.Year(), 1, 1, 0, 0, 0, 0, time.UTC) // the age changes with the year
	a.until = a.from.AddDate(1, 0, 0)
	for field, steps := range p.steps {
		if field != fieldWeight {
			a = a.within(len(steps), func(i int) time.Time { return steps[i].Day })
		}
	}
	resting := p.measured[fieldResting]
	a = a.within(len(resting), func(i int) time.Time { return resting[i].day })
	a.ftp = p.quantity("functional threshold power", "ftp_watts", day)
	a.maxHR = p.quantity("maximum heart rate", "max_heart_rate_bpm", day)
	a.restingHR = p.quantity("resting heart rate", fieldResting, day)
	a.thresholdHR = p.quantity("threshold heart rate", "threshold_heart_rate_bpm", day)
	a.runPace = p.quantity("threshold pace", "threshold_pace_seconds_per_km", day)
	a.swimPace = p.quantity("threshold pace of swimming", "swim_threshold_pace_seconds_per_100m", day)
	a.age = quantity{Need: Need{"the age", "birth_year"}}
	if p.BirthYear != nil {
		a.age.value, a.age.known = float64(day.Year()-*p.BirthYear), true
		a.age.source, a.age.note = p.origin("birth_year")
	}
	a.maxHR = a.maxHR.estimated(p.peaks, a.age)
	if a.maxHR.known {
		r := fitness.Result{Value: thresholdShare * a.maxHR.value}
		a.thresholdHR = a.thresholdHR.orElse(r, nil, Estimated, "88 % of the maximum heart rate (coaching rule)")
	}
	return a
}

// within leaves of the days of a only those on which the same of n steps holds as on its day.
func (a Athlete) within(n int, dayOf func(int) time.Time) Athlete {
	next := sort.Search(n, func(i int) bool { return dayOf(i).After(a.day) })
	if next > 0 && dayOf(next-1).After(a.from) {
		a.from = dayOf(next - 1)
	}
	if next < n && dayOf(next).Before(a.until) {
		a.until = dayOf(next)
	}
	return a
}

// On returns the athlete on another day.
func (a Athlete) On(day time.Time) Athlete {
	if !day.Before(a.from) && day.Before(a.until) {
		a.day = day
		return a
	}
	return a.past.on(day)
}

// weight is asked for apart from the others: where it is measured each day, no two days are alike.
func (a Athlete) weight() quantity { return a.past.weight(a.day) }

func (p *past) weight(day time.Time) quantity { return p.quantity("body weight", fieldWeight, day) }

// Steps returns the values of a dated field of the profile as they followed each other, the oldest first.
func (a Athlete) Steps(field string) []pierre.ProfileValue { return a.past.steps[field] }

// quantity is what held on a day of something that the profile has a field for: what the athlete said, what was measured, or what a
// file said; docs/METHODS.md, "What held when", has the rules.
func (p *past) quantity(what, field string, day time.Time) quantity {
	q := quantity{Need: Need{"the " + what, field}}
	steps, measured := p.steps[field], p.measured[field]
	s := sort.Search(len(steps), func(i int) bool { return steps[i].Day.After(day) }) - 1
	m := sort.Search(len(measured), func(i int) bool { return measured[i].day.After(day) }) - 1
	switch {
	case s >= 0 && (m < 0 || saidHolds(field, steps[s], measured[m].day, day)):
		return q.said(steps[s], len(steps)+len(measured) > 1, "")
	case m >= 0:
		return q.measured(measured[m], "")
	case len(steps) > 0 && (len(measured) == 0 || !measured[0].day.Before(steps[0].Day)):
		return q.said(steps[0], len(steps)+len(measured) > 1, earliestKnown)
	case len(measured) > 0:
		return q.measured(measured[0], earliestKnown)
	}
	return q
}

// earliestKnown is a note on what holds from a later day.
const earliestKnown = "the earliest known, "

// freshDays is how long a measurement holds whatever files say: a device says of its athlete what it was told once.
const freshDays = 90

// saidHolds reports whether on a day what was said holds, and not what was last measured. The athlete's own word on the resting heart
// rate goes before all measurements, which are of other conditions with each device; a weight is a weight.
func saidHolds(field string, said pierre.ProfileValue, measured, day time.Time) bool {
	if said.FromFile {
		return said.Day.After(measured) && daysBetween(measured, day) > freshDays
	}
	return field == fieldResting || !measured.After(said.Day)
}

// said makes the quantity that of the profile. Of several values it says of which day it is.
func (q quantity) said(v pierre.ProfileValue, several bool, note string) quantity {
	q.value, q.known, q.source = v.Value, true, User
	if v.FromFile {
		q.source, q.note = Recorded, fromFile
	}
	if !several {
		return q
	}
	if q.note != "" {
		q.note += ", "
	}
	q.note += note + "of " + v.Day.Format(time.DateOnly)
	return q
}

func (q quantity) measured(m measurement, note string) quantity {
	q.value, q.known, q.source, q.note = m.value, true, Measured, note+m.note()
	return q
}

const fromFile = "from an imported file"

// origin says where a field of the profile came from.
func (p *past) origin(field string) (from Source, note string) {
	if slices.Contains(p.Imported, field) {
		return Recorded, fromFile
	}
	return User, ""
}
