//go:build !race

package tools_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type activityList struct {
	Activities []struct {
		ID        pierre.ActivityID `json:"id"`
		Provider  string            `json:"provider"`
		Sport     string            `json:"sport_type"`
		Start     time.Time         `json:"start_time"`
		LocalTime string            `json:"local_start_time"`
		Distance  *float64          `json:"distance_meters"`
		HeartRate *float64          `json:"average_heart_rate_bpm"`
		Power     *float64          `json:"average_power_watts"`
	} `json:"activities"`
	Total int    `json:"total_count"`
	Next  string `json:"next_cursor"`
	Note  string `json:"note"`
}

func (l activityList) ids() []pierre.ActivityID {
	var ids []pierre.ActivityID
	for _, a := range l.Activities {
		ids = append(ids, a.ID)
	}
	return ids
}

func TestActivitiesAreFiltered(t *testing.T) {
	h, ids := sampleHost(t)
	tests := []struct {
		name string
		args map[string]any
		want []string // names in the season, newest first
	}{
		{"by provider", map[string]any{"provider": "strava"}, []string{"manual", "bare"}},
		{"by sport", map[string]any{"sport_type": "swim"}, []string{"swim"}},
		{"by sport, exactly", map[string]any{"sport_type": "virtual_ride"}, []string{"trainer"}},
		{"by days", map[string]any{"days_back": 3}, []string{"run", "ride"}},
		{"from a time on", map[string]any{"after": "2026-06-13T07:00:00Z"}, []string{"run", "ride"}},
		{"from after a time on", map[string]any{"after": "2026-06-13T07:00:01Z"}, []string{"run"}},
		{"from a day on", map[string]any{"after": "2026-06-13"}, []string{"run", "ride"}},
		{"before a time", map[string]any{"after": "2026-06-10T17:00:00Z", "before": "2026-06-13T07:00:00Z"}, []string{"swim", "trainer"}},
		{"in another offset", map[string]any{"after": "2026-06-14T10:00:00+04:00"}, []string{"run"}},
		{"past the end", map[string]any{"sport_type": "swim", "offset": 1}, nil},
		{"the second", map[string]any{"provider": "strava", "limit": 1, "offset": 1}, []string{"bare"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := h
			h.t = t
			var want []pierre.ActivityID
			for _, name := range tt.want {
				want = append(want, ids[name])
			}
			var got activityList
			h.call("get_activities", tt.args).decode(t, &got)
			if !slices.Equal(got.ids(), want) {
				t.Errorf("got %+v, want %v", got.Activities, tt.want)
			}
		})
	}
}

// A date is a day of the athlete.
func TestDatesAreTheAthletesDays(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	id := importSession(t, s, user, session{name: "Late", sport: "run", start: time.Date(2026, 6, 9, 16, 0, 0, 0, time.UTC), seconds: 600, step: 10, speed: always(3)})
	h := newHost(t, s, user)
	find := func(after string) []pierre.ActivityID {
		var got activityList
		h.call("get_activities", map[string]any{"after": after}).decode(t, &got)
		return got.ids()
	}
	if got := find("2026-06-10"); got != nil {
		t.Errorf("in UTC the run of June 9 is among those from June 10: %v", got)
	}
	h.call("set_athlete_profile", map[string]any{"time_zone": "Asia/Tokyo"}) // where it is 01:00 on June 10
	if got := find("2026-06-10"); len(got) != 1 || got[0] != id {
		t.Errorf("in Tokyo the run of June 10 is not among those from June 10: %v", got)
	}
}

// A recording that brought its offset along counts on its own days, wherever the athlete lives.
func TestDatesAreTheRecordingsDays(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	tokyo := 9 * 3600
	id := importSession(t, s, user, session{name: "Monday morning", sport: "run", offset: &tokyo, start: time.Date(2025, 11, 15, 22, 0, 0, 0, time.UTC), seconds: 600, step: 10, speed: always(3)})
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"time_zone": "Europe/Vienna"})
	for _, tt := range []struct {
		after, before string
		want          bool
	}{
		{"2025-11-16", "2025-11-17", true},
		{"2025-11-16", "2025-11-16", true}, // that day
		{"2025-11-15", "2025-11-16", false},
		{"2025-11-17", "", false},
		{"", "2025-11-17", true},
		{"2025-11-15T21:00:00Z", "2025-11-15T23:00:00Z", true},
	} {
		args := map[string]any{}
		if tt.after != "" {
			args["after"] = tt.after
		}
		if tt.before != "" {
			args["before"] = tt.before
		}
		var got activityList
		h.call("get_activities", args).decode(t, &got)
		if found := len(got.ids()) == 1 && got.ids()[0] == id; found != tt.want {
			t.Errorf("from %q to %q: %v", tt.after, tt.before, got.ids())
		}
	}
}

// A full history is reachable, each activity once, whatever the page size, and default pages stay small.
func TestWholeHistoryByPages(t *testing.T) {
	h, ids := sampleHost(t)
	delete(ids, "goal")
	for _, limit := range []int{0, 1, 7, 200} {
		t.Run(fmt.Sprint("limit ", limit), func(t *testing.T) {
			h := h
			h.t = t
			seen := map[pierre.ActivityID]bool{}
			args := map[string]any{}
			if limit > 0 {
				args["limit"] = limit
			}
			last := now()
			for page := 0; ; page++ {
				r := h.call("get_activities", args)
				var got activityList
				r.decode(t, &got)
				if limit == 0 && r.Bytes > answerBytes {
					t.Errorf("page %d has %d bytes", page, r.Bytes)
				}
				if limit > 0 && len(got.Activities) > limit || got.Total != len(ids) || len(got.Activities) == 0 {
					t.Fatalf("page %d has %d of %d activities", page, len(got.Activities), got.Total)
				}
				for _, a := range got.Activities {
					if seen[a.ID] || a.Start.After(last) {
						t.Errorf("activity %s comes twice or out of order", a.ID)
					}
					seen[a.ID], last = true, a.Start
				}
				if got.Next == "" {
					break
				}
				args["cursor"] = got.Next
			}
			if len(seen) != len(ids) {
				t.Errorf("%d of %d activities were reached", len(seen), len(ids))
			}
		})
	}
}

// Activities with everything recorded and long names fill a default page sooner, but never beyond its size.
func TestDefaultPageOfRichActivities(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	for i := range 25 {
		importSession(t, s, user, session{
			name: strings.Repeat("Ängström & \"quoted\" ", 20), sport: "ride", start: now().AddDate(0, 0, -1-i), offset: new(7200), seconds: 600, step: 10,
			speed: always(8.123), heart: always(140), power: always(200), gps: true,
			totals: pierre.Totals{CaloriesKcal: new(345.), ElevationGainMeters: new(123.4), NormalizedPowerWatts: new(210.), AverageCadenceRPM: new(88.)},
		})
	}
	r := newHost(t, s, user).call("get_activities", nil)
	var got activityList
	r.decode(t, &got)
	if r.Bytes > answerBytes || len(got.Activities) < 8 || got.Next == "" || got.Total != 25 {
		t.Errorf("the page has %d activities of %d in %d bytes, next %q", len(got.Activities), got.Total, r.Bytes, got.Next)
	}
}

// What was not recorded is absent, and never 0.
func TestAbsentIsAbsent(t *testing.T) {
	h, ids := sampleHost(t)
	for name, absent := range map[string][]string{
		"bare":    {"distance_meters", "elapsed_seconds", "average_heart_rate_bpm", "average_power_watts", "local_start_time", "series_summary", "laps", "device", "warnings"},
		"trainer": {"distance_meters", "average_speed_mps", "elevation_gain_meters", "track_distance_meters", "last_distance_meters", "description"},
		"swim":    {"average_heart_rate_bpm", "max_power_watts", "heart_rate_bpm", "calories_kcal"},
	} {
		r := h.call("get_activity", map[string]any{"activity_id": ids[name]})
		for _, member := range absent {
			if strings.Contains(string(r.Structured), `"`+member+`"`) {
				t.Errorf("%s has %s: %s", name, member, r.Structured)
			}
		}
	}
}

func TestWhyTheListIsEmpty(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h := newHost(t, s, user)
	note := func(args map[string]any) string {
		var got activityList
		h.call("get_activities", args).decode(t, &got)
		if got.Activities == nil || len(got.Activities) > 0 {
			t.Errorf("activities are %v, want an empty list", got.Activities)
		}
		return got.Note
	}
	if got := note(nil); !strings.Contains(got, "mcp-client import") {
		t.Errorf("without data the note is %q", got)
	}
	importSeason(t, s, user)
	if got := note(map[string]any{"provider": "garmin"}); !strings.Contains(got, "Nothing has been imported from garmin; activities are there from file (55), strava (2)") {
		t.Errorf("for a provider without data the note is %q", got)
	}
	if got := note(map[string]any{"sport_type": "golf"}); !strings.Contains(got, "another sport") {
		t.Errorf("for a sport without data the note is %q", got)
	}
}

// Activities are found by what they were, and sorted by it, page after page.
func TestActivitiesAreFound(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	add := func(days int, a pierre.Activity) {
		a.Start = now().AddDate(0, 0, -days)
		_, err := s.ImportRecording(t.Context(), user, pierre.Source{
			Provider: "file", Format: "fit", SHA256: [32]byte{byte(days)}, Imported: now(),
		}, pierre.Recording{Activity: a})
		if err != nil {
			t.Fatal(err)
		}
	}
	totals := func(meters, seconds, up float64) pierre.Totals {
		return pierre.Totals{DistanceMeters: &meters, DurationSeconds: &seconds, ElevationGainMeters: &up}
	}
	add(1, pierre.Activity{Name: "Über die Alm", Sport: "hike", Totals: totals(12_000, 10_800, 900)})
	add(2, pierre.Activity{Name: "Berlin Marathon", Sport: "run", Race: true, Totals: totals(42_195, 12_000, 80)})
	add(3, pierre.Activity{Name: "Band", Sport: "run", Indoor: true, Totals: totals(8000, 2400, 0)})
	add(4, pierre.Activity{Name: "100% Padel_1", Sport: "other", SportName: "padel"})
	add(5, pierre.Activity{Name: "Long run", Sport: "run", Totals: totals(42_195, 13_000, 20)})
	h := newHost(t, s, user)
	for _, c := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{"name": "MARATHON"}, "Berlin Marathon"},
		{map[string]any{"name": "Über"}, "Über die Alm"},
		{map[string]any{"name": "0% p"}, "100% Padel_1"},
		{map[string]any{"name": "_1"}, "100% Padel_1"},
		{map[string]any{"name": "l_n"}, ""},
		{map[string]any{"indoor": true}, "Band"},
		{map[string]any{"race": true}, "Berlin Marathon"},
		{map[string]any{"race": false, "sport_type": "run"}, "Band, Long run"},
		{map[string]any{"min_distance_meters": 42_195}, "Berlin Marathon, Long run"},
		{map[string]any{"min_distance_meters": 8000, "max_distance_meters": 12_000}, "Über die Alm, Band"},
		{map[string]any{"max_duration_seconds": 2400}, "Band"},
		{map[string]any{"min_elevation_gain_meters": 100}, "Über die Alm"},
		{map[string]any{"sort": "oldest"}, "Long run, 100% Padel_1, Band, Berlin Marathon, Über die Alm"},
		{map[string]any{"sort": "distance"}, "Berlin Marathon, Long run, Über die Alm, Band"},
		{map[string]any{"sort": "duration", "after": "2026-06-11"}, "Berlin Marathon, Über die Alm, Band"},
	} {
		if got := pagedNames(t, h, c.args); got != c.want {
			t.Errorf("%v finds %q, want %q", c.args, got, c.want)
		}
	}
	for _, args := range []map[string]any{
		{"min_distance_meters": 2, "max_distance_meters": 1}, {"sort": "pace"}, {"min_duration_seconds": -1}, {"name": ""}, {"name": strings.Repeat("x", 201)},
	} {
		if r := h.call("get_activities", args); !r.IsError {
			t.Errorf("%v is taken: %s", args, r.Text)
		}
	}
	if r := h.call("get_activities", map[string]any{"sort": "distance", "limit": 1}); r.IsError {
		t.Fatal(r.Text)
	} else {
		var page struct {
			NextCursor string `json:"next_cursor"`
		}
		r.decode(t, &page)
		if r := h.call("get_activities", map[string]any{"cursor": page.NextCursor}); !r.IsError || !strings.Contains(r.Text, "another order") {
			t.Errorf("the cursor of another order is taken: %s", r.Text)
		}
	}
}

// pagedNames returns the names of the activities of all pages, of which each has two.
func pagedNames(t *testing.T, h host, args map[string]any) string {
	t.Helper()
	var names []string
	for cursor := ""; ; {
		call := maps.Clone(args)
		call["limit"] = 2
		if cursor != "" {
			call["cursor"] = cursor
		}
		var page struct {
			Activities []struct{ Name string }
			NextCursor string `json:"next_cursor"`
		}
		r := h.call("get_activities", call)
		if r.IsError {
			t.Fatal(r.Text)
		}
		r.decode(t, &page)
		for _, a := range page.Activities {
			names = append(names, a.Name)
		}
		if cursor = page.NextCursor; cursor == "" {
			return strings.Join(names, ", ")
		}
	}
}
