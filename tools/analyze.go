package tools

import (
	"context"
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func (c *Catalog) analyzeActivity() tool {
	return bind(spec{
		name:  "analyze_activity",
		title: "Analyse an activity",
		doc: "The overall picture of one activity: its load, the metrics of its sport, time in zones, best stretches or power curve, and how it went. " +
			"Use it to discuss a session; use calculate_metrics for single numbers.",
		input: []field{activityArgument(), providerArgument()},
		output: object("",
			req("activity", object("", activityFields()...)),
			req("load", object("stress score, 100 for an hour at threshold; by power if it can be, else by heart rate", append([]field{
				opt("value", number("")),
				opt("based_on", choice("mean_heart_rate: from the activity's mean alone, as there are no samples", loadKinds()...)),
			}, evidenceFields()...)...)),
			req("metrics", metricsSchema()),
			req("observations", array("how it went, in numbers", str(""))),
			opt("warnings", array("what was odd about the recording", str("")))),
	}, c.describeActivity)
}

type analyzeArgs struct {
	ID       pierre.ActivityID `json:"activity_id"`
	Provider pierre.Provider   `json:"provider"`
}

type loadView struct {
	value

	BasedOn loadKind `json:"based_on,omitempty"`
}

type analysisAnswer struct {
	metricsAnswer

	Load         loadView `json:"load"`
	Observations []string `json:"observations"`
	Warnings     []string `json:"warnings,omitempty"`
}

func (c *Catalog) describeActivity(ctx context.Context, user pierre.UserID, args analyzeArgs) (answer, error) {
	a, err := c.analysis(ctx, user, args.ID, args.Provider)
	if err != nil {
		return nil, err
	}
	l, err := a.ath.load(a.rec.Activity, a.digest)
	byKey, lines := a.compute(a.picture())
	return analysisAnswer{
		metricsAnswer: metricsAnswer{viewActivity(a.rec.Activity), byKey, lines},
		Load:          loadView{computed(l.result, err, 1, l.inputs...), l.kind},
		Observations:  a.observations(),
		Warnings:      viewWarnings(a.rec.Warnings),
	}, nil
}

// picture are the metrics of the overall picture: the load is apart.
func (a *analysis) picture() []string {
	switch {
	case a.rec.Sport.IsRide() && a.powerErr != nil && a.rec.NormalizedPowerWatts == nil:
		return []string{"normalized_power", "decoupling", zonesHeartRate}
	case a.rec.Sport.IsRide():
		return []string{"normalized_power", "intensity_factor", "variability_index", "efficiency", "decoupling", zonesHeartRate, zonesPower, curveMaxPower}
	case onFoot(a.rec.Sport):
		return []string{"grade_adjusted_speed", "efficiency", "decoupling", "vdot", zonesHeartRate, curveBestEfforts}
	default:
		return []string{"trimp", "energy", zonesHeartRate}
	}
}

// observations says how the activity went, as far as the samples tell.
func (a *analysis) observations() []string {
	said := []string{}
	for _, say := range []func() string{a.split, a.mainZone, a.pauses, a.part} {
		if s := say(); s != "" {
			said = append(said, s)
		}
	}
	return said
}

// longestSplit is the ratio of the halves beyond which they tell of the recording, not of the athlete.
const longestSplit = 1.5

// split compares the two halves of the distance.
func (a *analysis) split() string {
	t, d := a.rec.Series.Time, distances(a.rec.Series)
	var at, meters []float64 // seconds without pauses, and the distance then
	moving := 0.0
	for i, v := range d {
		if i > 0 && t[i]-t[i-1] <= longestStep {
			moving += t[i] - t[i-1]
		}
		if !math.IsNaN(v) {
			at, meters = append(at, moving), append(meters, v)
		}
	}
	if len(at) < 2 || meters[len(meters)-1]-meters[0] < 1000 {
		return ""
	}
	last := len(at) - 1
	middle := sort.SearchFloat64s(meters, (meters[0]+meters[last])/2)
	before, after := at[middle]-at[0], at[last]-at[middle]
	if !(max(before, after) <= longestSplit*min(before, after)) {
		return ""
	}
	change, word := 100*(after-before)/before, "more"
	if change < 0 {
		word = "less"
	}
	return fmt.Sprintf("Pauses apart, the second half of the distance took %.1f %% %s time than the first (%s, then %s).",
		math.Abs(change), word, clockTime(before), clockTime(after))
}

// longestStep is the time between two samples beyond which there was a pause, as in package fitness.
const longestStep = 30

// mainZone names the heart rate zone with the most time.
func (a *analysis) mainZone() string {
	zones := a.heartZones()
	if len(zones.Zones) == 0 {
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
	return fmt.Sprintf("%.0f %% of the time the heart rate was %s.", 100*most/total, name)
}

func (a *analysis) pauses() string {
	e, d := a.rec.ElapsedSeconds, a.rec.DurationSeconds
	if e == nil || d == nil || *e-*d < 60 {
		return ""
	}
	return fmt.Sprintf("Paused for %s of %s.", clockTime(*e-*d), clockTime(*e))
}

func (a *analysis) part() string {
	if a.rec.MultisportID == "" {
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
