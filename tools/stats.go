package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// sportsShown is how many sports a period lists; the rest is summed up, so that the answer stays short.
const sportsShown = 8

func (c *Catalog) getStats() tool {
	return declare(c, spec{
		name:  "get_stats",
		title: "Sum up activities",
		doc: "Totals per sport for the last 4 weeks, the year to date and all time, or for any days: number, distance, time, elevation " +
			"gain, energy; with group_by by day, week, month or year. " +
			"Use it for how much; for single activities use get_activities.",
	}, c.showStats)
}

// A sourceArgs is what every tool takes that takes nothing but a source.
type sourceArgs struct {
	Provider pierre.Provider `json:"provider,omitempty" jsonschema:"Only activities that this source knows. Default: all sources, merged." brief:"-"`
}

type statsArgs struct {
	sourceArgs

	Sport   sportChoice     `json:"sport_type,omitempty" jsonschema:"Only this sport, exactly." brief:"as in get_activities"`
	After   instant         `json:"after,omitempty" jsonschema:"Only from this time or day on, as in get_activities. Replaces the usual periods." brief:"as in get_activities; replaces the usual periods"`
	Before  instant         `json:"before,omitempty" jsonschema:"Only before this time or day." brief:""`
	GroupBy pierre.Grouping `json:"group_by,omitempty" jsonschema:"One row for each day, week (from Monday), month or year, also those without activities." brief:""`
	Metrics []summed        `json:"metrics,omitempty" jsonschema:"What to add up. Default: all; in rows distance, duration and elevation gain." brief:""`
}

func (a statsArgs) problems() []string { return wrongOrder(a.After, a.Before) }

// A summed is a total that adds up over activities.
type summed string

const (
	sumDistance  summed = "distance_meters"
	sumDuration  summed = "duration_seconds"
	sumElapsed   summed = "elapsed_seconds"
	sumElevation summed = "elevation_gain_meters"
	sumCalories  summed = "calories_kcal"
)

func sumNames() []summed {
	return []summed{sumDistance, sumDuration, sumElapsed, sumElevation, sumCalories}
}

// A period is a span of days that is summed up.
type period string

const (
	recentWeeks period = "recent_4_weeks"
	yearToDate  period = "year_to_date"
	allTime     period = "all"
	chosen      period = "chosen"
)

func periods() []period { return []period{recentWeeks, yearToDate, allTime, chosen} }

type statsAnswer struct {
	TimeZone zoneView     `json:"time_zone" jsonschema:"of the days of activities without a recorded offset"`
	Periods  []periodView `json:"periods"`
	Groups   []groupView  `json:"groups,omitempty" jsonschema:"with group_by: oldest first"`
	Note     string       `json:"note,omitempty"`
}

type periodView struct {
	Period     period     `json:"period" jsonschema:"recent_4_weeks: today and the 27 days before it; chosen: by the arguments"`
	From       string     `json:"from,omitempty" jsonschema:"first day, local"`
	To         string     `json:"to,omitempty" jsonschema:"last day, local"`
	Activities int        `json:"activities"`
	Sports     []sportSum `json:"sports" jsonschema:"those with the most activities first"`
	Others     *othersSum `json:"other_sports,omitempty" jsonschema:"the remaining sports together"`
}

type sportSum struct {
	SportType pierre.Sport `json:"sport_type"`
	sum

	LongestDistanceMeters *float64          `json:"longest_distance_meters,omitempty"`
	LongestActivityID     pierre.ActivityID `json:"longest_activity_id,omitempty" jsonschema:"which activity that was"`
}

type othersSum struct {
	Sports int `json:"sports" jsonschema:"how many"`
	sum
}

// A sum adds up activities. What none of them recorded stays nil.
type sum struct {
	Activities          int      `json:"activities"`
	DistanceMeters      *float64 `json:"distance_meters,omitempty" jsonschema:"of the activities that recorded one, as with all sums"`
	DurationSeconds     *float64 `json:"duration_seconds,omitempty" jsonschema:"moving or timer time"`
	ElapsedSeconds      *float64 `json:"elapsed_seconds,omitempty"`
	ElevationGainMeters *float64 `json:"elevation_gain_meters,omitempty"`
	CaloriesKcal        *float64 `json:"calories_kcal,omitempty"`
	WithoutDistance     int      `json:"without_distance,omitempty" jsonschema:"activities that recorded no distance; absent if all did"`
	WithoutDuration     int      `json:"without_duration,omitempty"`
	WithoutElapsed      int      `json:"without_elapsed,omitempty"`
	WithoutElevation    int      `json:"without_elevation_gain,omitempty"`
	WithoutCalories     int      `json:"without_calories,omitempty"`
}

func (c *Catalog) showStats(ctx context.Context, user pierre.UserID, args statsArgs) (statsAnswer, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return statsAnswer{}, err
	}
	twins, err := c.likelyTwice(ctx, user)
	if err != nil {
		return statsAnswer{}, err
	}
	a := statsAnswer{TimeZone: viewClock(clock), Note: countedOnce(twins)}
	for _, p := range args.periods(clock.Today()) {
		q := args.query(clock.Zone)
		if from, err := time.Parse(time.DateOnly, p.From); err == nil && p.Period != chosen {
			// An activity of tomorrow is a wrong clock, and counts only among all.
			q.Days = pierre.LocalDays{From: from, To: clock.Today(), Zone: clock.Zone}
		}
		sums, err := c.data.SumActivities(ctx, user, q)
		if err != nil {
			return statsAnswer{}, err
		}
		p.fill(sums, args.Metrics)
		a.Periods = append(a.Periods, p)
	}
	if args.GroupBy == "" {
		return a, nil
	}
	return c.grouped(ctx, user, args, clock, a)
}

// periods are those that the arguments ask for.
func (a statsArgs) periods(today time.Time) []periodView {
	if a.After != "" || a.Before != "" || a.GroupBy != "" {
		return []periodView{chosenPeriod(a.After, a.Before)}
	}
	to := today.Format(time.DateOnly)
	return []periodView{
		{Period: recentWeeks, From: today.AddDate(0, 0, -27).Format(time.DateOnly), To: to},
		{Period: yearToDate, From: time.Date(today.Year(), 1, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), To: to},
		{Period: allTime, To: to},
	}
}

// chosenPeriod is the days from after to before, as far as these are dates.
func chosenPeriod(after, before instant) periodView {
	p, d := periodView{Period: chosen}, days(after, before, time.UTC)
	if after.isDate() {
		p.From = d.From.Format(time.DateOnly)
	}
	if before.isDate() {
		p.To = d.To.Format(time.DateOnly)
	}
	return p
}

func (a statsArgs) query(zone *time.Location) pierre.ActivityQuery {
	q := pierre.ActivityQuery{Providers: sources(a.Provider)}
	if a.Sport != "" {
		q.Sports = []pierre.Sport{pierre.Sport(a.Sport)}
	}
	between(&q, a.After, a.Before, zone)
	q.Days.Zone = zone // whose days the store keeps sums of
	return q
}

// sources is the condition of a query for one provider, or for none if it is "".
func sources(p pierre.Provider) []pierre.Provider {
	if p == "" {
		return nil
	}
	return []pierre.Provider{p}
}

func (p *periodView) fill(sums []pierre.ActivitySum, metrics []summed) {
	p.Sports = []sportSum{}
	for i, s := range sums {
		p.Activities += s.Activities
		if i < sportsShown {
			p.Sports = append(p.Sports, viewSport(s, metrics))
		}
	}
	if len(sums) > sportsShown {
		p.Others = &othersSum{len(sums) - sportsShown, viewSum(together(sums[sportsShown:]), metrics)}
	}
}

// together adds up the sums of several sports.
func together(sums []pierre.ActivitySum) pierre.ActivitySum {
	var all pierre.ActivitySum
	for _, s := range sums {
		all.Add(s)
	}
	return all
}

func viewSport(s pierre.ActivitySum, metrics []summed) sportSum {
	v := sportSum{SportType: s.Sport, sum: viewSum(s, metrics)}
	if s.LongestMeters != nil && v.DistanceMeters != nil {
		v.LongestDistanceMeters, v.LongestActivityID = rounded(*s.LongestMeters, 1), s.Longest
	}
	return v
}

// viewSum shows the metrics of a sum, all if there are none.
func viewSum(s pierre.ActivitySum, metrics []summed) sum {
	v := sum{Activities: s.Activities}
	without := map[summed]*int{
		sumDistance: &v.WithoutDistance, sumDuration: &v.WithoutDuration, sumElapsed: &v.WithoutElapsed, sumElevation: &v.WithoutElevation, sumCalories: &v.WithoutCalories,
	}
	for i, total := range s.Sums() {
		name := summed(total.Name)
		if len(metrics) > 0 && !slices.Contains(metrics, name) {
			*total.Value = nil
			continue
		}
		if n := without[name]; n != nil {
			*n = s.Activities - s.Recorded[i]
		}
	}
	showTotals(&v, s.Totals, 1)
	return v
}

func (a statsAnswer) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Days in %s, unless an activity has its own offset.", a.TimeZone.Name)
	for _, p := range a.Periods {
		fmt.Fprintf(&b, "\n%s (%s):", p.Period, human.Plural(p.Activities, "activity"))
		for _, s := range p.Sports {
			fmt.Fprintf(&b, "\n  %s: %s", s.SportType, s.text())
		}
		if p.Others != nil {
			fmt.Fprintf(&b, "\n  %s: %s", human.Plural(p.Others.Sports, "other sport"), p.Others.text())
		}
	}
	for _, g := range a.Groups {
		fmt.Fprintf(&b, "\n%s: %s", g.title, g.sum.text())
	}
	if a.Note != "" {
		b.WriteString("\n" + a.Note)
	}
	return b.String()
}

func (s *sum) text() string {
	t := human.Plural(s.Activities, "activity")
	if s.DistanceMeters != nil {
		t += ", " + kilometres(*s.DistanceMeters)
	}
	if s.DurationSeconds != nil {
		t += ", " + clockTime(*s.DurationSeconds)
	}
	if s.ElevationGainMeters != nil {
		t += ", " + fixed(*s.ElevationGainMeters, 0) + " m up"
	}
	return t
}
