package tools

import (
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/fitness"
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
	Start   *float64 `json:"start_seconds"`
}

func powerCurveSchema() schema {
	return object("highest mean power over each length", append([]field{
		opt("points", array("", object("",
			req("duration_seconds", number("")),
			req("average_power_watts", number("")),
			req("start_seconds", number("after the activity's start"))))),
	}, evidenceFields()...)...)
}

// curveSeconds are the lengths that answers show, of the many that could be.
func curveSeconds() []int { return []int{5, 30, 60, 300, 600, 1200, 3600} }

func (a *analysis) powerCurve() powerCurve {
	if a.powerErr != nil {
		return powerCurve{evidence: noEvidence(a.powerErr)}
	}
	c := powerCurve{evidence: evidence{
		Method: string(fitness.MethodMeanMaxPower), Inputs: []input{samplesInput("power_watts")},
		CoveragePercent: rounded(100*a.power.Coverage(), 1),
	}}
	for _, e := range a.power.MeanMax(curveSeconds()) {
		c.Points = append(c.Points, powerPoint{e.Seconds, rounded(e.Watts, 1), rounded(e.StartSeconds, 0)})
	}
	return c
}

func (c powerCurve) text() string {
	if c.NotAvailable != "" {
		return curveMaxPower + ": " + c.NotAvailable
	}
	var b strings.Builder
	b.WriteString("best mean power:")
	for _, p := range c.Points {
		fmt.Fprintf(&b, " %s %.0f W", clockTime(p.Seconds), *p.Watts)
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
	Seconds *float64 `json:"seconds"`
	Start   *float64 `json:"start_seconds"`
}

func effortCurveSchema() schema {
	return object("fastest stretch over each distance, on foot", append([]field{
		opt("points", array("", object("",
			req("distance_meters", number("")),
			req("seconds", number("elapsed, pauses included")),
			req("start_seconds", number("after the activity's start"))))),
	}, evidenceFields()...)...)
}

func (a *analysis) effortCurve() effortCurve {
	efforts := bestEfforts(a.rec.Series)
	if !onFoot(a.rec.Sport) || len(efforts) == 0 {
		return effortCurve{evidence: noEvidence(&fitness.UnavailableError{Reason: "no distance of at least 1000 m on foot was recorded"})}
	}
	c := effortCurve{evidence: evidence{Method: string(fitness.MethodBestEffort), Inputs: a.gradedInputs()[:1]}}
	for _, e := range efforts {
		c.Points = append(c.Points, effortPoint{rounded(e.Meters, 1), rounded(e.Seconds, 1), rounded(e.StartSeconds, 0)})
	}
	return c
}

func (c effortCurve) text() string {
	if c.NotAvailable != "" {
		return curveBestEfforts + ": " + c.NotAvailable
	}
	var b strings.Builder
	b.WriteString("fastest stretches:")
	for _, p := range c.Points {
		fmt.Fprintf(&b, " %s m %s", plain(*p.Meters), clockTime(*p.Seconds))
	}
	return b.String()
}

// heartZones returns the zones with the time that was spent in each.
func (a *analysis) heartZones() heartZones {
	if a.heartErr != nil {
		return heartZones{evidence: noEvidence(a.heartErr)}
	}
	z, inputs, err := a.ath.heartZones()
	v := viewHeartZones(z, inputs, err)
	if err != nil {
		return v
	}
	times, err := a.heart.TimeIn(z)
	if err != nil {
		return heartZones{evidence: noEvidence(err)}
	}
	for i := range v.Zones {
		v.Zones[i].Seconds = rounded(times.Seconds[i], 0)
	}
	v.Below, v.CoveragePercent = rounded(times.Below, 0), rounded(100*times.Coverage, 1)
	return v
}

func (a *analysis) powerZones() powerZones {
	if err := firstOf(a.powerErr, a.cyclingOnly()); err != nil {
		return powerZones{evidence: noEvidence(err)}
	}
	z, inputs, err := a.ath.powerZones()
	v := viewPowerZones(z, inputs, err)
	if err != nil {
		return v
	}
	times, err := a.power.TimeIn(z)
	if err != nil {
		return powerZones{evidence: noEvidence(err)}
	}
	for i := range v.Zones {
		v.Zones[i].Seconds = rounded(times.Seconds[i], 0)
	}
	v.Below, v.CoveragePercent = rounded(times.Below, 0), rounded(100*times.Coverage, 1)
	return v
}

func (z heartZones) text() string {
	var b strings.Builder
	b.WriteString("heart rate zones: " + z.NotAvailable)
	if z.Below != nil && *z.Below > 0 {
		b.WriteString("below " + clockTime(*z.Below))
	}
	for _, zone := range z.Zones {
		fmt.Fprintf(&b, " %s %s", zoneText(zone.Name, zone.From, zone.To), clockTime(*zone.Seconds))
	}
	return b.String()
}

func (z powerZones) text() string {
	var b strings.Builder
	b.WriteString("power zones: " + z.NotAvailable)
	for _, zone := range z.Zones {
		fmt.Fprintf(&b, " %s %s", zoneText(zone.Name, zone.From, zone.To), clockTime(*zone.Seconds))
	}
	return b.String()
}
