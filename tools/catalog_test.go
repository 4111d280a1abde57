package tools_test

import (
	"testing"
)

func TestTry(t *testing.T) {
	h, _ := sampleHost(t)
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250, "resting_heart_rate_bpm": 48, "sex": "female", "weight_kg": 60, "birth_year": 1990})
	for name, args := range map[string]any{
		"predict_performance": map[string]any{"target_sport": "run", "target_distance": 21097.5, "target_date": "2026-09-01"},
	} {
		r := h.call(name, args)
		t.Logf("%s: %d bytes\n%s\n%s", name, r.Bytes, r.Text, r.Structured)
	}
}
