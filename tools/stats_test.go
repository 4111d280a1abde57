//go:build !race

package tools_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type stats struct {
	Zone    struct{ Name, Source string } `json:"time_zone"`
	Periods []struct {
		Period     string
		From, To   string
		Activities int
		Sports     []sportSum
		Others     *sportSum `json:"other_sports"`
	}
	Groups []struct {
		From string
		sportSum
	}
	Note string
}

type sportSum struct {
	Sport           string   `json:"sport_type"`
	Sports          int      `json:"sports"`
	Activities      int      `json:"activities"`
	Distance        *float64 `json:"distance_meters"`
	Duration        *float64 `json:"duration_seconds"`
	WithoutDistance int      `json:"without_distance"`
	WithoutElapsed  int      `json:"without_elapsed"`
	Longest         *float64 `json:"longest_distance_meters"`
	LongestID       string   `json:"longest_activity_id"`
}

func (s stats) sport(period, sport string) sportSum {
	for _, p := range s.Periods {
		if p.Period == period {
			for _, sum := range p.Sports {
				if sum.Sport == sport {
					return sum
				}
			}
		}
	}
	return sportSum{}
}

func TestStatsAddUp(t *testing.T) {
	h, ids := sampleHost(t)
	var all stats
	h.call("get_stats", nil).decode(t, &all)
	// 23 easy runs of 7560 m, and the run, the race, the tests and the one by hand.
	run := all.sport("all", "run")
	want := 23*7560 + 7200 + 10_740 + (4.8*630 + 2*270) + (5.3*320 + 2*280) + 5000
	if run.Activities != 28 || run.Distance == nil || *run.Distance != want || run.Longest == nil || *run.Longest != 10_740 || run.LongestID != string(ids["race"]) {
		t.Errorf("runs are %+v, want 28 of %v m", run, want)
	}
	if gym := all.sport("all", "strength_training"); gym.Distance != nil || gym.WithoutDistance != 1 || *gym.Duration != 2400 {
		t.Errorf("strength training is %+v", gym)
	}
	// 2026-05-19 to 2026-06-15, without the easy run of the 18th.
	if recent := all.sport("recent_4_weeks", "run"); recent.Activities != 5 {
		t.Errorf("%d runs in the last four weeks, want 5", recent.Activities)
	}
	if all.Periods[0].From != "2026-05-19" || all.Periods[0].To != "2026-06-15" || all.Periods[1].From != "2026-01-01" || all.Periods[2].From != "" {
		t.Errorf("the periods are %+v", all.Periods)
	}
	var strava stats
	h.call("get_stats", map[string]any{"provider": "strava"}).decode(t, &strava)
	if n := strava.Periods[2].Activities; n != 2 {
		t.Errorf("%d activities are from strava, want 2", n)
	}
}

// The day of an activity is that of its own offset, else that of the profile's zone, else that of the newest recording, else UTC's.
func TestStatsCountLocalDays(t *testing.T) {
	t.Parallel()
	newYear := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name     string
		start    time.Time
		offset   *int
		zone     string
		thisYear bool
		source   string
	}{
		{"UTC", newYear.Add(-time.Minute), nil, "", false, "default"},
		{"offset east", newYear.Add(-time.Minute), new(3600), "", true, "recorded"},
		{"offset west", newYear.Add(time.Minute), new(-3600), "", false, "recorded"},
		{"zone east", newYear.Add(-time.Hour), nil, "Europe/Paris", true, "user"},
		{"zone west", newYear.Add(4 * time.Hour), nil, "America/New_York", false, "user"},
		{"offset goes before the zone", newYear.Add(-time.Hour), new(0), "Europe/Paris", false, "user"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := storetest.New(t)
			user := newUser(t, s, "ana@example.com")
			importSession(t, s, user, session{name: "Run", sport: "run", start: tt.start, offset: tt.offset, seconds: 600, step: 10, speed: always(3)})
			h := newHost(t, s, user)
			if tt.zone != "" {
				h.call("set_athlete_profile", map[string]any{"time_zone": tt.zone})
			}
			var got stats
			h.call("get_stats", nil).decode(t, &got)
			if in := got.sport("year_to_date", "run").Activities == 1; in != tt.thisYear || got.sport("all", "run").Activities != 1 {
				t.Errorf("the run counts for this year: %t, want %t", in, tt.thisYear)
			}
			if got.Zone.Source != tt.source || tt.zone != "" && got.Zone.Name != tt.zone {
				t.Errorf("the zone is %+v", got.Zone)
			}
		})
	}
}

// Somebody who did everything gets a short answer still, in which nothing is lost.
func TestStatsOfManySports(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for i, sport := range pierre.Sports() {
		importSession(t, s, user, session{name: fmt.Sprint(i), sport: sport, start: now().AddDate(0, 0, -1-i/2).Add(time.Duration(i%2) * time.Hour), seconds: 600, step: 10, speed: always(2)})
	}
	r := newHost(t, s, user).call("get_stats", nil)
	var got stats
	r.decode(t, &got)
	if r.Bytes > answerBytes {
		t.Errorf("the answer has %d bytes", r.Bytes)
	}
	p := got.Periods[2]
	if p.Others == nil || len(p.Sports)+p.Others.Sports != len(pierre.Sports()) || len(p.Sports)+p.Others.Activities != p.Activities {
		t.Errorf("of %d sports %d are shown, the others are %+v", len(pierre.Sports()), len(p.Sports), p.Others)
	}
	if want := float64(p.Others.Activities) * 1200; p.Others.Distance == nil || *p.Others.Distance != want {
		t.Errorf("the other sports are %+v, want %v m", p.Others, want)
	}
}

// A recording of tomorrow comes from a device with a wrong clock.
func TestStatsLeaveTheFutureOut(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	importSession(t, s, user, session{name: "Run", sport: "run", start: now().AddDate(0, 0, 2), seconds: 600, step: 10, speed: always(3)})
	var got stats
	newHost(t, s, user).call("get_stats", nil).decode(t, &got)
	if got.sport("recent_4_weeks", "run").Activities != 0 || got.sport("all", "run").Activities != 1 {
		t.Errorf("the stats are %+v", got)
	}
}

// One recording of another century by a wrong clock leaves the rows of all others.
func TestStatsOfDaysWithAWrongClock(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for _, start := range []time.Time{now().AddDate(0, 0, -1), now().AddDate(60, 0, 0)} {
		importSession(t, s, user, session{name: "Run", sport: "run", start: start, seconds: 600, step: 10, speed: always(3)})
	}
	var got stats
	newHost(t, s, user).call("get_stats", map[string]any{"group_by": "day"}).decode(t, &got)
	if len(got.Groups) != 2 || got.Groups[0].Activities != 1 || !strings.Contains(got.Note, "1 activity of after today") {
		t.Errorf("the rows are %+v, %q", got.Groups, got.Note)
	}
}

// Activities without an elapsed time are counted, as of all sums.
func TestStatsSayWhatWasNotRecorded(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for n, elapsed := range []*float64{nil, new(700.0)} {
		rec := pierre.Recording{Activity: pierre.Activity{Sport: "yoga", Start: now().AddDate(0, 0, -n), Totals: pierre.Totals{ElapsedSeconds: elapsed}}}
		if _, err := s.ImportRecording(t.Context(), user, pierre.Source{Provider: "file", SHA256: [32]byte{byte(n)}, Imported: now()}, rec); err != nil {
			t.Fatal(err)
		}
	}
	var got stats
	newHost(t, s, user).call("get_stats", nil).decode(t, &got)
	if yoga := got.sport("all", "yoga"); yoga.Activities != 2 || yoga.WithoutElapsed != 1 || yoga.WithoutDistance != 2 {
		t.Errorf("yoga is %+v", yoga)
	}
}

// Sums by week have a row for each week, also for those without an activity, and end with today's.
func TestStatsByWeek(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	day := func(n int) time.Time { return now().AddDate(0, 0, n) } // now is Monday, 2026-06-15
	for _, n := range []int{0, -1, -7, -22} {
		importSession(t, s, user, session{name: "Run", sport: "run", start: day(n), seconds: 600, step: 10, speed: always(2)})
	}
	importSession(t, s, user, session{name: "Ride", sport: "ride", start: day(-1).Add(2 * time.Hour), seconds: 600, step: 10, speed: always(5)})
	h := newHost(t, s, user)
	var got stats
	h.call("get_stats", map[string]any{"group_by": "week", "sport_type": "run"}).decode(t, &got)
	rows := ""
	for _, g := range got.Groups {
		rows += fmt.Sprintf("%s %d, ", g.From, g.Activities)
	}
	if want := "2026-05-18 1, 2026-05-25 0, 2026-06-01 0, 2026-06-08 2, 2026-06-15 1, "; rows != want {
		t.Errorf("the weeks are %s; want %s", rows, want)
	}
	if g := got.Groups[1]; g.Distance != nil {
		t.Errorf("a week without a run has the distance %v", *g.Distance)
	}
	if p := got.Periods; len(p) != 1 || p[0].Period != "chosen" || p[0].Activities != 4 {
		t.Errorf("the periods are %+v", p)
	}
	// Two days, both included by their dates.
	h.call("get_stats", map[string]any{"after": "2026-06-08", "before": "2026-06-15", "group_by": "day"}).decode(t, &got)
	if len(got.Groups) != 7 || got.Groups[0].From != "2026-06-08" || got.Groups[0].Activities != 1 || got.Groups[6].Activities != 2 || got.Periods[0].Activities != 3 {
		t.Errorf("the days are %+v of %+v", got.Groups, got.Periods)
	}
	got = stats{}
	h.call("get_stats", map[string]any{"after": "2020-01-01", "before": "2020-02-01", "group_by": "day"}).decode(t, &got)
	if len(got.Groups) != 0 || got.Note == "" {
		t.Errorf("without activities there are %+v, %q", got.Groups, got.Note)
	}
}

// Ten years by day do not fit: the newest are shown, and the answer says how to get the others.
func TestStatsOfManyDays(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for _, days := range []int{0, -3650} {
		importSession(t, s, user, session{name: "Run", sport: "run", start: now().AddDate(0, 0, days), seconds: 600, step: 10, speed: always(2)})
	}
	h := newHost(t, s, user)
	var got stats
	r := h.call("get_stats", map[string]any{"group_by": "day"})
	r.decode(t, &got)
	if n := len(got.Groups); r.Bytes > answerBytes || n < 30 || got.Groups[n-1].From != "2026-06-15" {
		t.Fatalf("%d rows in %d bytes", n, r.Bytes)
	}
	want := fmt.Sprintf("%d earlier rows are left out; ask for them with before %s, or for longer groups.", 3651-len(got.Groups), got.Groups[0].From)
	if got.Note != want {
		t.Errorf("the note is %q, want %q", got.Note, want)
	}
	before := got.Groups[0].From
	got = stats{}
	h.call("get_stats", map[string]any{"group_by": "day", "before": before}).decode(t, &got)
	if n := len(got.Groups); got.Groups[n-1].From >= before {
		t.Errorf("before %s the last day is %s", before, got.Groups[n-1].From)
	}
}

// What was not recorded is counted for each of the metrics, and only those asked for are shown.
func TestStatsMetrics(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	importSession(t, s, user, session{name: "Run", sport: "run", start: now().AddDate(0, 0, -1), seconds: 600, step: 10, speed: always(2)})
	h := newHost(t, s, user)
	r := h.call("get_stats", map[string]any{"metrics": []any{"elevation_gain_meters", "duration_seconds"}})
	var got struct {
		Periods []struct{ Sports []map[string]any }
	}
	r.decode(t, &got)
	run := got.Periods[0].Sports[0]
	if run["distance_meters"] != nil || run["longest_distance_meters"] != nil || run["duration_seconds"] == nil || run["without_elevation_gain"] != 1.0 {
		t.Errorf("the run is %v", run)
	}
}
