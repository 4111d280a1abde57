package tools

import (
	"context"
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func (c *Catalog) getAthlete() tool {
	return bind(spec{
		name:  "get_athlete",
		title: "Show the athlete",
		doc: "Shows the athlete's profile, what formulas will use for what it lacks, the training zones that follow, and what is still missing. " +
			"Change it with set_athlete_profile.",
		input: []field{providerArgument()},
		output: object("",
			req("profile", object("what the athlete or an imported file said; absent members are not known", profileFields(c.now())...)),
			req("time_zone", zoneSchema()),
			req("inputs", array("what formulas take, with estimates where the profile is silent", inputSchema())),
			req("missing", array("what the athlete should be asked for", object("",
				req("field", choice("argument of set_athlete_profile", profileNames()...)),
				req("needed_for", str(""))))),
			req("heart_rate_zones", zonesSchema("bpm")),
			req("power_zones", zonesSchema("watts")),
			req("total_activities", integer("")),
			opt("first_activity", str("start, UTC")),
			opt("last_activity", str("start, UTC"))),
	}, c.showAthlete)
}

func zonesSchema(unit string) schema {
	return object("", append([]field{
		opt("zones", array("each from its lower limit up to the next one's", object("",
			req("name", str("")),
			req("from_"+unit, number("")),
			opt("to_"+unit, number("absent: open")),
			opt("seconds", number("time in the zone, where an activity is looked at"))))),
		opt("below_seconds", number("time below the first zone, likewise")),
	}, evidenceFields()...)...)
}

type athleteAnswer struct {
	Profile         pierre.Profile `json:"profile"`
	TimeZone        zoneView       `json:"time_zone"`
	Inputs          []input        `json:"inputs"`
	Missing         []missingView  `json:"missing"`
	HeartRateZones  heartZones     `json:"heart_rate_zones"`
	PowerZones      powerZones     `json:"power_zones"`
	TotalActivities int            `json:"total_activities"`
	FirstActivity   string         `json:"first_activity,omitempty"`
	LastActivity    string         `json:"last_activity,omitempty"`
}

type missingView struct {
	Field     string `json:"field"`
	NeededFor string `json:"needed_for"`
}

type heartZones struct {
	Zones []heartZone `json:"zones,omitempty"`
	Below *float64    `json:"below_seconds,omitempty"`
	evidence
}

type heartZone struct {
	Name    string   `json:"name"`
	From    *float64 `json:"from_bpm"`
	To      *float64 `json:"to_bpm,omitempty"`
	Seconds *float64 `json:"seconds,omitempty"`
}

type powerZones struct {
	Zones []powerZone `json:"zones,omitempty"`
	Below *float64    `json:"below_seconds,omitempty"`
	evidence
}

type powerZone struct {
	Name    string   `json:"name"`
	From    *float64 `json:"from_watts"`
	To      *float64 `json:"to_watts,omitempty"`
	Seconds *float64 `json:"seconds,omitempty"`
}

func (c *Catalog) showAthlete(ctx context.Context, user pierre.UserID, args statsArgs) (answer, error) {
	p, err := c.data.Profile(ctx, user)
	if err != nil {
		return nil, err
	}
	ath, err := c.athlete(ctx, user)
	if err != nil {
		return nil, err
	}
	a := athleteAnswer{Profile: p, TimeZone: ath.clock.view(), Inputs: ath.inputs(), Missing: whatIsMissing(p)}
	a.HeartRateZones = viewHeartZones(ath.heartZones())
	a.PowerZones = viewPowerZones(ath.powerZones())
	var q pierre.ActivityQuery
	if args.Provider != "" {
		q.Providers = []pierre.Provider{args.Provider}
	}
	q.Limit = 1
	last, err := c.data.Activities(ctx, user, q)
	if err != nil {
		return nil, err
	}
	q.Ascending = true
	first, err := c.data.Activities(ctx, user, q)
	if err != nil {
		return nil, err
	}
	a.TotalActivities = last.Total
	if last.Total > 0 && len(first.Activities) > 0 && len(last.Activities) > 0 {
		a.FirstActivity, a.LastActivity = timestamp(first.Activities[0].Start), timestamp(last.Activities[0].Start)
	}
	return a, nil
}

// inputs lists what is known about the athlete.
func (a athlete) inputs() []input {
	list := []input{}
	for _, q := range []quantity{a.ftp, a.maxHR, a.restingHR, a.thresholdHR, a.weight} {
		if q.known {
			list = append(list, q.input())
		}
	}
	return list
}

func whatIsMissing(p pierre.Profile) []missingView {
	needs := []struct {
		missing bool
		view    missingView
	}{
		{p.FTPWatts == nil, missingView{"ftp_watts", "training stress score and zones by power"}},
		{p.MaxHeartRateBPM == nil, missingView{"max_heart_rate_bpm", "load and zones by heart rate, better than with an estimate"}},
		{p.RestingHeartRateBPM == nil, missingView{"resting_heart_rate_bpm", "load by heart rate"}},
		{p.Sex == "", missingView{"sex", "load by heart rate"}},
		{p.ThresholdHRBPM == nil, missingView{"threshold_heart_rate_bpm", "stress score by heart rate, better than with an estimate"}},
		{p.WeightKg == nil, missingView{"weight_kg", "power to weight"}},
		{p.BirthYear == nil && p.MaxHeartRateBPM == nil, missingView{"birth_year", "an estimate of the maximum heart rate"}},
		{p.TimeZone == "", missingView{"time_zone", "local days of activities whose recording does not tell its offset"}},
	}
	list := []missingView{}
	for _, n := range needs {
		if n.missing {
			list = append(list, n.view)
		}
	}
	return list
}

// heartZones returns zones of the heart rate reserve, or if the resting heart rate is not known of the maximum.
func (a athlete) heartZones() (fitness.Zones, []input, error) {
	if !a.maxHR.known {
		return fitness.Zones{}, nil, a.maxHR.err()
	}
	if !a.restingHR.known {
		z, err := fitness.PercentMaxZones(a.maxHR.value)
		return z, []input{a.maxHR.input()}, err
	}
	z, err := fitness.KarvonenZones(fitness.HeartRateRange{RestBPM: a.restingHR.value, MaxBPM: a.maxHR.value})
	return z, []input{a.restingHR.input(), a.maxHR.input()}, err
}

func (a athlete) powerZones() (fitness.Zones, []input, error) {
	if !a.ftp.known {
		return fitness.Zones{}, nil, a.ftp.err()
	}
	z, err := fitness.CogganPowerZones(a.ftp.value)
	return z, []input{a.ftp.input()}, err
}

func viewHeartZones(z fitness.Zones, inputs []input, err error) heartZones {
	if err != nil {
		return heartZones{evidence: noEvidence(err)}
	}
	v := heartZones{evidence: evidence{Method: string(z.Method), Inputs: inputs}}
	for _, zone := range z.Zones {
		v.Zones = append(v.Zones, heartZone{Name: zone.Name, From: rounded(zone.Low, 0), To: upper(zone.High, 0)})
	}
	return v
}

func viewPowerZones(z fitness.Zones, inputs []input, err error) powerZones {
	if err != nil {
		return powerZones{evidence: noEvidence(err)}
	}
	v := powerZones{evidence: evidence{Method: string(z.Method), Inputs: inputs}}
	for _, zone := range z.Zones {
		v.Zones = append(v.Zones, powerZone{Name: zone.Name, From: rounded(zone.Low, 0), To: upper(zone.High, 0)})
	}
	return v
}

// upper is a zone's upper limit, nil if it is open.
func upper(limit float64, decimals int) *float64 {
	if limit == 0 {
		return nil
	}
	return rounded(limit, decimals)
}

func (a athleteAnswer) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Profile: %s. %d activities", profileText(a.Profile), a.TotalActivities)
	if a.LastActivity != "" {
		fmt.Fprintf(&b, " from %s to %s", a.FirstActivity, a.LastActivity)
	}
	for _, in := range a.Inputs {
		if in.Source != fromUser {
			fmt.Fprintf(&b, "\n%s %s is taken as %s: %s", in.Name, plain(*in.Value), in.Source, in.Note)
		}
	}
	for _, m := range a.Missing {
		fmt.Fprintf(&b, "\nmissing: %s, for %s", m.Field, m.NeededFor)
	}
	b.WriteString("\nheart rate zones in bpm:")
	for _, z := range a.HeartRateZones.Zones {
		b.WriteString(" " + zoneText(z.Name, z.From, z.To))
	}
	b.WriteString(a.HeartRateZones.NotAvailable + "\npower zones in watts:")
	for _, z := range a.PowerZones.Zones {
		b.WriteString(" " + zoneText(z.Name, z.From, z.To))
	}
	b.WriteString(a.PowerZones.NotAvailable)
	return b.String()
}

func zoneText(name string, from, to *float64) string {
	if to == nil {
		return fmt.Sprintf("%s from %s", name, plain(*from))
	}
	return fmt.Sprintf("%s %s-%s", name, plain(*from), plain(*to))
}
