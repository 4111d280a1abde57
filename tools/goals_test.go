//go:build !race

package tools_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type shownGoal struct {
	ID       pierre.GoalID `json:"goal_id"`
	Title    string        `json:"title"`
	Status   string        `json:"status"`
	Target   float64       `json:"target_value"`
	Date     string        `json:"target_date"`
	Baseline *float64      `json:"baseline_value"`
	Current  computed      `json:"current"`
	Percent  *float64      `json:"progress_percent"`
	Elapsed  float64       `json:"elapsed_percent"`
	DaysLeft int           `json:"days_left"`
	OnTrack  *bool         `json:"on_track"`
	Plan     *computed     `json:"projected"`
}

func setGoal(t *testing.T, h host, args map[string]any) shownGoal {
	t.Helper()
	var got struct {
		Goal shownGoal `json:"goal"`
	}
	h.call("set_goal", args).decode(t, &got)
	return got.Goal
}

func progress(t *testing.T, h host, args map[string]any) []shownGoal {
	t.Helper()
	var got struct {
		Goals []shownGoal `json:"goals"`
	}
	h.call("track_progress", args).decode(t, &got)
	return got.Goals
}

// A goal is set, followed, changed and deleted, and belongs to its athlete alone.
func TestGoalFromBeginningToEnd(t *testing.T) {
	s := storetest.New(t)
	ana, bob := newHost(t, s, newUser(t, s, "ana@example.com")), newHost(t, s, newUser(t, s, "bob@example.com"))
	g := setGoal(t, ana, map[string]any{"title": "Push-ups", "goal_type": "custom", "target_value": 50, "target_date": "2026-09-01", "current_value": 10})
	if *g.Baseline != 10 || g.Status != "active" {
		t.Errorf("set to %+v", g)
	}
	id := map[string]any{"goal_id": g.ID}
	for tool, args := range map[string]map[string]any{
		"track_progress": id, "analyze_goal_feasibility": id, "set_goal": {"goal_id": g.ID, "status": "paused"},
	} {
		if r := bob.call(tool, args); !r.IsError || !strings.Contains(r.Text, "not found; track_progress without goal_id lists the goals") {
			t.Errorf("%s with another's goal: %s", tool, r.Text)
		}
	}
	if r := bob.call("set_goal", map[string]any{"goal_id": g.ID, "status": "deleted"}); !r.IsError {
		t.Errorf("another's goal was deleted: %s", r.Text)
	}
	if list := progress(t, bob, nil); len(list) != 0 {
		t.Errorf("another sees %+v", list)
	}
	setGoal(t, ana, map[string]any{"goal_id": g.ID, "current_value": 30, "title": " More push-ups ", "target_date": "2026-10-01"})
	if list := progress(t, ana, id); len(list) != 1 || list[0].Title != "More push-ups" || *list[0].Percent != 50 || list[0].Date != "2026-10-01" || !*list[0].OnTrack {
		t.Errorf("half way is %+v", list)
	}
	setGoal(t, ana, map[string]any{"goal_id": g.ID, "status": "deleted"})
	if list := progress(t, ana, nil); len(list) != 0 {
		t.Errorf("deleted, and there are %+v", list)
	}
}

func TestWrongGoals(t *testing.T) {
	s := storetest.New(t)
	h := newHost(t, s, newUser(t, s, "ana@example.com"))
	good := map[string]any{"title": "A", "goal_type": "distance", "target_value": 1000, "target_date": "2026-09-01"}
	with := func(name string, v any) map[string]any {
		args := map[string]any{name: v}
		for k, old := range good {
			if k != name {
				args[k] = old
			}
		}
		return args
	}
	run := setGoal(t, h, good)
	for _, tt := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{}, "4 wrong arguments"},
		{with("title", nil), "title is missing"},
		{with("title", " "), "title must not be blank"},
		{map[string]any{"goal_id": run.ID, "title": " "}, "title must not be blank"},
		{with("goal_type", "fame"), "one of distance, time, frequency, performance, custom"},
		{with("target_value", nil), "target_value is missing"},
		{with("target_value", -1), "a number from 0"},
		{with("target_date", "soon"), "a date such as"},
		{with("target_date", "2026-06-15"), "after today, 2026-06-15"},
		{with("target_date", "2056-06-15"), "within 20 years"},
		{with("distance_meters", 5000), "for goal_type time"},
		{with("metric", "vdot_ml_per_kg_min"), "for goal_type performance"},
		{with("current_value", 1), "for goal_type custom"},
		{with("goal_type", "time"), "distance_meters is missing"},
		{with("goal_type", "performance"), "metric is missing"},
		{with("status", "paused"), "status goes with goal_id"},
		{with("sport_type", "chess"), "sport_type must be"},
		{map[string]any{"title": "A", "goal_type": "time", "target_value": 1000, "target_date": "2026-09-01", "distance_meters": 5000, "sport_type": "ride"}, "must be run"},
		{map[string]any{"goal_id": run.ID}, "nothing to change"},
		{map[string]any{"goal_id": run.ID, "goal_type": "time"}, "make a new goal"},
		{map[string]any{"goal_id": run.ID, "current_value": 5}, "this one is measured"},
		{map[string]any{"goal_id": "goal_x", "status": "deleted"}, "not found"},
	} {
		if r := h.call("set_goal", tt.args); !r.IsError || !strings.Contains(r.Text, tt.want) {
			t.Errorf("%v is answered with %q, want %q", tt.args, r.Text, tt.want)
		}
	}
	if r := h.call("analyze_goal_feasibility", nil); !r.IsError || !strings.Contains(r.Text, "goal_id is missing") {
		t.Errorf("no goal: %s", r.Text)
	}
	if list := progress(t, h, nil); len(list) != 1 || list[0].Target != 1000 {
		t.Errorf("a wrong call changed the goals to %+v", list)
	}
}

// improving imports a run every two weeks for a year, whose speed over 5 km rises evenly up to now.
func improving(t *testing.T, s *store.Store, user pierre.UserID) {
	t.Helper()
	for n := range 26 {
		importSession(t, s, user, session{
			name: fmt.Sprint("Test ", n), sport: "run", start: now().AddDate(0, 0, -14*n-1), seconds: 1400, step: 5, speed: always(4 - 0.01*float64(n) + 0.02*float64(n%3)),
		})
	}
}

// What a goal needs is held to the rate that the athlete showed: 5 km at 4 m/s today, and a hundredth of a m/s less every two
// weeks before.
func TestFeasibility(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h := newHost(t, s, user)
	improving(t, s, user)
	for _, tt := range []struct {
		seconds float64
		date    string
		want    string
	}{
		{1260, "2026-12-31", "reached"}, // 5 km at 4 m/s are 1250 s
		{1235, "2026-12-31", "within"},
		{1225, "2026-06-20", "beyond"},
	} {
		g := setGoal(t, h, map[string]any{"title": "5 km", "goal_type": "time", "distance_meters": 5000, "target_value": tt.seconds, "target_date": tt.date})
		var got struct {
			Verdict string   `json:"verdict"`
			Current computed `json:"current"`
			Needed  computed `json:"needed"`
			Change  struct {
				Value, Low, High float64
				Marks            int
			} `json:"change_per_28_days"`
			At struct {
				Value, Low, High float64
			} `json:"projected"`
		}
		r := h.call("analyze_goal_feasibility", map[string]any{"goal_id": g.ID})
		r.decode(t, &got)
		if got.Verdict != tt.want || got.Change.Marks != 13 || !(got.Change.Low <= got.Change.Value && got.Change.Value <= got.Change.High) {
			t.Errorf("5 km in %v s by %s: %s", tt.seconds, tt.date, r.Text)
		}
		if !(got.Change.Value > 0.25 && got.Change.Value < 0.4) || !(got.At.Low < got.At.Value && got.At.Value < got.At.High) {
			t.Errorf("the change is %+v, projected %+v", got.Change, got.At)
		}
	}
	list := progress(t, h, nil)
	if len(list) != 3 || *list[0].Percent != 0 {
		t.Errorf("progress is %+v", list)
	}
}

// Without enough history nothing is judged.
func TestFeasibilityOfAnUnknownAthlete(t *testing.T) {
	s := storetest.New(t)
	h := newHost(t, s, newUser(t, s, "new@example.com"))
	for _, args := range []map[string]any{
		{"goal_type": "time", "distance_meters": 5000, "target_value": 1200},
		{"goal_type": "performance", "metric": "best_20_minutes_watts", "target_value": 300},
		{"goal_type": "distance", "target_value": 100_000},
		{"goal_type": "frequency", "target_value": 3},
		{"goal_type": "custom", "target_value": 3},
	} {
		args["title"], args["target_date"] = "A", "2026-09-01"
		g := setGoal(t, h, args)
		r := h.call("analyze_goal_feasibility", map[string]any{"goal_id": g.ID})
		if r.IsError || !strings.Contains(r.Text, "cannot_be_told: It cannot be told: not available because") {
			t.Errorf("%v: %s", args["goal_type"], r.Text)
		}
	}
	if r := h.call("track_progress", nil); r.IsError || r.Bytes > answerBytes {
		t.Errorf("%d bytes: %s", r.Bytes, r.Text)
	}
	if r := h.call("suggest_goals", nil); !strings.Contains(r.Text, "not available because there is no run") {
		t.Errorf("suggested: %s", r.Text)
	}
}

// A distance is added up from the goal's first day on, by the athlete's days, and the sports that go together.
func TestDistanceGoal(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	h := newHost(t, s, user)
	start := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	if _, err := s.AddGoal(t.Context(), user, now(), pierre.Goal{
		Title: "June", Type: pierre.GoalDistance, Sport: pierre.SportRun, Target: 40_000, Start: start, Date: start.AddDate(0, 0, 28), Status: pierre.GoalActive,
	}); err != nil {
		t.Fatal(err)
	}
	for day, sport := range map[int]pierre.Sport{-1: "run", 0: "run", 5: "trail_running", 7: "ride", 13: "run"} {
		importSession(t, s, user, session{name: "x", sport: sport, start: start.AddDate(0, 0, day).Add(8 * time.Hour), seconds: 2000, step: 10, speed: always(4)})
	}
	g := progress(t, h, nil)[0]
	if *g.Current.Value != 24_000 || *g.Percent != 60 || g.Elapsed != 50 || !*g.OnTrack || *g.Plan.Value != 24_000+14*32_000/28. {
		t.Errorf("three of four runs count: %+v, planned %+v", g, g.Plan)
	}
}

// A goal of June is judged by June alone: until the end of its last day, and by what was done by then.
func TestGoalsEndWithTheirDate(t *testing.T) {
	june := func(day int) time.Time { return time.Date(2026, 6, day, 0, 0, 0, 0, time.UTC) }
	for name, tt := range map[string]struct {
		kind      pierre.GoalType
		from, to  time.Time
		target    float64
		runs      []time.Time // of 10 km each
		done      float64
		daysLeft  int
		judgement string
	}{
		"too late":               {pierre.GoalDistance, june(1), june(10), 20_000, []time.Time{june(3), june(12)}, 10_000, -5, "date_has_passed"},
		"in time":                {pierre.GoalDistance, june(1), june(10), 20_000, []time.Time{june(3), june(10)}, 20_000, -5, "reached"},
		"on its last day":        {pierre.GoalDistance, june(1), june(15), 20_000, []time.Time{june(3)}, 10_000, 0, "cannot_be_told"},
		"a rate that was kept":   {pierre.GoalFrequency, june(1), june(14), 1, []time.Time{june(3), june(10)}, 1, -1, "reached"},
		"a rate until its date":  {pierre.GoalFrequency, june(1), june(7), 2, []time.Time{june(3), june(10)}, 1, -8, "date_has_passed"},
		"a rate has to go on":    {pierre.GoalFrequency, june(2), june(15), 1, []time.Time{june(3), june(10)}, 1, 0, "cannot_be_told"},
		"a rate of too few days": {pierre.GoalFrequency, june(1), june(3), 2, []time.Time{june(3)}, 0, -12, "cannot_be_told"},
	} {
		t.Run(name, func(t *testing.T) {
			s := storetest.New(t)
			user := newUser(t, s, "ana@example.com")
			h := newHost(t, s, user)
			g, err := s.AddGoal(t.Context(), user, now(), pierre.Goal{Title: "June", Type: tt.kind, Target: tt.target, Start: tt.from, Date: tt.to, Status: pierre.GoalActive})
			if err != nil {
				t.Fatal(err)
			}
			for _, day := range tt.runs {
				importSession(t, s, user, session{name: "Run", sport: "run", start: day.Add(8 * time.Hour), seconds: 2500, step: 10, speed: always(4)})
			}
			got := progress(t, h, nil)[0]
			if got.DaysLeft != tt.daysLeft || got.Current.Value != nil && *got.Current.Value != tt.done || got.Current.Value == nil && tt.done != 0 {
				t.Errorf("the progress is %+v", got)
			}
			if r := h.call("analyze_goal_feasibility", map[string]any{"goal_id": g.ID}); !strings.Contains(r.Text, tt.judgement) {
				t.Errorf("the judgement is %s, want %s", r.Text, tt.judgement)
			}
		})
	}
}

// On the morning of a race its date has not passed.
func TestRaceMorning(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	improving(t, s, user)
	today := now().Truncate(24 * time.Hour)
	g, err := s.AddGoal(t.Context(), user, now(), pierre.Goal{
		Title: "5 km", Type: pierre.GoalTime, Target: 1200, Meters: new(5000.), Start: today.AddDate(0, -1, 0), Date: today, Status: pierre.GoalActive,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := newHost(t, s, user).call("analyze_goal_feasibility", map[string]any{"goal_id": g.ID}); !strings.Contains(r.Text, "beyond: It needs") {
		t.Errorf("the judgement is %s", r.Text)
	}
}

// A ride whose power meter failed reaches no goal.
func TestGoalIsNotReachedByAFailedMeter(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	importSession(t, s, user, session{name: "Ride", sport: "ride", start: now().AddDate(0, 0, -9), seconds: 1200, step: 1, power: always(180)})
	importSession(t, s, user, failedMeter(now().AddDate(0, 0, -2))) // 20 minutes at 320 W, if it were true
	h := newHost(t, s, user)
	setGoal(t, h, map[string]any{
		"title": "300 W", "goal_type": "performance", "metric": "best_20_minutes_watts", "target_value": 300, "target_date": "2026-09-01",
	})
	progress(t, h, nil)[0].Current.check(t, "the best 20 minutes", 180, 0.1)
}
