//go:build !race

package tools_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type shownPart struct {
	Name                 string
	Value, Score, Weight float64
}

type shownNight struct {
	Date, Source string
	Quality      struct {
		Overall      *float64 `json:"overall_score"`
		Category     string
		Stages       *float64 `json:"stage_quality_score"`
		Parts        []shownPart
		Coverage     float64 `json:"coverage_percent"`
		NotAvailable string  `json:"not_available"`
	} `json:"sleep_quality"`
	HRV struct {
		Current      *float64 `json:"current_rmssd_ms"`
		Week         *float64 `json:"week_mean_ms"`
		Baseline     *float64 `json:"baseline_ms"`
		Deviation    *float64 `json:"baseline_deviation_percent"`
		Is           string   `json:"week_is"`
		Method       string
		NotAvailable string `json:"not_available"`
	} `json:"hrv_analysis"`
}

// A night that the caller tells is taken as it is told, under the names of the original server.
func TestNightsOfTheCaller(t *testing.T) {
	s := storetest.New(t)
	h := newHost(t, s, newUser(t, s, "ana@example.com"))
	ask := func(args map[string]any) shownNight {
		var n shownNight
		h.call("analyze_sleep_quality", args).decode(t, &n)
		return n
	}
	// 6.5 h: 75 (40); 80 %: 75 (20); 3 awakenings: 50 (10); deep 1.04 h, 16 %: 100 (5); REM 1.365 h, 21 %: 100 (5). 70 minutes in all: 6400/80.
	n := ask(map[string]any{"sleep_data": map[string]any{
		"date": "2026-06-14", "duration_hours": 6.5, "efficiency_percent": 80, "awakenings": 3, "deep_sleep_hours": 1.04, "rem_sleep_hours": 1.365, "hrv_rmssd_ms": 45,
	}, "baseline_hrv": 50})
	if n.Date != "2026-06-14" || n.Source != "" || *n.Quality.Overall != 75 || n.Quality.Category != "fair" || n.Quality.Coverage != 80 || len(n.Quality.Parts) != 5 || *n.Quality.Stages != 100 ||
		*n.HRV.Current != 45 || *n.HRV.Baseline != 50 || *n.HRV.Deviation != -10 {
		t.Errorf("the night is %+v", n)
	}
	// Without the time asleep it is the sum of the stages; rMSSD follows from the intervals between beats.
	n = ask(map[string]any{"sleep_data": map[string]any{
		"deep_sleep_hours": 1.5, "rem_sleep_hours": 1.8, "light_sleep_hours": 4.2, "rr_intervals_ms": []float64{812, 804, 790, 801, 818, 826, 810},
	}})
	if n.Date != "2026-06-15" || n.Quality.Parts[0].Value != 7.5 || *n.HRV.Current != 12.85 || !strings.Contains(n.HRV.Method, "rMSSD") {
		t.Errorf("the night is %+v", n)
	}
	if n = ask(map[string]any{"sleep_data": map[string]any{"efficiency_percent": 90, "rr_intervals_ms": []float64{800, 2500, 800}}}); n.Quality.Overall != nil ||
		!strings.Contains(n.Quality.NotAvailable, "time asleep is not known") || !strings.Contains(n.HRV.NotAvailable, "without an artefact") {
		t.Errorf("of nothing the night is %+v", n)
	}
	values := make([]float64, 67)
	for i := range values {
		if values[i] = 50 + 10*float64(i%2); i >= 60 {
			values[i] = 40
		}
	}
	if n = ask(map[string]any{"recent_hrv_values": values}); *n.HRV.Week != 40 || *n.HRV.Baseline != 54.8 || n.HRV.Is != "below" {
		t.Errorf("HRV is %+v", n.HRV)
	}
	if n = ask(map[string]any{"recent_hrv_values": values, "baseline_hrv": 50}); *n.HRV.Deviation != -20 || n.HRV.Is != "" {
		t.Errorf("HRV beside the caller's baseline is %+v", n.HRV)
	}
	if n = ask(map[string]any{"recent_hrv_values": values[:2]}); n.HRV.Week != nil || !strings.Contains(n.HRV.NotAvailable, "2 of the 7 days") {
		t.Errorf("HRV of two days is %+v", n.HRV)
	}
}

// The stages are those of the source of the night, and the efficiency follows from the time in bed.
func TestNightsThatAreKept(t *testing.T) {
	s := storetest.New(t)
	u := newUser(t, s, "ana@example.com")
	h := newHost(t, s, u)
	var n shownNight
	if h.call("analyze_sleep_quality", nil).decode(t, &n); n.Quality.Overall != nil || !strings.Contains(n.Quality.NotAvailable, "no night's sleep is known") {
		t.Errorf("of nothing the night is %+v", n)
	}
	fixed := func(v float64) func(int) float64 { return func(int) float64 { return v } }
	keepDays(t, s, u, measured{pierre.WellnessSleep, pierre.ProviderGarmin}, 5, fixed(7*3600))
	keepDays(t, s, u, measured{pierre.WellnessInBed, pierre.ProviderGarmin}, 5, fixed(10*3600))
	keepDays(t, s, u, measured{pierre.WellnessSleep, pierre.ProviderAppleHealth}, 2, fixed(5*3600))
	keepDays(t, s, u, measured{pierre.WellnessDeepSleep, pierre.ProviderAppleHealth}, 5, fixed(3600))
	n = shownNight{}
	h.call("analyze_sleep_quality", nil).decode(t, &n)
	if n.Source != "garmin" || len(n.Quality.Parts) != 2 || n.Quality.Parts[1].Value != 70 || n.Quality.Parts[1].Score != 25 || *n.Quality.Overall != 75 {
		t.Errorf("the night is %+v", n)
	}
	if h.call("analyze_sleep_quality", map[string]any{"sleep_provider": "apple_health"}).decode(t, &n); n.Source != "apple_health" || n.Quality.Parts[1].Name != "deep_percent" || n.Quality.Parts[1].Value != 20 {
		t.Errorf("of the other source the night is %+v", n)
	}
	n = shownNight{}
	if h.call("analyze_sleep_quality", map[string]any{"date": "2026-06-10"}).decode(t, &n); n.Quality.Overall != nil {
		t.Errorf("of another day the night is %+v", n)
	}
	var trend struct {
		DataPoints int `json:"data_points"`
		Missing    int `json:"nights_missing"`
		Trends     struct {
			Hours float64 `json:"average_duration_hours"`
			Short int     `json:"short_nights"`
			Trend string  `json:"quality_trend"`
		}
	}
	h.call("track_sleep_trends", nil).decode(t, &trend)
	if trend.DataPoints != 5 || trend.Missing != 9 || trend.Trends.Hours != 7 || trend.Trends.Short != 0 || trend.Trends.Trend != "none" {
		t.Errorf("the weeks are %+v", trend)
	}
	nights := make([]map[string]any, 10)
	for i := range nights {
		nights[i] = map[string]any{"duration_hours": 5 + 0.2*float64(i)}
	}
	h.call("track_sleep_trends", map[string]any{"sleep_history": nights}).decode(t, &trend)
	if trend.DataPoints != 10 || trend.Missing != 0 || math.Abs(trend.Trends.Hours-5.9) > 1e-9 || trend.Trends.Short != 10 || trend.Trends.Trend != "rising" {
		t.Errorf("the caller's weeks are %+v", trend)
	}
}

// Bedtime is the time of waking up less the hours in bed, across midnight.
func TestSleepSchedule(t *testing.T) {
	s := storetest.New(t)
	u := newUser(t, s, "ana@example.com")
	h := newHost(t, s, u)
	var got struct {
		Recommendations struct {
			Target       float64 `json:"target_hours"`
			InBed        float64 `json:"time_in_bed_hours"`
			Bedtime      string  `json:"recommended_bedtime"`
			Wake         string  `json:"wake_time"`
			NotAvailable string  `json:"not_available"`
		}
	}
	ask := func(args map[string]any) string {
		got.Recommendations.Bedtime, got.Recommendations.Wake, got.Recommendations.NotAvailable = "", "", ""
		h.call("optimize_sleep_schedule", args).decode(t, &got)
		r := got.Recommendations
		return fmt.Sprintf("%g %g %s %s", r.Target, r.InBed, r.Bedtime, r.Wake)
	}
	if ask(nil) != "8 9.41  " || !strings.Contains(got.Recommendations.NotAvailable, "typical_wake_time") {
		t.Errorf("without nights: %+v", got)
	}
	if s := ask(map[string]any{"typical_wake_time": "06:00", "target_sleep_hours": 8.5}); s != "8.5 10 20:00 06:00" { // 8.5 h at 85 %
		t.Errorf("with a time of waking up: %s", s)
	}
	if s := ask(map[string]any{"typical_wake_time": "6:00", "upcoming_workout_intensity": "high"}); s != "8.5 10 20:00 06:00" {
		t.Errorf("before a hard workout: %s", s)
	}
	for kind, v := range map[pierre.WellnessKind]float64{pierre.WellnessSleep: 7.2, pierre.WellnessBedtime: -1, pierre.WellnessWakeTime: 7} {
		keepDays(t, s, u, measured{kind, pierre.ProviderGarmin}, 14, func(int) float64 { return 3600 * v })
	}
	if s := ask(nil); s != "8 8.89 22:05 07:00" { // 7.2 of 8 h in bed are 90 %
		t.Errorf("with nights: %s", s)
	}
	h.call("set_athlete_profile", map[string]any{"birth_year": 1950})
	if s := ask(nil); s != "7.5 8.33 22:40 07:00" {
		t.Errorf("at 76: %s", s)
	}
}

type shownRest struct {
	Recommendation struct {
		Rest         *bool `json:"rest_recommended"`
		Confidence   string
		Score        *float64 `json:"recovery_score"`
		Reasons      []string `json:"primary_reasons"`
		NotAvailable string   `json:"not_available"`
	}
	KeyFactors  []shownPart `json:"key_factors"`
	Limitations []string
}

func TestRestDay(t *testing.T) {
	s := storetest.New(t)
	u := newUser(t, s, "ana@example.com")
	h := newHost(t, s, u)
	ask := func(args map[string]any) shownRest {
		var r shownRest
		h.call("suggest_rest_day", args).decode(t, &r)
		return r
	}
	if r := ask(nil); r.Recommendation.Rest != nil || r.Recommendation.Confidence != "low" || !strings.Contains(r.Recommendation.NotAvailable, "neither HRV") || len(r.Limitations) != 5 {
		t.Errorf("of nothing: %+v", r)
	}
	// Form alone is no recovery.
	importSession(t, s, u, thresholdHour(now().AddDate(0, 0, -3)))
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250, "time_zone": "UTC"})
	if r := ask(nil); r.Recommendation.Rest != nil {
		t.Errorf("of form alone: %+v", r)
	}
	if r := ask(map[string]any{"sleep_data": map[string]any{"duration_hours": 8}}); r.Recommendation.Rest == nil || *r.Recommendation.Rest || len(r.KeyFactors) != 2 || r.Recommendation.Confidence != "medium" {
		t.Errorf("of a good night: %+v", r)
	}
	if r := ask(map[string]any{"sleep_data": map[string]any{"duration_hours": 4}}); !*r.Recommendation.Rest || len(r.Recommendation.Reasons) != 1 || *r.Recommendation.Score > 50 {
		t.Errorf("of a bad night: %+v", r)
	}
	// A night of last week is not the last one.
	keepDays(t, s, u, measured{pierre.WellnessSleep, pierre.ProviderGarmin}, 9, func(ago int) float64 {
		if ago < 2 {
			return math.NaN()
		}
		return 4 * 3600
	})
	if r := ask(nil); r.Recommendation.Rest != nil {
		t.Errorf("of a night of two days ago: %+v", r)
	}
	values := make([]float64, 67)
	for i := range values {
		values[i] = 50 + 10*float64(i%2)
	}
	if r := ask(map[string]any{"recent_hrv_values": values}); *r.Recommendation.Rest || len(r.KeyFactors) != 2 {
		t.Errorf("of usual HRV: %+v", r)
	}
	// Fatigue 4 of 4 and soreness 4 of 4 are 0 of 100: one sign, and beside usual HRV and form no low score.
	for _, kind := range []pierre.WellnessKind{pierre.WellnessFatigue, pierre.WellnessSoreness} {
		keepDays(t, s, u, measured{kind, pierre.ProviderIntervals}, 1, func(int) float64 { return 4 })
	}
	r := ask(map[string]any{"recent_hrv_values": values})
	if *r.Recommendation.Rest || len(r.Recommendation.Reasons) != 1 || !strings.Contains(r.Recommendation.Reasons[0], "0 of 100") {
		t.Errorf("with fatigue: %+v", r)
	}
	for i := range 7 {
		values[60+i] = 30
	}
	if r := ask(map[string]any{"recent_hrv_values": values}); !*r.Recommendation.Rest || len(r.Recommendation.Reasons) != 2 {
		t.Errorf("with fatigue and low HRV: %+v", r)
	}
}

// A score says what it is made of, and what is missing.
func TestRecoveryScore(t *testing.T) {
	s := storetest.New(t)
	u := newUser(t, s, "ana@example.com")
	for kind, week := range map[pierre.WellnessKind]float64{pierre.WellnessHRVSDNN: 60, pierre.WellnessRestingHeartRate: 60} {
		keepDays(t, s, u, measured{kind, pierre.ProviderAppleHealth}, 67, func(ago int) float64 {
			if ago < 7 {
				return week
			}
			return 50 + 4*float64(ago%2)
		})
	}
	var got struct {
		Date     string
		Recovery struct {
			Overall      float64 `json:"overall_score"`
			Completeness float64 `json:"data_completeness_percent"`
			Limitations  []string
		} `json:"recovery_score"`
		Components map[string]float64
	}
	h := newHost(t, s, u)
	h.call("calculate_recovery_score", nil).decode(t, &got)
	// SDNN is above its baseline: 100 (30). The heart rate is (60 − 52)/2.017 SDs above it: 0 (20).
	if got.Recovery.Overall != 60 || got.Recovery.Completeness != 50 || got.Components["hrv_score"] != 100 || got.Components["resting_heart_rate_score"] != 0 ||
		got.Components["components_available"] != 2 || !strings.Contains(fmt.Sprint(got.Recovery.Limitations), "by SDNN") || len(got.Recovery.Limitations) != 4 {
		t.Errorf("the score is %+v", got)
	}
	if h.call("calculate_recovery_score", map[string]any{"date": "2026-06-08"}).decode(t, &got); got.Date != "2026-06-08" || got.Recovery.Overall != 100 {
		t.Errorf("a week earlier it was %+v", got)
	}
}
