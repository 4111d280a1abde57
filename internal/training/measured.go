package training

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// measurements are what devices measured of an athlete's body, by the field of the profile that it is the same quantity as.
type measurements struct {
	revision int64 // of the values of days
	read     time.Time
	steps    map[string][]measurement // oldest first
}

// A measurement holds from its day until the next one.
type measurement struct {
	day    time.Time // midnight UTC
	value  float64
	source pierre.Provider
	days   int    // that the value is the median of
	of     string // which days these are
}

func (m measurement) note() string {
	return fmt.Sprintf("%s, %s", m.of, m.source)
}

// The fields of the profile that devices measure.
const (
	fieldWeight  = "weight_kg"
	fieldResting = "resting_heart_rate_bpm"
)

// The limits of what a person's weight and resting heart rate can be to the formulas; what is kept of days may be beyond.
const (
	leastKg, mostKg           = 25, 300
	leastResting, mostResting = 25, 110
)

// mostMeasured is how many measurements are kept in memory, of all users together.
const mostMeasured = 200_000

// measuredOf returns what devices measured of the user: that which was read before, if nothing has changed since.
func (s *Service) measuredOf(ctx context.Context, user pierre.UserID) (*measurements, error) {
	revision, err := s.data.WellnessRevision(ctx, user)
	if err != nil {
		return nil, err
	}
	if kept, ok := s.measured.get(user); ok && kept.revision == revision && s.now().Sub(kept.read) < seasonAge {
		return kept, nil
	}
	m := &measurements{revision: revision, read: s.now(), steps: map[string][]measurement{}}
	list, err := s.data.Wellness(ctx, user, pierre.WellnessQuery{Kinds: []pierre.WellnessKind{pierre.WellnessWeight, pierre.WellnessRestingHeartRate}})
	if err != nil {
		return nil, err
	}
	var weights, resting []pierre.Wellness
	for _, v := range list {
		switch {
		case v.Kind == pierre.WellnessWeight && v.Value >= leastKg && v.Value <= mostKg:
			weights = append(weights, v)
		case v.Kind == pierre.WellnessRestingHeartRate && v.Value >= leastResting && v.Value <= mostResting:
			resting = append(resting, v)
		}
	}
	m.steps[fieldWeight], m.steps[fieldResting] = weightSteps(weights), restingSteps(resting)
	s.measured.put(user, m, len(m.steps[fieldWeight])+len(m.steps[fieldResting]))
	return m, nil
}

// weighedDays are the days whose weights a weight is the median of: it varies by a kilogram or two from day to day.
const weighedDays = 7

// weightSteps returns the weight of each day that has one: the median of the week up to it, of the source with the most days
// in it. values are in the order of their days.
func weightSteps(values []pierre.Wellness) []measurement {
	var steps []measurement
	first := 0
	for i, v := range values {
		if i+1 < len(values) && values[i+1].Day.Equal(v.Day) {
			continue
		}
		for daysBetween(values[first].Day, v.Day) >= weighedDays {
			first++
		}
		m := medianOf(values[first:i+1], v.Day)
		if m.of = v.Day.Format(time.DateOnly); m.days > 1 {
			m.of = fmt.Sprintf("median of %d days up to %s", m.days, m.of)
		}
		steps = append(steps, m)
	}
	return steps
}

// leastRestingDays is how many days of a month must have a resting heart rate.
const leastRestingDays = 7

// restingSteps returns the resting heart rate month by month: the median of the last whole month that has enough days, so that
// a further day never changes a load of the past. Before the first such month has ended, it is that of the first days measured.
func restingSteps(values []pierre.Wellness) []measurement {
	byMonth := map[time.Time][]pierre.Wellness{}
	for _, v := range values {
		month := time.Date(v.Day.Year(), v.Day.Month(), 1, 0, 0, 0, 0, time.UTC)
		byMonth[month] = append(byMonth[month], v)
	}
	steps := firstResting(values)
	for _, month := range slices.SortedFunc(maps.Keys(byMonth), time.Time.Compare) {
		m := medianOf(byMonth[month], month.AddDate(0, 1, 0))
		if m.days < leastRestingDays {
			continue
		}
		m.of = fmt.Sprintf("median of %d days of %s", m.days, month.Format("2006-01"))
		steps = append(steps, m)
	}
	return steps
}

// firstResting is the median of the first days that a source measured, as soon as there are enough of them.
func firstResting(values []pierre.Wellness) []measurement {
	days := map[pierre.Provider][]pierre.Wellness{}
	for _, v := range values {
		of := append(days[v.Source], v)
		if days[v.Source] = of; len(of) < leastRestingDays {
			continue
		}
		m := medianOf(of, of[0].Day)
		m.of = fmt.Sprintf("median of the first %d days measured, from %s on", m.days, of[0].Day.Format(time.DateOnly))
		return []measurement{m}
	}
	return nil
}

// medianOf is the median of the source with the most values; of sources with as many, that of the newest value counts.
func medianOf(values []pierre.Wellness, holds time.Time) measurement {
	bySource := map[pierre.Provider][]float64{}
	newest := map[pierre.Provider]time.Time{}
	for _, v := range values {
		bySource[v.Source] = append(bySource[v.Source], v.Value)
		newest[v.Source] = v.Day
	}
	source := slices.MaxFunc(slices.Sorted(maps.Keys(bySource)), func(a, b pierre.Provider) int {
		return cmp.Or(cmp.Compare(len(bySource[a]), len(bySource[b])), newest[a].Compare(newest[b]), cmp.Compare(b, a))
	})
	of := slices.Sorted(slices.Values(bySource[source]))
	return measurement{day: holds, value: (of[(len(of)-1)/2] + of[len(of)/2]) / 2, source: source, days: len(of)}
}
