//go:build !race

package tools_test

import (
	"math"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

type splitDetail struct {
	Splits *struct {
		Per      string  `json:"per"`
		Method   string  `json:"method"`
		Adjusted string  `json:"grade_adjusted_method"`
		Coverage float64 `json:"coverage_percent"`
		Note     string  `json:"note"`
		None     string  `json:"not_available"`
		Rows     []struct {
			Start    float64  `json:"start_seconds"`
			Meters   *float64 `json:"distance_meters"`
			Pace     float64  `json:"pace_seconds"`
			Adjusted *float64 `json:"grade_adjusted_pace_seconds"`
		} `json:"rows"`
	} `json:"splits"`
}

// A run up a slope of 10 %, which costs 1.658 times as much as the level (Minetti).
func uphill(seconds int) session {
	return session{
		name: "Uphill", sport: "run", start: now().AddDate(0, 0, -1), seconds: seconds, step: 1, speed: always(2.5), heart: always(150),
		altitude: func(t float64) float64 { return 500 + 0.25*t },
	}
}

func TestSplitsOfARun(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	id := importSession(t, s, user, uphill(900))
	h := newHost(t, s, user)
	for _, tt := range []struct {
		unit           any
		per            string
		pace, adjusted float64
		rows           int
		last           float64
	}{{nil, "km", 400, 241.3, 3, 250}, {"km", "km", 400, 241.3, 3, 250}, {"mile", "mile", 643.7, 388.3, 2, 641}} {
		r := h.call("get_activity", map[string]any{"activity_id": id, "splits": tt.unit})
		var d splitDetail
		r.decode(t, &d)
		v := d.Splits
		if v == nil || v.Per != tt.per || len(v.Rows) != tt.rows || v.Coverage != 100 || !strings.Contains(v.Adjusted, "Minetti") || v.Method == "" {
			t.Fatalf("splits by %v are %+v", tt.unit, v)
		}
		for i, row := range v.Rows {
			if math.Abs(row.Pace-tt.pace) > 0.1 || row.Adjusted == nil || math.Abs(*row.Adjusted-tt.adjusted) > 0.5 || math.Abs(row.Start-float64(i)*tt.pace) > 1 {
				t.Errorf("split %d by %v is %+v, want %+v", i, tt.unit, row, tt)
			}
		}
		golden(t, "answers/get_activity.splits_"+tt.per+".golden.txt", append([]byte(r.Text+"\n\n"), indent(t, r.Structured)...))
		if last := v.Rows[tt.rows-1].Meters; last == nil || *last != tt.last || v.Rows[0].Meters != nil {
			t.Errorf("the last split by %v has %v m", tt.unit, last)
		}
		if !strings.Contains(r.Text, "splits per "+tt.per) || !strings.Contains(r.Text, "Minetti") {
			t.Errorf("the text form lacks the splits: %s", r.Text)
		}
	}
}

// Of other sports there are splits when they are asked for, without an adjustment that is for running.
func TestSplitsOfARide(t *testing.T) {
	h, ids := sampleHost(t)
	var d splitDetail
	h.call("get_activity", map[string]any{"activity_id": ids["ride"]}).decode(t, &d)
	if d.Splits != nil {
		t.Errorf("a ride has splits unasked: %+v", d.Splits)
	}
	h.call("get_activity", map[string]any{"activity_id": ids["ride"], "splits": "km"}).decode(t, &d)
	if len(d.Splits.Rows) != 44 || d.Splits.Rows[0].Pace != 125 || d.Splits.Rows[0].Adjusted != nil || d.Splits.Adjusted != "" {
		t.Errorf("the splits are %+v", d.Splits)
	}
}

// Without samples there is a reason when splits are asked for, and nothing when not.
func TestNoSplits(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	id := importSession(t, s, user, session{name: "By hand", sport: "run", start: now(), seconds: 1800, totals: pierre.Totals{DistanceMeters: new(5000.)}})
	h := newHost(t, s, user)
	var d splitDetail
	h.call("get_activity", map[string]any{"activity_id": id}).decode(t, &d)
	if d.Splits != nil {
		t.Errorf("splits of no samples: %+v", d.Splits)
	}
	h.call("get_activity", map[string]any{"activity_id": id, "splits": "mile"}).decode(t, &d)
	if d.Splits == nil || !strings.HasPrefix(d.Splits.None, "not available because") {
		t.Errorf("the answer without samples is %+v", d.Splits)
	}
}

// A run too long for all its splits beside the rest has none in the usual answer, and all in one that asks for them.
func TestSplitsOfALongRun(t *testing.T) {
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	id := importSession(t, s, user, uphill(40_000))
	h := newHost(t, s, user)
	var d splitDetail
	r := h.call("get_activity", map[string]any{"activity_id": id})
	if r.decode(t, &d); d.Splits != nil || r.Bytes > answerBytes {
		t.Errorf("the usual answer has %d bytes and %+v", r.Bytes, d.Splits)
	}
	if h.call("get_activity", map[string]any{"activity_id": id, "splits": "km"}).decode(t, &d); len(d.Splits.Rows) != 100 {
		t.Errorf("there are %d splits, want 100", len(d.Splits.Rows))
	}
}
