//go:build !race

package tools_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func TestProfileChangesInParts(t *testing.T) {
	s := storetest.New(t)
	h := newHost(t, s, newUser(t, s, "ana@example.com"))
	steps := []struct {
		args map[string]any
		want map[string]any
	}{
		{map[string]any{"ftp_watts": 250, "sex": "male"}, map[string]any{"ftp_watts": 250., "sex": "male"}},
		{map[string]any{"weight_kg": 70.5}, map[string]any{"ftp_watts": 250., "sex": "male", "weight_kg": 70.5}},
		{map[string]any{"ftp_watts": 260, "clear": []string{"sex"}}, map[string]any{"ftp_watts": 260., "weight_kg": 70.5}},
		{map[string]any{"birth_year": 1990, "time_zone": "Europe/Paris"}, map[string]any{"ftp_watts": 260., "weight_kg": 70.5, "birth_year": 1990., "time_zone": "Europe/Paris"}},
		{map[string]any{"clear": []string{"ftp_watts", "weight_kg", "birth_year", "time_zone", "height_cm"}}, map[string]any{}},
	}
	for i, step := range steps {
		var set, shown struct{ Profile map[string]any }
		h.call("set_athlete_profile", step.args).decode(t, &set)
		h.call("get_athlete", nil).decode(t, &shown)
		if !maps.Equal(set.Profile, step.want) || !maps.Equal(shown.Profile, step.want) {
			t.Errorf("step %d answers %v and leaves %v, want %v", i, set.Profile, shown.Profile, step.want)
		}
	}
	// A change that contradicts what is there changes nothing.
	h.call("set_athlete_profile", map[string]any{"max_heart_rate_bpm": 180})
	if r := h.call("set_athlete_profile", map[string]any{"threshold_heart_rate_bpm": 185, "weight_kg": 60}); !r.IsError {
		t.Error("a threshold above the maximum is taken")
	}
	var left struct{ Profile json.RawMessage }
	h.call("get_athlete", nil).decode(t, &left)
	if string(left.Profile) != `{"max_heart_rate_bpm":180}` {
		t.Errorf("a refused change left %s", left.Profile)
	}
}

// A weight from a file may have many decimals: the text shows one, and the structured answer what is stored.
func TestProfileTextIsRounded(t *testing.T) {
	s := storetest.New(t)
	h := newHost(t, s, newUser(t, s, "ana@example.com"))
	r := h.call("set_athlete_profile", map[string]any{"weight_kg": 64.047242644, "birth_year": 1990})
	if want := "weight_kg 64, birth_year 1990"; !strings.Contains(r.Text, want) {
		t.Errorf("the text is %q, want %q in it", r.Text, want)
	}
}

type knownInput struct {
	Name   string
	Value  float64
	Source string
	Note   string
}

type athleteView struct {
	Inputs  []knownInput
	Missing []struct{ Field string }
	Heart   struct {
		Method string
		Zones  []struct {
			From float64 `json:"from_bpm"`
		}
		NotAvailable string `json:"not_available"`
	} `json:"heart_rate_zones"`
	Power struct {
		Zones []struct {
			From float64 `json:"from_watts"`
		}
		NotAvailable string `json:"not_available"`
	} `json:"power_zones"`
}

func (a athleteView) input(name string) knownInput {
	for _, in := range a.Inputs {
		if in.Name == name {
			return in
		}
	}
	return knownInput{}
}

// What the athlete says goes before what was recorded, and that before what is estimated.
func TestMaximumHeartRateFromTheBestSource(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h := newHost(t, s, user)
	show := func() athleteView {
		var a athleteView
		h.call("get_athlete", nil).decode(t, &a)
		return a
	}
	if in := show().input("max_heart_rate_bpm"); in.Name != "" {
		t.Errorf("nothing is known, and the maximum is %+v", in)
	}
	if !strings.Contains(show().Heart.NotAvailable, "set max_heart_rate_bpm with set_athlete_profile") {
		t.Errorf("the zones are %+v", show().Heart)
	}
	h.call("set_athlete_profile", map[string]any{"birth_year": 1986})
	if in := show().input("max_heart_rate_bpm"); in.Value != 180 || in.Source != "estimated" || !strings.Contains(in.Note, "Tanaka") {
		t.Errorf("at 40 years the maximum is %+v, want 180 estimated by Tanaka", in)
	}
	for i, bpm := range []float64{191, 187, 160, 230} { // 230 by one bad sensor
		importSession(t, s, user, session{name: "Run", sport: "run", start: now().AddDate(0, 0, -i-1), seconds: 900, step: 1, speed: always(3), heart: always(bpm)})
	}
	if in := show().input("max_heart_rate_bpm"); in.Value != 191 || in.Source != "recorded" {
		t.Errorf("with recordings the maximum is %+v, want 191 recorded", in)
	}
	if in := show().input("threshold_heart_rate_bpm"); in.Value != 168.1 || in.Source != "estimated" {
		t.Errorf("the threshold is %+v, want 88 %% of 191", in)
	}
	h.call("set_athlete_profile", map[string]any{"max_heart_rate_bpm": 195, "resting_heart_rate_bpm": 45, "ftp_watts": 200})
	a := show()
	if in := a.input("max_heart_rate_bpm"); in.Value != 195 || in.Source != "user" || in.Note != "" {
		t.Errorf("as the athlete says the maximum is %+v, want 195", in)
	}
	if len(a.Heart.Zones) != 5 || a.Heart.Zones[0].From != 120 || !strings.Contains(a.Heart.Method, "Karvonen") {
		t.Errorf("the zones are %+v", a.Heart)
	}
	if len(a.Power.Zones) != 7 || a.Power.Zones[3].From != 182 {
		t.Errorf("the power zones are %+v", a.Power)
	}
	var missing []string
	for _, m := range a.Missing {
		missing = append(missing, m.Field)
	}
	if want := []string{"sex", "threshold_heart_rate_bpm", "weight_kg", "time_zone"}; !slices.Equal(missing, want) {
		t.Errorf("missing are %v, want %v", missing, want)
	}
}

// What an imported file said about the athlete counts as recorded, until the athlete says otherwise.
func TestProfileFromAFile(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h := newHost(t, s, user)
	if err := s.ImportProfile(t.Context(), user, pierre.Profile{FTPWatts: new(230.), WeightKg: new(61.), Updated: now()}); err != nil {
		t.Fatal(err)
	}
	h.call("set_athlete_profile", map[string]any{"weight_kg": 60})
	var a athleteView
	h.call("get_athlete", nil).decode(t, &a)
	if in := a.input("ftp_watts"); in.Value != 230 || in.Source != "recorded" || in.Note != "from an imported file" {
		t.Errorf("the FTP of a file is %+v", in)
	}
	if in := a.input("weight_kg"); in.Value != 60 || in.Source != "user" || in.Note != "" {
		t.Errorf("the weight that the athlete corrected is %+v", in)
	}
}

func TestConnectionStatus(t *testing.T) {
	h, ids := sampleHost(t)
	delete(ids, "goal")
	var got struct {
		Providers []struct {
			Provider   pierre.Provider
			Connected  bool
			Activities int
			Last       string `json:"last_activity"`
			Import     string `json:"last_import"`
			HowToAdd   string `json:"how_to_add"`
		}
		Total int `json:"total_activities"`
	}
	h.call("get_connection_status", nil).decode(t, &got)
	if got.Total != len(ids) || len(got.Providers) != len(pierre.Providers()) {
		t.Fatalf("the status is %+v", got)
	}
	for _, p := range got.Providers {
		want := map[pierre.Provider]int{"file": len(ids) - 2, "strava": 2}[p.Provider]
		if p.Activities != want || p.Connected != (want > 0) || p.HowToAdd == "" {
			t.Errorf("the status of %s is %+v, want %d activities", p.Provider, p, want)
		}
		if want > 0 && p.Import != now().AddDate(0, 0, -1).Format(time.RFC3339) {
			t.Errorf("%s was imported %s", p.Provider, p.Import)
		}
	}
	h.call("get_connection_status", map[string]any{"provider": "garmin"}).decode(t, &got)
	if len(got.Providers) != 1 || got.Providers[0].Provider != "garmin" {
		t.Errorf("of garmin alone the status is %+v", got.Providers)
	}
}
