//go:build !race

package tools_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type shownWorkout struct {
	ID       pierre.WorkoutID `json:"workout_id"`
	Date     string           `json:"date"`
	Start    string           `json:"start_time"`
	Sport    string           `json:"sport_type"`
	Name     string           `json:"name"`
	Note     string           `json:"note"`
	Steps    []string         `json:"steps"`
	Duration computed         `json:"duration_seconds"`
	Distance computed         `json:"distance_meters"`
	Load     computed         `json:"load"`
}

func planWorkout(t *testing.T, h host, args map[string]any) shownWorkout {
	t.Helper()
	var got struct {
		Workout shownWorkout `json:"workout"`
	}
	h.call("plan_workout", args).decode(t, &got)
	return got.Workout
}

type shownCalendar struct {
	From    string   `json:"from"`
	To      string   `json:"to"`
	Next    string   `json:"next_after"`
	Rest    []string `json:"rest_days"`
	Planned struct {
		Workouts int      `json:"workouts"`
		Done     int      `json:"carried_out"`
		Missed   int      `json:"missed"`
		Ahead    int      `json:"to_come"`
		Seconds  *float64 `json:"duration_seconds"`
	} `json:"planned"`
	Done struct {
		Activities int `json:"activities"`
	} `json:"done"`
	Days []struct {
		Date  string `json:"date"`
		Goals []struct {
			ID   pierre.GoalID `json:"goal_id"`
			Race bool          `json:"race"`
		} `json:"goals"`
		Workouts []struct {
			ID     pierre.WorkoutID `json:"workout_id"`
			Status string           `json:"status"`
			Done   *struct {
				ID pierre.ActivityID `json:"activity_id"`
			} `json:"done"`
			Percent map[string]float64 `json:"percent_of_plan"`
		} `json:"workouts"`
		Others []struct {
			ID pierre.ActivityID `json:"activity_id"`
		} `json:"other_activities"`
	} `json:"days"`
}

func calendar(t *testing.T, h host, args map[string]any) shownCalendar {
	t.Helper()
	var got shownCalendar
	h.call("get_calendar", args).decode(t, &got)
	return got
}

// A workout is planned, moved, changed and deleted, and belongs to its athlete alone.
func TestPlanFromBeginningToEnd(t *testing.T) {
	s := storetest.New(t)
	ana, bob := newHost(t, s, newUser(t, s, "ana@example.com")), newHost(t, s, newUser(t, s, "bob@example.com"))
	w := planWorkout(t, ana, map[string]any{"date": "2026-06-18", "start_time": "06:30", "sport_type": "run", "name": " 6 x 1 km ", "steps": []string{"warmup 15min rpe 2", "6x(1km 4:00/km, 90s jog)"}})
	if w.Name != "6 x 1 km" || *w.Duration.Value != 900+6*(240+90) || w.Distance.Value != nil || w.Load.Value != nil || !strings.Contains(w.Load.NotAvailable, "threshold_pace_seconds_per_km") {
		t.Errorf("planned %+v", w)
	}
	ana.call("set_athlete_profile", map[string]any{"threshold_pace_seconds_per_km": 250, "ftp_watts": 250})
	r := ana.call("plan_workout", map[string]any{"workout_id": w.ID, "date": "2026-06-19", "start_time": "any"})
	r.decode(t, &struct{ Workout *shownWorkout }{&w})
	if w.Date != "2026-06-19" || w.Load.Value == nil || len(w.Steps) != 2 || len(r.Links) != 2 {
		t.Errorf("moved it is %+v with %v", w, r.Links)
	}
	for _, uri := range append(r.Links, "pierre://workouts/workout_x.fit", "pierre://workouts/"+string(w.ID)+".exe", "pierre://workouts/"+string(w.ID)) {
		given := strings.HasSuffix(uri, string(w.ID)+".fit") || strings.HasSuffix(uri, ".zwo")
		if ok := ana.reads(uri); ok != given {
			t.Errorf("%s is read: %v", uri, ok)
		}
		if bob.reads(uri) {
			t.Errorf("another reads %s", uri)
		}
	}
	for _, args := range []map[string]any{{"name": "Mine"}, {"delete": true}} {
		args["workout_id"] = w.ID
		if r := bob.call("plan_workout", args); !r.IsError || !strings.Contains(r.Text, "not found; get_calendar lists the workouts") {
			t.Errorf("another's workout, %v: %s", args, r.Text)
		}
	}
	if c := calendar(t, bob, nil); c.Planned.Workouts != 0 {
		t.Errorf("another sees %+v", c)
	}
	ride := planWorkout(t, ana, map[string]any{"workout_id": w.ID, "sport_type": "ride", "steps": []string{"1h 100%"}, "name": "Hour", "note": "all out"})
	if ride.Sport != "ride" || *ride.Load.Value != 100 || ride.Note != "all out" || ride.Date != "2026-06-19" {
		t.Errorf("changed it is %+v", ride)
	}
	if r := ana.call("plan_workout", map[string]any{"workout_id": w.ID, "sport_type": "swim"}); !r.IsError || !strings.Contains(r.Text, "FTP is the threshold of cycling") {
		t.Errorf("a swim by FTP: %s", r.Text)
	}
	if r := ana.call("plan_workout", map[string]any{"workout_id": w.ID, "delete": true}); r.IsError || !strings.HasPrefix(r.Text, "Deleted") || r.Links != nil {
		t.Errorf("deleted: %s", r.Text)
	}
	if c := calendar(t, ana, nil); c.Planned.Workouts != 0 {
		t.Errorf("deleted, and there is %+v", c)
	}
}

// reads reports whether there is a resource with bytes.
func (h host) reads(uri string) bool {
	h.t.Helper()
	msg, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": map[string]any{"uri": uri}})
	if err != nil {
		h.t.Fatal(err)
	}
	answer, err := json.Marshal(h.server.HandleMessage(h.ctx, msg))
	if err != nil {
		h.t.Fatal(err)
	}
	var got struct {
		Result struct {
			Contents []struct {
				Blob []byte `json:"blob"`
			} `json:"contents"`
		} `json:"result"`
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		h.t.Fatal(err)
	}
	return len(got.Result.Contents) == 1 && len(got.Result.Contents[0].Blob) > 20
}

// A key that may not use get_calendar reads no files of workouts, and learns of none.
func TestFilesOfWorkoutsNeedTheTool(t *testing.T) {
	s := storetest.New(t)
	h := newHost(t, s, newUser(t, s, "ana@example.com"))
	w := planWorkout(t, h, map[string]any{"date": "2026-06-18", "sport_type": "run", "name": "Easy", "steps": []string{"45min rpe 3"}})
	p, _ := access.PrincipalFrom(h.ctx)
	for _, tt := range []struct {
		tools []string
		want  bool
	}{{nil, true}, {[]string{"get_calendar"}, true}, {[]string{"get_stats"}, false}} {
		p.Tools = tt.tools
		h := h
		h.ctx = access.WithPrincipal(t.Context(), p)
		var list struct {
			Templates []struct{ Name string } `json:"resourceTemplates"`
		}
		h.send("resources/templates/list", map[string]any{}, &list)
		if ok := h.reads("pierre://workouts/" + string(w.ID) + ".fit"); ok != tt.want || len(list.Templates) == 1 != tt.want {
			t.Errorf("with %v it reads: %v, %v", tt.tools, ok, list)
		}
	}
}

func TestWrongPlans(t *testing.T) {
	s := storetest.New(t)
	h := newHost(t, s, newUser(t, s, "ana@example.com"))
	good := map[string]any{"date": "2026-06-18", "sport_type": "ride", "name": "A", "steps": []string{"1h 60%"}}
	w := planWorkout(t, h, good)
	with := func(name string, v any) map[string]any {
		args := maps.Clone(good)
		args[name] = v
		return args
	}
	for _, tt := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{}, "4 wrong arguments"},
		{with("date", nil), "date is missing"},
		{with("date", "Thursday"), "a date such as"},
		{with("date", "2026-06-14"), "date must be today, Monday 2026-06-15, or later"},
		{with("date", "2028-06-16"), "within 2 years"},
		{with("sport_type", "chess"), "sport_type must be one of"},
		{with("name", " "), "not blank"},
		{with("name", "a\nb"), "one line"},
		{with("name", strings.Repeat("x", 101)), "1 to 100 bytes"},
		{with("note", "a\x00b"), "without control characters"},
		{with("start_time", "6:30"), "such as 06:30"},
		{with("start_time", "25:00"), "such as 06:30"},
		{with("steps", []string{}), "1 to 50 entries"},
		{with("steps", []string{"4m 105%", "5min z2"}), "2 wrong arguments"},
		{with("steps", slices.Repeat([]string{strings.Repeat("a,", 250)}, 50)), "12500 wrong arguments"},
		{with("steps", []any{map[string]any{"minutes": 4}}), "steps[0] must be a string"},
		{with("delete", true), "delete goes with workout_id"},
		{map[string]any{"workout_id": w.ID}, "nothing to change"},
		{map[string]any{"workout_id": w.ID, "delete": true, "name": "B"}, "exclude each other"},
		{map[string]any{"workout_id": w.ID, "steps": []string{"4min 95% LTHR 200W"}}, "a second target"},
		{map[string]any{"workout_id": "workout_x", "name": "B"}, "not found"},
		{map[string]any{"workout_id": "workout_x", "delete": true}, "not found"},
	} {
		if r := h.call("plan_workout", tt.args); !r.IsError || !strings.Contains(r.Text, tt.want) || len(r.Text) > 8<<10 {
			t.Errorf("%v is answered with %q, want %q", tt.args, r.Text, tt.want)
		}
	}
	for _, args := range []map[string]any{{"after": "2026-06-15", "before": "2026-06-15"}, {"after": "2026-01-01", "before": "2027-01-01"}, {"before": "2026-06-01", "after": "2026-06-02"}} {
		if r := h.call("get_calendar", args); !r.IsError || !strings.Contains(r.Text, "1 to 184 days apart") {
			t.Errorf("%v: %s", args, r.Text)
		}
	}
	if c := calendar(t, h, nil); c.Planned.Workouts != 1 || c.Days[0].Workouts[0].Status != "planned" {
		t.Errorf("a wrong call changed the plan to %+v", c)
	}
}

// Planned beside done: the nearest activity of the day and sport, what was missed, what was not planned, races, days of rest.
func TestCalendar(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"threshold_pace_seconds_per_km": 250, "time_zone": "Europe/Vienna"})
	day := func(n int) time.Time { return time.Date(2026, 6, n, 0, 0, 0, 0, time.UTC) }
	plan := func(n int, seconds float64) pierre.WorkoutID {
		w, err := s.AddWorkout(t.Context(), user, now(), pierre.Workout{Day: day(n), Sport: "run", Name: fmt.Sprint("Run ", n), Steps: []pierre.WorkoutStep{
			{Seconds: seconds, Target: &pierre.StepTarget{By: pierre.TargetPace, Low: 250, High: 250}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return w.ID
	}
	done, missed, today, later := plan(9, 2000), plan(10, 2000), plan(15, 2000), plan(20, 2000)
	importSession(t, s, user, session{name: "Commute", sport: "run", start: day(9).Add(6 * time.Hour), seconds: 600, step: 5, speed: always(3)})
	carried := importSession(t, s, user, session{name: "Session", sport: "trail_running", start: day(9).Add(17 * time.Hour), seconds: 1800, step: 5, speed: always(4)})
	importSession(t, s, user, session{name: "Late", sport: "run", start: day(10).Add(23 * time.Hour), seconds: 600, step: 5, speed: always(3)}) // which is the 11th in Vienna
	race := setGoal(t, h, map[string]any{"title": "10 km", "goal_type": "time", "target_value": 2400, "distance_meters": 10000, "target_date": "2026-06-21"})
	c := calendar(t, h, map[string]any{"after": "2026-06-08"})
	if c.From != "2026-06-08" || c.To != "2026-06-21" || c.Planned.Workouts != 4 || c.Planned.Done != 1 || c.Planned.Missed != 1 || c.Planned.Ahead != 2 || *c.Planned.Seconds != 8000 || c.Done.Activities != 3 {
		t.Errorf("the sums are %+v", c)
	}
	status := map[pierre.WorkoutID]string{}
	for _, d := range c.Days {
		for _, w := range d.Workouts {
			status[w.ID] = w.Status
			if w.ID != done {
				continue
			}
			if w.Done == nil || w.Done.ID != carried || w.Percent["duration"] != 90 || w.Percent["distance"] != 90 || w.Percent["load"] == 0 || len(d.Others) != 1 {
				t.Errorf("what was done is %+v", d)
			}
		}
	}
	if want := map[pierre.WorkoutID]string{done: "done", missed: "missed", today: "planned", later: "planned"}; !maps.Equal(status, want) {
		t.Errorf("they are %v, want %v", status, want)
	}
	last := c.Days[len(c.Days)-1]
	if last.Date != "2026-06-21" || len(last.Goals) != 1 || last.Goals[0].ID != race.ID || !last.Goals[0].Race {
		t.Errorf("the race is %+v", last)
	}
	if got := strings.Join(c.Rest, " "); got != "2026-06-08 2026-06-12 2026-06-13 2026-06-14 2026-06-16 2026-06-17 2026-06-18 2026-06-19" {
		t.Errorf("the days of rest are %s", got)
	}
}

// Half a year of two workouts a day comes page by page, each small, and whole.
func TestCalendarPages(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h := newHost(t, s, user)
	const days = 184
	for i := range 2 * days {
		_, err := s.AddWorkout(t.Context(), user, now(), pierre.Workout{
			Day: time.Date(2026, 6, 15+i/2, 0, 0, 0, 0, time.UTC), Sport: "run", Name: strings.Repeat("ü", 50), Steps: []pierre.WorkoutStep{{Seconds: 3600}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	seen, after := map[pierre.WorkoutID]bool{}, "2026-06-15"
	for range days {
		r := h.call("get_calendar", map[string]any{"after": after, "before": "2026-12-16"})
		var c shownCalendar
		r.decode(t, &c)
		if r.Bytes > answerBytes {
			t.Fatalf("%d bytes", r.Bytes)
		}
		for _, d := range c.Days {
			for _, w := range d.Workouts {
				seen[w.ID] = true
			}
		}
		if after = c.Next; after == "" {
			break
		}
	}
	if len(seen) != 2*days || after != "" {
		t.Errorf("%d workouts were seen, next is %q", len(seen), after)
	}
}
