package tools

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/chart"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// chartTool is the name of the tool that draws.
const chartTool = "get_chart"

func (c *Catalog) getChart() tool {
	t := declare(c, spec{
		name:  chartTool,
		title: "Draw a chart",
		doc: "Draws a chart as a picture. Load is fitness, fatigue, form and load; a power curve is drawn against that of another period. " +
			"The PNG comes as image content, and its points as structured content. What was not measured is a gap, and what is estimated is marked.",
	}, c.drawChart)
	t.definition.Meta, t.brief.Meta = chartViewMeta(), chartViewMeta()
	return t
}

// A chartKind says what a chart shows.
type chartKind string

const (
	chartLoad     chartKind = "load"
	chartPower    chartKind = "power_curve"
	chartZones    chartKind = "zones"
	chartActivity chartKind = "activity"
	chartMonth    chartKind = "calendar"
)

func chartKinds() []chartKind {
	return []chartKind{chartLoad, chartPower, chartZones, chartActivity, chartMonth}
}

type (
	// A chartGrouping is what the bars of zones stand for.
	chartGrouping string
	// A chartTheme is the colours of a picture.
	chartTheme string
	// A chartSize is how wide a picture is.
	chartSize string
	// A chartAxis is what an activity is drawn over.
	chartAxis string
)

const (
	groupWeek    chartGrouping = "week"
	groupMonth   chartGrouping = "month"
	groupTotal   chartGrouping = "total"
	themeLight   chartTheme    = "light"
	themeDark    chartTheme    = "dark"
	sizePhone    chartSize     = "phone"
	sizeWide     chartSize     = "wide"
	axisDistance chartAxis     = "distance"
	axisTime     chartAxis     = "time"
)

type chartArgs struct {
	Kind         chartKind         `json:"kind" jsonschema:"load: fitness, fatigue, form and load. power_curve: of rides, a period against another. zones: time in zones. activity: pace or power, heart rate and elevation. calendar: the loads of a month." brief:""`
	ID           pierre.ActivityID `json:"activity_id,omitempty" jsonschema:"Of kind activity. Default: the newest activity." brief:"" limits:"1,100"`
	After        date              `json:"after,omitempty" jsonschema:"First day. Default: 90 days back, of zones 12 weeks. A calendar shows the month of the last day." brief:""`
	Before       date              `json:"before,omitempty" jsonschema:"Last day, included. Default: today." brief:""`
	CompareAfter date              `json:"compare_after,omitempty" jsonschema:"First day of the period that a power curve is compared with. Default: the same number of days before." brief:"-"`
	CompareTo    date              `json:"compare_before,omitempty" jsonschema:"Its last day, included." brief:"-"`
	Sport        sportChoice       `json:"sport_type,omitempty" jsonschema:"Only this sport and its kindred: run includes trail_running. Not of an activity." brief:"-"`
	Zones        zoneKind          `json:"zones,omitempty" jsonschema:"Of kind zones. power: rides; pace: runs, grade-adjusted." brief:"-" default:"heart_rate"`
	GroupBy      chartGrouping     `json:"group_by,omitempty" jsonschema:"What the bars of zones stand for. Long periods are drawn by month or by year." brief:"-" default:"week"`
	Over         chartAxis         `json:"over,omitempty" jsonschema:"Of kind activity: over its distance, if that was recorded, or its time." brief:"-" default:"distance"`
	Provider     pierre.Provider   `json:"provider,omitempty" jsonschema:"Only activities that this source knows. Default: all sources, merged." brief:"-"`
	Theme        chartTheme        `json:"theme,omitempty" jsonschema:"The colours." brief:"-" default:"light"`
	Size         chartSize         `json:"size,omitempty" jsonschema:"For a phone (780 pixels wide) or a screen (1170)." brief:"-" default:"phone"`
}

func (a chartArgs) problems() []string {
	var problems []string
	given := func(of chartKind, names string, is bool) {
		if is && a.Kind != of {
			problems = append(problems, fmt.Sprintf("%s is of charts of kind %s, not %s.", names, of, a.Kind))
		}
	}
	given(chartActivity, "activity_id", a.ID != "")
	given(chartActivity, "over", a.Over != "")
	given(chartPower, "compare_after or compare_before", a.CompareAfter != "" || a.CompareTo != "")
	given(chartZones, "zones", a.Zones != "")
	given(chartZones, "group_by", a.GroupBy != "")
	if a.Kind == chartActivity && (a.After != "" || a.Before != "" || a.Sport != "") {
		problems = append(problems, "after, before and sport_type are not of charts of kind activity: activity_id chooses it.")
	}
	for _, p := range []struct{ from, to date }{{a.After, a.Before}, {a.CompareAfter, a.CompareTo}} {
		if p.from != "" && p.to != "" && p.to < p.from {
			problems = append(problems, fmt.Sprintf("The first day, %s, must not be later than the last, %s.", p.from, p.to))
		}
	}
	return problems
}

// A chartAnswer is a chart with fewer points than the picture of it has.
type chartAnswer struct {
	Kind chartKind `json:"kind"`
	chart.Chart

	Method string `json:"method" jsonschema:"how the values are computed, and how they were thinned"`
	png    []byte
}

func (a chartAnswer) picture() []byte { return a.png }

// A chartDrawing makes a chart with at most so many points in each series.
type chartDrawing struct {
	chart  func(points int) chart.Chart
	method string
	points int // of the picture
}

func (c *Catalog) drawChart(ctx context.Context, user pierre.UserID, args chartArgs) (chartAnswer, error) {
	d, err := c.drawingOf(ctx, user, args)
	if err != nil {
		return chartAnswer{}, err
	}
	a := d.answer(args.Kind)
	a.png, err = c.paint(ctx, d.chart(d.points), chart.Options{Dark: args.Theme == themeDark, Wide: args.Size == sizeWide})
	return a, err
}

func (c *Catalog) drawingOf(ctx context.Context, user pierre.UserID, args chartArgs) (chartDrawing, error) {
	switch args.Kind {
	case chartActivity:
		return c.drawActivity(ctx, user, args)
	case chartPower:
		return c.drawPower(ctx, user, args)
	case chartZones:
		return c.drawZones(ctx, user, args)
	case chartMonth:
		return c.drawMonth(ctx, user, args)
	default:
		return c.drawLoad(ctx, user, args)
	}
}

// answer has as many points as an answer of the usual size has room for. A picture does not count: hosts show it, and models
// pay for its area, not for its bytes.
func (d chartDrawing) answer(kind chartKind) chartAnswer {
	var a chartAnswer
	for _, points := range []int{160, 130, 100, 80, 60, 40, 20, 10} {
		a = chartAnswer{Kind: kind, Chart: d.chart(points), Method: d.method}
		if encodedSize(a)+encodedSize(a.text()) <= answerBytes {
			break
		}
	}
	return a
}

// paint draws a picture. Half of the processors draw at most, so that there is always one for others; a tenant's calls that wait
// here take turns with those of others before they come here.
func (c *Catalog) paint(ctx context.Context, what chart.Chart, o chart.Options) ([]byte, error) {
	select {
	case c.drawing <- struct{}{}:
		defer func() { <-c.drawing }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if !chart.CanWrite(what.Title) { // rather none than boxes
		what.Title, _, _ = strings.Cut(what.About, " · ")
	}
	return chart.Draw(what, o)
}

func (a chartAnswer) text() string {
	lines := []string{a.Title + ": " + a.About}
	if a.Empty != "" {
		return strings.Join(append(lines, a.Empty), "\n")
	}
	for _, p := range a.Panels {
		for _, s := range p.Series {
			lines = append(lines, rangeText(p, s))
		}
	}
	if a.Month != nil {
		lines = append(lines, monthText(*a.Month))
	}
	return strings.Join(append(append(lines, a.Notes...), "method: "+a.Method), "\n")
}

// rangeText says between what a series lies.
func rangeText(p chart.Panel, s chart.Series) string {
	if len(s.Y) == 0 {
		return s.Name + ": nothing"
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range s.Y {
		low, high = min(low, v), max(high, v)
	}
	write := func(v float64) string {
		switch p.Scale {
		case chart.Pace:
			return fitness.Clock(v)
		case chart.Clock:
			return clockTime(v)
		default:
			return plain(v)
		}
	}
	text := s.Name + ": " + write(low)
	if high > low {
		text += " to " + write(high)
	}
	if s.Mark != chart.Bar {
		text += ", last " + write(s.Y[len(s.Y)-1])
	}
	if p.Unit != "" {
		text += " (" + p.Unit + ")"
	}
	return text
}

// period returns the days of a chart: up to today, and as many before as are usual.
func (a chartArgs) period(today time.Time, usual int) training.Days {
	p := a.After.days(a.Before)
	if p.To.IsZero() || p.To.After(today) {
		p.To = today
	}
	if a.After == "" {
		p.From = p.To.AddDate(0, 0, 1-usual)
	}
	if p.From.After(p.To) {
		p.From = p.To
	}
	return p
}

// daysText writes days in plain words, as in 1 March to 15 June 2026.
func daysText(p training.Days) string {
	const day, year = "2 January", "2 January 2006"
	switch {
	case p.From.Equal(p.To):
		return p.To.Format(year)
	case p.From.Year() == p.To.Year():
		return p.From.Format(day) + " to " + p.To.Format(year)
	}
	return p.From.Format(year) + " to " + p.To.Format(year)
}

// sportText writes a sport, and its kindred, in plain words.
func sportText(s pierre.Sport) string {
	if s == "" {
		return "all sports"
	}
	return strings.ReplaceAll(string(s), "_", " ")
}

// estimates says which of the inputs are estimated, "" if none is.
func estimates(inputs []training.Input) string {
	var names []string
	known := map[string]bool{}
	for _, in := range inputs {
		if in.Source == training.Estimated && !known[in.Name] {
			known[in.Name] = true
			names = append(names, strings.ReplaceAll(in.Name, "_", " "))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "Estimated, not known: " + training.Enumerate(names) + "."
}
