package tools

import (
	"context"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) calculateMetrics() tool {
	return declare(c, spec{
		name:  "calculate_metrics",
		title: "Compute metrics of an activity",
		doc: "Computes chosen metrics of one activity from its samples, each with method, inputs and coverage, or the reason why it is not available. " +
			"For an overall picture use analyze_activity.",
	}, c.computeMetrics)
}

// A metricName is one of [metricNames].
type metricName string

type metricsArgs struct {
	ID       pierre.ActivityID `json:"activity_id" jsonschema:"The id of an activity, from get_activities." brief:"" limits:"1,100"`
	Provider pierre.Provider   `json:"provider,omitempty" jsonschema:"Only activities that this source knows. Default: all sources, merged." brief:"-"`
	Metrics  []metricName      `json:"metrics,omitempty" jsonschema:"Which metrics. Default: those of the sport." brief:"default: those of the sport"`
	CP       *float64          `json:"critical_power_watts,omitempty" jsonschema:"For w_prime_balance: as the athlete states it, with w_prime_kilojoules. Default: fitted." brief:"for w_prime_balance; default: fitted" limits:"30,700"`
	WPrime   *float64          `json:"w_prime_kilojoules,omitempty" limits:"1,100"`
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

// metricValues are values, curves and zones, by their keys.
type metricValues map[string]any

type metricsAnswer struct {
	Activity activityView `json:"activity"`
	Metrics  metricValues `json:"metrics"`

	lines []string // the metrics for hosts without structured content
}

func (c *Catalog) computeMetrics(ctx context.Context, user pierre.UserID, args metricsArgs) (metricsAnswer, error) {
	a, err := c.subject(ctx, user, args.ID, args.Provider)
	if err != nil {
		return metricsAnswer{}, err
	}
	wanted := args.Metrics
	if wanted == nil {
		wanted = usualMetrics(a.Sport)
	}
	if args.needsFit() {
		if a.fitted, err = c.training.CriticalPower(ctx, user, args.Provider, a.Activity); err != nil {
			return metricsAnswer{}, err
		}
	}
	a.critical = a.fitted
	if args.CP != nil {
		a.critical = training.GivenCritical(*args.CP, *args.WPrime)
	}
	if slices.Contains(wanted, "running_stress_score") {
		if a.threshold, err = c.training.ThresholdSpeed(ctx, user, args.Provider, a.Activity); err != nil {
			return metricsAnswer{}, err
		}
	}
	m, lines := a.compute(wanted)
	return metricsAnswer{viewActivity(a.Activity), m, lines}, nil
}

// A subject is an activity whose metrics are asked for, and what the athlete's history adds to it.
type subject struct {
	*training.Analysis

	fitted    training.CriticalPower  // to the recent history
	critical  training.CriticalPower  // the athlete's own, or else fitted
	threshold training.ThresholdSpeed // by the recent history
}

// subject prepares one of the user's activities for the metrics.
func (c *Catalog) subject(ctx context.Context, user pierre.UserID, id pierre.ActivityID, from pierre.Provider) (subject, error) {
	rec, _, err := c.recordingFrom(ctx, user, id, from)
	if err != nil {
		return subject{}, err
	}
	a, err := c.training.Analyze(ctx, user, rec)
	return subject{Analysis: a}, err
}

// A metric is a quantity that calculate_metrics offers.
type metric struct {
	name     metricName // in the argument metrics
	key      string     // in answers, with the unit
	doc      string
	decimals int
	compute  func(subject) training.Value
}

// metrics lists the scalar metrics, the most asked for first.
func metrics() []metric {
	of := func(f func(*training.Analysis) training.Value) func(subject) training.Value {
		return func(s subject) training.Value { return f(s.Analysis) }
	}
	return []metric{
		{"trimp", "trimp", "Banister's training impulse", 1, of((*training.Analysis).TRIMP)},
		{"edwards_trimp", "edwards_trimp", "minutes in five heart rate zones times 1 to 5", 1, of((*training.Analysis).EdwardsTRIMP)},
		{"hrss", "heart_rate_stress_score", "load by heart rate, 100 for an hour at threshold", 1, of((*training.Analysis).HeartLoad)},
		{"tss", "training_stress_score", "load by power (rides), 100 for an hour at threshold", 1, of((*training.Analysis).PowerLoad)},
		{"normalized_power", "normalized_power_watts", "", 1, of((*training.Analysis).NormalizedPower)},
		{"intensity_factor", "intensity_factor", "normalized power over threshold power", 3, of((*training.Analysis).Intensity)},
		{"variability_index", "variability_index", "normalized over mean power", 3, of((*training.Analysis).Variability)},
		{"work", "work_kilojoules", "", 0, of((*training.Analysis).Work)},
		{"power_to_weight", "power_to_weight_watts_per_kg", "normalized power over body weight", 2, of((*training.Analysis).PowerToWeight)},
		{"efficiency", efficiencyOfPower, "rides: normalized power over mean heart rate", 3, of((*training.Analysis).PowerEfficiency)},
		{"efficiency", efficiencyOfSpeed, "on foot: grade-adjusted speed over mean heart rate", 3, of((*training.Analysis).SpeedEfficiency)},
		{"decoupling", "decoupling_percent", "fall of output per heart beat from the first to the second half of a steady effort", 1, of((*training.Analysis).Decoupling)},
		{"heart_rate_drift", "heart_rate_drift_percent", "rise of heart rate between the halves of a steady effort", 1, of((*training.Analysis).HeartRateDrift)},
		{"grade_adjusted_speed", "grade_adjusted_speed_mps", "speed on the level of the same cost", 3, of((*training.Analysis).GradeAdjustedSpeed)},
		{"vdot", "vdot_ml_per_kg_min", "performance VO2max of the activity's best stretch (runs)", 1, of((*training.Analysis).VDOT)},
		{"moving_time", "moving_time_seconds", "by speed, whatever the device's timer said", 0, of((*training.Analysis).MovingTime)},
		{"energy", "energy_kcal", "by heart rate", 0, of((*training.Analysis).Energy)},
		{
			"running_stress_score", "running_stress_score", "load by grade-adjusted speed (runs), 100 for an hour at threshold", 1,
			func(s subject) training.Value { return s.RunningStress(s.threshold) },
		},
		{
			"critical_power", "critical_power_watts", "power (and W′, the work above it) that could be held long, fitted to the best 2 to 20 minutes of the 90 days of rides up to this one", 1,
			func(s subject) training.Value { return s.fitted.Watts() },
		},
		{
			"critical_power", "critical_power_watts_per_kg", "", 2,
			func(s subject) training.Value { return s.CriticalToWeight(s.fitted) },
		},
		{"critical_power", "w_prime_kilojoules", "", 2, func(s subject) training.Value { return s.fitted.WPrime() }},
		{
			"w_prime_balance", "w_prime_balance_lowest_kilojoules", "the least of W′ that was left in a ride", 2,
			func(s subject) training.Value { return s.Balance(s.critical).Kilojoules },
		},
		{"w_prime_balance", "w_prime_balance_lowest_percent", "", 1, func(s subject) training.Value { return s.Balance(s.critical).Percent }},
	}
}

// The keys of the two efficiencies, of which one goes with a sport.
const (
	efficiencyOfPower = "efficiency_watts_per_bpm"
	efficiencyOfSpeed = "efficiency_meters_per_beat"
)

func metricNames() []metricName {
	var names []metricName
	for _, m := range metrics() {
		if len(names) == 0 || names[len(names)-1] != m.name {
			names = append(names, m.name)
		}
	}
	return append(names, curveMaxPower, curveBestEfforts, zonesHeartRate, zonesPower)
}

// metricDocs says what the metrics are, where the name does not.
func metricDocs() string {
	var docs []string
	for _, m := range metrics() {
		if m.doc != "" {
			docs = append(docs, string(m.name)+": "+m.doc)
		}
	}
	return strings.Join(docs, "; ")
}

// usualMetrics are those that a sport is mostly looked at with.
func usualMetrics(s pierre.Sport) []metricName {
	switch {
	case s.IsRide():
		return []metricName{"tss", "hrss", "trimp", "normalized_power", "intensity_factor", "variability_index", "work", "power_to_weight", "efficiency", "decoupling"}
	case s.OnFoot():
		return []metricName{"hrss", "trimp", "grade_adjusted_speed", "efficiency", "decoupling", "vdot", "moving_time"}
	default:
		return []metricName{"hrss", "trimp", "edwards_trimp", "energy"}
	}
}

// compute returns the wanted metrics by their keys, and a line about each.
func (s subject) compute(wanted []metricName) (byKey metricValues, lines []string) {
	byKey = metricValues{}
	for _, m := range metrics() {
		if slices.Contains(wanted, m.name) && m.key != s.unsuitable() {
			v := viewValue(m.compute(s), m.decimals)
			byKey[m.key], lines = v, append(lines, v.noted(m.key))
		}
	}
	for _, c := range []struct {
		name    metricName
		compute func() answer
	}{
		{curveMaxPower, func() answer { return viewPowerCurve(s.Analysis) }},
		{curveBestEfforts, func() answer { return viewEffortCurve(s.BestEfforts()) }},
		{zonesHeartRate, func() answer { return viewHeartZones(s.HeartZones()) }},
		{zonesPower, func() answer { return viewPowerZones(s.PowerZones()) }},
	} {
		if slices.Contains(wanted, c.name) {
			v := c.compute()
			byKey[string(c.name)], lines = v, append(lines, v.text())
		}
	}
	return byKey, lines
}

// unsuitable is the key of the one of the two efficiencies that does not go with the sport.
func (s subject) unsuitable() string {
	if s.Sport.OnFoot() {
		return efficiencyOfPower
	}
	return efficiencyOfSpeed
}

func (m metricsAnswer) text() string {
	return m.Activity.line() + "\n" + strings.Join(m.lines, "\n")
}
