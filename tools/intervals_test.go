//go:build !race

package tools_test

import (
	"math"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type intervalDetail struct {
	Intervals *struct {
		Method   string   `json:"method"`
		Coverage *float64 `json:"coverage_percent"`
		Missing  string   `json:"not_available"`
		Inputs   []struct {
			Name string `json:"name"`
		} `json:"inputs"`
		Sets []struct {
			Count     int      `json:"count"`
			Start     float64  `json:"start_seconds"`
			Seconds   float64  `json:"seconds"`
			Meters    *float64 `json:"distance_meters"`
			MPS       *float64 `json:"average_speed_mps"`
			Watts     *float64 `json:"average_power_watts"`
			BPM       *float64 `json:"average_heart_rate_bpm"`
			Rest      float64  `json:"rest_seconds"`
			RestWatts *float64 `json:"rest_power_watts"`
			Intervals []any    `json:"intervals"`
		} `json:"sets"`
	} `json:"intervals"`
}

// workout is a quarter of an hour at ease, five times work and rest of so many seconds, and ten minutes at ease.
func workout(easy, hard, rest float64, work, between int) func(float64) float64 {
	return func(t float64) float64 {
		n := int(t) - 900
		switch {
		case n < 0 || n >= 5*(work+between):
			return easy
		case n%(work+between) < work:
			return hard
		}
		return rest
	}
}

func workoutSession(sport pierre.Sport) session {
	return session{name: "Workout", sport: sport, start: now().AddDate(0, 0, -1), seconds: 900 + 5*360 + 600, step: 1, laps: 12}
}

func intervalsOf(t *testing.T, one session) (d intervalDetail, r result) {
	t.Helper()
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	id := importSession(t, s, user, one)
	r = newHost(t, s, user).call("get_activity", map[string]any{"activity_id": id})
	r.decode(t, &d)
	if d.Intervals == nil {
		t.Fatalf("nothing is said of intervals: %s", r.Text)
	}
	if r.Bytes > answerBytes {
		t.Errorf("the answer has %d bytes", r.Bytes)
	}
	return d, r
}

func TestIntervalsOfAnActivity(t *testing.T) {
	ride := workoutSession("ride")
	ride.power, ride.heart, ride.speed = workout(150, 265, 120, 240, 120), always(150), always(8)
	run := workoutSession("run")
	run.speed, run.heart = workout(2.8, 4, 2.2, 250, 110), always(150)
	heart := workoutSession("rowing")
	heart.heart, heart.speed = workout(125, 165, 120, 240, 120), always(4)
	for name, tt := range map[string]struct {
		session
		by, says    string
		work, rests float64
	}{
		"a ride by power": {ride, "power_watts", "5 x 4:00 at 265 W, 150 bpm, 2:00 at 120 W between, from 0:15:00: 265 W, 265 W", 240, 120},
		"a run by pace":   {run, "distance_meters", "5 x 4:10 (1000 m) at 4:10 /km, 150 bpm, 1:50 between, from 0:14:59: 4:10, 4:10", 250, 110},
		"by heart rate":   {heart, "heart_rate_bpm", "5 x 4:00 at 161 bpm, 2:00 between, from 0:14:40: 162 bpm, 161 bpm", 240, 120},
	} {
		t.Run(name, func(t *testing.T) {
			d, r := intervalsOf(t, tt.session)
			i := d.Intervals
			if len(i.Sets) != 1 || i.Method == "" || i.Inputs[0].Name != tt.by || i.Coverage == nil || *i.Coverage != 100 || !strings.Contains(r.Text, tt.says) {
				t.Fatalf("the intervals are %+v; the text is %s", i, r.Text)
			}
			set := i.Sets[0]
			if set.Count != 5 || len(set.Intervals) != 5 || math.Abs(set.Seconds-tt.work) > 1 || math.Abs(set.Rest-tt.rests) > 1 {
				t.Errorf("the set is %+v", set)
			}
			if (set.Watts == nil) == (tt.by == "power_watts") || (set.MPS == nil) == (tt.by == "distance_meters") || (set.RestWatts == nil) != (set.Watts == nil) {
				t.Errorf("the set by %s is %+v", tt.by, set)
			}
			if name == "a ride by power" {
				golden(t, "answers/get_activity.intervals.golden.txt", append([]byte(r.Text+"\n\n"), indent(t, r.Structured)...))
			}
		})
	}
}

// Nobody looks for intervals in weight training, nor where there are no samples.
func TestIntervalsAreOfEndurance(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	weights, manual := workoutSession("strength_training"), workoutSession("ride")
	weights.heart, manual.step, manual.start = workout(90, 150, 100, 240, 120), 0, manual.start.AddDate(0, 0, -1)
	for _, one := range []session{weights, manual} {
		r := newHost(t, s, user).call("get_activity", map[string]any{"activity_id": importSession(t, s, user, one)})
		if strings.Contains(r.Text, "intervals") {
			t.Errorf("of %s it says %s", one.sport, r.Text)
		}
	}
}

func TestNoIntervalsOfAnActivity(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*session)
		sport  pierre.Sport
		says   string
	}{
		"a steady ride":  {func(s *session) { s.power = always(200) }, "ride", "the power shows no efforts that repeat"},
		"a rolling ride": {func(s *session) { s.power = wave(200, 60) }, "ride", "the power shows no efforts that repeat"},
		"a steady run":   {func(s *session) { s.speed = always(3) }, "run", "the pace shows no efforts that repeat"},
		"nothing":        {func(s *session) { s.altitude = always(3) }, "ride", "no heart rate was recorded"},
		"a broken meter": {func(s *session) { s.power = workout(150, 1900, 120, 240, 120) }, "ride", "stronger than anyone"},
	} {
		t.Run(name, func(t *testing.T) {
			one := workoutSession(tt.sport)
			tt.change(&one)
			d, r := intervalsOf(t, one)
			if d.Intervals.Sets != nil || !strings.Contains(d.Intervals.Missing, tt.says) || !strings.Contains(r.Text, "intervals: not available because ") {
				t.Errorf("the intervals are %+v: %s", d.Intervals, r.Text)
			}
		})
	}
}
