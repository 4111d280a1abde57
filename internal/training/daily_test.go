package training

import (
	"math"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The days of a history end as its form does, begin with its timeframe, and know what is estimated.
func TestDaily(t *testing.T) {
	from := thatDay.AddDate(0, 0, -9)
	h := newHistory(newAthlete(pierre.ProfileRecord{}, Clock{Now: thatDay, Zone: time.UTC}), from, thatDay)
	for i, source := range []Source{User, Estimated, User} {
		load := Load{Value: Value{Value: 100, Evidence: Evidence{Inputs: []Input{{Name: "ftp_watts", Source: source}}}}}
		h.Loads = append(h.Loads, DayLoad{Day: thatDay.AddDate(0, 0, 6*i-14), Load: load}) // 14, 8 and 2 days ago
	}
	done := h.finish()
	d, err := done.Daily()
	if err != nil || !d.First.Equal(from) || len(d.Form) != 10 || len(d.Loads) != 10 || len(d.Estimated) != 10 {
		t.Fatalf("%v: %+v", err, d)
	}
	for i := range d.Loads {
		want, guess := map[int]float64{1: 100, 7: 100}[i], map[int]float64{1: 100}[i]
		if d.Loads[i] != want || d.Estimated[i] != guess {
			t.Errorf("day %d has %v, of which %v is estimated", i, d.Loads[i], d.Estimated[i])
		}
	}
	if last := d.Form[9]; math.Abs(last.Fitness-done.Form.Fitness.Value) > 1e-12 || math.Abs(last.Balance-done.Form.Balance.Value) > 1e-12 {
		t.Errorf("the last day is %+v, the history ends with %+v", last, done.Form)
	}
	if d.Form[0].Fitness <= 0 {
		t.Error("the load before the timeframe is forgotten")
	}
	if _, err := newHistory(h.athlete, from, thatDay).finish().Daily(); err == nil {
		t.Error("there are days without any load")
	}
}

// A course has gaps where nothing was recorded, and a pace only in motion.
func TestCourse(t *testing.T) {
	var s pierre.Series
	for i := range 1000 {
		at := float64(i)
		if i >= 500 {
			at += 600 // a pause
		}
		s.Time, s.Distance = append(s.Time, at), append(s.Distance, 3*float64(min(i, 800)))
		speed := 3.0
		if i > 800 {
			speed = 0
		}
		s.Speed = append(s.Speed, speed)
	}
	rec := pierre.Recording{Activity: pierre.Activity{Sport: pierre.SportRun}, Series: s}
	a := newAnalysis(rec, newAthlete(pierre.ProfileRecord{}, Clock{Now: thatDay, Zone: time.UTC}))
	c, err := a.Course(false, 16)
	if err != nil || c.ByDistance || c.To != 1599 || len(c.Speed) != 16 || c.Power != nil || c.HeartRate != nil {
		t.Fatalf("%v: %+v", err, c)
	}
	for i, v := range c.Speed {
		paused := i > 5 && i < 10 || i > 14
		if math.IsNaN(v) != paused && i != 5 && i != 10 && i != 14 || !math.IsNaN(v) && v != 3 {
			t.Errorf("part %d has the speed %v", i, v)
		}
	}
	if c, err = a.Course(true, 16); err != nil || !c.ByDistance || c.To != 2400 {
		t.Errorf("by distance: %v: %+v", err, c)
	}
	a.Series = pierre.Series{}
	a.meters = nil
	if _, err := a.Course(true, 16); err == nil {
		t.Error("there is a course of nothing")
	}
}
