package tools

import (
	"context"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func (c *Catalog) calculateMetrics() tool {
	var docs []string
	for _, m := range metrics() {
		if m.doc != "" {
			docs = append(docs, m.name+": "+m.doc)
		}
	}
	return bind(spec{
		name:  "calculate_metrics",
		title: "Compute metrics of an activity",
		doc: "Computes chosen metrics of one activity from its samples, each with method, inputs and coverage, or the reason why it is not available. " +
			"For an overall picture use analyze_activity.",
		input: []field{
			activityArgument(),
			providerArgument(),
			opt("metrics", array("Which metrics; "+strings.Join(docs, "; ")+". Default: those of the sport.", choice("", metricNames()...)).
				within(1, float64(len(metricNames())))),
			opt("critical_power_watts", number("For w_prime_balance: as the athlete states it, with w_prime_kilojoules. Default: fitted.").within(30, 700)),
			opt("w_prime_kilojoules", number("").within(1, 100)),
		},
		output: object("",
			req("activity", object("", activityFields()...)),
			req("metrics", metricsSchema())),
	}, c.computeMetrics)
}

// metricsSchema describes the metrics by their keys, any of which may be absent.
func metricsSchema() schema {
	var keys []string
	for _, m := range metrics() {
		keys = append(keys, m.key)
	}
	return mapping("by name with unit: "+strings.Join(keys, ", "), valueSchema(""),
		opt(curveMaxPower, powerCurveSchema()),
		opt(curveBestEfforts, effortCurveSchema()),
		opt(zonesHeartRate, zonesSchema("bpm")),
		opt(zonesPower, zonesSchema("watts")))
}

type metricsArgs struct {
	ID       pierre.ActivityID `json:"activity_id"`
	Provider pierre.Provider   `json:"provider"`
	Metrics  []string          `json:"metrics"`
	CP       *float64          `json:"critical_power_watts"`
	WPrime   *float64          `json:"w_prime_kilojoules"`
}

func (a metricsArgs) problems() []string {
	switch {
	case (a.CP == nil) != (a.WPrime == nil):
		return []string{"critical_power_watts and w_prime_kilojoules go together: give both or neither."}
	case a.CP != nil && !slices.Contains(a.Metrics, "w_prime_balance"):
		return []string{"critical_power_watts and w_prime_kilojoules are for w_prime_balance, which metrics lacks."}
	}
	return nil
}

// needsFit says whether critical power has to be fitted to the athlete's history, which takes time.
func (a metricsArgs) needsFit() bool {
	return slices.Contains(a.Metrics, "critical_power") || a.CP == nil && slices.Contains(a.Metrics, "w_prime_balance")
}

type metricsAnswer struct {
	Activity activityView   `json:"activity"`
	Metrics  map[string]any `json:"metrics"` // values, curves and zones, by their keys

	lines []string // the metrics for hosts without structured content
}

func (c *Catalog) computeMetrics(ctx context.Context, user pierre.UserID, args metricsArgs) (answer, error) {
	a, err := c.analysis(ctx, user, args.ID, args.Provider)
	if err != nil {
		return nil, err
	}
	wanted := args.Metrics
	if wanted == nil {
		wanted = a.usualMetrics()
	}
	if args.needsFit() {
		if a.fitted, err = c.fitCritical(ctx, user, a.rec.Activity, args.Provider, a.ath.clock); err != nil {
			return nil, err
		}
	}
	a.critical = a.fitted
	if args.CP != nil {
		a.critical = givenCritical(*args.CP, *args.WPrime)
	}
	if slices.Contains(wanted, "running_stress_score") {
		if a.threshold, err = c.thresholdSpeed(ctx, user, a.rec.Activity, args.Provider); err != nil {
			return nil, err
		}
	}
	m, lines := a.compute(wanted)
	return metricsAnswer{viewActivity(a.rec.Activity), m, lines}, nil
}

// analysis prepares one of the user's activities for the metrics.
func (c *Catalog) analysis(ctx context.Context, user pierre.UserID, id pierre.ActivityID, from pierre.Provider) (*analysis, error) {
	rec, _, err := c.recordingFrom(ctx, user, id, from)
	if err != nil {
		return nil, err
	}
	ath, err := c.athlete(ctx, user)
	if err != nil {
		return nil, err
	}
	return analyze(rec, ath), nil
}

// usualMetrics are those that the sport is mostly looked at with.
func (a *analysis) usualMetrics() []string {
	switch {
	case a.rec.Sport.IsRide():
		return []string{"tss", "hrss", "trimp", "normalized_power", "intensity_factor", "variability_index", "work", "power_to_weight", "efficiency", "decoupling"}
	case onFoot(a.rec.Sport):
		return []string{"hrss", "trimp", "grade_adjusted_speed", "efficiency", "decoupling", "vdot", "moving_time"}
	default:
		return []string{"hrss", "trimp", "edwards_trimp", "energy"}
	}
}

// compute returns the wanted metrics by their keys, and a line about each.
func (a *analysis) compute(wanted []string) (byKey map[string]any, lines []string) {
	byKey = map[string]any{}
	for _, def := range metrics() {
		if slices.Contains(wanted, def.name) && def.key != a.unsuitable() {
			v := def.compute(a)
			byKey[def.key], lines = v, append(lines, v.text(def.key))
		}
	}
	for _, c := range []struct {
		name    string
		compute func() answer
	}{
		{curveMaxPower, func() answer { return a.powerCurve() }},
		{curveBestEfforts, func() answer { return a.effortCurve() }},
		{zonesHeartRate, func() answer { return a.heartZones() }},
		{zonesPower, func() answer { return a.powerZones() }},
	} {
		if slices.Contains(wanted, c.name) {
			v := c.compute()
			byKey[c.name], lines = v, append(lines, v.text())
		}
	}
	return byKey, lines
}

// unsuitable is the key of the one of the two efficiencies that does not go with the sport.
func (a *analysis) unsuitable() string {
	if onFoot(a.rec.Sport) {
		return "efficiency_watts_per_bpm"
	}
	return "efficiency_meters_per_beat"
}

func (m metricsAnswer) text() string {
	return m.Activity.line() + "\n" + strings.Join(m.lines, "\n")
}
