package tools

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) analyzeActivity() tool {
	return declare(c, spec{
		name:  "analyze_activity",
		title: "Analyse an activity",
		doc: "The overall picture of one activity: its load, the metrics of its sport, time in zones, best stretches or power curve, and how it went. " +
			"Use it to discuss a session; use calculate_metrics for single numbers.",
	}, c.describeActivity)
}

type analyzeArgs struct {
	ID       pierre.ActivityID `json:"activity_id" jsonschema:"The id of an activity, from get_activities." brief:"" limits:"1,100"`
	Provider pierre.Provider   `json:"provider,omitempty" jsonschema:"Only activities that this source knows. Default: all sources, merged." brief:"-"`
}

type loadView struct {
	value

	BasedOn training.LoadKind `json:"based_on,omitempty" jsonschema:"mean_heart_rate: from the activity's mean alone, as there are no samples"`
}

type analysisAnswer struct {
	metricsAnswer

	Load         loadView `json:"load" jsonschema:"stress score, 100 for an hour at threshold; by power if it can be, else by heart rate"`
	Observations []string `json:"observations" jsonschema:"how it went, in numbers"`
	Warnings     []string `json:"warnings,omitempty" jsonschema:"what was odd about the recording"`
}

func (c *Catalog) describeActivity(ctx context.Context, user pierre.UserID, args analyzeArgs) (analysisAnswer, error) {
	a, err := c.subject(ctx, user, args.ID, args.Provider)
	if err != nil {
		return analysisAnswer{}, err
	}
	l := a.Load()
	byKey, lines := a.compute(a.picture())
	return analysisAnswer{
		metricsAnswer: metricsAnswer{viewActivity(a.Activity), byKey, lines},
		Load:          loadView{viewValue(l.Value, 1), l.Kind},
		Observations:  a.observations(),
		Warnings:      viewWarnings(a.Warnings),
	}, nil
}

// picture are the metrics of the overall picture: the load is apart.
func (s subject) picture() []metricName {
	switch {
	case s.Sport.IsRide() && !s.HasPower():
		return []metricName{"normalized_power", "decoupling", zonesHeartRate}
	case s.Sport.IsRide():
		return []metricName{"normalized_power", "intensity_factor", "variability_index", "efficiency", "decoupling", zonesHeartRate, zonesPower, curveMaxPower}
	case s.Sport.OnFoot():
		return []metricName{"grade_adjusted_speed", "efficiency", "decoupling", "vdot", zonesHeartRate, curveBestEfforts}
	default:
		return []metricName{"trimp", "energy", zonesHeartRate}
	}
}

// observations says how the activity went, as far as the samples tell.
func (s subject) observations() []string {
	said := []string{}
	for _, observe := range []func() string{s.split, s.mainZone, s.pauses, s.part} {
		if o := observe(); o != "" {
			said = append(said, o)
		}
	}
	return said
}

// split compares the two halves of the distance.
func (s subject) split() string {
	before, after, ok := s.Split()
	if !ok {
		return ""
	}
	change, word := 100*(after-before)/before, "more"
	if change < 0 {
		word = "less"
	}
	return fmt.Sprintf("Pauses apart, the second half of the distance took %s %% %s time than the first (%s, then %s).",
		fixed(math.Abs(change), 1), word, clockTime(before), clockTime(after))
}

// mainZone names the heart rate zone with the most time.
func (s subject) mainZone() string {
	zones := viewHeartZones(s.HeartZones())
	if c := zones.CoveragePercent; c == nil || *c < 50 { // a part does not stand for the whole
		return ""
	}
	if zones.Below == nil || slices.ContainsFunc(zones.Zones, func(z heartZone) bool { return z.Seconds == nil }) {
		return ""
	}
	name, most := "below the first zone", *zones.Below
	total := most
	for _, z := range zones.Zones {
		total += *z.Seconds
		if *z.Seconds > most {
			name, most = "in "+zoneText(z.Name, z.From, z.To), *z.Seconds
		}
	}
	if total == 0 {
		return ""
	}
	return fmt.Sprintf("%s %% of the time the heart rate was %s.", fixed(100*most/total, 0), name)
}

func (s subject) pauses() string {
	e, d := round(s.ElapsedSeconds), round(s.DurationSeconds)
	if e == nil || d == nil || !(*e-*d >= 60) {
		return ""
	}
	return fmt.Sprintf("Paused for %s of %s.", clockTime(*e-*d), clockTime(*e))
}

func (s subject) part() string {
	if s.MultisportID == "" {
		return ""
	}
	return "A part of a multisport recording; the other parts have the same multisport_id in get_activity."
}

func viewWarnings(warnings []string) []string {
	var views []string
	for _, w := range warnings[:min(len(warnings), 5)] {
		views = append(views, shorten(w, 200))
	}
	return views
}

func (a analysisAnswer) text() string {
	lines := []string{a.Activity.line(), a.Load.text("load")}
	lines = append(lines, a.lines...)
	lines = append(lines, a.Observations...)
	for _, w := range a.Warnings {
		lines = append(lines, "warning: "+w)
	}
	return strings.Join(lines, "\n")
}
