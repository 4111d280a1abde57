package pierre

import (
	"cmp"
	"slices"
	"time"
)

// A ProfileValue is what a field of a profile was from a day on.
type ProfileValue struct {
	Field    string    // its JSON name
	Day      time.Time // midnight UTC
	Value    float64
	FromFile bool // a file said so, not the athlete
}

// A ProfileHistory holds the values that the dated fields of a profile had.
type ProfileHistory []ProfileValue

// Steps returns the values of a field as they followed each other, the oldest first: those that files said until the athlete's
// first own, and from then on the athlete's. Each holds until the next; the first held before its day, too, because nothing
// better is known.
func (h ProfileHistory) Steps(field string) []ProfileValue {
	var own, said []ProfileValue
	for _, v := range h {
		switch {
		case v.Field != field:
		case v.FromFile:
			said = append(said, v)
		default:
			own = append(own, v)
		}
	}
	slices.SortFunc(own, byDay)
	slices.SortFunc(said, byDay)
	if len(own) > 0 {
		said = slices.DeleteFunc(said, func(v ProfileValue) bool { return !v.Day.Before(own[0].Day) })
	}
	return slices.CompactFunc(append(said, own...), func(a, b ProfileValue) bool { return a.FromFile && b.FromFile && a.Value == b.Value })
}

func byDay(a, b ProfileValue) int { return a.Day.Compare(b.Day) }

// StepOn returns the step of [ProfileHistory.Steps] that holds on a day, -1 if there are none.
func StepOn(steps []ProfileValue, day time.Time) int {
	at, found := slices.BinarySearchFunc(steps, day, func(v ProfileValue, day time.Time) int { return v.Day.Compare(day) })
	if !found && at > 0 {
		at--
	}
	return min(at, len(steps)-1)
}

// A DatedField is a field of [Profile] whose values have a history.
type DatedField struct {
	Name  string // in JSON
	Value **float64
}

// Dated lists the fields of p that change over the years.
func (p *Profile) Dated() []DatedField {
	return []DatedField{
		{"ftp_watts", &p.FTPWatts},
		{"max_heart_rate_bpm", &p.MaxHeartRateBPM},
		{"resting_heart_rate_bpm", &p.RestingHeartRateBPM},
		{"threshold_heart_rate_bpm", &p.ThresholdHRBPM},
		{"threshold_pace_seconds_per_km", &p.ThresholdPace},
		{"swim_threshold_pace_seconds_per_100m", &p.SwimThresholdPace},
		{"weight_kg", &p.WeightKg},
	}
}

// A ProfileRecord is a profile as it is now, where it came from, and how it was before.
type ProfileRecord struct {
	Profile

	Imported []string // the fields, by their JSON names, whose present value a file said
	History  ProfileHistory
}

// MostProfileValues is how many values of one field an athlete may keep.
const MostProfileValues = 200

// Set has a field hold a value from a day on, as the athlete says.
func (r *ProfileRecord) Set(field string, day time.Time, value float64) error {
	r.History = slices.DeleteFunc(r.History, func(v ProfileValue) bool { return v.Field == field && !v.FromFile && v.Day.Equal(day) })
	own := 0
	for _, v := range r.History {
		if v.Field == field && !v.FromFile {
			own++
		}
	}
	if own >= MostProfileValues {
		return Invalid(field, "There are %d values of %s, and no more are kept; clear some first.", own, field)
	}
	r.History = append(r.History, ProfileValue{Field: field, Day: day, Value: value})
	return nil
}

// Forget drops the value that a field has from exactly that day on, and reports whether there was one.
func (r *ProfileRecord) Forget(field string, day time.Time) bool {
	before := len(r.History)
	steps := r.History.Steps(field)
	at := slices.IndexFunc(steps, func(v ProfileValue) bool { return v.Day.Equal(day) })
	r.History = slices.DeleteFunc(r.History, func(v ProfileValue) bool { return at >= 0 && v == steps[at] })
	return len(r.History) < before
}

// ForgetAll drops all values of a field.
func (r *ProfileRecord) ForgetAll(field string) {
	r.History = slices.DeleteFunc(r.History, func(v ProfileValue) bool { return v.Field == field })
}

// On returns the profile as it was on a day.
func (r *ProfileRecord) On(day time.Time) Profile {
	p := r.Profile
	for _, f := range p.Dated() {
		*f.Value = nil
		if steps := r.History.Steps(f.Name); len(steps) > 0 {
			*f.Value = new(steps[StepOn(steps, day)].Value)
		}
	}
	return p
}

// Adopt brings the present values into the history that were changed in the profile alone since before: they hold from day on.
func (r *ProfileRecord) Adopt(before Profile, day time.Time) error {
	old, now := before.Dated(), r.Profile
	for i, f := range now.Dated() {
		was, is := *old[i].Value, *f.Value
		steps := r.History.Steps(f.Name)
		switch {
		case is != nil && len(steps) > 0 && steps[len(steps)-1].Value == *is: // the history has it, from its day on
		case is == nil && was != nil:
			r.ForgetAll(f.Name)
		case is != nil && (was == nil || *was != *is):
			if err := r.Set(f.Name, day, *is); err != nil {
				return err
			}
		}
	}
	return nil
}

// Settle sorts the history, and makes the present values those that it ends with.
func (r *ProfileRecord) Settle() {
	r.History.Sort()
	r.Imported = slices.DeleteFunc(r.Imported, func(field string) bool {
		return slices.ContainsFunc(r.Dated(), func(f DatedField) bool { return f.Name == field })
	})
	for _, f := range r.Dated() {
		*f.Value = nil
		steps := r.History.Steps(f.Name)
		if len(steps) == 0 {
			continue
		}
		last := steps[len(steps)-1]
		*f.Value = new(last.Value)
		if last.FromFile {
			r.Imported = append(r.Imported, f.Name)
		}
	}
}

// Sort brings the values in order: by field, then by day, what files said first.
func (h ProfileHistory) Sort() {
	slices.SortFunc(h, func(a, b ProfileValue) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), a.Day.Compare(b.Day), cmp.Compare(speaker(a), speaker(b)))
	})
}

func speaker(v ProfileValue) int {
	if v.FromFile {
		return 0
	}
	return 1
}
