//go:build !race

package tools_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A computed value, as a client reads it.
type computed struct {
	Value        *float64     `json:"value"`
	Method       string       `json:"method"`
	Inputs       []knownInput `json:"inputs"`
	Coverage     *float64     `json:"coverage_percent"`
	Note         string       `json:"note"`
	NotAvailable string       `json:"not_available"`
}

func (c computed) check(t *testing.T, what string, want, tolerance float64) {
	t.Helper()
	if c.Value == nil || math.Abs(*c.Value-want) > tolerance {
		t.Errorf("%s is %v (%s), want %v", what, show(c.Value), c.NotAvailable, want)
	}
	if c.Method == "" || len(c.Inputs) == 0 || c.NotAvailable != "" {
		t.Errorf("%s lacks its evidence: %+v", what, c)
	}
}

func (c computed) lacks(t *testing.T, what string, reasons ...string) {
	t.Helper()
	if c.Value != nil || !strings.HasPrefix(c.NotAvailable, "not available because ") {
		t.Errorf("%s is %v, %q", what, show(c.Value), c.NotAvailable)
	}
	for _, reason := range reasons {
		if !strings.Contains(c.NotAvailable, reason) {
			t.Errorf("%s is %q, which lacks %q", what, c.NotAvailable, reason)
		}
	}
}

func metricsOf(t *testing.T, h host, id pierre.ActivityID, names ...string) map[string]computed {
	t.Helper()
	var got struct{ Metrics map[string]computed }
	h.call("calculate_metrics", map[string]any{"activity_id": id, "metrics": names}).decode(t, &got)
	return got.Metrics
}

// An hour at a steady power and heart rate, whose metrics can be worked out by hand.
func TestMetricsOfASteadyHour(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h := newHost(t, s, user)
	id := importSession(t, s, user, session{
		name: "Trainer", sport: "virtual_ride", start: now().AddDate(0, 0, -1), seconds: 3599, step: 1, power: always(200), heart: always(150),
	})
	h.call("set_athlete_profile", map[string]any{
		"ftp_watts": 250, "max_heart_rate_bpm": 190, "resting_heart_rate_bpm": 50, "threshold_heart_rate_bpm": 170, "sex": "male", "weight_kg": 80, "birth_year": 1996,
	})
	m := metricsOf(t, h, id, "trimp", "edwards_trimp", "hrss", "tss", "normalized_power", "intensity_factor",
		"variability_index", "work", "power_to_weight", "efficiency", "decoupling", "energy")
	for key, want := range map[string]float64{
		"trimp":                        108.1, // 60·x·0.64·e^1.92x, x = 100/140
		"edwards_trimp":                180,   // 79 % of the maximum: zone 3
		"heart_rate_stress_score":      63.3,  // the same over an hour at 170
		"training_stress_score":        64,    // 0.8²·100
		"normalized_power_watts":       200,
		"intensity_factor":             0.8,
		"variability_index":            1,
		"work_kilojoules":              720,
		"power_to_weight_watts_per_kg": 2.5,
		"efficiency_watts_per_bpm":     1.333,
		"decoupling_percent":           0,
		"energy_kcal":                  882, // Keytel: 14.70 a minute
	} {
		m[key].check(t, key, want, 0.051)
		if c := m[key].Coverage; c == nil || *c != 100 {
			t.Errorf("%s covers %v %%", key, show(c))
		}
	}
	if len(m) != 12 {
		t.Errorf("%d metrics came, want 12", len(m))
	}
	for _, in := range m["heart_rate_stress_score"].Inputs {
		if in.Name != "heart_rate_bpm" && in.Source != "user" || in.Name == "heart_rate_bpm" && in.Source != "recorded" {
			t.Errorf("the input %+v is from the wrong source", in)
		}
	}
}

// What is missing is named, with the argument that would provide it.
func TestMetricsSayWhatIsMissing(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h, ids := newHost(t, s, user), importSeason(t, s, user)
	ride := metricsOf(t, h, ids["ride"], "tss", "hrss", "trimp", "power_to_weight", "energy", "vdot", "grade_adjusted_speed")
	ride["training_stress_score"].lacks(t, "TSS", "functional threshold power is not known", "set ftp_watts with set_athlete_profile")
	ride["heart_rate_stress_score"].lacks(t, "hrTSS", "resting heart rate and the sex", "set resting_heart_rate_bpm and sex with set_athlete_profile")
	ride["trimp"].lacks(t, "TRIMP", "set resting_heart_rate_bpm and sex")
	ride["power_to_weight_watts_per_kg"].lacks(t, "power to weight", "set weight_kg")
	ride["energy_kcal"].lacks(t, "energy", "weight_kg, birth_year and sex")
	ride["vdot_ml_per_kg_min"].lacks(t, "VDOT", "no run")
	ride["grade_adjusted_speed_mps"].lacks(t, "grade-adjusted speed", "running and walking")

	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250, "resting_heart_rate_bpm": 50, "sex": "male", "weight_kg": 70})
	run := metricsOf(t, h, ids["run"], "tss", "intensity_factor", "normalized_power", "work", "power_to_weight", "decoupling")
	run["training_stress_score"].lacks(t, "TSS of a run", "power counts in cycling only")
	run["normalized_power_watts"].lacks(t, "NP of a run", "no power was recorded")
	run["work_kilojoules"].lacks(t, "work", "no power was recorded")
	if d := run["decoupling_percent"]; !strings.Contains(d.Note, "short: 30 minutes") {
		t.Errorf("decoupling of 40 minutes is %+v", d)
	}

	hike := metricsOf(t, h, ids["hike"], "hrss", "edwards_trimp", "efficiency")
	hike["heart_rate_stress_score"].lacks(t, "hrTSS of a hike", "no heart rate was recorded")
	hike["edwards_trimp"].lacks(t, "Edwards of a hike", "no heart rate was recorded")
	hike["efficiency_meters_per_beat"].lacks(t, "efficiency of a hike", "no heart rate was recorded")

	manual := metricsOf(t, h, ids["manual"], "trimp", "decoupling")
	if v := manual["trimp"]; v.Value == nil || !strings.Contains(v.Note, "mean heart rate only") {
		t.Errorf("TRIMP from a mean is %+v", v)
	}
	manual["decoupling_percent"].lacks(t, "decoupling of a table's row")
}

// The default metrics are those of the sport, and efficiency is the sport's own.
func TestUsualMetrics(t *testing.T) {
	h, ids := sampleHost(t)
	for name, want := range map[string][]string{
		"ride":     {"training_stress_score", "normalized_power_watts", "efficiency_watts_per_bpm"},
		"run":      {"grade_adjusted_speed_mps", "vdot_ml_per_kg_min", "efficiency_meters_per_beat"},
		"strength": {"trimp", "heart_rate_stress_score"},
		"bare":     {"trimp"},
	} {
		r := h.call("calculate_metrics", map[string]any{"activity_id": ids[name]})
		var got struct{ Metrics map[string]json.RawMessage }
		r.decode(t, &got)
		if r.Bytes > answerBytes {
			t.Errorf("the usual metrics of %s have %d bytes", name, r.Bytes)
		}
		for _, key := range want {
			if got.Metrics[key] == nil {
				t.Errorf("the usual metrics of %s lack %s: %s", name, key, r.Structured)
			}
		}
	}
}

func TestCurvesAndZones(t *testing.T) {
	h, ids := sampleHost(t)
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 200, "max_heart_rate_bpm": 200})
	var got struct {
		Metrics struct {
			Power struct {
				Points []struct {
					Seconds float64 `json:"duration_seconds"`
					Watts   float64 `json:"average_power_watts"`
				}
			} `json:"mean_max_power"`
			Efforts struct {
				Points []struct {
					Meters  float64 `json:"distance_meters"`
					Seconds float64
				}
				NotAvailable string `json:"not_available"`
			} `json:"best_efforts"`
			Heart struct {
				Zones []struct{ Seconds float64 }
				Below float64 `json:"below_seconds"`
			} `json:"heart_rate_zones"`
			PowerZones struct {
				Zones        []struct{ Seconds float64 }
				NotAvailable string `json:"not_available"`
			} `json:"power_zones"`
		}
	}
	curves := []string{"mean_max_power", "best_efforts", "heart_rate_zones", "power_zones"}
	h.call("calculate_metrics", map[string]any{"activity_id": ids["trainer"], "metrics": curves}).decode(t, &got)
	if p := got.Metrics.Power.Points; len(p) != 7 || p[0].Seconds != 5 || p[0].Watts != 200 || p[6].Seconds != 3600 || p[6].Watts != 200 {
		t.Errorf("the power curve is %+v", p)
	}
	if z := got.Metrics.PowerZones.Zones; len(z) != 7 || z[3].Seconds != 3601 {
		t.Errorf("at threshold the power zones are %+v", z)
	}
	if z := got.Metrics.Heart.Zones; len(z) != 5 || z[1].Seconds != 3601 || got.Metrics.Heart.Below != 0 {
		t.Errorf("at 61 %% of the reserve above the measured resting heart rate the heart rate zones are %+v", z)
	}
	if got.Metrics.Efforts.NotAvailable == "" {
		t.Error("a ride has best efforts on foot")
	}

	h.call("calculate_metrics", map[string]any{"activity_id": ids["race"], "metrics": curves}).decode(t, &got)
	efforts := got.Metrics.Efforts.Points
	at10 := slices.IndexFunc(efforts, func(e struct {
		Meters  float64 `json:"distance_meters"`
		Seconds float64
	},
	) bool {
		return e.Meters == 10_000
	})
	if at10 < 0 || math.Abs(efforts[at10].Seconds-10_000/4.2) > 0.1 {
		t.Errorf("the best efforts are %+v", efforts)
	}
	if got.Metrics.PowerZones.NotAvailable == "" {
		t.Error("a run without power has power zones")
	}
}

// The load of an activity is by the best means that there are.
func TestAnalysisChoosesTheLoad(t *testing.T) {
	h, ids := sampleHost(t)
	load := func(name string) (got struct {
		Load struct {
			computed

			BasedOn string `json:"based_on"`
		}
		Observations []string
	},
	) {
		h.call("analyze_activity", map[string]any{"activity_id": ids[name]}).decode(t, &got)
		return got
	}
	load("ride").Load.lacks(t, "load without a profile", "functional threshold power", "by heart rate it is not because the sex")
	load("hike").Load.lacks(t, "load of a hike", "neither power (of a ride) nor heart rate nor pace")
	load("bare").Load.lacks(t, "load of a table's row", "neither power")
	h.call("set_athlete_profile", map[string]any{"resting_heart_rate_bpm": 50, "max_heart_rate_bpm": 190, "sex": "female"})
	for name, want := range map[string]string{"ride": "heart_rate", "run": "heart_rate", "manual": "mean_heart_rate"} {
		if l := load(name).Load; l.BasedOn != want || l.Value == nil {
			t.Errorf("without FTP the load of %s is %+v, want by %s", name, l, want)
		}
	}
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 220})
	ride := load("ride")
	if ride.Load.BasedOn != "power" || !strings.Contains(strings.Join(ride.Observations, " "), "Pauses apart, the second half of the distance took 0.0 % more time") {
		t.Errorf("with FTP the analysis of the ride is %+v", ride)
	}
	if l := load("run").Load; l.BasedOn != "heart_rate" {
		t.Errorf("the load of a run is by %s", l.BasedOn)
	}
}
