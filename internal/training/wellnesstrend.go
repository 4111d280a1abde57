package training

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A WellnessTrend is how a kind changes over a period.
type WellnessTrend struct {
	Slope     Value   // per month of 30.4375 days
	Low, High float64 // of its 95 % confidence interval
	Points    int
	Weekly    bool // the points are means of weeks, not days
	Told      bool // whether the interval leaves out 0
}

// dailyTrend is the longest period, in days, whose trend is by day. Of longer ones it is by week: days that follow each other are
// alike, which would make the trend look surer than it is.
const dailyTrend = 56

func wellnessTrend(values []pierre.Wellness, in span) WellnessTrend {
	t := WellnessTrend{Weekly: in.days() > dailyTrend}
	if t.Weekly {
		values = weeklyMeans(values)
	}
	values = values[max(0, len(values)-fitness.MostTrendPoints):]
	t.Points = len(values)
	x, y := make([]float64, len(values)), make([]float64, len(values))
	for i, v := range values {
		x[i], y[i] = float64(daysBetween(in.first, v.Day))/daysOfMonth, v.Value
	}
	found, err := fitness.TheilSen(x, y)
	if err != nil {
		t.Slope = unavailable(because("no trend can be told: %v", err))
		return t
	}
	t.Low, t.High, t.Told = found.Low, found.High, found.Told()
	t.Slope = Value{found.Slope, Evidence{Method: found.Method}}
	return t
}

// weeklyMeans returns the mean of each week from Monday that has a value.
func weeklyMeans(values []pierre.Wellness) []pierre.Wellness {
	groups := GroupWellness(values, pierre.ByWeek)
	weeks := make([]pierre.Wellness, len(groups))
	for i, g := range groups {
		weeks[i] = pierre.Wellness{Day: g.Start, Value: g.Mean}
	}
	return weeks
}

// A WellnessGroup is the mean of the values of a day, week, month or year.
type WellnessGroup struct {
	Start time.Time
	Mean  float64
	Days  int // with a value
}

// GroupWellness returns the means of values, which are in the order of their days. Groups without a value are left out.
func GroupWellness(values []pierre.Wellness, by pierre.Grouping) []WellnessGroup {
	var groups []WellnessGroup
	for _, v := range values {
		start := by.Start(v.Day)
		if len(groups) == 0 || !groups[len(groups)-1].Start.Equal(start) {
			groups = append(groups, WellnessGroup{Start: start})
		}
		g := &groups[len(groups)-1]
		g.Days++
		g.Mean += (v.Value - g.Mean) / float64(g.Days)
	}
	return groups
}

// A LoadCorrelation is how the values of days go with the load of the days before. A correlation is no cause.
type LoadCorrelation struct {
	fitness.Correlation

	Days int   // before, whose loads are added up; 0: it was not asked for
	Err  error // why nothing can be said
}

// withLoad adds how the values go with the load of so many days before: the night that ends on a day follows the day before.
func (s *Service) withLoad(ctx context.Context, user pierre.UserID, w *Wellness, days int) error {
	h, err := s.HistoryOf(ctx, user, HistoryQuery{Days: daysBetween(w.From, w.To) + 1 + days, Until: w.To})
	if err != nil {
		return err
	}
	var first time.Time // of which a load is known: what was before it, nobody knows
	byDay := map[time.Time]float64{}
	for _, l := range h.Loads {
		byDay[l.Day] += l.Load.Value.Value
		if first.IsZero() || l.Day.Before(first) {
			first = l.Day
		}
	}
	for _, n := range h.NotCounted {
		w.Uncounted += n.Activities
	}
	for i := range w.Kinds {
		k := &w.Kinds[i]
		k.Load.Days = days
		if first.IsZero() {
			k.Load.Err = because("no activity has a load")
			continue
		}
		var x, y []float64
		for _, v := range k.Values {
			if v.Day.AddDate(0, 0, -days).Before(first) {
				continue
			}
			load := 0.0
			for n := range days {
				load += byDay[v.Day.AddDate(0, 0, -n-1)]
			}
			x, y = append(x, load), append(y, v.Value)
		}
		k.Load.Correlation, k.Load.Err = fitness.Spearman(x, y)
	}
	return nil
}
