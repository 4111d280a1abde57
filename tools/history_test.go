//go:build !race

package tools_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type shownHistory struct {
	History []struct {
		Field  string
		Values []struct {
			From   string
			Value  float64
			Source string
		}
		Earlier int
	}
}

func (s shownHistory) of(field string) string {
	text := ""
	for _, h := range s.History {
		if h.Field == field {
			for _, v := range h.Values {
				text += fmt.Sprintf("%s %g %s; ", v.From, v.Value, v.Source)
			}
			text += fmt.Sprint(h.Earlier)
		}
	}
	return text
}

func historyOf(h host, field string) string {
	var a shownHistory
	h.call("get_athlete", nil).decode(h.t, &a)
	return a.of(field)
}

// An hour at 250 W is 100 where the threshold was 250 W, and 156.25 where it was 200 W.
func TestLoadsTakeWhatHeldOnTheDay(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for _, ago := range []int{100, 50, 1} {
		importSession(t, s, user, thresholdHour(now().AddDate(0, 0, -ago).Add(-2*time.Hour)))
	}
	h := newHost(t, s, user)
	date := func(ago int) string { return now().AddDate(0, 0, -ago).Format(time.DateOnly) }
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250})
	loads := func() string {
		got, text := loadOf(t, h, map[string]any{"timeframe": "year"}), ""
		for _, l := range got.Recent {
			text += fmt.Sprintf("%.4g ", l.Load)
		}
		return text
	}
	if got := loads(); got != "100 100 100 " { // the one value that is known holds from the beginning
		t.Errorf("with one threshold the loads are %s", got)
	}
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 200, "date": date(60)})
	if got := loads(); got != "156.3 156.3 156.3 " { // the first value that is known holds before it, too
		t.Errorf("with an earlier threshold the loads are %s", got)
	}
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250, "date": date(10)})
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 200, "date": date(50)})
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 230, "date": date(70)})
	if got := loads(); got != "100 156.3 118.1 " {
		t.Errorf("the loads are %s", got)
	}
	want := fmt.Sprintf("%s 230 user; %s 200 user; %s 200 user; %s 250 user; %s 250 user; 0", date(70), date(60), date(50), date(10), date(0))
	if got := historyOf(h, "ftp_watts"); got != want {
		t.Errorf("the history is %s, want %s", got, want)
	}
	r := h.call("set_athlete_profile", map[string]any{"clear": []string{"ftp_watts"}, "date": date(10)})
	if got := loads(); r.IsError || got != "156.3 156.3 118.1 " {
		t.Errorf("without the last threshold the loads are %s: %s", got, r.Text)
	}
	h.call("set_athlete_profile", map[string]any{"clear": []string{"ftp_watts"}})
	if got := historyOf(h, "ftp_watts"); got != "" {
		t.Errorf("forgotten, the history is %s", got)
	}
}

// Analyses, zones and power to weight take what held on the day, and say of which day it is.
func TestAnalysesTakeWhatHeldOnTheDay(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	id := importSession(t, s, user, thresholdHour(now().AddDate(0, 0, -100)))
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 200, "weight_kg": 80, "date": "2026-01-01"})
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250, "weight_kg": 50})
	var got struct{ Metrics map[string]computed }
	h.call("calculate_metrics", map[string]any{"activity_id": id, "metrics": []string{"tss", "power_to_weight"}}).decode(t, &got)
	for name, m := range got.Metrics {
		want := map[bool]float64{true: 156.25, false: 3.125}[name == "training_stress_score"]
		m.check(t, name, want, 0.06)
		if in := m.Inputs[len(m.Inputs)-1]; in.Note != "of 2026-01-01" {
			t.Errorf("%s takes %+v", name, in)
		}
	}
	if len(got.Metrics) != 2 {
		t.Errorf("the metrics are %v", got.Metrics)
	}
}

// What files said is named as such, and the newest of a long history are shown.
func TestHistoryNamesItsSources(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h := newHost(t, s, user)
	for n := range 10 {
		found := pierre.Profile{WeightKg: new(60 + float64(n)), Updated: now().AddDate(0, -n-1, 0)}
		if err := s.ImportProfile(t.Context(), user, found); err != nil {
			t.Fatal(err)
		}
	}
	h.call("set_athlete_profile", map[string]any{"weight_kg": 59})
	if got := historyOf(h, "weight_kg"); !strings.HasSuffix(got, "2026-05-15 60 recorded; 2026-06-15 59 user; 3") || strings.Count(got, ";") != 8 {
		t.Errorf("the history is %s", got)
	}
	if r := h.call("get_athlete", nil); !strings.Contains(r.Text, "60 from 2026-05-15, 59 from 2026-06-15") {
		t.Errorf("the text is %s", r.Text)
	}
	// The same again is nothing new.
	h.call("set_athlete_profile", map[string]any{"weight_kg": 59})
	if got := historyOf(h, "weight_kg"); strings.Count(got, "user") != 1 {
		t.Errorf("the history is %s", got)
	}
}

func TestWrongHistory(t *testing.T) {
	s := storetest.New(t)
	h := newHost(t, s, newUser(t, s, "ana@example.com"))
	h.call("set_athlete_profile", map[string]any{"max_heart_rate_bpm": 190, "date": "2026-02-01"})
	for _, tt := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{"ftp_watts": 250, "date": "2026-06-16"}, "date must be a day from 1900-01-01 to today, 2026-06-15, not 2026-06-16"},
		{map[string]any{"ftp_watts": 250, "date": "1899-12-31"}, "date must be a day"},
		{map[string]any{"ftp_watts": 250, "date": "2026-02-30"}, "date must be a date such as"},
		{map[string]any{"ftp_watts": 250, "date": "yesterday"}, "date must be a date such as"},
		{map[string]any{"ftp_watts": 5000, "date": "2026-01-01"}, "from 50 to 600"},
		{map[string]any{"threshold_pace_seconds_per_km": 30}, "from 120 to 900"},
		{map[string]any{"swim_threshold_pace_seconds_per_100m": 900}, "from 50 to 300"},
		{map[string]any{"sex": "male", "date": "2026-01-01"}, "sex has no history"},
		{map[string]any{"clear": []string{"time_zone"}, "date": "2026-01-01"}, "time_zone has no history"},
		{map[string]any{"date": "2026-01-01"}, "nothing to change"},
		{map[string]any{"clear": []string{"ftp_watts"}, "date": "2026-01-01"}, "value of ftp_watts that holds from 2026-01-01 not found"},
		{map[string]any{"resting_heart_rate_bpm": 60, "threshold_heart_rate_bpm": 195}, "must be less than max_heart_rate_bpm"},
		// From January on it would contradict what holds from February on.
		{map[string]any{"max_heart_rate_bpm": 215, "threshold_heart_rate_bpm": 200, "date": "2026-01-01"}, "must be less than max_heart_rate_bpm (190)"},
	} {
		if r := h.call("set_athlete_profile", tt.args); !r.IsError || !strings.Contains(r.Text, tt.want) {
			t.Errorf("%v answers %q, want %q", tt.args, r.Text, tt.want)
		}
	}
	if got := historyOf(h, "ftp_watts") + historyOf(h, "threshold_heart_rate_bpm"); got != "" {
		t.Errorf("a refused change left %s", got)
	}
	for _, first := range []string{"1900-01-01", "2026-06-15"} {
		if r := h.call("set_athlete_profile", map[string]any{"ftp_watts": 250, "date": first}); r.IsError {
			t.Errorf("%s is refused: %s", first, r.Text)
		}
	}
}

// Past rides take the threshold power that their devices were set to, whatever was imported first: their stress is what the devices
// showed. What the athlete says wins.
func TestLoadsTakeWhatDevicesWereSetTo(t *testing.T) {
	shown := map[string]float64{"ride_road_power.fit": 54.5, "ride_6h_wahoo_power.fit": 190, "ride_indoor_power_nogps.fit": 50.8}
	set := map[string]string{"ride_road_power.fit": "234", "ride_6h_wahoo_power.fit": "220", "ride_indoor_power_nogps.fit": "250"}
	order := slices.Sorted(maps.Keys(shown))
	for range 3 { // every ride comes last once
		order = append(order[1:], order[0])
		s := storetest.New(t)
		user := newUser(t, s, "ana@example.com")
		h := newHost(t, s, user)
		ids := map[string]pierre.ActivityID{}
		for _, name := range order {
			ids[name] = importFile(t, s, user, name)[0]
		}
		stress := func(name string) computed {
			var got struct{ Metrics map[string]computed }
			h.call("calculate_metrics", map[string]any{"activity_id": ids[name], "metrics": []string{"tss"}}).decode(t, &got)
			return got.Metrics["training_stress_score"]
		}
		for _, name := range order {
			m := stress(name)
			m.check(t, name, shown[name], 0.05*shown[name]) // some devices count pauses into the normalized power
			if in := m.Inputs[len(m.Inputs)-1]; in.Source != "recorded" || !strings.HasPrefix(in.Note, "from an imported file, of ") || fmt.Sprint(in.Value) != set[name] {
				t.Errorf("%s takes %+v", name, in)
			}
		}
		h.call("set_athlete_profile", map[string]any{"ftp_watts": 300, "date": "2010-01-01"})
		for _, name := range order {
			if in := stress(name).Inputs; in[len(in)-1].Source != "user" {
				t.Errorf("with an own threshold %s takes %+v", name, in)
			}
		}
	}
}
