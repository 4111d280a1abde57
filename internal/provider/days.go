package provider

import (
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// inZone returns a moment on the clock of the first zone that has a name; ok is false if there is none, or an unknown one.
func inZone(unix int64, zones ...string) (at time.Time, ok bool) {
	for _, name := range zones {
		if name == "" {
			continue
		}
		zone, err := time.LoadLocation(name)
		return time.Unix(unix, 0).In(zone), err == nil && unix > 0
	}
	return time.Time{}, false
}

// midnight returns the one that begins the day of a moment, on its own clock.
func midnight(at time.Time) time.Time {
	year, month, date := at.Date()
	return time.Date(year, month, date, 0, 0, 0, 0, at.Location())
}

// percent returns a share in hundredths.
func percent(share *float64) *float64 {
	const hundred = 100
	if share == nil {
		return nil
	}
	return new(*share * hundred)
}

// firsts holds the first of the values of each day and kind.
type firsts map[firstOf]struct {
	at    time.Time
	value float64
}

type firstOf struct {
	date string
	kind pierre.WellnessKind
}

func (f firsts) add(at time.Time, kind pierre.WellnessKind, value float64) {
	key := firstOf{at.Format(time.DateOnly), kind}
	if had, ok := f[key]; !ok || at.Before(had.at) {
		f[key] = struct {
			at    time.Time
			value float64
		}{at, value}
	}
}

// values returns the values, by day.
func (f firsts) values() []pierre.Wellness {
	var all []pierre.Wellness
	for key, had := range f {
		all = append(all, onDay(key.date, map[pierre.WellnessKind]*float64{key.kind: &had.value})...)
	}
	slices.SortFunc(all, func(a, b pierre.Wellness) int { return a.Day.Compare(b.Day) })
	return all
}
