//go:build !race

package tools_test

import (
	"math"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// What covers a few seconds of an activity says nothing of it.
func TestAPartDoesNotStandForTheWhole(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	rec := session{name: "Walk", sport: "walk", start: now().AddDate(0, 0, -1), seconds: 40, step: 1, speed: always(1.5), heart: always(100), altitude: always(10)}.recording()
	rec.DurationSeconds, rec.ElapsedSeconds = new(1500.), new(1500.)
	added, err := s.ImportRecording(t.Context(), user, pierre.Source{Provider: "file", Format: "gpx", Imported: now()}, rec)
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"max_heart_rate_bpm": 180, "resting_heart_rate_bpm": 50, "sex": "female"})
	got := metricsOf(t, h, added.Activity, "grade_adjusted_speed", "efficiency")
	for _, key := range []string{"grade_adjusted_speed_mps", "efficiency_meters_per_beat"} {
		if got[key].Value != nil {
			t.Errorf("%s is %v of 40 s in 25 minutes", key, *got[key].Value)
		}
	}
	for _, tool := range []string{"analyze_activity", "get_activity_intelligence"} {
		if r := h.call(tool, map[string]any{"activity_id": added.Activity}); strings.Contains(r.Text, "% of the time the heart rate") {
			t.Errorf("%s says how the heart rate mostly was: %s", tool, r.Text)
		}
	}
	if r := h.call("analyze_activity", map[string]any{"activity_id": added.Activity}); !strings.Contains(r.Text, "heart rate zones (bpm, coverage 2.7 %)") {
		t.Errorf("the zones do not say what they cover: %s", r.Text)
	}
}

// One load alone has no rank among loads.
func TestTheOnlyLoadHasNoRank(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	id := importSession(t, s, user, session{name: "First", sport: "run", start: now().AddDate(0, 0, -1), seconds: 1800, step: 1, speed: always(3), heart: always(150)})
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"max_heart_rate_bpm": 180, "resting_heart_rate_bpm": 50, "sex": "female"})
	if r := h.call("get_activity_intelligence", map[string]any{"activity_id": id}); r.IsError || strings.Contains(r.Text, "of those of the 90 days") {
		t.Errorf("it says %s", r.Text)
	}
}

// Laps in the water are in metres, with the pace, and a rest is called one.
func TestLapsOfASwim(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	rec := session{name: "Pool", sport: "swim", start: now().AddDate(0, 0, -1), seconds: 200, step: 1, speed: always(1)}.recording()
	rec.Laps = []pierre.Lap{
		{Totals: pierre.Totals{DistanceMeters: new(100.), DurationSeconds: new(95.)}},
		{StartSeconds: 95, Totals: pierre.Totals{DistanceMeters: new(0.), DurationSeconds: new(20.)}},
	}
	added, err := s.ImportRecording(t.Context(), user, pierre.Source{Provider: "file", Format: "fit", Imported: now()}, rec)
	if err != nil {
		t.Fatal(err)
	}
	r := newHost(t, s, user).call("get_activity", map[string]any{"activity_id": added.Activity})
	if !strings.Contains(r.Text, "lap 1: 100 m 0:01:35 1:35 /100 m\nlap 2: rest 0:00:20\n") {
		t.Errorf("the laps are %s", r.Text)
	}
}

// The way of an interval that begins before the first known distance is that since the start.
func TestDistanceOfAFirstInterval(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	rec := session{name: "Pool", sport: "swim", start: now().AddDate(0, 0, -1), seconds: 1200, step: 1, speed: always(1)}.recording()
	swum := 0.0
	for i := range rec.Series.Distance { // ten times four lengths of 25 s, and 20 s of rest
		in := i % 120
		if rec.Series.Distance[i] = math.NaN(); i > 0 && in > 0 && in <= 100 && in%25 == 0 {
			swum += 25
			rec.Series.Distance[i] = swum
		} else if in == 0 && i > 0 {
			rec.Series.Distance[i] = swum
		}
	}
	rec.Series.Speed = nil
	added, err := s.ImportRecording(t.Context(), user, pierre.Source{Provider: "file", Format: "fit", Imported: now()}, rec)
	if err != nil {
		t.Fatal(err)
	}
	r := newHost(t, s, user).call("get_activity", map[string]any{"activity_id": added.Activity})
	if !strings.Contains(r.Text, "10 x 1:40 (100 m) at 1:40 /100 m, 0:20 between, from 0:00:00") {
		t.Errorf("the intervals are %s", r.Text)
	}
}
