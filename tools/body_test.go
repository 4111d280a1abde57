//go:build !race

package tools_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// keepValues keeps values of one kind and source, by day.
func keepValues(t *testing.T, s *store.Store, user pierre.UserID, what measured, byDay map[string]float64) {
	t.Helper()
	var values []pierre.Wellness
	for day, v := range byDay {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, pierre.Wellness{Day: at, Kind: what.kind, Source: what.source, Value: v})
	}
	if _, err := s.KeepWellness(t.Context(), user, now(), values); err != nil {
		t.Fatal(err)
	}
}

func (c computed) input(name string) knownInput {
	at := slices.IndexFunc(c.Inputs, func(in knownInput) bool { return in.Name == name })
	if at < 0 {
		return knownInput{}
	}
	return c.Inputs[at]
}

// Everything that takes the weight takes the one that was measured up to the day of the activity, on the athlete's clock.
func TestWeightOfTheDay(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	late := thresholdHour(time.Date(2026, 6, 10, 22, 30, 0, 0, time.UTC)) // half past midnight of the 11th in Vienna
	late.heart, late.offset = always(140), new(7200)
	night := importSession(t, s, user, late)
	day := importSession(t, s, user, thresholdHour(time.Date(2026, 6, 9, 10, 0, 0, 0, time.UTC)))
	h := newHost(t, s, user)
	for name, m := range metricsOf(t, h, day, "power_to_weight") {
		m.lacks(t, name, "set weight_kg with set_athlete_profile")
	}
	keepValues(t, s, user, measured{pierre.WellnessWeight, pierre.ProviderWithings}, map[string]float64{
		"2026-06-01": 80, "2026-06-11": 62.5, "2026-06-14": 50, "2026-06-15": 310, "2026-06-03": 21, // the last two are nobody's
	})
	for id, want := range map[pierre.ActivityID][3]any{
		day: {3.125, 80., "2026-06-01, withings"}, night: {4., 62.5, "2026-06-11, withings"},
	} {
		got := metricsOf(t, h, id, "power_to_weight")["power_to_weight_watts_per_kg"]
		got.check(t, "power to weight", want[0].(float64), 0.006)
		if in := got.input("weight_kg"); in.Value != want[1] || in.Source != "measured" || in.Note != want[2] {
			t.Errorf("the weight is %+v, want %v", in, want)
		}
	}
	h.call("set_athlete_profile", map[string]any{"weight_kg": 100, "date": "2026-06-11"})
	h.call("set_athlete_profile", map[string]any{"sex": "male", "birth_year": 1996, "height_cm": 180})
	for name, m := range metricsOf(t, h, night, "power_to_weight", "energy") { // what the athlete says on the day goes before its measurement
		if in := m.input("weight_kg"); in.Value != 100 || in.Source != "user" || in.Note != "of 2026-06-11" {
			t.Errorf("%s goes by %+v", name, in)
		}
	}
	var food struct {
		Resting computed `json:"bmr_kcal"`
	}
	h.call("calculate_daily_nutrition", map[string]any{"activity_level": "sedentary"}).decode(t, &food)
	food.Resting.check(t, "energy at rest", 10*56.25+6.25*180-5*30+5, 1)
	if in := food.Resting.input("weight_kg"); in.Note != "median of 2 days up to 2026-06-14, withings" { // later than what the athlete said
		t.Errorf("the food goes by %+v", in)
	}
	h.call("calculate_daily_nutrition", map[string]any{"activity_level": "sedentary", "weight_kg": 70}).decode(t, &food)
	food.Resting.check(t, "energy at rest by a given weight", 10*70+6.25*180-5*30+5, 1)
}

// Powers stand beside what they are per kilogram, with the weights of their days.
func TestPowersPerKilogram(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	ride := importSession(t, s, user, thresholdHour(time.Date(2026, 6, 9, 10, 0, 0, 0, time.UTC)))
	h := newHost(t, s, user)
	type records struct {
		Records []struct {
			Watts *float64 `json:"average_power_watts"`
			PerKg *float64 `json:"watts_per_kg"`
		}
		Weights []knownInput
	}
	ask := map[string]any{"sport_type": "ride", "records": []string{"power"}}
	var before, got records
	h.call("get_records", ask).decode(t, &before)
	if len(before.Records) == 0 || before.Records[0].PerKg != nil || len(before.Weights) > 0 {
		t.Errorf("without a weight the records are %+v", before)
	}
	keepValues(t, s, user, measured{pierre.WellnessWeight, pierre.ProviderGarmin}, map[string]float64{"2026-06-09": 62.5})
	r := h.call("get_records", ask)
	r.decode(t, &got)
	for _, one := range got.Records {
		if one.PerKg == nil || *one.PerKg != 4 {
			t.Errorf("a record is %+v", one)
		}
	}
	if len(got.Weights) != 1 || got.Weights[0].Source != "measured" || !strings.Contains(r.Text, "250 W (4.00 W/kg)") {
		t.Errorf("the weights are %+v; %s", got.Weights, r.Text)
	}
	r = h.call("calculate_metrics", map[string]any{"activity_id": ride, "metrics": []string{"mean_max_power", "critical_power"}})
	if !strings.Contains(r.Text, "250 W (4.00 W/kg)") {
		t.Errorf("the power curve is %s", r.Text)
	}
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250})
	var athlete struct {
		FTP computed `json:"ftp_watts_per_kg"`
	}
	h.call("get_athlete", nil).decode(t, &athlete)
	athlete.FTP.check(t, "threshold power", 4, 0.001)
}

// The load takes the resting heart rate of the month before, and a new day's value changes no load of the past.
func TestRestingHeartRateOfTheMonth(t *testing.T) {
	s := storetest.New(t)
	ana, bob := newUser(t, s, "ana@example.com"), newUser(t, s, "bob@example.com")
	runs := map[string]pierre.ActivityID{}
	for _, day := range []string{"2026-03-20", "2026-05-02", "2026-06-10"} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		run := session{name: "Run", sport: "run", start: at.Add(10 * time.Hour), seconds: 3600, step: 5, speed: always(3), heart: always(150)}
		runs[day] = importSession(t, s, ana, run)
	}
	h := newHost(t, s, ana)
	h.call("set_athlete_profile", map[string]any{"max_heart_rate_bpm": 190, "sex": "male"})
	trimp := func(day string) computed { return metricsOf(t, h, runs[day], "trimp")["trimp"] }
	trimp("2026-06-10").lacks(t, "TRIMP", "the resting heart rate is not known")
	rest := measured{pierre.WellnessRestingHeartRate, pierre.ProviderGarmin}
	keepDays(t, s, ana, rest, 65, func(ago int) float64 { return map[bool]float64{true: 60, false: 50}[ago < 15] }) // 60 since the 1st of June
	keepDays(t, s, bob, rest, 365, func(int) float64 { return 100 })
	keepValues(t, s, ana, rest, map[string]float64{"2026-04-01": 22, "2026-04-02": 140}) // nobody's: the formulas take 25 to 110
	for day, note := range map[string]string{
		"2026-03-20": "the earliest known, median of the first 7 days measured, from 2026-04-12 on, garmin",
		"2026-05-02": "median of 19 days of 2026-04, garmin", "2026-06-10": "median of 31 days of 2026-05, garmin",
	} {
		got := trimp(day)
		got.check(t, "TRIMP of "+day, 108.1, 0.3) // an hour at 150 between 50 and 190; METHODS.md
		if in := got.input("resting_heart_rate_bpm"); in.Source != "measured" || in.Note != note {
			t.Errorf("on %s it goes by %+v", day, in)
		}
	}
	loads := func() string {
		return string(h.call("analyze_training_load", map[string]any{"timeframe": "year"}).Structured)
	}
	before := loads()
	keepValues(t, s, ana, rest, map[string]float64{"2026-06-15": 75})
	if after := loads(); after != before {
		t.Errorf("a new day changed the loads from\n%s to\n%s", before, after)
	}
	h.call("set_athlete_profile", map[string]any{"resting_heart_rate_bpm": 40, "date": "2026-06-01"})
	if in := trimp("2026-06-10").input("resting_heart_rate_bpm"); in.Source != "user" || in.Note != "of 2026-06-01" {
		t.Errorf("with the athlete's word it goes by %+v", in)
	}
	if in := trimp("2026-05-02").input("resting_heart_rate_bpm"); in.Source != "measured" {
		t.Errorf("before the athlete's word it goes by %+v", in)
	}
	if got := loads(); got == before {
		t.Error("the athlete's word changed no load")
	}
}

// What devices say stands beside what is computed.
func TestWhatDevicesSay(t *testing.T) {
	s := storetest.New(t)
	ana, bob := newUser(t, s, "ana@example.com"), newUser(t, s, "bob@example.com")
	for _, user := range []pierre.UserID{ana, bob} {
		importSession(t, s, user, session{name: "Run", sport: "run", start: now().AddDate(0, 0, -3), seconds: 1200, step: 5, speed: always(4)})
	}
	keepValues(t, s, ana, measured{pierre.WellnessVO2Max, pierre.ProviderGarmin}, map[string]float64{"2026-06-02": 55, "2025-01-01": 40})
	keepValues(t, s, ana, measured{pierre.WellnessVO2Max, pierre.ProviderAppleHealth}, map[string]float64{"2026-06-02": 51})
	keepValues(t, s, ana, measured{pierre.WellnessWeight, pierre.ProviderWithings}, map[string]float64{"2026-06-12": 70, "2026-06-14": 71})
	keepValues(t, s, bob, measured{pierre.WellnessVO2Max, pierre.ProviderGarmin}, map[string]float64{"2025-12-01": 61})
	h, other := newHost(t, s, ana), newHost(t, s, bob)
	h.call("set_athlete_profile", map[string]any{"weight_kg": 75, "date": "2020-01-01"})
	r := h.call("get_athlete", nil)
	for _, want := range []string{
		"device says: vo2max 55 ml/kg/min on 2026-06-02 (garmin)", "device says: vo2max 51 ml/kg/min on 2026-06-02 (apple_health)",
		"device says: weight 71 kg on 2026-06-14 (withings)", "weight_kg 70.5 is taken as measured: median of 2 days up to 2026-06-14, withings",
	} {
		if !strings.Contains(r.Text, want) {
			t.Errorf("get_athlete lacks %q: %s", want, r.Text)
		}
	}
	if strings.Contains(r.Text, "missing: weight_kg") {
		t.Errorf("the weight is missing: %s", r.Text)
	}
	const answer = `"vdot_ml_per_kg_min":{"value":`
	for _, c := range []call{
		{"predict_performance", map[string]any{"target_sport": "run", "target_distance": 10_000}}, {"calculate_fitness_score", nil},
	} {
		r, lacks := h.call(c.tool, c.args), other.call(c.tool, c.args)
		if !strings.Contains(r.Text, "device says: vo2max 55") || strings.Contains(r.Text, "40 ml") {
			t.Errorf("%s says %s", c.tool, r.Text)
		}
		if strings.Contains(lacks.Text, "device") { // what another's says, and what is older than half a year
			t.Errorf("%s says %s", c.tool, lacks.Text)
		}
		_, mine, _ := strings.Cut(string(r.Structured), answer)
		_, theirs, _ := strings.Cut(string(lacks.Structured), answer)
		if mine, theirs = mine[:min(len(mine), 5)], theirs[:min(len(theirs), 5)]; mine != theirs {
			t.Errorf("%s computes %s with a device and %s without", c.tool, mine, theirs)
		}
	}
}
