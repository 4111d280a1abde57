package tools

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/chart"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) drawActivity(ctx context.Context, user pierre.UserID, args chartArgs) (chartDrawing, error) {
	id := args.ID
	if id == "" {
		q := pierre.ActivityQuery{Limit: 1, Uncounted: true}
		if args.Provider != "" {
			q.Providers = []pierre.Provider{args.Provider}
		}
		page, err := c.data.Activities(ctx, user, q)
		if err != nil {
			return chartDrawing{}, err
		}
		if len(page.Activities) == 0 {
			none := chart.Chart{Title: "Newest activity", About: "of all", Empty: "There are no activities yet."}
			return chartDrawing{func(int) chart.Chart { return none }, "none", 0}, nil
		}
		id = page.Activities[0].ID
	}
	rec, _, err := c.recordingFrom(ctx, user, id, args.Provider)
	if err != nil {
		return chartDrawing{}, err
	}
	a, err := c.training.Analyze(ctx, user, rec)
	if err != nil {
		return chartDrawing{}, err
	}
	d := courseChart{a, args.Over != axisTime}
	return chartDrawing{d.chart, "means of the samples in equal parts of the distance or time; pace and speed in motion", 240}, nil
}

// A courseChart is what the chart of an activity is made of.
type courseChart struct {
	*training.Analysis

	byDistance bool
}

func (d courseChart) chart(points int) chart.Chart {
	words := strings.ReplaceAll(string(d.Sport), "_", " ")
	words = strings.ToUpper(words[:1]) + words[1:]
	c := chart.Chart{Title: shorten(d.Name, 120), About: words + " · " + d.about()}
	if c.Title == "" {
		c.Title = words
	}
	course, err := d.Course(d.byDistance, points)
	if err != nil {
		c.Empty = "There is no chart because " + reason(err) + "."
		return c
	}
	c.Axis = chart.Axis{Scale: chart.Clock, To: math.Ceil(course.To)}
	if course.ByDistance {
		c.Axis.Scale = chart.Metres
	}
	for _, q := range quantitiesOf(d.Sport, course) {
		if s, some := q.series(course); some {
			p := chart.Panel{Title: q.title, Unit: q.unit, Scale: q.scale, Series: []chart.Series{s}}
			limitPanel(&p)
			if p.Low != nil || p.High != nil {
				c.Notes = append(c.Notes, q.title+": single values far from the others lie beyond the edge.")
			}
			c.Panels = append(c.Panels, p)
		}
	}
	if len(c.Panels) == 0 {
		c.Empty = "There is no chart because neither speed, power, heart rate nor elevation was recorded."
	}
	return c
}

// about says how long the activity was, and when.
func (d courseChart) about() string {
	var parts []string
	if m := d.DistanceMeters; m != nil {
		parts = append(parts, kilometres(*m))
	}
	if s := d.DurationSeconds; s != nil {
		parts = append(parts, clockTime(*s))
	}
	return strings.Join(append(parts, d.Athlete.Clock.Local(d.Activity).Format("Monday 2 January 2006, 15:04")), " · ")
}

// A drawnQuantity is one of an activity that has a panel.
type drawnQuantity struct {
	title, unit string
	scale       chart.Scale
	mark        chart.Mark
	tone        int
	values      []float64
	shown       func(float64) float64
	decimals    int
}

// quantitiesOf are pace, power or speed, by the sport, heart rate and elevation.
func quantitiesOf(s pierre.Sport, c training.Course) []drawnQuantity {
	same := func(v float64) float64 { return v }
	pace := func(per float64) func(float64) float64 { return func(v float64) float64 { return per / v } }
	first := drawnQuantity{title: "Speed", unit: "km/h", scale: chart.Number, mark: chart.Line, values: c.Speed, shown: func(v float64) float64 { return v * 3.6 }, decimals: 1}
	switch {
	case s.OnFoot():
		first.title, first.unit, first.scale, first.shown = "Pace", "min/km, faster is up", chart.Pace, pace(1000)
	case s == pierre.SportSwim:
		first.title, first.unit, first.scale, first.shown = "Pace", "min/100 m, faster is up", chart.Pace, pace(100)
	case c.Power != nil:
		first.title, first.unit, first.values, first.shown, first.decimals = "Power", "W", c.Power, same, 0
	}
	return []drawnQuantity{
		first,
		{"Heart rate", "bpm", chart.Number, chart.Line, 1, c.HeartRate, same, 1},
		{"Elevation", "m", chart.Number, chart.Area, 3, c.Altitude, same, 1},
	}
}

// series are the values that there are; a line breaks where there are none.
func (q drawnQuantity) series(c training.Course) (s chart.Series, some bool) {
	s = chart.Series{Name: strings.ToLower(q.title), Mark: q.mark, Tone: q.tone, X: []float64{}, Y: []float64{}}
	n, gap := float64(len(q.values)), false
	for i, v := range q.values {
		v = q.shown(v)
		if !finite(v) {
			gap = true
			continue
		}
		if gap && len(s.X) > 0 {
			s.Breaks = append(s.Breaks, len(s.X))
		}
		gap = false
		s.X, s.Y = append(s.X, *rounded((float64(i)+0.5)*c.To/n, 0)), append(s.Y, *rounded(v, q.decimals))
	}
	return s, len(s.X) > 0
}

// limitPanel sets the edges of a panel with a few values that would press all others flat: spikes of a sensor, and the pace of
// standing about.
func limitPanel(p *chart.Panel) {
	sorted := slices.Sorted(slices.Values(p.Series[0].Y))
	at := func(share float64) float64 { return sorted[int(share*float64(len(sorted)-1))] }
	low, high, least, most := at(0.05), at(0.95), sorted[0], sorted[len(sorted)-1]
	room := max(high-low, 1e-2*math.Abs(high))
	slowest := 2 * at(0.5)
	switch {
	case p.Scale == chart.Pace && most > slowest && high < slowest:
		p.High = rounded(slowest, 0)
	case most > high+3*room:
		p.High = rounded(high+room/2, 1)
	}
	if least < low-3*room {
		p.Low = rounded(low-room/2, 1)
	}
}
