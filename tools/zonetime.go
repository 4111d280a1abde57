package tools

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) getZonesOverTime() tool {
	return declare(c, spec{
		name:  "get_zones_over_time",
		title: "Show time in zones",
		doc: "Time in heart rate, power or pace zones by week or month, its low, middle and high share, the polarization index, and a planned split against the real one. " +
			"Each activity counts by the thresholds of its day.",
	}, c.showZonesOverTime)
}

// A zoneKind says what zones are of.
type zoneKind = training.ZoneKind

type zonesArgs struct {
	Provider pierre.Provider `json:"provider,omitempty" jsonschema:"Only activities that this source knows. Default: all sources, merged." brief:"-"`
	Kind     zoneKind        `json:"zones,omitempty" jsonschema:"power: rides; pace: runs, grade-adjusted." default:"heart_rate"`
	Sport    sportChoice     `json:"sport_type,omitempty" jsonschema:"With its kindred. Default: all."`
	After    date            `json:"after,omitempty" jsonschema:"First day. Default: 12 weeks back."`
	Before   date            `json:"before,omitempty" jsonschema:"Last day, included. Default: today."`
	GroupBy  zoneGrouping    `json:"group_by,omitempty" jsonschema:"Rows." brief:"" default:"week"`
	Planned  []float64       `json:"planned_percent,omitempty" jsonschema:"The planned shares: low and the rest, such as [80,20], or low, middle, high. They add up to 100." limits:"2,3" each:"0,100"`
}

// A zoneGrouping is what the rows stand for: a week or a month.
type zoneGrouping pierre.Grouping

func (a zonesArgs) problems() []string {
	var problems []string
	if a.After != "" && a.Before != "" && a.Before < a.After {
		problems = append(problems, "after must not be later than before.")
	}
	sum := 0.0
	for _, p := range a.Planned {
		sum += p
	}
	if len(a.Planned) > 0 && math.Abs(sum-100) > 0.5 {
		problems = append(problems, fmt.Sprintf("planned_percent must add up to 100, not %s.", plain(sum)))
	}
	return problems
}

type zonesAnswer struct {
	TimeZone zoneView      `json:"time_zone" jsonschema:"whose days they are; activities with an offset of their own count by that"`
	From     string        `json:"from" jsonschema:"first local day"`
	To       string        `json:"to" jsonschema:"last local day"`
	Zones    zoneLimits    `json:"zones" jsonschema:"those of the last day"`
	Thirds   zoneLimits    `json:"three_zones" jsonschema:"low, middle and high, of the last day"`
	Total    zoneRowView   `json:"total"`
	Planned  *plannedView  `json:"planned,omitempty"`
	Rows     []zoneRowView `json:"rows" jsonschema:"oldest first; those with activities"`
	Note     string        `json:"note,omitempty"`
}

type zoneLimits struct {
	Names  []string  `json:"names,omitempty"`
	Limits []float64 `json:"from,omitempty" jsonschema:"where each begins, in bpm, watts or m/s"`
	evidence
}

type zoneRowView struct {
	From       string    `json:"from,omitempty" jsonschema:"first day, local"`
	Activities int       `json:"activities"`
	Without    int       `json:"without,omitempty" jsonschema:"activities that lack the quantity or its zones"`
	Seconds    []float64 `json:"seconds" jsonschema:"in each zone"`
	Below      float64   `json:"below_seconds,omitempty" jsonschema:"under the first zone"`
	Percent    []float64 `json:"low_middle_high_percent,omitempty"`
	PI         *float64  `json:"polarization_index,omitempty" jsonschema:"above 2: polarized; absent without time in the high zone, or more there than in the low one"`
}

type plannedView struct {
	Planned    []float64 `json:"planned_percent"`
	Real       []float64 `json:"real_percent"`
	Difference []float64 `json:"difference_points" jsonschema:"real less planned"`
}

// defaultWeeks is how far back get_zones_over_time looks if nothing is said.
const defaultWeeks = 12

func (c *Catalog) showZonesOverTime(ctx context.Context, user pierre.UserID, args zonesArgs) (zonesAnswer, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return zonesAnswer{}, err
	}
	by := pierre.Grouping(args.GroupBy)
	if by == "" {
		by = pierre.ByWeek
	}
	period := args.After.days(args.Before)
	if period.To.IsZero() || period.To.After(clock.Today()) {
		period.To = clock.Today()
	}
	if args.After == "" {
		period.From = by.Start(by.Start(period.To).AddDate(0, 0, -7*(defaultWeeks-1)))
	}
	q := training.ZonesQuery{Kind: args.Kind, Sport: pierre.Sport(args.Sport), From: args.Provider, Period: period, Start: by.Start}
	if q.Kind == "" {
		q.Kind = training.ZonesByHeartRate
	}
	z, err := c.training.ZonesOverTime(ctx, user, q)
	if err != nil {
		return zonesAnswer{}, err
	}
	a := zonesAnswer{
		TimeZone: viewClock(z.Clock), From: period.From.Format(time.DateOnly), To: period.To.Format(time.DateOnly),
		Zones: viewLimits(z.Zones), Thirds: viewLimits(z.Thirds), Total: viewZoneRow(z.All), Rows: []zoneRowView{},
	}
	a.Planned = viewPlanned(args.Planned, a.Total.Percent)
	var rows []zoneRowView
	for _, r := range z.Rows {
		v := viewZoneRow(r)
		v.From = r.Start.Format(time.DateOnly)
		if r.Start.Before(period.From) { // the first row begins with the period
			v.From = a.From
		}
		rows = append(rows, v)
	}
	if len(rows) == 0 {
		a.Note = noneMatches
	}
	return a.withRows(rows), nil
}

func viewLimits(z training.Zones) zoneLimits {
	v := zoneLimits{evidence: viewEvidence(z.Evidence)}
	for _, zone := range z.Zones {
		v.Names, v.Limits = append(v.Names, zone.Name), append(v.Limits, *rounded(zone.Low, 2))
	}
	return v
}

func viewZoneRow(r training.ZoneRow) zoneRowView {
	v := zoneRowView{Activities: r.Activities, Without: r.Without, Seconds: make([]float64, len(r.Seconds)), Below: math.Round(r.Below)}
	for i, s := range r.Seconds {
		v.Seconds[i] = math.Round(s)
	}
	if all := r.Thirds[0] + r.Thirds[1] + r.Thirds[2]; all > 0 {
		for _, s := range r.Thirds {
			v.Percent = append(v.Percent, *rounded(100*s/all, 1))
		}
	}
	if p := r.Polarization(); p.Err == nil {
		v.PI = rounded(p.Value, 2)
	}
	return v
}

func viewPlanned(planned, low []float64) *plannedView {
	if planned == nil || low == nil {
		return nil
	}
	v := &plannedView{Planned: planned, Real: low}
	if len(planned) == 2 {
		v.Real = []float64{low[0], *rounded(100-low[0], 1)}
	}
	for i, p := range planned {
		v.Difference = append(v.Difference, *rounded(v.Real[i]-p, 1))
	}
	return v
}

// withRows takes as many of the newest rows as an answer of the usual size has room for.
func (a zonesAnswer) withRows(rows []zoneRowView) zonesAnswer {
	if len(rows) == 0 {
		return a
	}
	note := a.Note
	take := func(left int) {
		a.Rows, a.Note = rows[left:], note
		if left > 0 {
			a.Note = joined(note, fmt.Sprintf("%s are left out; ask for them with before, or by month.", human.Plural(left, "earlier row")))
		}
	}
	take(leastLeftOut(len(rows), func(left int) bool {
		take(left)
		return encodedSize(a)+encodedSize(a.text()) <= answerBytes
	}))
	return a
}

func (a zonesAnswer) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s to %s: %s", a.From, a.To, a.Total.text(a.Zones.Names))
	if a.Zones.NotAvailable != "" {
		b.WriteString("\nzones: " + a.Zones.NotAvailable)
	} else {
		b.WriteString("\nzones: " + a.Zones.Method)
	}
	if a.Thirds.NotAvailable != "" && a.Thirds.NotAvailable != a.Zones.NotAvailable {
		b.WriteString("\nlow, middle, high: " + a.Thirds.NotAvailable)
	}
	if p := a.Planned; p != nil {
		fmt.Fprintf(&b, "\nplanned %s %%, real %s %%", numbers(p.Planned), numbers(p.Real))
	}
	for _, r := range a.Rows {
		b.WriteString("\n" + r.From + ": " + r.text(a.Zones.Names))
	}
	if a.Note != "" {
		b.WriteString("\n" + a.Note)
	}
	return b.String()
}

func (r zoneRowView) text(names []string) string {
	var b strings.Builder
	b.WriteString(human.Plural(r.Activities, "activity"))
	if r.Without > 0 {
		fmt.Fprintf(&b, " (%d more without zones)", r.Without)
	}
	if r.Below > 0 {
		b.WriteString(", below " + clockTime(r.Below))
	}
	for i, s := range r.Seconds {
		if s > 0 && i < len(names) {
			fmt.Fprintf(&b, ", %s %s", names[i], clockTime(s))
		}
	}
	if r.Percent != nil {
		fmt.Fprintf(&b, "; low/middle/high %s %%", numbers(r.Percent))
	}
	if r.PI != nil {
		fmt.Fprintf(&b, ", polarization index %s", plain(*r.PI))
	}
	return b.String()
}

func numbers(values []float64) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = plain(v)
	}
	return strings.Join(words, "/")
}
