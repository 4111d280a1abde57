package tools

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/chart"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

const (
	chartDays     = 90
	mostDailyBars = 130     // days that have bars of their own; more are summed up by week
	mostWeekBars  = 3 * 366 // days; more are summed up by month
)

func (c *Catalog) drawLoad(ctx context.Context, user pierre.UserID, args chartArgs) (chartDrawing, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return chartDrawing{}, err
	}
	period := args.period(clock.Today(), chartDays)
	h, err := c.training.HistoryOf(ctx, user, training.HistoryQuery{
		Days: int(period.To.Sub(period.From).Hours()/24) + 1, Provider: args.Provider, Until: period.To, Sport: pierre.Sport(args.Sport),
	})
	if err != nil {
		return chartDrawing{}, err
	}
	l := loadChart{period: period, history: h, sport: pierre.Sport(args.Sport)}
	l.daily, l.err = h.Daily()
	return chartDrawing{l.chart, string(fitness.MethodFitnessFatigue), 400}, nil
}

// A loadChart is what the chart of loads is made of.
type loadChart struct {
	period  training.Days
	history training.History
	sport   pierre.Sport
	daily   training.Daily
	err     error
}

func (l loadChart) chart(points int) chart.Chart {
	c := chart.Chart{Title: "Fitness, fatigue and form", About: daysText(l.period) + ", " + sportText(l.sport)}
	if l.err != nil {
		c.Empty = "Fitness and form are " + notAvailable(l.err) + "."
		return c
	}
	if l.daily.First.After(l.period.From) {
		c.About = daysText(training.Days{From: l.daily.First, To: l.period.To}) + ", " + sportText(l.sport) + "; there is no load before"
	}
	n := len(l.daily.Form)
	c.Axis = chart.Axis{Scale: chart.Days, From: -0.5, To: float64(n) - 0.5, First: l.daily.First.Format(time.DateOnly)}
	line := func(name string, tone int, mark chart.Mark, of func(fitness.Form) float64) chart.Series {
		x, y := make([]float64, n), make([]float64, n)
		for i, f := range l.daily.Form {
			x[i], y[i] = float64(i), of(f)
		}
		keep := fitness.Downsample(x, y, points)
		return chart.Series{Name: name, Mark: mark, Tone: tone, X: pick(x, keep, 0), Y: pick(y, keep, 1)}
	}
	load := l.bars()
	c.Panels = []chart.Panel{
		{Title: "Fitness and fatigue", Unit: "load per day", Scale: chart.Number, Zero: true, Series: []chart.Series{
			line("fitness (CTL, 42 days)", 0, chart.Line, func(f fitness.Form) float64 { return f.Fitness }),
			line("fatigue (ATL, 7 days)", 1, chart.Line, func(f fitness.Form) float64 { return f.Fatigue }),
		}},
		{Title: "Form", Unit: "fitness less fatigue, the day before", Scale: chart.Number, Zero: true, Series: []chart.Series{
			line("form (TSB)", 0, chart.Signed, func(f fitness.Form) float64 { return f.Balance }),
		}},
		load,
	}
	c.Notes = l.notes()
	return c
}

// bars sums up the loads by day, week or month.
func (l loadChart) bars() chart.Panel {
	n, by, unit := len(l.daily.Loads), pierre.ByDay, "per day"
	switch {
	case n > mostWeekBars:
		by, unit = pierre.ByMonth, "per month"
	case n > mostDailyBars:
		by, unit = pierre.ByWeek, "per week"
	}
	known, estimated := chart.Series{Name: "load", Mark: chart.Bar, Tone: 3}, chart.Series{Name: "load by estimated thresholds", Mark: chart.Bar, Tone: 3, Estimated: true}
	for i := 0; i < n; {
		day := l.daily.First.AddDate(0, 0, i)
		start := by.Start(day)
		next := by.Add(start, 1)
		sum, guess := 0.0, 0.0
		first := i
		for ; i < n && l.daily.First.AddDate(0, 0, i).Before(next); i++ {
			sum, guess = sum+l.daily.Loads[i], guess+l.daily.Estimated[i]
		}
		length := next.Sub(start).Hours() / 24
		at := float64(first) - day.Sub(start).Hours()/24 + (length-1)/2
		known.Width, estimated.Width = max(known.Width, length), max(estimated.Width, length)
		if sum-guess > 0.05 {
			known.X, known.Y = append(known.X, at), append(known.Y, *rounded(sum-guess, 0))
		}
		if guess > 0.05 {
			estimated.X, estimated.Y = append(estimated.X, at), append(estimated.Y, *rounded(guess, 0))
		}
	}
	p := chart.Panel{Title: "Load", Unit: unit, Scale: chart.Number, Zero: true, Stack: true, Series: []chart.Series{}}
	for _, s := range []chart.Series{known, estimated} {
		if len(s.X) > 0 {
			p.Series = append(p.Series, s)
		}
	}
	return p
}

func (l loadChart) notes() []string {
	var notes []string
	if l.history.Form.Fitness.Note != "" {
		notes = append(notes, "Fitness and fatigue are "+l.history.Form.Fitness.Note+".")
	}
	var inputs []training.Input
	for _, load := range l.history.Loads {
		inputs = append(inputs, load.Load.Inputs...)
	}
	if note := estimates(inputs); note != "" {
		notes = append(notes, note)
	}
	without := 0
	for _, r := range l.history.NotCounted {
		without += r.Activities
	}
	if without > 0 {
		notes = append(notes, fmt.Sprintf("%s of %d without a load: fitness, fatigue and load are too low.", human.Plural(without, "activity"), l.history.Activities))
	}
	return notes
}
