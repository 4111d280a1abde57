//go:build !race

package tools_test

import (
	"math"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type fastestDetail struct {
	Fastest *struct {
		Method string `json:"method"`
		Points []struct {
			Meters  float64 `json:"distance_meters"`
			Seconds float64 `json:"seconds"`
			Start   float64 `json:"start_seconds"`
		} `json:"points"`
	} `json:"fastest"`
}

// fartlek is 40 minutes at 2.5 m/s, of which those from the 10th to the 20th are at another speed in m/s.
func fartlek(sport pierre.Sport, mps float64) session {
	return session{name: "Surge", sport: sport, start: now().AddDate(0, 0, -1), seconds: 2400, step: 1, heart: always(150), speed: func(t float64) float64 {
		if t >= 600 && t < 1200 {
			return mps
		}
		return 2.5
	}}
}

func fastestOf(t *testing.T, one session) (d fastestDetail, r result) {
	t.Helper()
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	id := importSession(t, s, user, one)
	r = newHost(t, s, user).call("get_activity", map[string]any{"activity_id": id})
	r.decode(t, &d)
	return d, r
}

func TestFastestOfAnActivity(t *testing.T) {
	d, r := fastestOf(t, fartlek("run", 4))
	if d.Fastest == nil || d.Fastest.Method == "" || !strings.Contains(r.Text, "interpolated (arithmetic): 400 m 0:01:40 800 m 0:03:20 1000 m 0:04:10") {
		t.Fatalf("the fastest are %+v; the text is %s", d.Fastest, r.Text)
	}
	golden(t, "answers/get_activity.fastest.golden.txt", append([]byte(r.Text+"\n\n"), indent(t, r.Structured)...))
	want := map[float64]float64{400: 100, 800: 200, 1000: 250, 1500: 375, 1609.3: 402.3, 3000: 840, 5000: 1640}
	if len(d.Fastest.Points) != len(want) { // 3000 m: 2400 in the surge, the rest in 240 s
		t.Errorf("there are %d stretches, want %d", len(d.Fastest.Points), len(want))
	}
	for _, p := range d.Fastest.Points {
		if math.Abs(p.Seconds-want[p.Meters]) > 1.5 {
			t.Errorf("%v m take %v s, want %v", p.Meters, p.Seconds, want[p.Meters])
		}
		if p.Meters <= 1500 && (p.Start < 599 || p.Start > 1200-p.Seconds+1) {
			t.Errorf("%v m begin at second %v, outside the fast part", p.Meters, p.Start)
		}
	}
	if ride, _ := fastestOf(t, fartlek("ride", 12)); ride.Fastest == nil || ride.Fastest.Points[0].Meters != 1000 || math.Abs(ride.Fastest.Points[0].Seconds-83.3) > 0.2 {
		t.Errorf("the fastest of a ride are %+v", ride.Fastest)
	}
}

// Where one stretch is beyond human limits none is shown, nor of a sport without records.
func TestNoFastest(t *testing.T) {
	for _, one := range []session{fartlek("run", 9), fartlek("yoga", 2)} {
		if d, r := fastestOf(t, one); d.Fastest != nil {
			t.Errorf("%s shows %+v: %s", one.sport, d.Fastest, r.Text)
		}
	}
}
