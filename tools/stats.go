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
	return bind(spec{
		name:  "get_stats",
		title: "Sum up activities",
		doc: "Totals per sport for the last 4 weeks, the year to date and all time: number, distance, time, elevation gain, energy. " +
			"Use it for how much; for single activities use get_activities.",
		input: []field{providerArgument()},
		output: object("",
			req("time_zone", zoneSchema()),
			req("periods", array("", object("",
				req("period", choice("recent_4_weeks: today and the 27 days before it", "recent_4_weeks", "year_to_date", "all")),
				opt("from", str("first day, local")),
				req("to", str("last day, local")),
				req("activities", integer("")),
				req("sports", array("those with the most activities first", sumSchema("", req("sport_type", str(""))))),
				opt("other_sports", sumSchema("the remaining sports together", req("sports", integer("how many")))))))),
	}, c.showStats)
}

// sumSchema describes a [sum], whose first field says of what.
func sumSchema(doc string, of field) schema {
	return object(doc, of,
		req("activities", integer("")),
		opt("distance_meters", number("of the activities that recorded one, as with all sums")),
		opt("duration_seconds", number("moving or timer time")),
		opt("elapsed_seconds", number("")),
		opt("elevation_gain_meters", number("")),
		opt("calories_kcal", number("")),
		opt("without_distance", integer("activities that recorded no distance; absent if all did")),
		opt("without_duration", integer("")),
		opt("longest_distance_meters", number("")),
		opt("longest_activity_id", str("which activity that was")))
}

type statsArgs struct {
	Provider pierre.Provider `json:"provider"`
}

type statsAnswer struct {
	TimeZone zoneView     `json:"time_zone"`
	Periods  []periodView `json:"periods"`
}

type periodView struct {
	Period     string     `json:"period"`
	From       string     `json:"from,omitempty"`
	To         string     `json:"to"`
	Activities int        `json:"activities"`
	Sports     []sportSum `json:"sports"`
	Others     *othersSum `json:"other_sports,omitempty"`
}

type sportSum struct {
	SportType pierre.Sport `json:"sport_type"`
	sum
}

type othersSum struct {
	Sports int `json:"sports"`
	sum
}

// A sum adds up activities. What none of them recorded stays nil.
type sum struct {
	Activities            int               `json:"activities"`
	DistanceMeters        *float64          `json:"distance_meters,omitempty"`
	DurationSeconds       *float64          `json:"duration_seconds,omitempty"`
	ElapsedSeconds        *float64          `json:"elapsed_seconds,omitempty"`
	ElevationGainMeters   *float64          `json:"elevation_gain_meters,omitempty"`
	CaloriesKcal          *float64          `json:"calories_kcal,omitempty"`
	WithoutDistance       int               `json:"without_distance,omitempty"`
	WithoutDuration       int               `json:"without_duration,omitempty"`
	LongestDistanceMeters *float64          `json:"longest_distance_meters,omitempty"`
	LongestActivityID     pierre.ActivityID `json:"longest_activity_id,omitempty"`
}

func (c *Catalog) showStats(ctx context.Context, user pierre.UserID, args statsArgs) (answer, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return nil, err
	}
	today, a := clock.Today(), statsAnswer{TimeZone: viewClock(clock)}
	for _, p := range []periodView{
		{Period: "recent_4_weeks", From: today.AddDate(0, 0, -27).Format(time.DateOnly)},
		{Period: "year_to_date", From: time.Date(today.Year(), 1, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)},
		{Period: "all"},
	} {
		p.To = today.Format(time.DateOnly)
		q := pierre.ActivityQuery{Providers: sources(args.Provider)}
		if from, err := time.Parse(time.DateOnly, p.From); err == nil {
			// An activity of tomorrow is a wrong clock, and counts only among all.
			q.Days = pierre.LocalDays{From: from, To: today, Zone: clock.Zone}
		}
		sums, err := c.data.SumActivities(ctx, user, q)
		if err != nil {
			return nil, err
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
		plus(&all.DistanceMeters, s.DistanceMeters)
		plus(&all.DurationSeconds, s.DurationSeconds)
		plus(&all.ElapsedSeconds, s.ElapsedSeconds)
		plus(&all.ElevationGainMeters, s.ElevationGainMeters)
		plus(&all.CaloriesKcal, s.CaloriesKcal)
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
	tenth := func(f *float64) *float64 {
		if f == nil {
			return nil
		}
		return rounded(*f, 1)
	}
	return sum{
		Activities: s.Activities, DistanceMeters: tenth(s.DistanceMeters), DurationSeconds: tenth(s.DurationSeconds),
		ElapsedSeconds: tenth(s.ElapsedSeconds), ElevationGainMeters: tenth(s.ElevationGainMeters), CaloriesKcal: tenth(s.CaloriesKcal),
		WithoutDistance: s.WithoutDistance, WithoutDuration: s.WithoutDuration,
		LongestDistanceMeters: tenth(s.LongestMeters), LongestActivityID: s.Longest,
	}
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
