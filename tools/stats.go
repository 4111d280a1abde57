package tools

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
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

func (s *sum) add(a pierre.Activity) {
	s.Activities++
	plus(&s.DistanceMeters, a.DistanceMeters)
	plus(&s.DurationSeconds, a.DurationSeconds)
	plus(&s.ElapsedSeconds, a.ElapsedSeconds)
	plus(&s.ElevationGainMeters, a.ElevationGainMeters)
	plus(&s.CaloriesKcal, a.CaloriesKcal)
	if a.DurationSeconds == nil {
		s.WithoutDuration++
	}
	if a.DistanceMeters == nil {
		s.WithoutDistance++
	} else if s.LongestDistanceMeters == nil || *a.DistanceMeters > *s.LongestDistanceMeters {
		s.LongestDistanceMeters, s.LongestActivityID = a.DistanceMeters, a.ID
	}
}

func plus(total **float64, v *float64) {
	switch {
	case v == nil:
	case *total == nil:
		*total = new(*v)
	default:
		**total += *v
	}
}

// settled rounds the sums once they are complete.
func (s *sum) settle() {
	for _, f := range []**float64{
		&s.DistanceMeters, &s.DurationSeconds, &s.ElapsedSeconds, &s.ElevationGainMeters,
		&s.CaloriesKcal, &s.LongestDistanceMeters,
	} {
		if *f != nil {
			*f = rounded(**f, 1)
		}
	}
}

func (c *Catalog) showStats(ctx context.Context, user pierre.UserID, args statsArgs) (answer, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return nil, err
	}
	var q pierre.ActivityQuery
	if args.Provider != "" {
		q.Providers = []pierre.Provider{args.Provider}
	}
	page, err := c.data.Activities(ctx, user, q)
	if err != nil {
		return nil, err
	}
	today := clock.Today()
	return statsAnswer{viewClock(clock), []periodView{
		sumUp("recent_4_weeks", page.Activities, clock, today.AddDate(0, 0, -27)),
		sumUp("year_to_date", page.Activities, clock, time.Date(today.Year(), 1, 1, 0, 0, 0, 0, time.UTC)),
		sumUp("all", page.Activities, clock, time.Time{}),
	}}, nil
}

// sumUp adds up the activities of the local days from the given one, zero for all, to today.
func sumUp(name string, activities []pierre.Activity, clock training.Clock, from time.Time) periodView {
	p := periodView{Period: name, To: clock.Today().Format(time.DateOnly)}
	if !from.IsZero() {
		p.From = from.Format(time.DateOnly)
	}
	bySport := map[pierre.Sport]*sportSum{}
	var chosen []pierre.Activity
	for _, a := range activities {
		// An activity of tomorrow is a wrong clock, and counts only among all.
		if d := clock.DayOf(a); !from.IsZero() && (d.Before(from) || d.After(clock.Today())) {
			continue
		}
		chosen = append(chosen, a)
		s, ok := bySport[a.Sport]
		if !ok {
			s = &sportSum{SportType: a.Sport}
			bySport[a.Sport] = s
		}
		s.add(a)
	}
	p.Activities = len(chosen)
	p.Sports = make([]sportSum, 0, len(bySport))
	for _, s := range bySport {
		p.Sports = append(p.Sports, *s)
	}
	slices.SortFunc(p.Sports, func(a, b sportSum) int {
		return cmp.Or(-cmp.Compare(a.Activities, b.Activities), cmp.Compare(a.SportType, b.SportType))
	})
	if len(p.Sports) > sportsShown {
		p.Others = sumOthers(chosen, p.Sports[sportsShown:])
		p.Sports = p.Sports[:sportsShown]
	}
	for i := range p.Sports {
		p.Sports[i].settle()
	}
	return p
}

func sumOthers(activities []pierre.Activity, others []sportSum) *othersSum {
	o := othersSum{Sports: len(others)}
	for _, a := range activities {
		if slices.ContainsFunc(others, func(s sportSum) bool { return s.SportType == a.Sport }) {
			o.add(a)
		}
	}
	o.settle()
	return &o
}

func (a statsAnswer) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Days in %s, unless an activity has its own offset.", a.TimeZone.Name)
	for _, p := range a.Periods {
		fmt.Fprintf(&b, "\n%s (%d activities):", p.Period, p.Activities)
		for _, s := range p.Sports {
			fmt.Fprintf(&b, "\n  %s: %s", s.SportType, s.text())
		}
		if p.Others != nil {
			fmt.Fprintf(&b, "\n  %d other sports: %s", p.Others.Sports, p.Others.text())
		}
	}
	return b.String()
}

func (s *sum) text() string {
	t := fmt.Sprintf("%d activities", s.Activities)
	if s.DistanceMeters != nil {
		t += ", " + kilometres(*s.DistanceMeters)
	}
	if s.DurationSeconds != nil {
		t += ", " + clockTime(*s.DurationSeconds)
	}
	if s.ElevationGainMeters != nil {
		t += fmt.Sprintf(", %.0f m up", *s.ElevationGainMeters)
	}
	return t
}
