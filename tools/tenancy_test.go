package tools_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// One athlete's tools know nothing of another's, and their ids are as good as made up.
func TestAthletesAreApart(t *testing.T) {
	s := storetest.New(t)
	ana, bob := newUser(t, s, "ana@example.com"), newUser(t, s, "bob@example.com")
	ids := importSeason(t, s, ana)
	ids["goal"] = pierre.ActivityID(addGoal(t, s, ana))
	addWellness(t, s, ana)
	planned, err := s.AddWorkout(t.Context(), ana, now(), pierre.Workout{Day: now().Truncate(24 * time.Hour), Sport: "run", Name: "Ana's plan", Steps: []pierre.WorkoutStep{{Seconds: 60}}})
	if err != nil {
		t.Fatal(err)
	}
	ids["workout plan"] = pierre.ActivityID(planned.ID)
	own := importSession(t, s, bob, session{name: "Bob's run", sport: "run", start: now().AddDate(0, 0, -1), seconds: 1200, step: 5, speed: always(3)})
	a, b := newHost(t, s, ana), newHost(t, s, bob)
	a.call("set_athlete_profile", map[string]any{"ftp_watts": 337.125, "resting_heart_rate_bpm": 48, "sex": "female", "time_zone": "Asia/Tokyo"})
	a.call("analyze_training_load", map[string]any{}) // which keeps digests
	before := a.call("get_activity", map[string]any{"activity_id": ids["ride"]})

	for _, c := range usual(ids) {
		r := b.call(c.tool, c.args)
		if c.args["activity_id"] != nil || c.args["goal_id"] != nil {
			if !r.IsError || !strings.Contains(r.Text, "not found") {
				t.Errorf("%s with another's activity answers %s", c.tool, r.Text)
			}
			continue
		}
		for name, id := range ids {
			if strings.Contains(string(r.Structured), string(id)) {
				t.Errorf("%s shows another's activity %s", c.tool, name)
			}
		}
		if strings.Contains(string(r.Structured), `"garmin"`) && strings.Contains(string(r.Structured), "baseline_mean") {
			t.Errorf("%s shows another's values of days: %s", c.tool, r.Structured)
		}
		if strings.Contains(string(r.Structured), "337.125") {
			t.Errorf("%s shows another's profile", c.tool)
		}
	}
	for _, c := range []call{
		{"compare_activities", map[string]any{"activity_id": own, "other_activity_ids": []any{ids["run"]}}},
		{"compare_activities", map[string]any{"activity_id": ids["run"], "other_activity_ids": []any{own}}},
		{"merge_activities", map[string]any{"activity_id": own, "other_activity_id": ids["run"]}},
		{"merge_activities", map[string]any{"activity_id": ids["run"], "other_activity_id": own}},
		{"merge_activities", map[string]any{"activity_id": own, "other_activity_id": ids["run"], "keep_apart": true}},
		{"merge_activities", map[string]any{"activity_id": ids["run"], "other_activity_id": own, "keep_apart": true}},
	} {
		if r := b.call(c.tool, c.args); !r.IsError || !strings.Contains(r.Text, "not found") {
			t.Errorf("%s with %v, of which one is another's, answers %s", c.tool, c.args, r.Text)
		}
	}

	var list struct {
		Total int `json:"total_count"`
	}
	b.call("get_activities", nil).decode(t, &list)
	if list.Total != 1 {
		t.Errorf("bob has %d activities, want his own", list.Total)
	}
	if after := a.call("get_activity", map[string]any{"activity_id": ids["ride"]}); string(after.Structured) != string(before.Structured) {
		t.Error("another athlete's calls changed an activity")
	}
	var athlete struct{ Profile json.RawMessage }
	a.call("get_athlete", nil).decode(t, &athlete)
	if !strings.Contains(string(athlete.Profile), "337.125") {
		t.Errorf("another athlete's call changed the profile to %s", athlete.Profile)
	}
}
