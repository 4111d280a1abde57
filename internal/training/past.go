package training

import (
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A past is what is known about an athlete at any time.
type past struct {
	pierre.ProfileRecord

	clock Clock
	steps map[string][]pierre.ProfileValue // of each dated field that has any, oldest first
	peaks []float64                        // of heart rate, where the maximum was never said
}

func newPast(rec pierre.ProfileRecord, c Clock, peaks []float64) *past {
	p := &past{rec, c, map[string][]pierre.ProfileValue{}, peaks}
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
	a := Athlete{Clock: p.clock, past: p, sex: p.Sex}
	a.from = time.Date(day.Year(), 1, 1, 0, 0, 0, 0, time.UTC) // the age changes with the year
	a.until = a.from.AddDate(1, 0, 0)
	for _, steps := range p.steps {
		at := pierre.StepOn(steps, day)
		if !steps[at].Day.After(day) && steps[at].Day.After(a.from) {
			a.from = steps[at].Day
		}
		next := at + 1
		if steps[at].Day.After(day) {
			next = at
		}
		if next < len(steps) && steps[next].Day.Before(a.until) {
			a.until = steps[next].Day
		}
	}
	a.ftp = p.quantity("functional threshold power", "ftp_watts", day)
	a.maxHR = p.quantity("maximum heart rate", "max_heart_rate_bpm", day)
	a.restingHR = p.quantity("resting heart rate", "resting_heart_rate_bpm", day)
	a.thresholdHR = p.quantity("threshold heart rate", "threshold_heart_rate_bpm", day)
	a.runPace = p.quantity("threshold pace", "threshold_pace_seconds_per_km", day)
	a.swimPace = p.quantity("threshold pace of swimming", "swim_threshold_pace_seconds_per_100m", day)
	a.weight = p.quantity("body weight", "weight_kg", day)
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

// On returns the athlete on another day.
func (a Athlete) On(day time.Time) Athlete {
	if !day.Before(a.from) && day.Before(a.until) {
		return a
	}
	return a.past.on(day)
}

// Steps returns the values of a dated field of the profile as they followed each other, the oldest first.
func (a Athlete) Steps(field string) []pierre.ProfileValue { return a.past.steps[field] }

// quantity is a field of the profile as it was on a day.
func (p *past) quantity(what, field string, day time.Time) quantity {
	q := quantity{Need: Need{"the " + what, field}}
	steps := p.steps[field]
	if len(steps) == 0 {
		return q
	}
	step := steps[pierre.StepOn(steps, day)]
	q.value, q.known, q.source = step.Value, true, User
	if step.FromFile {
		q.source, q.note = Recorded, fromFile
	}
	if len(steps) == 1 {
		return q
	}
	if q.note != "" {
		q.note += ", "
	}
	if step.Day.After(day) {
		q.note += "the earliest known, "
	}
	q.note += "of " + step.Day.Format(time.DateOnly)
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
