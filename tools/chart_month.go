package tools

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/chart"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) drawMonth(ctx context.Context, user pierre.UserID, args chartArgs) (chartDrawing, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return chartDrawing{}, err
	}
	last := args.period(clock.Today(), 1).To
	first := pierre.ByMonth.Start(last)
	last = first.AddDate(0, 1, -1)
	if last.After(clock.Today()) {
		last = clock.Today()
	}
	h, err := c.training.HistoryOf(ctx, user, training.HistoryQuery{
		Days: last.Day(), Until: last, Provider: args.Provider, Sport: pierre.Sport(args.Sport),
	})
	if err != nil {
		return chartDrawing{}, err
	}
	days, err := c.daysOf(ctx, user, args, h, first, last)
	if err != nil {
		return chartDrawing{}, err
	}
	drawn := monthChart(h, days, first, pierre.Sport(args.Sport))
	return chartDrawing{func(int) chart.Chart { return drawn }, "load: 100 is an hour at threshold, by power, heart rate or pace, the best that was recorded", 0}, nil
}

// daysOf are the days of a month with their activities, those without a load too.
func (c *Catalog) daysOf(ctx context.Context, user pierre.UserID, args chartArgs, h training.History, first, last time.Time) ([]chart.Day, error) {
	const widest = 15 * time.Hour // that a local day may be off
	q := pierre.ActivityQuery{After: first.Add(-widest), Before: last.Add(24*time.Hour + widest), Ascending: true, Uncounted: true}
	if args.Provider != "" {
		q.Providers = []pierre.Provider{args.Provider}
	}
	page, err := c.data.Activities(ctx, user, q)
	if err != nil {
		return nil, err
	}
	loads := map[pierre.ActivityID]float64{}
	for _, l := range h.Loads {
		loads[l.Activity.ID] = l.Load.Value.Value
	}
	days := make([]chart.Day, last.Day())
	for _, a := range page.Activities {
		day := h.Clock.DayOf(a)
		_, counted := loads[a.ID]
		if day.Before(first) || day.After(last) || a.Twin != "" || args.Sport != "" && !counted && a.Sport != pierre.Sport(args.Sport) {
			continue
		}
		d := &days[day.Day()-1]
		d.Day = day.Day()
		d.Activities++
		if a.DurationSeconds != nil {
			d.Seconds += *rounded(*a.DurationSeconds, 0)
		}
		if counted {
			if d.Load == nil {
				d.Load = new(0.0)
			}
			d.Load = rounded(*d.Load+loads[a.ID], 1)
		}
	}
	return slices.DeleteFunc(days, func(d chart.Day) bool { return d.Activities == 0 }), nil
}

func monthChart(h training.History, days []chart.Day, first time.Time, sport pierre.Sport) chart.Chart {
	activities, seconds, load := 0, 0.0, 0.0
	for _, d := range days {
		activities += d.Activities
		seconds += d.Seconds
		if d.Load != nil {
			load += *d.Load
		}
	}
	c := chart.Chart{
		Title: first.Format("January 2006"), Month: &chart.Month{First: first.Format(time.DateOnly), Days: days},
		About: fmt.Sprintf("%s, %s, load %s, %s", human.Plural(activities, "activity"), human.Duration(time.Duration(seconds)*time.Second), fixed(load, 0), sportText(sport)),
	}
	if len(days) == 0 {
		c.About, c.Month, c.Empty = sportText(sport), nil, "There are no activities in this month."
		return c
	}
	c.Notes = []string{"Size and colour: the load of the day; an hour at threshold is 100."}
	var inputs []training.Input
	for _, l := range h.Loads {
		if !l.Day.Before(first) {
			inputs = append(inputs, l.Load.Inputs...)
		}
	}
	if note := estimates(inputs); note != "" {
		c.Notes = append(c.Notes, note)
	}
	return c
}

func monthText(m chart.Month) string {
	with, load, without := 0, 0.0, 0
	for _, d := range m.Days {
		with++
		if d.Load == nil {
			without++
			continue
		}
		load += *d.Load
	}
	text := fmt.Sprintf("%d days with activities, load %s in all", with, fixed(load, 0))
	if without > 0 {
		text += fmt.Sprintf(", %d of them without a load", without)
	}
	return text
}
