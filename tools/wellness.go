package tools

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func wellnessKinds() []pierre.WellnessKind {
	var kinds []pierre.WellnessKind
	for _, r := range pierre.WellnessKinds() {
		kinds = append(kinds, r.Kind)
	}
	return kinds
}

func (c *Catalog) getWellness() tool {
	return declare(c, spec{
		name:  "get_wellness",
		title: "Show values of days",
		doc: "Sleep, HRV, resting heart rate, weight, steps and more: newest value, 7-day mean against the personal baseline, trend. " +
			"Optionally by day, week, month or year, and the correlation with the training load of the days before. The baseline is of the 60 days before the last 7. Each kind is of one source, the one with the most of the last 14 days; others are named. For a night's quality use analyze_sleep_quality.",
	}, c.showWellness)
}

type wellnessArgs struct {
	Kinds    []pierre.WellnessKind `json:"kinds,omitempty" jsonschema:"Which values. Default: up to eight usual ones that there are." brief:"sleep, hrv_rmssd, weight…"`
	After    date                  `json:"after,omitempty" jsonschema:"First day. Default: 28 days up to the last, 91 with load_days." brief:""`
	Before   date                  `json:"before,omitempty" jsonschema:"Day after the last. Default: up to today." brief:""`
	GroupBy  pierre.Grouping       `json:"group_by,omitempty" jsonschema:"Also one row for each day, week (from Monday), month or year that has a value, with the means of its days." brief:""`
	LoadDays int                   `json:"load_days,omitempty" jsonschema:"Also the rank correlation of each day's value with the training load of so many days before it: 1 is the day before." brief:"correlates with load of these days before" limits:"1,14"`
	Provider pierre.Provider       `json:"provider,omitempty" jsonschema:"Only values of this source. Default: of each kind the one in use." brief:"-"`
}

const (
	mostWellnessDays = 400 // of many kinds
	fewKinds         = 4   // of which longer periods may be asked for
	loadPeriod       = 91  // days
)

func (a wellnessArgs) problems() []string {
	after, hasAfter := a.After.day()
	before, hasBefore := a.Before.day()
	if hasAfter && hasBefore && !after.Before(before) {
		return []string{"after must be before before."}
	}
	return nil
}

type wellnessAnswer struct {
	From     string                `json:"from" jsonschema:"first local day"`
	To       string                `json:"to" jsonschema:"last local day"`
	TimeZone zoneView              `json:"time_zone" jsonschema:"by which today is known"`
	Kinds    []wellnessView        `json:"kinds"`
	Others   []pierre.WellnessKind `json:"other_kinds,omitempty" jsonschema:"further kinds that there are values of"`
	Rows     []wellnessRow         `json:"rows,omitempty" jsonschema:"with group_by: oldest first, only those with a value"`
	Methods  []string              `json:"methods" jsonschema:"of the means and baselines, trends and correlations"`
	Note     string                `json:"note,omitempty"`
}

// A wellnessView is what is known of a kind. All numbers are in its unit.
type wellnessView struct {
	Kind         pierre.WellnessKind `json:"kind"`
	Unit         string              `json:"unit,omitempty" jsonschema:"of all numbers; h after midnight is a time of day, before midnight negative; absent: a number of things or a point of a scale"`
	Source       pierre.Provider     `json:"source,omitempty" jsonschema:"whose values these are"`
	Others       []otherSource       `json:"other_sources,omitempty" jsonschema:"that have values too, which are not taken"`
	Newest       *datedValue         `json:"newest,omitempty"`
	Days         int                 `json:"days_with_value" jsonschema:"of the period"`
	Missing      int                 `json:"days_without"`
	Week         *float64            `json:"week_mean,omitempty" jsonschema:"of the last 7 days"`
	WeekDays     int                 `json:"week_days" jsonschema:"of these 7 that have a value"`
	Baseline     *float64            `json:"baseline_mean,omitempty" jsonschema:"personal, of the 60 days before these 7"`
	BaselineDays int                 `json:"baseline_days" jsonschema:"of these 60 that have a value"`
	SD           *float64            `json:"baseline_sd,omitempty" jsonschema:"of the days; of HRV that of the logarithms"`
	Low          *float64            `json:"usual_low,omitempty" jsonschema:"of the usual range of the week_mean: baseline ± 1 SD, of HRV ± 0.5 SD of the logarithms"`
	High         *float64            `json:"usual_high,omitempty"`
	Off          *float64            `json:"week_off_sd,omitempty" jsonschema:"by how many SD the week_mean lies above the baseline"`
	Standing     training.Side       `json:"week_is,omitempty" jsonschema:"the week_mean beside the usual range"`
	Trend        trendView           `json:"trend" jsonschema:"over the period"`
	Load         *loadWith           `json:"load_correlation,omitempty"`
	NotAvailable []string            `json:"not_available,omitempty"`
}

type otherSource struct {
	Source pierre.Provider `json:"source"`
	Days   int             `json:"days"`
}

type datedValue struct {
	Date   string          `json:"date"`
	Value  *float64        `json:"value"`
	Source pierre.Provider `json:"source"`
}

type trendView struct {
	Slope     *float64  `json:"slope_per_month,omitempty"`
	Low       *float64  `json:"slope_low,omitempty" jsonschema:"of the 95 % confidence interval"`
	High      *float64  `json:"slope_high,omitempty"`
	Points    int       `json:"points" jsonschema:"days, or the weeks of a period of more than 56 days"`
	Direction direction `json:"direction" jsonschema:"none: no trend can be told"`
}

// loadWith is how values go with the load before.
type loadWith struct {
	Days         int       `json:"load_days" jsonschema:"days before, whose loads are added up"`
	R            *float64  `json:"coefficient,omitempty" jsonschema:"−1 to 1"`
	Low          *float64  `json:"low,omitempty" jsonschema:"of the 95 % confidence interval"`
	High         *float64  `json:"high,omitempty"`
	Pairs        int       `json:"pairs"`
	Direction    direction `json:"direction" jsonschema:"none: that they go together cannot be told"`
	NotAvailable string    `json:"not_available,omitempty"`
}

type wellnessRow struct {
	From   string         `json:"from" jsonschema:"first day"`
	Values []wellnessCell `json:"values"`
}

type wellnessCell struct {
	Kind pierre.WellnessKind `json:"kind"`
	Mean *float64            `json:"value" jsonschema:"mean of the days that have one"`
	Days int                 `json:"days,omitempty" jsonschema:"with a value, unless it is one"`
}

func (c *Catalog) showWellness(ctx context.Context, user pierre.UserID, args wellnessArgs) (wellnessAnswer, error) {
	q, err := c.wellnessQuery(ctx, user, args)
	if err != nil {
		return wellnessAnswer{}, err
	}
	w, err := c.training.Wellness(ctx, user, q)
	if err != nil {
		return wellnessAnswer{}, err
	}
	a := viewWellness(w)
	if args.GroupBy != "" {
		a = a.withRows(w, args.GroupBy)
	}
	return a.fitting(), nil
}

// wellnessQuery checks the days, which must not be so many that the answer takes long.
func (c *Catalog) wellnessQuery(ctx context.Context, user pierre.UserID, args wellnessArgs) (training.WellnessQuery, error) {
	q := training.WellnessQuery{Kinds: args.Kinds, Source: args.Provider, LoadDays: args.LoadDays}
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return q, err
	}
	q.Last = clock.Today()
	if before, ok := args.Before.day(); ok && before.Before(q.Last) {
		q.Last = before.AddDate(0, 0, -1)
	}
	first, ok := args.After.day()
	if !ok && args.LoadDays > 0 {
		first, ok = q.Last.AddDate(0, 0, 1-loadPeriod), true
	}
	if !ok {
		return q, nil
	}
	if first.After(q.Last) {
		return q, wrongArguments([]string{fmt.Sprintf("after must be a day up to %s.", q.Last.Format(time.DateOnly))})
	}
	if days := int(q.Last.Sub(first).Hours() / 24); days >= mostWellnessDays && (len(q.Kinds) == 0 || len(q.Kinds) > fewKinds) {
		return q, wrongArguments([]string{fmt.Sprintf("For more than %d days, name at most %d kinds.", mostWellnessDays, fewKinds)})
	}
	q.First = first
	return q, nil
}
