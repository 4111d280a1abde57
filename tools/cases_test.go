//go:build !race

package tools_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// What is computed of small files that break such programs. Each is a run or a ride of which the true values are known.
func TestNumbersOfCases(t *testing.T) {
	t.Parallel()
	type metrics map[string]float64
	for file, want := range map[string]metrics{
		"fit-clock-corrected-by-20-days.fit":       {"trimp": 110, "heart_rate_stress_score": 62, "moving_time_seconds": 3389},
		"fit-stopwatch-sparse-records.fit":         {"trimp": 42},
		"fit-one-garbage-distance.fit":             {"vdot_ml_per_kg_min": 33.8},
		"tcx-distance-restarts-in-each-lap.tcx.gz": {"vdot_ml_per_kg_min": 33.8},
		"fit-run-with-the-drive-home.fit":          {"vdot_ml_per_kg_min": 32.6, "running_stress_score": 100},
		"fit-treadmill-without-altitude.fit":       {"running_stress_score": 55},
		"gpx-flat-run-noisy-altitude.gpx.gz":       {"running_stress_score": 102.3},
		"fit-mean-power-without-zeros.fit":         {"normalized_power_watts": 156.4, "variability_index": 1.304},
	} {
		t.Run(file, func(t *testing.T) {
			s := storetest.New(t)
			user := newUser(t, s, "ana@example.com")
			_, err := importer.New(s, now, importer.Options{TempDir: t.TempDir()}).ImportPath(t.Context(), user,
				filepath.Join("..", "internal", "activityfile", "testdata", "cases", file), importer.Watch{})
			if err != nil {
				t.Fatal(err)
			}
			page, err := s.Activities(t.Context(), user, pierre.ActivityQuery{})
			if err != nil || len(page.Activities) != 1 {
				t.Fatalf("%d activities, %v", len(page.Activities), err)
			}
			h := newHost(t, s, user)
			h.call("set_athlete_profile", map[string]any{
				"ftp_watts": 250, "resting_heart_rate_bpm": 48, "threshold_heart_rate_bpm": 168, "max_heart_rate_bpm": 186,
				"sex": "male", "weight_kg": 70, "birth_year": 1990, "time_zone": "Europe/Vienna",
			})
			got := metricsOf(t, h, page.Activities[0].ID, "trimp", "hrss", "moving_time", "vdot", "running_stress_score", "normalized_power", "variability_index")
			for key, w := range want {
				v := got[key]
				if v.Value == nil || math.Abs(*v.Value-w) > 0.03*w {
					t.Errorf("%s = %v (%+v), want %g", key, show(v.Value), v, w)
				}
			}
			if c := got["trimp"].Coverage; strings.Contains(file, "sparse") && c != nil {
				t.Errorf("a load by the mean covers %v %% of the samples", *c)
			}
		})
	}
}
