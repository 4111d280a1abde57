package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) getAthlete() tool {
	return declare(c, spec{
		name:  "get_athlete",
		title: "Show the athlete",
		doc: "Shows the athlete's profile, what formulas will use for what it lacks, the training zones that follow, and what is still missing. " +
			"Change it with set_athlete_profile.",
	}, c.showAthlete)
}

type athleteAnswer struct {
	Profile         profile       `json:"profile" jsonschema:"what the athlete or an imported file said; absent members are not known"`
	History         []pastValues  `json:"history" jsonschema:"how the profile changed: activities are judged by what held on their day, earlier ones by the first value"`
	TimeZone        zoneView      `json:"time_zone" jsonschema:"of the days of activities without a recorded offset"`
	Inputs          []input       `json:"inputs" jsonschema:"what formulas take, with estimates where the profile is silent"`
	Measured        []deviceView  `json:"measured,omitempty" jsonschema:"the newest that devices say; inputs have what is taken of it"`
	Missing         []missingView `json:"missing" jsonschema:"what the athlete should be asked for"`
	HeartRateZones  heartZones    `json:"heart_rate_zones"`
	PowerZones      powerZones    `json:"power_zones"`
	FTPPerKg        value         `json:"ftp_watts_per_kg"`
	TotalActivities int           `json:"total_activities"`
	FirstActivity   string        `json:"first_activity,omitempty" jsonschema:"start, UTC"`
	LastActivity    string        `json:"last_activity,omitempty" jsonschema:"start, UTC"`
}

// pastValues are the values of one member of the profile.
type pastValues struct {
	Field   profileField `json:"field"`
	Values  []pastValue  `json:"values" jsonschema:"the newest, oldest first"`
	Earlier int          `json:"earlier,omitempty" jsonschema:"number of values before these"`
}

type pastValue struct {
	From   string          `json:"from" jsonschema:"day from which it holds, until the next one"`
	Value  *float64        `json:"value"`
	Source training.Source `json:"source"`
}

// pastShown is how many values of each member are shown.
const pastShown = 8

func viewPast(ath training.Athlete) []pastValues {
	all := []pastValues{}
	for _, f := range new(pierre.Profile).Dated() {
		steps := ath.Steps(f.Name)
		if len(steps) == 0 {
			continue
		}
		view := pastValues{Field: profileField(f.Name), Earlier: max(0, len(steps)-pastShown)}
		for _, step := range steps[view.Earlier:] {
			from := training.User
			if step.FromFile {
				from = training.Recorded
			}
			view.Values = append(view.Values, pastValue{step.Day.Format(time.DateOnly), rounded(step.Value, 1), from})
		}
		all = append(all, view)
	}
	return all
}

type missingView struct {
	Field     profileField `json:"field" jsonschema:"argument of set_athlete_profile"`
	NeededFor string       `json:"needed_for"`
}

func (c *Catalog) showAthlete(ctx context.Context, user pierre.UserID, args sourceArgs) (athleteAnswer, error) {
	p, err := c.data.Profile(ctx, user)
	if err != nil {
		return athleteAnswer{}, err
	}
	ath, err := c.training.Athlete(ctx, user)
	if err != nil {
		return athleteAnswer{}, err
	}
	a := athleteAnswer{Profile: profile(p), History: viewPast(ath), TimeZone: viewClock(ath.Clock), Inputs: viewInputs(ath.Inputs()), Missing: whatIsMissing(p, ath)}
	a.HeartRateZones = viewHeartZones(ath.HeartZones())
	a.PowerZones, a.FTPPerKg = viewPowerZones(ath.PowerZones()), viewValue(ath.FTPToWeight(), 2)
	devices, err := c.training.DeviceSays(ctx, user, pierre.WellnessWeight, pierre.WellnessRestingHeartRate, pierre.WellnessVO2Max)
	if err != nil {
		return athleteAnswer{}, err
	}
	a.Measured = viewDevices(devices)
	q := pierre.ActivityQuery{Providers: sources(args.Provider), Limit: 1}
	last, err := c.data.Activities(ctx, user, q)
	if err != nil {
		return athleteAnswer{}, err
	}
	q.Ascending = true
	first, err := c.data.Activities(ctx, user, q)
	if err != nil {
		return athleteAnswer{}, err
	}
	a.TotalActivities = last.Total
	if last.Total > 0 && len(first.Activities) > 0 && len(last.Activities) > 0 {
		a.FirstActivity, a.LastActivity = timestamp(first.Activities[0].Start), timestamp(last.Activities[0].Start)
	}
	return a, nil
}

func whatIsMissing(p pierre.Profile, ath training.Athlete) []missingView {
	unknown := func(field string) bool {
		return !slices.ContainsFunc(ath.Inputs(), func(in training.Input) bool { return in.Name == field })
	}
	needs := []struct {
		missing bool
		view    missingView
	}{
		{p.FTPWatts == nil, missingView{"ftp_watts", "training stress score and zones by power"}},
		{p.MaxHeartRateBPM == nil, missingView{"max_heart_rate_bpm", "load and zones by heart rate, better than with an estimate"}},
		{unknown("resting_heart_rate_bpm"), missingView{"resting_heart_rate_bpm", "load by heart rate"}},
		{p.Sex == "", missingView{"sex", "load by heart rate"}},
		{p.ThresholdHRBPM == nil, missingView{"threshold_heart_rate_bpm", "stress score by heart rate, better than with an estimate"}},
		{unknown("weight_kg"), missingView{"weight_kg", "power to weight"}},
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

func (a athleteAnswer) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Profile: %s. %s", profileText(a.Profile), human.Plural(a.TotalActivities, "activity"))
	if a.LastActivity != "" {
		fmt.Fprintf(&b, " from %s to %s", a.FirstActivity, a.LastActivity)
	}
	for _, past := range a.History {
		b.WriteString(past.text())
	}
	for _, in := range a.Inputs {
		if in.Source != training.User {
			fmt.Fprintf(&b, "\n%s %s is taken as %s: %s", in.Name, plain(*in.Value), in.Source, in.Note)
		}
	}
	for _, m := range a.Measured {
		b.WriteString("\n" + m.text())
	}
	for _, m := range a.Missing {
		fmt.Fprintf(&b, "\nmissing: %s, for %s", m.Field, m.NeededFor)
	}
	b.WriteString("\n" + a.HeartRateZones.text() + "\n" + a.PowerZones.text())
	if a.FTPPerKg.Value != nil {
		b.WriteString("\n" + a.FTPPerKg.text("threshold power (W/kg)"))
	}
	return b.String()
}

// text is "" for what never changed.
func (p pastValues) text() string {
	if len(p.Values) < 2 {
		return ""
	}
	values := make([]string, len(p.Values))
	for i, v := range p.Values {
		values[i] = fmt.Sprintf("%s from %s", plain(*v.Value), v.From)
	}
	return fmt.Sprintf("\n%s was %s", p.Field, strings.Join(values, ", "))
}
