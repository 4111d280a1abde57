package tools_test

import (
	"testing"
)

func TestTry(t *testing.T) {
	h, ids := sampleHost(t)
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250, "resting_heart_rate_bpm": 48, "sex": "female", "weight_kg": 60, "birth_year": 1990})
	for name, args := range map[string]any{
		"get_activities":        map[string]any{},
		"get_activity":          map[string]any{"activity_id": ids["ride"]},
		"get_stats":             map[string]any{},
		"get_athlete":           map[string]any{},
		"get_connection_status": map[string]any{},
		"set_athlete_profile":   map[string]any{"ftp_watts": 250, "resting_heart_rate_bpm": 48, "sex": "female", "weight_kg": 60, "birth_year": 1990},
		"calculate_metrics":     map[string]any{"activity_id": ids["ride"]},
		"analyze_activity":      map[string]any{"activity_id": ids["ride"]},
	} {
		r := h.call(name, args)
		t.Logf("%s: %d bytes\n%s\n%s", name, r.Bytes, r.Text, r.Structured)
	}
}
