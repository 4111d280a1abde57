package tools

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/chart"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// mostZoneBars is how many bars a chart of zones has at most, so that each can be seen and all fit into an answer.
const mostZoneBars = 54

func (c *Catalog) drawZones(ctx context.Context, user pierre.UserID, args chartArgs) (chartDrawing, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return chartDrawing{}, err
	}
	period := args.period(clock.Today(), 7*defaultWeeks)
	by := pierre.ByWeek
	if args.GroupBy == groupMonth {
		by = pierre.ByMonth
	}
	days := period.To.Sub(period.From).Hours() / 24
	if by == pierre.ByWeek && days > 7*mostZoneBars {
		by = pierre.ByMonth
	}
	if days > 30*mostZoneBars {
		by = pierre.ByYear
	}
	if args.After == "" {
		period.From = by.Start(period.From)
	}
	kind := cmp.Or(args.Zones, training.ZonesByHeartRate)
	z, err := c.training.ZonesOverTime(ctx, user, training.ZonesQuery{
		Kind: kind, Sport: pierre.Sport(args.Sport), From: args.Provider, Period: period, Start: by.Start,
	})
	if err != nil {
		return chartDrawing{}, err
	}
	drawn := zonesChart{z, kind, period, by, pierre.Sport(args.Sport)}.chart(args.GroupBy == groupTotal)
	method := string(z.Zones.Method)
	if z.Zones.Err != nil {
		method = notAvailable(z.Zones.Err)
	}
	return chartDrawing{func(int) chart.Chart { return drawn }, method, 0}, nil
}

// A zonesChart is what a chart of zones is made of.
type zonesChart struct {
	training.ZonesOverTime

	kind   training.ZoneKind
	period training.Days
	by     pierre.Grouping
	sport  pierre.Sport
}

func (z zonesChart) chart(total bool) chart.Chart {
	what := map[training.ZoneKind]string{
		training.ZonesByHeartRate: "heart rate zones", training.ZonesByPower: "power zones", training.ZonesByPace: "pace zones (grade-adjusted)",
	}[z.kind]
	c := chart.Chart{Title: "Time in " + what, About: daysText(z.period) + ", " + sportText(z.sport)}
	sum := z.All.Below
	for _, s := range z.All.Seconds {
		sum += s
	}
	switch {
	case z.Zones.Err != nil:
		c.Empty = "The zones are " + notAvailable(z.Zones.Err) + "."
		return c
	case sum == 0:
		c.Empty = "No activity of these days has what the zones are of."
		return c
	}
	panel := chart.Panel{Title: "Time by " + string(z.by), Scale: chart.Clock, Zero: true, Stack: true, Ranked: true}
	if total {
		panel.Title, panel.Stack = "Time in all", false
	}
	for i, zone := range z.Zones.Zones {
		if i < len(z.All.Seconds) {
			panel.Series = append(panel.Series, z.zone(i, zone.Name, sum, total))
		}
	}
	c.Axis = chart.Axis{Scale: chart.Days, From: -0.5, To: z.period.To.Sub(z.period.From).Hours()/24 + 0.5, First: z.period.From.Format(time.DateOnly)}
	if total {
		c.Axis = chart.Axis{Scale: chart.Zone, From: 0.4, To: float64(len(panel.Series)) + 0.6}
	}
	c.Panels, c.Notes = []chart.Panel{panel}, z.notes(sum)
	return c
}

// zone is the bars of one zone.
func (z zonesChart) zone(i int, name string, sum float64, total bool) chart.Series {
	all := z.All.Seconds[i]
	s := chart.Series{Name: name + ": " + share(all, sum), Mark: chart.Bar, Tone: i, X: []float64{}, Y: []float64{}}
	if total {
		s.Width, s.X, s.Y = 0.8, []float64{float64(i + 1)}, []float64{*rounded(all, 0)}
		return s
	}
	for _, r := range z.Rows {
		length := z.by.Add(r.Start, 1).Sub(r.Start).Hours() / 24
		s.Width = max(s.Width, length)
		if i < len(r.Seconds) && r.Seconds[i] >= 1 {
			s.X = append(s.X, r.Start.Sub(z.period.From).Hours()/24+(length-1)/2)
			s.Y = append(s.Y, *rounded(r.Seconds[i], 0))
		}
	}
	return s
}

// share writes some seconds, and which part of the sum they are.
func share(seconds, sum float64) string {
	return human.Duration(time.Duration(seconds)*time.Second) + " (" + fixed(100*seconds/sum, 0) + " %)"
}

func (z zonesChart) notes(sum float64) []string {
	var notes []string
	if z.All.Below >= 1 {
		notes = append(notes, "Below the first zone, and not drawn: "+share(z.All.Below, sum)+".")
	}
	if note := estimates(z.Zones.Inputs); note != "" {
		notes = append(notes, note)
	}
	if z.All.Without > 0 {
		notes = append(notes, fmt.Sprintf("%s of %d have no %s that was measured: they are not in the chart.", human.Plural(z.All.Without, "activity"), z.All.Without+z.All.Activities, strings.ReplaceAll(string(z.kind), "_", " ")))
	}
	return notes
}
