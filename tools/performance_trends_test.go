//go:build !race

package tools_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type trendView struct {
	Metric, Unit, Better, From, To, Direction string
	Sport                                     string   `json:"sport_type"`
	Count                                     int      `json:"points_count"`
	Slope                                     computed `json:"slope_per_month"`
	Low                                       *float64 `json:"slope_low"`
	High                                      *float64 `json:"slope_high"`
	Median                                    *float64
	Points                                    []struct {
		Date  string
		Value float64
		ID    pierre.ActivityID `json:"activity_id"`
	}
	Earlier int `json:"earlier_points"`
}

func trend(t *testing.T, h host, args map[string]any) trendView {
	t.Helper()
	r := h.call("analyze_performance_trends", args)
	if r.Bytes > answerBytes {
		t.Errorf("the trend of %v has %d bytes", args, r.Bytes)
	}
	var got trendView
	r.decode(t, &got)
	return got
}

// progressHost is a host of an athlete with a ride and a run in each of 20 weeks, on Sunday and Saturday. Power grows by 2 W and
// speed by 0.01 m/s a week, always at 140 and 150 bpm.
func progressHost(t *testing.T) host {
	t.Helper()
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for week := range 20 {
		back := float64(week)
		sunday := now().AddDate(0, 0, -1-7*week)
		importSession(t, s, user, session{name: "Ride", sport: "ride", start: sunday, seconds: 3600, step: 5, power: always(240 - 2*back), heart: always(140)})
		importSession(t, s, user, session{name: "Run", sport: "run", start: sunday.AddDate(0, 0, -1), seconds: 3000, step: 5, speed: always(3 - 0.01*back), heart: always(150)})
	}
	return newHost(t, s, user)
}

// The slopes are worked by hand: what grows by x a week grows by x·30.4375/7 a month.
func TestTrendsOfProgress(t *testing.T) {
	h := progressHost(t)
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 240, "resting_heart_rate_bpm": 50})
	const month = 30.4375 / 7
	for _, tt := range []struct {
		metric, unit, direction string
		slope, tolerance        float64
		points                  int
	}{
		{"power", "watts", "rising", 2 * month, 0.1, 20},
		{"efficiency", "watts_per_bpm", "rising", 2 * month / 140, 0.0005, 20},
		{"power_at_heart_rate", "watts", "rising", 2 * month, 0.1, 20},
		{"pace", "seconds_per_km", "falling", -1000 / 2.9 / 2.9 * 0.01 * month, 0.2, 20},
		{"pace_at_heart_rate", "seconds_per_km", "falling", -1000 / 2.9 / 2.9 * 0.01 * month, 0.2, 20},
		{"distance", "km_per_week", "rising", 0.01 * 3 * month, 0.05, 20},
		{"heart_rate", "bpm", "none", 0, 0.01, 40},
		{"duration", "hours_per_week", "none", 0, 0.01, 20},
		{"decoupling", "percent", "none", 0, 0.01, 20},
		{"vdot", "ml_per_kg_min", "rising", 0.6, 0.05, 20},
	} {
		got := trend(t, h, map[string]any{"metric": tt.metric})
		got.Slope.check(t, tt.metric, tt.slope, tt.tolerance)
		if got.Unit != tt.unit || got.Direction != tt.direction || got.Count != tt.points || got.Slope.Value == nil || *got.Low > *got.Slope.Value || *got.High < *got.Slope.Value {
			t.Errorf("the trend of %s is %+v", tt.metric, got)
		}
	}
	load := trend(t, h, map[string]any{"metric": "load", "sport_type": "ride", "timeframe": "quarter"})
	if load.Direction != "rising" || load.Count != 12 || load.Points[11].Value != 100 || load.Points[11].Date != "2026-06-08" {
		t.Errorf("the trend of the load is %+v", load)
	}
	critical := trend(t, h, map[string]any{"metric": "critical_power", "timeframe": "twoyears"})
	critical.Slope.lacks(t, "critical power of 20 weeks", "no trend can be told", "points are too few: 8 are needed")
	runs := trend(t, h, map[string]any{"metric": "efficiency", "sport_type": "run"})
	if runs.Unit != "meters_per_beat" || runs.Sport != "run" || runs.Direction != "rising" || runs.Points[0].ID == "" {
		t.Errorf("the efficiency of running is %+v", runs)
	}
	if r := h.call("analyze_performance_trends", map[string]any{"metric": "power"}); !strings.Contains(r.Text, "watts a month (95 % interval ") || !strings.HasSuffix(r.Text, ": rising") {
		t.Errorf("the text is %s", r.Text)
	}
}

// Below eight points nothing is told, and a period in the past is of that period alone.
func TestTrendsThatCannotBeTold(t *testing.T) {
	h := progressHost(t)
	few := trend(t, h, map[string]any{"metric": "power", "timeframe": "month"})
	few.Slope.lacks(t, "the power of four weeks", "no trend can be told: 4 points are too few: 8 are needed")
	if few.Direction != "none" || few.Count != 4 || few.Low != nil || few.Median != nil {
		t.Errorf("of four points: %+v", few)
	}
	past := trend(t, h, map[string]any{"metric": "power", "timeframe": "quarter", "end_date": "2026-04-15"})
	if past.To != "2026-04-15" || past.Points[past.Count-1].Date != "2026-04-12" || past.From != "2026-01-15" {
		t.Errorf("of the past: %+v", past)
	}
	for metric, wants := range map[string]string{"decoupling": "0 points", "resting_heart_rate": "0 points", "vdot": "0 points"} {
		none := trend(t, newHostWithoutData(t), map[string]any{"metric": metric})
		none.Slope.lacks(t, metric+" of nobody", wants)
	}
}

// Outputs are brought to one heart rate by the reserve: at 60 over rest 2 m/s are as good as 3 m/s at 90.
func TestTrendAtOneHeartRate(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for i := range 12 {
		bpm := 136 + float64(i%9) // within 10 of the median
		if i == 11 {
			bpm = 190 // of a race
		}
		importSession(t, s, user, session{
			name: "Run", sport: "run", start: now().AddDate(0, 0, -3*i-1), seconds: 3000, step: 5, speed: always((bpm - 50) / 30), heart: always(bpm),
		})
	}
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"resting_heart_rate_bpm": 50})
	got := trend(t, h, map[string]any{"metric": "pace_at_heart_rate"})
	if got.Count != 11 || got.Direction != "none" {
		t.Fatalf("the trend is %+v", got)
	}
	for _, p := range got.Points {
		if math.Abs(p.Value-got.Points[0].Value) > 0.5 {
			t.Errorf("at one heart rate the pace is %v on %s", p.Value, p.Date)
		}
	}
	if !strings.Contains(fmt.Sprint(got.Slope.Inputs), "Swain") {
		t.Errorf("the evidence is %+v", got.Slope.Inputs)
	}
}

func TestTrendOfTheRestingHeartRate(t *testing.T) {
	h := newHostWithoutData(t)
	for n := range 9 {
		h.call("set_athlete_profile", map[string]any{"resting_heart_rate_bpm": 50 + n, "date": now().AddDate(0, 0, -10*n).Format(time.DateOnly)})
	}
	got := trend(t, h, map[string]any{"metric": "resting_heart_rate"})
	got.Slope.check(t, "slope", -3.04, 0.01)
	if got.Count != 9 || got.Direction != "falling" {
		t.Errorf("the trend is %+v", got)
	}
}

// A year of daily activities stays a short answer, and the slope is of all of them.
func TestLongTrendIsShort(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for day := range 365 {
		importSession(t, s, user, session{name: "Run", sport: "run", start: now().AddDate(0, 0, -day).Add(-4 * time.Hour), seconds: 1800, step: 60, speed: always(3), heart: always(140)})
	}
	got := trend(t, newHost(t, s, user), map[string]any{"metric": "heart_rate", "timeframe": "year"})
	if got.Count != 365 || len(got.Points) != 50 || got.Earlier != 315 || got.Points[49].Date != "2026-06-15" {
		t.Errorf("the trend of a year has %d points, %d shown, %d earlier", got.Count, len(got.Points), got.Earlier)
	}
}

func TestWrongTrends(t *testing.T) {
	h := newHostWithoutData(t)
	for _, tt := range []struct {
		args map[string]any
		want string
	}{
		{nil, "metric is missing"},
		{map[string]any{"metric": "mood"}, "metric must be one of pace, heart_rate"},
		{map[string]any{"metric": "pace", "timeframe": "decade"}, "timeframe must be one of week, month"},
		{map[string]any{"metric": "pace", "end_date": "2026-06-16"}, "end_date must not be after today, 2026-06-15"},
		{map[string]any{"metric": "pace", "end_date": "tomorrow"}, "end_date must be a date"},
		{map[string]any{"metric": "pace", "sport_type": "chess"}, "sport_type must be one of"},
	} {
		if r := h.call("analyze_performance_trends", tt.args); !r.IsError || !strings.Contains(r.Text, tt.want) {
			t.Errorf("%v answers %q, want %q", tt.args, r.Text, tt.want)
		}
	}
}
