//go:build !race

package tools_test

import (
	"bytes"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/chart"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A drawnChart is what the tests read of an answer with a picture.
type drawnChart struct {
	Kind string
	chart.Chart
	Method string
}

// draw calls get_chart, and looks at the forms of its answer.
func (h host) draw(a args) (drawnChart, result) {
	h.t.Helper()
	r := h.call("get_chart", a)
	var c drawnChart
	r.decode(h.t, &c)
	m, err := png.DecodeConfig(bytes.NewReader(r.Picture))
	if err != nil {
		h.t.Fatalf("%v: there is no picture: %v", a, err)
	}
	wide := 780
	if a["size"] == "wide" {
		wide = 1170
	}
	if r.Bytes > answerBytes || len(r.Picture) > 60<<10 || m.Width != wide || m.Height > 2800 {
		h.t.Errorf("%v: %d bytes, and a picture of %d bytes, %d x %d", a, r.Bytes, len(r.Picture), m.Width, m.Height)
	}
	if c.Kind != a["kind"] || c.Title == "" || c.Method == "" || c.HasData() == (c.Empty != "") {
		h.t.Errorf("%v: the answer is %s", a, r.Structured)
	}
	return c, r
}

func TestCharts(t *testing.T) {
	t.Parallel()
	h, ids := sampleHost(t)
	set := args{"ftp_watts": 250, "max_heart_rate_bpm": 186, "resting_heart_rate_bpm": 48, "threshold_heart_rate_bpm": 168, "sex": "female"}
	h.call("set_athlete_profile", set)
	for _, a := range kinds(ids) {
		if c, r := h.draw(a); !c.HasData() {
			t.Errorf("%v: the chart is empty: %s", a, r.Text)
		}
	}
}

// An athlete without data gets a picture that says so, and what would mend it.
func TestChartsOfNothing(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	user := newUser(t, s, "new@example.com")
	h := newHost(t, s, user)
	for kind, says := range map[string]string{
		"load": "there are no activities", "power_curve": "power meter", "zones": "set_athlete_profile", "activity": "There are no activities", "calendar": "no activities in this month",
	} {
		if c, r := h.draw(args{"kind": kind}); !strings.Contains(c.Empty, says) || !strings.Contains(r.Text, says) {
			t.Errorf("%s says %q", kind, r.Text)
		}
	}
	importSession(t, s, user, session{name: "Only", sport: "run", start: now().AddDate(0, 0, -1), seconds: 1200, step: 5, speed: always(3), heart: always(150)})
	h.call("set_athlete_profile", args{"max_heart_rate_bpm": 186, "resting_heart_rate_bpm": 48, "sex": "male"})
	for _, kind := range []string{"load", "zones", "activity", "calendar"} {
		if c, r := h.draw(args{"kind": kind}); !c.HasData() {
			t.Errorf("%s of one activity is empty: %s", kind, r.Text)
		}
	}
}

// What was not measured is a gap, not 0: the line breaks, and nothing is drawn between.
func TestChartsHaveGaps(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	user := newUser(t, s, "gap@example.com")
	h := newHost(t, s, user)
	run := session{name: "Lost strap", sport: "run", start: now().AddDate(0, 0, -1), seconds: 3600, step: 1, speed: always(3)}
	rec := run.recording()
	rec.Series.HeartRate = slices.Repeat([]float64{140}, len(rec.Series.Time))
	for i, at := range rec.Series.Time {
		if at > 600 && at < 1800 {
			rec.Series.HeartRate[i] = math.NaN()
		}
	}
	if _, err := s.ImportRecording(t.Context(), user, pierre.Source{Provider: "file", Format: "fit", Imported: now()}, rec); err != nil {
		t.Fatal(err)
	}
	c, _ := h.draw(args{"kind": "activity", "over": "time"})
	for _, p := range c.Panels {
		if p.Title != "Heart rate" {
			continue
		}
		series := p.Series[0]
		if len(series.Breaks) != 1 {
			t.Fatalf("the line breaks at %v", series.Breaks)
		}
		if from, to := series.X[series.Breaks[0]-1], series.X[series.Breaks[0]]; from > 620 || to < 1780 {
			t.Errorf("the gap is from %v to %v s", from, to)
		}
		for _, v := range series.Y {
			if v != 140 {
				t.Errorf("a heart rate of %v", v)
			}
		}
		return
	}
	t.Error("there is no heart rate")
}

// Names are shown as they are where the picture has the letters; else the sport stands for them there.
func TestChartsOfNames(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	user := newUser(t, s, "names@example.com")
	h := newHost(t, s, user)
	for i, name := range []string{"朝のランニング", "<script>alert(1)</script>", strings.Repeat("long ", 200), "\u202egnp.exe\x00\x1b[2J", "👩‍👩‍👧 🏃"} {
		id := importSession(t, s, user, session{name: name, sport: "run", start: now().AddDate(0, 0, -1-i), seconds: 900, step: 3, speed: always(3)})
		if c, r := h.draw(args{"kind": "activity", "activity_id": id}); len([]rune(c.Title)) > 120 {
			t.Errorf("%q: %s", name, r.Text)
		}
	}
}

// Absurd values do not press the others flat, and are said to be there.
func TestChartsOfAbsurdValues(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	user := newUser(t, s, "odd@example.com")
	h := newHost(t, s, user)
	spikes := func(at float64) float64 {
		if int(at)%500 == 0 {
			return 1e9
		}
		return 200
	}
	importSession(t, s, user, session{name: "Spikes", sport: "ride", start: now().AddDate(0, 0, -1), seconds: 3600, step: 1, power: spikes, heart: always(150), speed: always(8)})
	c, r := h.draw(args{"kind": "activity", "over": "time"})
	if c.Panels[0].High == nil || *c.Panels[0].High > 1000 || !strings.Contains(r.Text, "beyond the edge") {
		t.Errorf("the panel of power: high %v, %s", c.Panels[0].High, r.Text)
	}
	h.draw(args{"kind": "power_curve"})
	h.draw(args{"kind": "load"})
}

func TestChartArguments(t *testing.T) {
	t.Parallel()
	h, ids := sampleHost(t)
	for says, a := range map[string]args{
		"kind is missing":               {},
		"kind must be one of load":      {"kind": "pie"},
		"activity_id is of charts":      {"kind": "load", "activity_id": ids["run"]},
		"over is of charts":             {"kind": "calendar", "over": "time"},
		"compare_after or":              {"kind": "zones", "compare_after": "2026-01-01"},
		"group_by is of charts":         {"kind": "load", "group_by": "month"},
		"activity_id chooses it":        {"kind": "activity", "after": "2026-01-01"},
		"must not be later":             {"kind": "load", "after": "2026-02-01", "before": "2026-01-01"},
		"theme must be one of":          {"kind": "load", "theme": "pink"},
		"not found; use get_activities": {"kind": "activity", "activity_id": "act_none"},
	} {
		if r := h.call("get_chart", a); !r.IsError || !strings.Contains(r.Text, says) || r.Picture != nil {
			t.Errorf("%v answers %q, not %q", a, r.Text, says)
		}
	}
}
