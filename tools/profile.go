package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// profileFields are the arguments of set_athlete_profile and the members of the profile in answers.
func profileFields(now time.Time) []field {
	return []field{
		opt("ftp_watts", number("Functional threshold power in cycling.").within(50, 600)),
		opt("max_heart_rate_bpm", number("Highest heart rate ever seen at full effort.").within(100, 230)),
		opt("resting_heart_rate_bpm", number("In the morning, before getting up.").within(25, 110)),
		opt("threshold_heart_rate_bpm", number("Mean heart rate that can be held for about an hour.").within(80, 220)),
		opt("weight_kg", number("").within(25, 300)),
		opt("height_cm", number("").within(100, 250)),
		opt("birth_year", integer("").within(1900, float64(now.Year()-5))),
		opt("sex", choice("For formulas that differ by sex.", pierre.SexFemale, pierre.SexMale)),
		opt("time_zone", str("IANA name such as Europe/Paris; for activities whose recording does not tell.").of(zoneName())),
	}
}

func profileNames() []string { return object("", profileFields(time.Time{})...).names() }

func (c *Catalog) setAthleteProfile() tool {
	return bind(spec{
		name:  "set_athlete_profile",
		title: "Set the athlete's profile",
		doc: "Stores what formulas need to know about the athlete. Only the members given change. " +
			"Use values that the athlete states or confirms, never guesses. Answers with the whole profile.",
		changes: true,
		input: append(profileFields(c.now()),
			opt("clear", array("Members to forget.", choice("", profileNames()...)).within(1, float64(len(profileNames()))))),
		output: object("", req("profile", object("absent members are not known", profileFields(c.now())...))),
	}, c.changeProfile)
}

// profileArgs are the new values; those not given change nothing.
type profileArgs struct {
	pierre.Profile

	Clear []string `json:"clear"`
}

func (a profileArgs) problems() []string {
	var problems []string
	given, err := members(a.Profile)
	for _, name := range a.Clear {
		if _, ok := given[name]; ok {
			problems = append(problems, fmt.Sprintf("%s is both given and in clear.", name))
		}
	}
	if err == nil && len(given)+len(a.Clear) == 0 {
		problems = append(problems, "nothing to change: give at least one of "+strings.Join(profileNames(), ", ")+".")
	}
	return problems
}

// members returns what is known of a profile by its name in arguments and answers.
func members(p pierre.Profile) (map[string]any, error) {
	var m map[string]any
	b, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	return m, err
}

// change makes p what it is to be, unless that would contradict itself.
func (a profileArgs) change(p *pierre.Profile) error {
	old, err1 := members(*p)
	given, err2 := members(a.Profile)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	maps.Copy(old, given)
	for _, name := range a.Clear {
		delete(old, name)
	}
	changed, err := decode[pierre.Profile](old)
	if err != nil {
		return err
	}
	*p = changed
	return wrongArguments(contradictions(changed))
}

func contradictions(p pierre.Profile) []string {
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
	Profile pierre.Profile `json:"profile"`
}

func (c *Catalog) changeProfile(ctx context.Context, user pierre.UserID, args profileArgs) (answer, error) {
	p, err := c.data.UpdateProfile(ctx, user, c.now(), args.change)
	return profileAnswer{p}, err
}

func (a profileAnswer) text() string { return "The profile is now: " + profileText(a.Profile) }

func profileText(p pierre.Profile) string {
	known, err := members(p)
	if err != nil || len(known) == 0 {
		return "empty"
	}
	var parts []string
	for _, name := range profileNames() {
		if v, ok := known[name]; ok {
			parts = append(parts, fmt.Sprintf("%s %v", name, v))
		}
	}
	return strings.Join(parts, ", ")
}
