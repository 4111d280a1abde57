package tools_test

import (
	"fmt"
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
}

type sportSum struct {
	Sport           string   `json:"sport_type"`
	Sports          int      `json:"sports"`
	Activities      int      `json:"activities"`
	Distance        *float64 `json:"distance_meters"`
	Duration        *float64 `json:"duration_seconds"`
	WithoutDistance int      `json:"without_distance"`
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
