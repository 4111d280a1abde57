package training

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func athleteWith(set func(*pierre.ProfileRecord) error) Athlete {
	rec := pierre.ProfileRecord{}
	if err := set(&rec); err != nil {
		panic(err) //nolint:forbidigo // a test's own values
	}
	return newAthlete(rec, Clock{Now: thatDay, Zone: time.UTC})
}

var thatDay = time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)

func plain(sport pierre.Sport, meters, seconds float64) pierre.Activity {
	return pierre.Activity{ID: "act_1", Sport: sport, Totals: pierre.Totals{DistanceMeters: &meters, DurationSeconds: &seconds}}
}

func unasked() ThresholdSpeed { return ThresholdSpeed{err: errors.New("asked for recent runs")} }

func TestSwimLoad(t *testing.T) {
	a := athleteWith(func(r *pierre.ProfileRecord) error {
		return r.Set("swim_threshold_pace_seconds_per_100m", thatDay, 100)
	})
	for _, c := range []struct{ meters, seconds, want float64 }{
		{3600, 3600, 100},     // an hour at threshold
		{1500, 1800, 28.9352}, // IF 0.8333, cubed 0.5787, of half an hour
	} {
		l := a.load(plain(pierre.SportSwim, c.meters, c.seconds), digest{}, unasked)
		if l.Err != nil || math.Abs(l.Value.Value-c.want) > 1e-4 || l.Kind != LoadBySwimPace || !strings.Contains(string(l.Method), "swim") || len(l.Inputs) != 2 {
			t.Errorf("%g m in %g s: %+v, want %g", c.meters, c.seconds, l, c.want)
		}
	}
	if l := a.load(plain(pierre.SportSwim, 9000, 1800), digest{}, unasked); l.Err == nil {
		t.Errorf("5 m/s has the load %+v", l)
	}
	var none Athlete
	if l := newAthlete(pierre.ProfileRecord{}, none.Clock).load(plain(pierre.SportSwim, 1500, 1800), digest{}, unasked); l.Err == nil ||
		!strings.Contains(l.Err.Error(), "threshold pace of swimming is not known") {
		t.Errorf("without a threshold: %+v", l)
	}
}

func TestPaceLoad(t *testing.T) {
	a := athleteWith(func(r *pierre.ProfileRecord) error { return r.Set("threshold_pace_seconds_per_km", thatDay, 250) })
	for _, c := range []struct{ meters, seconds, want float64 }{
		{14_400, 3600, 100},  // an hour at threshold
		{5400, 1800, 28.125}, // IF 0.75, squared 0.5625, of half an hour
	} {
		l := a.load(plain(pierre.SportRun, c.meters, c.seconds), digest{}, unasked)
		if l.Err != nil || math.Abs(l.Value.Value-c.want) > 1e-4 || l.Kind != LoadByPace || l.Inputs[1].Name != "threshold_pace_seconds_per_km" {
			t.Errorf("%g m in %g s: %+v, want %g", c.meters, c.seconds, l, c.want)
		}
	}
	hilly := plain(pierre.SportRun, 10_000, 3600)
	for _, c := range []struct {
		d    digest
		want float64
	}{
		{digest{Graded: &gradedDigest{Normalized: 4, Coverage: 0.9}, Moving: 3500}, 100},
		{digest{Graded: &gradedDigest{Normalized: 4, Coverage: 0.4}, Moving: 3500}, 48.2253}, // too little of the samples: the mean speed
		{digest{Graded: &gradedDigest{Normalized: 4, Coverage: 1}}, 48.2253},                 // of a part of the run
	} {
		if l := a.load(hilly, c.d, unasked); l.Err != nil || math.Abs(l.Value.Value-c.want) > 1e-3 {
			t.Errorf("with %+v: %+v, want %g", c.d.Graded, l, c.want)
		}
	}
	fast := a.load(plain(pierre.SportRun, 16_000, 3600), digest{}, unasked) // IF 1.11: the threshold is raised until it is 1.05
	if fast.Err != nil || math.Abs(fast.Value.Value-110.25) > 1e-9 || !strings.HasPrefix(fast.Inputs[1].Note, "raised from 4.000 m/s") {
		t.Errorf("a run faster than the threshold allows: %+v", fast)
	}
}

// Where the athlete never said a threshold, the strongest of the runs of the last 90 days says it.
func TestRecentRuns(t *testing.T) {
	var runs recentRuns
	if got := runs.threshold(thatDay); got.err == nil {
		t.Errorf("of no runs: %+v", got)
	}
	for i, seconds := range []float64{2400, 3000, 2700} { // 10 km: VDOT 51.9, 40.1, 45.3
		run := plain(pierre.SportRun, 10_000, seconds)
		run.ID += pierre.ActivityID(rune('a' + i))
		runs.add(run, digest{}, thatDay.AddDate(0, 0, -100+10*i))
	}
	runs.add(plain(pierre.SportRide, 30_000, 2400), digest{}, thatDay.AddDate(0, 0, -1))
	for _, c := range []struct {
		days int
		vdot string
	}{{-100, "VDOT 51.9"}, {-10, "VDOT 51.9"}, {-9, "VDOT 45.3"}, {10, "VDOT 45.3"}} {
		got := runs.threshold(thatDay.AddDate(0, 0, c.days))
		if got.err != nil || !strings.Contains(got.in.Note, c.vdot) || got.in.Source != Estimated {
			t.Errorf("%d days on: %+v, want %s", c.days, got, c.vdot)
		}
	}
	if got := runs.threshold(thatDay.AddDate(0, 0, 11)); got.err == nil {
		t.Errorf("91 days after the last run: %+v", got)
	}
}
