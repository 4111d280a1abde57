//go:build !race

package tools_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type finding struct {
	Name string `json:"name"`
	computed

	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
	Detected *bool    `json:"detected"`
	Detail   string   `json:"detail"`
}

func findings(t *testing.T, h host, args map[string]any) map[string]finding {
	t.Helper()
	var got struct {
		Findings []finding `json:"findings"`
	}
	h.call("detect_patterns", args).decode(t, &got)
	byName := map[string]finding{}
	for _, f := range got.Findings {
		byName[f.Name] = f
	}
	return byName
}

// The sessions of 12 whole weeks before [now], a Monday: runs on Tuesdays and Thursdays, but for the 5th week; hours 1 and 1.
func TestConsistency(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	monday := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	for week := range 26 {
		if week == 5 {
			continue
		}
		for _, day := range []int{1, 3} {
			importSession(t, s, user, session{
				name: "Run", sport: "run", start: monday.AddDate(0, 0, -7*(week+1)+day).Add(8 * time.Hour), seconds: 3600, step: 20, speed: always(3),
			})
		}
	}
	f := findings(t, newHost(t, s, user), map[string]any{"pattern_type": "training_consistency"})
	f["active_weeks_percent"].check(t, "active weeks", 100*25./26, 0.01)
	f["activities_per_week"].check(t, "activities a week", 50./26, 0.01)
	f["longest_break_days"].check(t, "longest break", 11, 0) // from Thursday to the Tuesday after next, both apart
	// 25 of 50 on each of two days, against a mean of 50/7: χ² = 125, far beyond what chance does
	if even := f["chance_of_even_weekdays_percent"]; !*even.Detected || *even.Value > 0.01 || !strings.Contains(even.Detail, "Tuesday 25, Wednesday 0, Thursday 25") {
		t.Errorf("the weekdays are %+v", even)
	}
	// hours 2 in 25 weeks and 0 in one: mean 50/26, sd √((25·(2−50/26)² + (50/26)²)/25)
	mean := 50. / 26
	f["weekly_hours_spread_percent"].check(t, "spread", 100*math.Sqrt((25*(2-mean)*(2-mean)+mean*mean)/25)/mean, 0.01)
}

func TestInjuryRules(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h := newHost(t, s, user)
	findings(t, h, map[string]any{"pattern_type": "injury_risk"})["longest_run_spike_percent"].lacks(t, "the spike of nobody", "no run of the last 28 days")
	for daysAgo, meters := range map[int]float64{70: 30_000, 40: 10_000, 20: 12_000, 5: 9000} {
		importSession(t, s, user, session{
			name: "Run", sport: "run", start: now().AddDate(0, 0, -daysAgo), totals: pierre.Totals{DistanceMeters: &meters, DurationSeconds: new(meters / 3)},
		})
	}
	spike := findings(t, h, map[string]any{"pattern_type": "injury_risk"})["longest_run_spike_percent"]
	spike.check(t, "the spike", 20, 0.001) // 12 km, after 10 km in the 30 days before it
	if !*spike.Detected || spike.Detail != "on 2026-05-26" {
		t.Errorf("the spike is %+v", spike)
	}
	r := h.call("generate_recommendations", map[string]any{"recommendation_type": "training"})
	if !strings.Contains(r.Text, "within 13.20 km") { // 1.1 of the longest of 30 days
		t.Errorf("the advice is %s", r.Text)
	}
}

func TestPlateaus(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		speed  func(n int) float64
		detail string
	}{
		{"even", func(n int) float64 { return 4 + 0.001*float64(n%2) }, "plateau"},
		{"rising", func(n int) float64 { return 4 - 0.01*float64(n) + 0.02*float64(n%3) }, "rising"},
		{"noisy", func(n int) float64 { return 4 + 0.3*float64(n*7%5) }, "no change can be told from chance"},
	} {
		s := storetest.New(t)
		user := newUser(t, s, "ana@example.com")
		for n := range 26 {
			importSession(t, s, user, session{name: "Run", sport: "run", start: now().AddDate(0, 0, -14*n-1), seconds: 1500, step: 5, speed: always(tt.speed(n))})
		}
		f := findings(t, newHost(t, s, user), map[string]any{"pattern_type": "performance_plateaus", "timeframe": "year"})
		vdot := f["change_of_vdot_ml_per_kg_min_percent"]
		if vdot.Detail != tt.detail || (vdot.Detected != nil) != (tt.name != "noisy") || !(*vdot.Low <= *vdot.Value && *vdot.Value <= *vdot.High) {
			t.Errorf("%s: %+v", tt.name, vdot)
		}
		f["change_of_best_20_minutes_watts_percent"].lacks(t, "power without rides", "there are 0 values")
	}
}

// Four years with more hours in summer have seasons; one year is too short to tell.
func TestSeasons(t *testing.T) {
	for _, years := range []int{1, 4} {
		s := storetest.New(t)
		user := newUser(t, s, "ana@example.com")
		for n := range 12 * years {
			start := time.Date(2026, 5-time.Month(n), 10, 8, 0, 0, 0, time.UTC)
			hours := 1.0
			if m := start.Month(); m >= 5 && m <= 8 {
				hours = 5 + float64(n)/100
			}
			importSession(t, s, user, session{name: "Ride", sport: "ride", start: start, totals: pierre.Totals{DurationSeconds: new(3600 * hours)}})
		}
		f := findings(t, newHost(t, s, user), map[string]any{"pattern_type": "seasonal_trends"})["chance_of_no_season_percent"]
		if years == 1 {
			f.lacks(t, "a season of one year", "seasons need 36 whole months, and there are 12")
			continue
		}
		if f.Detected == nil || !*f.Detected || !strings.HasPrefix(f.Detail, "most in ") {
			t.Errorf("the season is %+v", f)
		}
	}
}

// A man of 36 who runs 5 km in 20:00 has a VDOT of 49.8, which more than three quarters of his age do not have.
func TestFitnessScore(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h := newHost(t, s, user)
	type score struct {
		Score  computed `json:"fitness_score"`
		Level  string   `json:"fitness_level"`
		Before computed `json:"score_before"`
		VO2max computed `json:"vo2max_ml_per_kg_min"`
	}
	of := func(args map[string]any) score {
		var got score
		h.call("calculate_fitness_score", args).decode(t, &got)
		return got
	}
	of(nil).Score.lacks(t, "the score of nobody", "no run of 1000 m or more")
	importSession(t, s, user, session{
		name: "5 km", sport: "run", start: now().AddDate(0, 0, -10), totals: pierre.Totals{DistanceMeters: new(5000.), DurationSeconds: new(1200.)},
	})
	of(nil).Score.lacks(t, "the score without a profile", "set birth_year and sex")
	h.call("set_athlete_profile", map[string]any{"birth_year": 1990, "sex": "male", "weight_kg": 70})
	got := of(map[string]any{"timeframe": "month"})
	got.VO2max.check(t, "VO2max", 49.8, 0.05)
	got.Score.check(t, "the score", 75+15*(49.81-49.2)/(56.5-49.2), 0.5)
	if got.Level != "good" {
		t.Errorf("the level is %s", got.Level)
	}
	got.Before.lacks(t, "the score before", "no run of 1000 m")
	// 5 minutes at 350 W: 16.6 + 8.87·5 = 60.95, more than the run shows
	importSession(t, s, user, session{name: "Ride", sport: "ride", start: now().AddDate(0, 0, -3), seconds: 300, step: 1, power: always(350)})
	importSession(t, s, user, failedMeter(now().AddDate(0, 0, -2)))
	of(nil).VO2max.check(t, "VO2max of the ride", 60.95, 0.1)
}

func TestIntelligence(t *testing.T) {
	h, ids := sampleHost(t)
	var got struct {
		Rank      computed `json:"load_rank_percent"`
		TimeOfDay string   `json:"time_of_day"`
		Location  *struct {
			Latitude float64 `json:"latitude_degrees"`
		} `json:"location"`
		Records []struct{ Meters, Seconds float64 } `json:"records"`
	}
	h.call("get_activity_intelligence", map[string]any{"activity_id": ids["race"], "include_weather": true}).decode(t, &got)
	if got.TimeOfDay != "morning" || got.Location == nil || got.Location.Latitude != 45 || len(got.Records) != 2 {
		t.Errorf("the race is %+v", got)
	}
	r := h.call("get_activity_intelligence", map[string]any{"activity_id": ids["race"], "include_location": false})
	if strings.Contains(string(r.Structured), "latitude") || !strings.Contains(r.Text, "weather (archive) from") {
		t.Errorf("without a location: %s", r.Structured)
	}
}

func TestTimeOfDayInWords(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	id := importSession(t, s, user, session{name: "Run", sport: "run", start: now().Add(-5 * time.Hour), totals: pierre.Totals{DurationSeconds: new(3600.)}})
	if r := newHost(t, s, user).call("get_activity_intelligence", map[string]any{"activity_id": id}); !strings.Contains(r.Text, "time of day: early morning") {
		t.Errorf("at 5 o'clock: %s", r.Text)
	}
}

func TestWrongQuestions(t *testing.T) {
	h, _ := sampleHost(t)
	for _, tt := range []struct {
		tool string
		args map[string]any
		want string
	}{
		{"detect_patterns", nil, "pattern_type is missing"},
		{"detect_patterns", map[string]any{"pattern_type": "luck"}, "one of training_consistency, seasonal_trends, performance_plateaus, injury_risk"},
		{"detect_patterns", map[string]any{"pattern_type": "injury_risk", "timeframe": "day"}, "one of month, quarter, sixmonths, year"},
		{"calculate_fitness_score", map[string]any{"timeframe": "year"}, "one of month, quarter, sixmonths"},
		{"generate_recommendations", map[string]any{"recommendation_type": "sleep"}, "one of training, recovery, nutrition, equipment, all"},
		{"generate_recommendations", map[string]any{"activity_id": "act_x"}, "not found"},
		{"get_activity_intelligence", nil, "activity_id is missing"},
		{"get_activity_intelligence", map[string]any{"activity_id": "act_x"}, "not found"},
		{"suggest_goals", map[string]any{"goal_category": "luck"}, "one of distance, performance, consistency, all"},
	} {
		if r := h.call(tt.tool, tt.args); !r.IsError || !strings.Contains(r.Text, tt.want) {
			t.Errorf("%s with %v answers %q, want %q", tt.tool, tt.args, r.Text, tt.want)
		}
	}
}

// What is before an athlete's first activity is unknown: no break, no week without training.
func TestHistoryBeginsWithTheFirstActivity(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"weight_kg": 70, "resting_heart_rate_bpm": 50, "max_heart_rate_bpm": 190, "sex": "female"})
	var ids []pierre.ActivityID
	for day := range 17 { // of 50 minutes each, from Saturday, 30 May, up to today
		ids = append(ids, importSession(t, s, user, session{
			name: "Run", sport: "run", start: now().AddDate(0, 0, day-16).Add(-time.Hour), seconds: 3000, step: 10, heart: always(140), speed: always(3),
		}))
	}
	f := findings(t, h, map[string]any{"pattern_type": "training_consistency"})
	f["active_weeks_percent"].check(t, "active weeks", 100, 0)
	f["activities_per_week"].check(t, "activities a week", 16./3, 0.01) // all but today's, in the weeks of 25 May, 1 and 8 June
	f["longest_break_days"].check(t, "longest break", 0, 0)
	var score struct {
		Minutes computed `json:"active_minutes_per_week"`
		Weeks   computed `json:"active_weeks_percent"`
	}
	h.call("calculate_fitness_score", nil).decode(t, &score)
	score.Minutes.check(t, "active minutes", 16*50./3, 0.5)
	score.Weeks.check(t, "active weeks", 100, 0)
	r := h.call("generate_recommendations", nil)
	if strings.Contains(r.Text, "Move more") {
		t.Errorf("350 minutes a week are too few: %s", r.Text)
	}
	if r := h.call("analyze_goal_feasibility", map[string]any{
		"goal_id": setGoal(t, h, map[string]any{"title": "A", "goal_type": "frequency", "target_value": 3, "target_date": "2026-09-01"}).ID,
	}); !strings.Contains(r.Text, "there are 3 whole weeks of history") {
		t.Errorf("the feasibility is %s", r.Text)
	}
	var around struct {
		Week  computed `json:"week_load"`
		Usual computed `json:"usual_week_load"`
	}
	h.call("get_activity_intelligence", map[string]any{"activity_id": ids[13]}).decode(t, &around) // with a week before its own
	around.Usual.check(t, "a usual week", *around.Week.Value, 0.1)
	around.Usual.Value = nil
	h.call("get_activity_intelligence", map[string]any{"activity_id": ids[12]}).decode(t, &around)
	around.Usual.lacks(t, "a usual week", "less than a week of loads")
}

// In the first days of a history no rule by the week can be applied.
func TestAdviceInTheFirstDays(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	importSession(t, s, user, session{name: "Run", sport: "run", start: now().AddDate(0, 0, -2), seconds: 1200, step: 10, speed: always(3)})
	r := newHost(t, s, user).call("generate_recommendations", nil)
	if strings.Contains(r.Text, "Move more") || !strings.Contains(r.Text, "active_minutes_per_week: not available because less than a week of history is known") {
		t.Errorf("the advice is %s", r.Text)
	}
}

// A break at the beginning of the weeks that are looked at is one, if there was training before.
func TestBreakAtTheBeginning(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for _, weeks := range []int{30, 20, 2} {
		importSession(t, s, user, session{name: "Run", sport: "run", start: now().AddDate(0, 0, -7*weeks), totals: pierre.Totals{DurationSeconds: new(3600.)}})
	}
	f := findings(t, newHost(t, s, user), map[string]any{"pattern_type": "training_consistency"})
	f["active_weeks_percent"].check(t, "active weeks", 100*2./26, 0.01)
	f["longest_break_days"].check(t, "longest break", 18*7-1, 0)
}

// An activity in whose place another counts does not count, neither as the one before nor as the longest.
func TestTwinsDoNotCount(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	start := now().AddDate(0, 0, -2)
	whole := importSession(t, s, user, session{name: "Run", sport: "run", start: start, seconds: 3000, step: 10, speed: always(3), heart: always(140)})
	part := importSession(t, s, user, session{name: "Phone", sport: "run", start: start.Add(20 * time.Minute), seconds: 1200, step: 10, speed: always(9), heart: always(140)})
	next := importSession(t, s, user, session{name: "Run", sport: "run", start: start.AddDate(0, 0, 1), seconds: 600, step: 10, speed: always(3), heart: always(140)})
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"resting_heart_rate_bpm": 50, "max_heart_rate_bpm": 190, "sex": "female"})
	var got struct {
		Rank  computed `json:"load_rank_percent"`
		Hours *float64 `json:"hours_since_last_activity"`
	}
	h.call("get_activity_intelligence", map[string]any{"activity_id": next}).decode(t, &got)
	if got.Hours == nil || *got.Hours != 24 {
		t.Errorf("the last activity was %v hours ago", show(got.Hours))
	}
	got.Hours = nil
	h.call("get_activity_intelligence", map[string]any{"activity_id": part}).decode(t, &got)
	if got.Hours != nil || !strings.Contains(got.Rank.NotAvailable, "it does not count: "+string(whole)) {
		t.Errorf("the twin is %+v, %v hours after another", got.Rank, show(got.Hours))
	}
	if r := h.call("generate_recommendations", map[string]any{"recommendation_type": "training"}); !strings.Contains(r.Text, "within 9.90 km") {
		t.Errorf("the longest run is the twin: %s", r.Text)
	}
}

// Rest is advised by the form of the day, not by what the day's training leaves of it.
func TestRestGoesByTheForm(t *testing.T) {
	for ago, want := range map[int]string{0: "", 1: "for 9 days: form is below -30"} {
		s := storetest.New(t)
		user := newUser(t, s, "ana@example.com")
		for n := range 6 { // 600 in a day: form falls from 0 to 600·(e^(−1/7) − e^(−1/42)) = −66
			importSession(t, s, user, thresholdHour(now().AddDate(0, 0, -ago).Add(-time.Duration(n+1)*90*time.Minute)))
		}
		h := newHost(t, s, user)
		h.call("set_athlete_profile", map[string]any{"ftp_watts": 250})
		r := h.call("generate_recommendations", map[string]any{"recommendation_type": "recovery"})
		if !strings.Contains(r.Text, want) || want == "" && strings.Contains(r.Text, "recovery:") {
			t.Errorf("%d days after the rides the advice is %s", ago, r.Text)
		}
	}
}

// Who lacks a value of the profile needs no sensor.
func TestNoSensorForWantOfAProfile(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	importSession(t, s, user, thresholdHour(now().AddDate(0, 0, -2)))
	h := newHost(t, s, user)
	equipment := func() string {
		return h.call("generate_recommendations", map[string]any{"recommendation_type": "equipment"}).Text
	}
	if text := equipment(); strings.Contains(text, "Record heart rate") {
		t.Errorf("with power, and without a threshold: %s", text)
	}
	importSession(t, s, user, session{name: "Yoga", sport: "yoga", start: now().AddDate(0, 0, -1), totals: pierre.Totals{DurationSeconds: new(3600.)}})
	if text := equipment(); !strings.Contains(text, "without them 1 activity of the last 28 days had no load") {
		t.Errorf("with one activity that recorded nothing: %s", text)
	}
}
