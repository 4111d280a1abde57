//go:build !race

package tools_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type projectedLoad struct {
	trainingLoad

	BySport []struct {
		Sport      string `json:"sport_type"`
		Activities int
		Load       float64
	} `json:"by_sport"`
	Projection *struct {
		Until         string
		Daily         computed `json:"daily_load"`
		CTL, ATL, TSB computed
		Days          []struct {
			Date          string
			CTL, ATL, TSB float64
		}
	}
}

func projected(t *testing.T, h host, args map[string]any) projectedLoad {
	t.Helper()
	r := h.call("analyze_training_load", args)
	if r.Bytes > answerBytes {
		t.Errorf("the load of %v has %d bytes", args, r.Bytes)
	}
	var got projectedLoad
	r.decode(t, &got)
	return got
}

// steadyHost is a host of an athlete with 100 a day for 42 days up to today: CTL 63.212, ATL 99.752.
func steadyHost(t *testing.T) host {
	t.Helper()
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for i := range 42 {
		importSession(t, s, user, thresholdHour(now().AddDate(0, 0, -i).Add(-2*time.Hour)))
	}
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250})
	return h
}

func TestLoadOfAPastDay(t *testing.T) {
	h := steadyHost(t)
	got := projected(t, h, map[string]any{"end_date": "2026-06-05", "timeframe": "week"}) // the 32nd day
	got.CTL.check(t, "CTL", 53.32, 0.01)
	got.ATL.check(t, "ATL", 98.97, 0.01)
	if got.To != "2026-06-05" || got.From != "2026-05-30" || got.Loads.Activities != 7 || got.Recent[0].Date != "2026-06-05" || got.Projection != nil {
		t.Errorf("the load of a past day is %+v", got)
	}
	none := projected(t, h, map[string]any{"end_date": "2020-01-01"})
	none.CTL.lacks(t, "CTL before anything", "there are no activities")
}

// Rest for seven days, worked by hand: 63.212·e^(−1/6) = 53.508, 99.752·e^(−1) = 36.697, and on the eighth day TSB is 16.81.
func TestProjectionOfRest(t *testing.T) {
	t.Parallel()
	h := steadyHost(t)
	got := projected(t, h, map[string]any{"project_until": "2026-06-23"}).Projection
	got.TSB.check(t, "TSB", 16.81, 0.005)
	got.Daily.check(t, "daily load", 0, 0)
	if len(got.Days) != 8 || got.Days[6].CTL != 53.5 || got.Days[6].ATL != 36.7 || got.Days[0].TSB != -36.5 || got.Days[0].Date != "2026-06-16" {
		t.Errorf("the days of rest are %+v", got.Days)
	}
	if !strings.Contains(got.TSB.Note, "warming up: 42 days") {
		t.Errorf("the note of a projection is %q", got.TSB.Note)
	}
	long := projected(t, h, map[string]any{"project_until": "2027-06-15", "daily_load": 100}).Projection
	long.CTL.check(t, "CTL of a year more of the same", 99.99, 0.01)
	if n := len(long.Days); n != 53 || long.Days[n-1].Date != "2027-06-15" {
		t.Errorf("a year's projection has %d days", n)
	}
	if r := h.call("analyze_training_load", map[string]any{"project_until": "2026-06-23"}); !strings.Contains(r.Text, "with a load of 0 a day until 2026-06-23: fitness: ") {
		t.Errorf("the text is %s", r.Text)
	}
}

// From the state of the 32nd day, 53.32/98.97, to +10 on the 15th day: a^14 = e^(−1/3) = 0.71653, b^14 = e^(−2) = 0.13534,
// (38.206 − 13.394 − 10)/0.58120 = 25.49.
func TestTaper(t *testing.T) {
	t.Parallel()
	h := steadyHost(t)
	got := projected(t, h, map[string]any{"end_date": "2026-06-05", "project_until": "2026-06-20", "target_tsb": 10}).Projection
	got.TSB.check(t, "TSB", 10, 0)
	got.Daily.check(t, "daily load", 25.5, 0.05)
	if !strings.Contains(got.Daily.Note, "26 % of the fatigue") {
		t.Errorf("the taper is noted as %q", got.Daily.Note)
	}
	far := projected(t, h, map[string]any{"project_until": "2026-06-20", "target_tsb": 60}).Projection
	far.TSB.lacks(t, "a form out of reach", "even rest on every day before leads only to a form of")
	far.Daily.lacks(t, "its load", "even rest")
	nothing := projected(t, newHostWithoutData(t), map[string]any{"project_until": "2026-06-20", "target_tsb": 5}).Projection
	nothing.TSB.lacks(t, "the form of nobody", "there are no activities")
}

func TestLoadBySport(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for i, sport := range []pierre.Sport{"ride", "virtual_ride", "run", "trail_running", "swim"} {
		session := thresholdHour(now().AddDate(0, 0, -i-1))
		session.sport, session.seconds, session.step = sport, 3600, 0
		session.power = nil
		session.totals = pierre.Totals{DurationSeconds: new(3600.), DistanceMeters: new(14_400.), NormalizedPowerWatts: new(250.)}
		if sport == "swim" {
			session.totals.DistanceMeters = new(3600.)
		}
		importSession(t, s, user, session)
	}
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 250, "threshold_pace_seconds_per_km": 250, "swim_threshold_pace_seconds_per_100m": 100})
	all := projected(t, h, nil)
	if len(all.BySport) != 3 || all.BySport[0].Sport != "ride" || all.BySport[0].Load != 200 || all.BySport[0].Activities != 2 ||
		all.BySport[1].Sport != "run" || all.BySport[1].Load != 200 || all.BySport[2].Sport != "swim" || all.BySport[2].Load != 100 {
		t.Errorf("by sport the loads are %+v", all.BySport)
	}
	if by := all.Loads.By; by["power"] != 2 || by["pace"] != 2 || by["swim_pace"] != 1 {
		t.Errorf("by kind the loads are %v", by)
	}
	runs := projected(t, h, map[string]any{"sport_type": "run"})
	if runs.Loads.Activities != 2 || len(runs.BySport) != 1 || runs.BySport[0].Load != 200 {
		t.Errorf("of running the loads are %+v %+v", runs.Loads, runs.BySport)
	}
}

func TestWrongProjections(t *testing.T) {
	h := newHostWithoutData(t)
	for _, tt := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{"end_date": "2026-06-16"}, "end_date must not be after today, 2026-06-15"},
		{map[string]any{"end_date": "June"}, "end_date must be a date"},
		{map[string]any{"project_until": "2026-06-15"}, "project_until must be a day from 2026-06-16 to 2027-06-15"},
		{map[string]any{"project_until": "2027-06-16"}, "project_until must be a day from"},
		{map[string]any{"daily_load": 50}, "project_until is missing"},
		{map[string]any{"target_tsb": 5}, "project_until is missing"},
		{map[string]any{"project_until": "2026-07-01", "target_tsb": 5, "daily_load": 50}, "exclude each other"},
		{map[string]any{"project_until": "2026-07-01", "daily_load": -1}, "from 0 to 2000"},
		{map[string]any{"project_until": "2026-07-01", "target_tsb": 101}, "from -100 to 100"},
		{map[string]any{"sport_type": "quidditch"}, "sport_type must be one of"},
	} {
		if r := h.call("analyze_training_load", tt.args); !r.IsError || !strings.Contains(r.Text, tt.want) {
			t.Errorf("%v answers %q, want %q", tt.args, r.Text, tt.want)
		}
	}
}
