//go:build !race

package tools_test

import (
	"math"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type climbDetail struct {
	Climbs *struct {
		Method string `json:"method"`
		Note   string `json:"note"`
		Rows   []struct {
			From     float64 `json:"start_meters"`
			Meters   float64 `json:"distance_meters"`
			Seconds  float64 `json:"seconds"`
			Gain     float64 `json:"elevation_gain_meters"`
			Grade    float64 `json:"grade_percent"`
			VAM      float64 `json:"vam_meters_per_hour"`
			Category string  `json:"category"`
		} `json:"rows"`
	} `json:"climbs"`
}

// over is an hour on a way with a climb of 6 km at so much grade in the middle, at a speed in m/s.
func over(sport pierre.Sport, mps, grade float64) session {
	return session{
		name: "Pass", sport: sport, start: now().AddDate(0, 0, -1), seconds: int(12_000 / mps), step: 1, speed: always(mps), heart: always(150),
		altitude: func(t float64) float64 { return 500 + grade*min(max(mps*t-3000, 0), 6000) },
	}
}

func TestClimbsOfAnActivity(t *testing.T) {
	for name, tt := range map[string]struct {
		session
		gain, grade, vam float64
		category         string
	}{
		"a ride":       {over("ride", 4, 0.08), 480, 8, 1152, "2"}, // 6000 m · 8 % = 48 000
		"a long run":   {over("run", 2.5, 0.08), 480, 8, 720, ""},
		"a small hill": {over("ride", 5, 0.032), 192, 3.2, 576, "3"}, // 19 200
	} {
		t.Run(name, func(t *testing.T) {
			s := storetest.New(t)
			user := newUser(t, s, "ana@example.com")
			id := importSession(t, s, user, tt.session)
			r := newHost(t, s, user).call("get_activity", map[string]any{"activity_id": id})
			var d climbDetail
			r.decode(t, &d)
			if d.Climbs == nil || len(d.Climbs.Rows) != 1 || !strings.Contains(d.Climbs.Method, "Strava") {
				t.Fatalf("the climbs are %+v", d.Climbs)
			}
			c := d.Climbs.Rows[0]
			for what, v := range map[string][3]float64{
				"start": {c.From, 3000, 60}, "length": {c.Meters, 6000, 100}, "gain": {c.Gain, tt.gain, 5},
				"grade": {c.Grade, tt.grade, 0.1}, "VAM": {c.VAM, tt.vam, 20},
			} {
				if math.Abs(v[0]-v[1]) > v[2] {
					t.Errorf("the %s is %v, want %v", what, v[0], v[1])
				}
			}
			if c.Category != tt.category || strings.Contains(r.Text, "category "+tt.category) != (tt.category != "") {
				t.Errorf("the category is %q, want %q; the text is %s", c.Category, tt.category, r.Text)
			}
			if name == "a ride" {
				golden(t, "answers/get_activity.climbs.golden.txt", append([]byte(r.Text+"\n\n"), indent(t, r.Structured)...))
			}
		})
	}
}

// What nobody can climb is no climb, and the answer says so.
func TestImpossibleClimb(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	id := importSession(t, s, user, over("ride", 10, 0.2)) // 7200 m/h
	var d climbDetail
	r := newHost(t, s, user).call("get_activity", map[string]any{"activity_id": id})
	r.decode(t, &d)
	if d.Climbs == nil || len(d.Climbs.Rows) != 0 || !strings.Contains(d.Climbs.Note, "1 climb left out") || !strings.Contains(r.Text, d.Climbs.Note) {
		t.Errorf("the climbs are %+v", d.Climbs)
	}
}

func TestNoClimbs(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	flat, swim := over("ride", 8, 0), over("swim", 1.2, 0.08)
	swim.start = swim.start.AddDate(0, 0, -1)
	for _, one := range []session{flat, swim} {
		id := importSession(t, s, user, one)
		var d climbDetail
		newHost(t, s, user).call("get_activity", map[string]any{"activity_id": id}).decode(t, &d)
		if d.Climbs != nil {
			t.Errorf("a %s has climbs: %+v", one.sport, d.Climbs)
		}
	}
}
