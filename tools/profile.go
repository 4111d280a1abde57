package tools

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A profile is an athlete's profile in arguments and answers. It has the fields of [pierre.Profile].
type profile struct {
	FTPWatts            *float64   `json:"ftp_watts,omitempty" jsonschema:"Functional threshold power in cycling." brief:"" limits:"50,600"`
	MaxHeartRateBPM     *float64   `json:"max_heart_rate_bpm,omitempty" jsonschema:"Highest heart rate ever seen at full effort." brief:"" limits:"100,230"`
	RestingHeartRateBPM *float64   `json:"resting_heart_rate_bpm,omitempty" jsonschema:"In the morning, before getting up." brief:"" limits:"25,110"`
	ThresholdHRBPM      *float64   `json:"threshold_heart_rate_bpm,omitempty" jsonschema:"Mean heart rate that can be held for about an hour." brief:"mean that can be held for an hour" limits:"80,220"`
	ThresholdPace       *float64   `json:"threshold_pace_seconds_per_km,omitempty" jsonschema:"Of running: pace that can be held for about an hour." brief:"" limits:"120,900"`
	SwimThresholdPace   *float64   `json:"swim_threshold_pace_seconds_per_100m,omitempty" jsonschema:"Critical swim speed, as a pace." brief:"" limits:"50,300"`
	WeightKg            *float64   `json:"weight_kg,omitempty" limits:"25,300"`
	HeightCm            *float64   `json:"height_cm,omitempty" limits:"100,250"`
	BirthYear           *int       `json:"birth_year,omitempty" limits:"1900,now-5"`
	Sex                 pierre.Sex `json:"sex,omitempty" jsonschema:"For formulas that differ by sex." brief:""`
	TimeZone            string     `json:"time_zone,omitempty" jsonschema:"IANA name such as Europe/Paris; for activities whose recording does not tell." brief:"IANA name"`
	Updated             time.Time  `json:"-"`
}

// A profileField is the name of one of a profile's members.
type profileField string

func words[S ~string](names []S) string {
	plain := make([]string, len(names))
	for i, n := range names {
		plain[i] = string(n)
	}
	return strings.Join(plain, ", ")
}

func profileNames() []profileField {
	var names []profileField
	for _, f := range fieldsOf(reflect.TypeFor[profile]()) {
		names = append(names, profileField(f.name))
	}
	return names
}

func (c *Catalog) setAthleteProfile() tool {
	return declare(c, spec{
		name:  "set_athlete_profile",
		title: "Set the athlete's profile",
		doc: "Stores what formulas need to know, as the athlete states it; only the members given change. " +
			"Thresholds, weight and heart rates have a history: past activities count by what held on their day. " +
			"Never guess a value. Answers with the whole profile.",
		changes: true,
	}, c.changeProfile)
}

// profileArgs are the new values; those not given change nothing.
type profileArgs struct {
	profile

	Date  date           `json:"date,omitempty" jsonschema:"Day from which the values hold. Default: today." brief:"from which it holds; default today"`
	Clear []profileField `json:"clear,omitempty" jsonschema:"Members to forget; with date only their value of that day in the history." brief:"members to forget; with date only that day's value"`
}

// dated are the members that have a history, by name.
func dated() map[profileField]bool {
	names := map[profileField]bool{}
	for _, f := range new(pierre.Profile).Dated() {
		names[profileField(f.Name)] = true
	}
	return names
}

func (a profileArgs) problems() []string {
	var problems []string
	given := a.members()
	for _, name := range a.Clear {
		if given[name].IsValid() {
			problems = append(problems, fmt.Sprintf("%s is both given and in clear.", name))
		}
	}
	if len(given)+len(a.Clear) == 0 {
		problems = append(problems, fmt.Sprintf("nothing to change: give at least one of %s.", words(profileNames())))
	}
	// The server's own zone, "Local", is nobody's.
	if _, err := time.LoadLocation(a.TimeZone); err != nil || a.TimeZone == "Local" {
		problems = append(problems, fmt.Sprintf("time_zone must be an IANA name such as Europe/Paris, not %s.", quote(a.TimeZone)))
	}
	if a.Date == "" {
		return problems
	}
	history := dated()
	for _, name := range profileNames() {
		if !history[name] && (given[name].IsValid() || slices.Contains(a.Clear, name)) {
			problems = append(problems, fmt.Sprintf("%s has no history: give it without date.", name))
		}
	}
	return problems
}

// members returns what is known of a profile by its name in arguments and answers.
func (p profile) members() map[profileField]reflect.Value {
	known := map[profileField]reflect.Value{}
	v := reflect.ValueOf(p)
	for _, f := range fieldsOf(v.Type()) {
		if member := v.FieldByIndex(f.Index); !member.IsZero() {
			known[profileField(f.name)] = reflect.Indirect(member)
		}
	}
	return known
}

// firstProfileDay is the first day that a value may hold from.
func firstProfileDay() time.Time { return time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC) }

// change makes rec what it is to be, unless that would contradict itself. It is called with the athlete's today.
func (a profileArgs) change(rec *pierre.ProfileRecord, today time.Time) error {
	day := today
	if a.Date != "" {
		day, _ = a.Date.day() // checked with the arguments
	}
	if day.After(today) || day.Before(firstProfileDay()) {
		return wrongArguments([]string{fmt.Sprintf("date must be a day from %s to today, %s, not %s.",
			firstProfileDay().Format(time.DateOnly), today.Format(time.DateOnly), a.Date)})
	}
	if err := a.changeHistory(rec, day); err != nil {
		return err
	}
	changed, history := profile(rec.Profile), dated()
	from, to := reflect.ValueOf(a.profile), reflect.ValueOf(&changed).Elem()
	for _, f := range fieldsOf(to.Type()) {
		if history[profileField(f.name)] {
			continue
		}
		if given := from.FieldByIndex(f.Index); !given.IsZero() {
			to.FieldByIndex(f.Index).Set(given)
		}
		if slices.Contains(a.Clear, profileField(f.name)) {
			to.FieldByIndex(f.Index).SetZero()
		}
	}
	rec.Profile = pierre.Profile(changed)
	return wrongArguments(everContradictory(rec, day, today))
}

// everContradictory says what of the profile contradicts itself on the day, or on a later one on which the athlete set a value.
func everContradictory(rec *pierre.ProfileRecord, day, today time.Time) []string {
	days := []time.Time{today, day}
	for _, v := range rec.History {
		if v.Day.After(day) && !v.FromFile && strings.HasSuffix(v.Field, "_heart_rate_bpm") {
			days = append(days, v.Day)
		}
	}
	for _, d := range days {
		problems := contradictions(profile(rec.On(d)))
		if len(problems) == 0 {
			continue
		}
		if !d.Equal(today) {
			problems = append(problems, "That is so on "+d.Format(time.DateOnly)+".")
		}
		return problems
	}
	return nil
}

// changeHistory changes the members that have one, from a day on.
func (a profileArgs) changeHistory(rec *pierre.ProfileRecord, day time.Time) error {
	given := pierre.Profile(a.profile)
	present := rec.Dated()
	for i, f := range given.Dated() {
		clear := slices.Contains(a.Clear, profileField(f.Name))
		switch {
		case clear && a.Date == "":
			rec.ForgetAll(f.Name)
		case clear && !rec.Forget(f.Name, day):
			return pierre.NotFound(fmt.Sprintf("value of %s that holds from %s", f.Name, a.Date))
		case *f.Value == nil:
		case a.Date == "" && *present[i].Value != nil && **present[i].Value == **f.Value && !slices.Contains(rec.Imported, f.Name):
			// the athlete says the same again
		default:
			if err := rec.Set(f.Name, day, **f.Value); err != nil {
				return err
			}
		}
	}
	rec.Settle()
	return nil
}

func contradictions(p profile) []string {
	var problems []string
	rising := func(lowName string, low *float64, highName string, high *float64) {
		if low != nil && high != nil && *low >= *high {
			problems = append(problems, fmt.Sprintf("%s (%s) must be less than %s (%s).", lowName, plain(*low), highName, plain(*high)))
		}
	}
	rising("resting_heart_rate_bpm", p.RestingHeartRateBPM, "threshold_heart_rate_bpm", p.ThresholdHRBPM)
	rising("threshold_heart_rate_bpm", p.ThresholdHRBPM, "max_heart_rate_bpm", p.MaxHeartRateBPM)
	rising("resting_heart_rate_bpm", p.RestingHeartRateBPM, "max_heart_rate_bpm", p.MaxHeartRateBPM)
	return problems
}

type profileAnswer struct {
	Profile profile `json:"profile" jsonschema:"absent members are not known"`
}

func (c *Catalog) changeProfile(ctx context.Context, user pierre.UserID, args profileArgs) (profileAnswer, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return profileAnswer{}, err
	}
	rec, err := c.data.UpdateProfile(ctx, user, c.now(), func(rec *pierre.ProfileRecord) error { return args.change(rec, clock.Today()) })
	return profileAnswer{profile(rec.Profile)}, err
}

func (a profileAnswer) text() string { return "The profile is now: " + profileText(a.Profile) }

func profileText(p profile) string {
	known := p.members()
	var parts []string
	for _, name := range profileNames() {
		if v, ok := known[name]; ok {
			if v.CanFloat() {
				parts = append(parts, fmt.Sprintf("%s %s", name, plain(math.Round(v.Float()*10)/10)))
				continue
			}
			parts = append(parts, fmt.Sprintf("%s %v", name, v))
		}
	}
	if parts == nil {
		return "empty"
	}
	return strings.Join(parts, ", ")
}
