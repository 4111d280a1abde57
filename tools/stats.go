package tools

import (
	"context"
	"fmt"
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
		doc: "Totals per sport for the last 4 weeks, the year to date and all time: number, distance, time, elevation gain, energy. " +
			"Use it for how much; for single activities use get_activities.",
	}, c.showStats)
}

// statsArgs are those of every tool that takes nothing but a source.
type statsArgs struct {
	Provider pierre.Provider `json:"provider,omitempty" jsonschema:"Only activities that this source knows. Default: all sources, merged."`
}

// A period is a span of days that is summed up.
type period string

const (
	recentWeeks period = "recent_4_weeks"
	yearToDate  period = "year_to_date"
	allTime     period = "all"
)

func periods() []period { return []period{recentWeeks, yearToDate, allTime} }

type statsAnswer struct {
	TimeZone zoneView     `json:"time_zone" jsonschema:"Days are those of the offset recorded with each activity; for activities without one, of this zone."`
	Periods  []periodView `json:"periods"`
}

type periodView struct {
	Period     period     `json:"period" jsonschema:"recent_4_weeks: today and the 27 days before it"`
	From       string     `json:"from,omitempty" jsonschema:"first day, local"`
	To         string     `json:"to" jsonschema:"last day, local"`
	Activities int        `json:"activities"`
	Sports     []sportSum `json:"sports" jsonschema:"those with the most activities first"`
	Others     *othersSum `json:"other_sports,omitempty" jsonschema:"the remaining sports together"`
}

type sportSum struct {
	SportType pierre.Sport `json:"sport_type"`
	sum
}

type othersSum struct {
	Sports int `json:"sports" jsonschema:"how many"`
	sum
}

// A sum adds up activities. What none of them recorded stays nil.
type sum struct {
	Activities            int               `json:"activities"`
	DistanceMeters        *float64          `json:"distance_meters,omitempty" jsonschema:"of the activities that recorded one, as with all sums"`
	DurationSeconds       *float64          `json:"duration_seconds,omitempty" jsonschema:"moving or timer time"`
	ElapsedSeconds        *float64          `json:"elapsed_seconds,omitempty"`
	ElevationGainMeters   *float64          `json:"elevation_gain_meters,omitempty"`
	CaloriesKcal          *float64          `json:"calories_kcal,omitempty"`
	WithoutDistance       int               `json:"without_distance,omitempty" jsonschema:"activities that recorded no distance; absent if all did"`
	WithoutDuration       int               `json:"without_duration,omitempty"`
	LongestDistanceMeters *float64          `json:"longest_distance_meters,omitempty"`
	LongestActivityID     pierre.ActivityID `json:"longest_activity_id,omitempty" jsonschema:"which activity that was"`
}

func (c *Catalog) showStats(ctx context.Context, user pierre.UserID, args statsArgs) (statsAnswer, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return statsAnswer{}, err
	}
	today, a := clock.Today(), statsAnswer{TimeZone: viewClock(clock)}
	for _, p := range []periodView{
		{Period: recentWeeks, From: today.AddDate(0, 0, -27).Format(time.DateOnly)},
		{Period: yearToDate, From: time.Date(today.Year(), 1, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)},
		{Period: allTime},
	} {
		p.To = today.Format(time.DateOnly)
		q := pierre.ActivityQuery{Providers: sources(args.Provider)}
		if from, err := time.Parse(time.DateOnly, p.From); err == nil {
			// An activity of tomorrow is a wrong clock, and counts only among all.
			q.Days = pierre.LocalDays{From: from, To: today, Zone: clock.Zone}
		}
		sums, err := c.data.SumActivities(ctx, user, q)
		if err != nil {
			return statsAnswer{}, err
		}
		p.fill(sums)
		a.Periods = append(a.Periods, p)
	}
	return a, nil
}

// sources is the condition of a query for one provider, or for none if it is "".
func sources(p pierre.Provider) []pierre.Provider {
	if p == "" {
		return nil
	}
	return []pierre.Provider{p}
}

func (p *periodView) fill(sums []pierre.ActivitySum) {
	p.Sports = []sportSum{}
	for i, s := range sums {
		p.Activities += s.Activities
		if i < sportsShown {
			p.Sports = append(p.Sports, sportSum{s.Sport, viewSum(s)})
		}
	}
	if len(sums) > sportsShown {
		p.Others = &othersSum{len(sums) - sportsShown, viewSum(together(sums[sportsShown:]))}
	}
}

// together adds up the sums of several sports.
func together(sums []pierre.ActivitySum) pierre.ActivitySum {
	var all pierre.ActivitySum
	for _, s := range sums {
		all.Activities += s.Activities
		all.WithoutDistance += s.WithoutDistance
		all.WithoutDuration += s.WithoutDuration
		of := s.Sums()
		for i, total := range all.Sums() {
			plus(total.Value, *of[i].Value)
		}
		if s.LongestMeters != nil && (all.LongestMeters == nil || *s.LongestMeters > *all.LongestMeters) {
			all.LongestMeters, all.Longest = s.LongestMeters, s.Longest
		}
	}
	return all
}

func plus(total **float64, v *float64) {
	switch {
	case v == nil:
	case *total == nil:
		*total = new(*v)
	default:
		*total = new(**total + *v)
	}
}

func viewSum(s pierre.ActivitySum) sum {
	v := sum{
		Activities: s.Activities, WithoutDistance: s.WithoutDistance, WithoutDuration: s.WithoutDuration, LongestActivityID: s.Longest,
	}
	showTotals(&v, s.Totals, 1)
	if s.LongestMeters != nil {
		v.LongestDistanceMeters = rounded(*s.LongestMeters, 1)
	}
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
