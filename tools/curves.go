package tools

import (
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/internal/training"
)

// The metrics that are more than one number. Their names are also their keys.
const (
	curveMaxPower    = "mean_max_power"
	curveBestEfforts = "best_efforts"
	zonesHeartRate   = "heart_rate_zones"
	zonesPower       = "power_zones"
)

// A powerCurve is the highest mean power for each of some lengths.
type powerCurve struct {
	Points []powerPoint `json:"points,omitempty"`
	evidence
}

type powerPoint struct {
	Seconds float64  `json:"duration_seconds"`
	Watts   *float64 `json:"average_power_watts"`
	PerKg   *float64 `json:"watts_per_kg,omitempty" jsonschema:"by the weight of the day"`
	Start   *float64 `json:"start_seconds" jsonschema:"after the activity's start"`
}

// curveSeconds are the lengths that answers show, of the many that could be.
func curveSeconds() []int { return []int{5, 30, 60, 300, 600, 1200, 3600} }

func viewPowerCurve(a *training.Analysis) powerCurve {
	curve := a.PowerCurve(curveSeconds())
	v := powerCurve{evidence: viewEvidence(curve.Evidence)}
	weight := a.Weight()
	for _, e := range curve.Efforts {
		v.Points = append(v.Points, powerPoint{e.Seconds, rounded(e.Watts, 1), perKg(e.Watts, weight), rounded(e.StartSeconds, 0)})
	}
	if len(v.Points) > 0 && weight.Value != nil {
		v.Inputs = append(v.Inputs, viewInputs([]training.Input{weight})...)
	}
	return v
}

// perKg divides a power by a weight, if it is known.
func perKg(watts float64, weight training.Input) *float64 {
	if weight.Value == nil {
		return nil
	}
	return rounded(watts / *weight.Value, 2)
}

func (c powerCurve) text() string {
	if c.NotAvailable != "" {
		return curveMaxPower + ": " + c.NotAvailable
	}
	var b strings.Builder
	b.WriteString("best mean power:")
	for _, p := range c.Points {
		fmt.Fprintf(&b, " %s %s W", clockTime(p.Seconds), fixed(*p.Watts, 0))
		if p.PerKg != nil {
			fmt.Fprintf(&b, " (%s W/kg)", fixed(*p.PerKg, 2))
		}
	}
	return b.String()
}

// An effortCurve is the fastest stretch over each of some distances.
type effortCurve struct {
	Points []effortPoint `json:"points,omitempty"`
	evidence
}

type effortPoint struct {
	Meters  *float64 `json:"distance_meters"`
	Seconds *float64 `json:"seconds" jsonschema:"elapsed, pauses included"`
	Start   *float64 `json:"start_seconds" jsonschema:"after the activity's start"`
}

func viewEffortCurve(curve training.EffortCurve) effortCurve {
	v := effortCurve{evidence: viewEvidence(curve.Evidence)}
	for _, e := range curve.Efforts {
		v.Points = append(v.Points, effortPoint{rounded(e.Meters, 1), rounded(e.Seconds, 1), rounded(e.StartSeconds, 0)})
	}
	return v
}

func (c effortCurve) text() string {
	if c.NotAvailable != "" {
		return curveBestEfforts + ": " + c.NotAvailable
	}
	return "fastest stretches:" + c.points()
}

// points are the distances and their times, as in " 1000 m 0:04:00".
func (c effortCurve) points() string {
	var b strings.Builder
	for _, p := range c.Points {
		fmt.Fprintf(&b, " %s m %s", plain(*p.Meters), clockTime(*p.Seconds))
	}
	return b.String()
}
