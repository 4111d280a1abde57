package tools

import (
	"cmp"
	"context"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/chart"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) drawPower(ctx context.Context, user pierre.UserID, args chartArgs) (chartDrawing, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return chartDrawing{}, err
	}
	period := args.period(clock.Today(), chartDays)
	compared := training.Days{From: period.From.Add(period.From.Sub(period.To)).AddDate(0, 0, -1), To: period.From.AddDate(0, 0, -1)}
	if args.CompareAfter != "" || args.CompareTo != "" {
		compared = args.CompareAfter.days(args.CompareTo)
		if compared.To.IsZero() {
			compared.To = clock.Today()
		}
	}
	b, err := c.training.Bests(ctx, user, training.BestsQuery{
		Sport: cmp.Or(pierre.Sport(args.Sport), pierre.SportRide), From: args.Provider, Period: period, Compared: &compared,
	})
	if err != nil {
		return chartDrawing{}, err
	}
	drawn := powerChart(b, period, compared)
	return chartDrawing{func(int) chart.Chart { return drawn }, string(training.RecordPower.Method()), 0}, nil
}

func powerChart(b training.Bests, period, compared training.Days) chart.Chart {
	c := chart.Chart{Title: "Power curve", About: "Best mean power of " + sportText(b.Sports[0]) + " activities, " + daysText(period)}
	now, then := chart.Series{Name: daysText(period), Mark: chart.Points}, chart.Series{Name: daysFrom(compared), Mark: chart.Points, Tone: 1}
	for _, r := range b.Records {
		if r.Kind != training.RecordPower {
			continue
		}
		now.X, now.Y = append(now.X, r.Length), append(now.Y, *rounded(r.Value, 0))
		if r.Compared != nil {
			then.X, then.Y = append(then.X, r.Length), append(then.Y, *rounded(r.Compared.Value, 0))
		}
	}
	if len(now.X) == 0 {
		c.Empty = "No activity of the period has power that was measured: the power curve is of rides with a power meter."
		return c
	}
	c.Axis = chart.Axis{Scale: chart.Length, From: now.X[0], To: max(now.X[len(now.X)-1], 2*now.X[0])}
	series := []chart.Series{now}
	if len(then.X) > 0 {
		series = append(series, then)
	} else {
		c.Notes = append(c.Notes, "There is no power to compare with: "+daysFrom(compared)+".")
	}
	c.Panels = []chart.Panel{{Title: "Highest mean power over a time", Unit: "W", Scale: chart.Number, Zero: true, Series: series}}
	if b.Impossible > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("Of %s, values beyond human limits are left out.", human.Plural(b.Impossible, "activity")))
	}
	return c
}

// daysFrom writes days whose beginning may be open.
func daysFrom(p training.Days) string {
	if p.From.IsZero() {
		return "up to " + daysText(training.Days{From: p.To, To: p.To})
	}
	return daysText(p)
}
