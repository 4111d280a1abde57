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
		},
		output: object("",
			req("activity", object("", activityFields()...)),
			req("metrics", metricsSchema())),
	}, c.computeMetrics)
}

// metricsSchema describes the metrics by their keys, any of which may be absent.
func metricsSchema() schema {
	var fields []field
	for _, m := range metrics() {
		fields = append(fields, opt(m.key, valueSchema(m.doc)))
	}
	return object("by name, with its unit", append(fields,
		opt(curveMaxPower, powerCurveSchema()),
		opt(curveBestEfforts, effortCurveSchema()),
		opt(zonesHeartRate, zonesSchema("bpm")),
		opt(zonesPower, zonesSchema("watts")))...)
}

type metricsArgs struct {
	ID       pierre.ActivityID `json:"activity_id"`
	Provider pierre.Provider   `json:"provider"`
	Metrics  []string          `json:"metrics"`
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
	m := metricsAnswer{Activity: viewActivity(a.rec.Activity), Metrics: map[string]any{}}
	m.compute(a, wanted)
	return m, nil
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

func (m *metricsAnswer) compute(a *analysis, wanted []string) {
	for _, def := range metrics() {
		if !slices.Contains(wanted, def.name) || def.key == unsuitable(a) {
			continue
		}
		v := def.compute(a)
		m.Metrics[def.key] = v
		m.lines = append(m.lines, v.text(def.key))
	}
	curves := map[string]func() curve{
		curveMaxPower:    func() curve { return a.powerCurve() },
		curveBestEfforts: func() curve { return a.effortCurve() },
		zonesHeartRate:   func() curve { return a.heartZones() },
		zonesPower:       func() curve { return a.powerZones() },
	}
	for _, name := range []string{curveMaxPower, curveBestEfforts, zonesHeartRate, zonesPower} {
		if slices.Contains(wanted, name) {
			v := curves[name]()
			m.Metrics[name] = v
			m.lines = append(m.lines, v.text())
		}
	}
}

// A curve is a metric of several numbers.
type curve interface{ text() string }

// unsuitable is the key of the one of the two efficiencies that does not go with the sport.
func unsuitable(a *analysis) string {
	if onFoot(a.rec.Sport) {
		return "efficiency_watts_per_bpm"
	}
	return "efficiency_meters_per_beat"
}

func (m metricsAnswer) text() string {
	return m.Activity.line() + "\n" + strings.Join(m.lines, "\n")
}
