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
			"Never guess a value. Answers with the whole profile.",
		changes: true,
	}, c.changeProfile)
}

// profileArgs are the new values; those not given change nothing.
type profileArgs struct {
	profile

	Clear []profileField `json:"clear,omitempty" jsonschema:"Members to forget." brief:"to forget"`
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

// change makes p what it is to be, unless that would contradict itself.
func (a profileArgs) change(p *pierre.Profile) error {
	changed := profile(*p)
	from, to := reflect.ValueOf(a.profile), reflect.ValueOf(&changed).Elem()
	for _, f := range fieldsOf(to.Type()) {
		if given := from.FieldByIndex(f.Index); !given.IsZero() {
			to.FieldByIndex(f.Index).Set(given)
		}
		if slices.Contains(a.Clear, profileField(f.name)) {
			to.FieldByIndex(f.Index).SetZero()
		}
	}
	*p = pierre.Profile(changed)
	return wrongArguments(contradictions(changed))
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
	p, err := c.data.UpdateProfile(ctx, user, c.now(), args.change)
	return profileAnswer{profile(p)}, err
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
