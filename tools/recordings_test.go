//go:build !race

package tools_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/recordings"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// importFile imports one real recording and returns its activities.
func importFile(t *testing.T, s *store.Store, user pierre.UserID, name string) []pierre.ActivityID {
	t.Helper()
	var ids []pierre.ActivityID
	path := filepath.Join(recordings.Dir(t), name)
	_, err := importer.New(s, now, importer.Options{TempDir: t.TempDir()}).ImportPath(t.Context(), user, path, importer.Watch{Row: func(row pierre.ImportRow) error {
		ids = append(ids, row.Activities...)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// get_activity says about every real recording what other decoders found in it.
func TestRealRecordings(t *testing.T) {
	for name, want := range recordings.Load(t).Files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			user := newUser(t, s, "ana@example.com")
			h := newHost(t, s, user)
			var details []activityDetail
			for _, id := range importFile(t, s, user, name) {
				var d activityDetail
				r := h.call("get_activity", map[string]any{"activity_id": id})
				r.decode(t, &d)
				if r.Bytes > answerBytes {
					t.Errorf("the answer has %d bytes", r.Bytes)
				}
				details = append(details, d)
				callEveryTool(t, h, id)
			}
			if usable := want.Status == "ok" || want.Status == "truncated"; usable != (len(details) > 0) {
				t.Fatalf("there are %d activities of a file that is %s", len(details), want.Status)
			}
			if want.Format == "fit" && len(details) > 0 {
				checkSessions(t, details, want.Sessions)
				checkRecords(t, details, want.Records)
			}
			if want.Format == "gpx" && len(details) == 1 {
				checkPoints(t, details[0], want.Totals)
			}
			if want.Format == "tcx" && len(details) == 1 {
				checkTrack(t, details[0], want.Activities[0])
			}
		})
	}
}

// callEveryTool calls the tools that take an activity, whose answers the host holds to their schemas.
func callEveryTool(t *testing.T, h host, id pierre.ActivityID) {
	t.Helper()
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 240, "resting_heart_rate_bpm": 50, "max_heart_rate_bpm": 190, "sex": "male", "weight_kg": 70, "birth_year": 1985})
	for _, c := range []struct {
		tool string
		args map[string]any
	}{
		{"analyze_activity", map[string]any{"activity_id": id}},
		{"calculate_metrics", map[string]any{"activity_id": id}},
		{"calculate_metrics", map[string]any{"activity_id": id, "metrics": []string{"critical_power", "w_prime_balance", "running_stress_score"}}},
		{"compare_activities", map[string]any{"activity_id": id, "comparison_type": "personal_best"}},
		{"get_activities", nil},
		{"get_stats", nil},
		{"get_athlete", nil},
		{"get_connection_status", nil},
		{"analyze_training_load", nil},
	} {
		if r := h.call(c.tool, c.args); r.IsError || r.Bytes > answerBytes {
			t.Errorf("%s answers %d bytes: %s", c.tool, r.Bytes, r.Text)
		}
	}
}

func checkSessions(t *testing.T, got []activityDetail, want []recordings.Session) {
	t.Helper()
	if len(want) == 0 {
		return
	}
	if len(got) != len(want) {
		t.Fatalf("there are %d activities, want %d", len(got), len(want))
	}
	for i, s := range want {
		g := got[i]
		if start, err := time.Parse(time.RFC3339, g.Start); err != nil || s.Start.Year() > 1990 && !start.Equal(s.Start) {
			t.Errorf("start is %s, want %s", g.Start, s.Start)
		}
		near(t, "distance", g.Distance, &s.DistanceMeters, 0.01)
		near(t, "duration", g.Duration, &s.TimerSeconds, 0.001)
		near(t, "elapsed", g.Elapsed, &s.ElapsedSeconds, 0.001)
		near(t, "calories", g.Calories, s.Calories, 0)
		near(t, "normalized power", g.NP, s.NormalizedPower, 0)
		if s.AverageHR != nil && g.HR != nil {
			near(t, "heart rate", g.HR, s.AverageHR, 0)
		}
		if s.AveragePower != nil {
			near(t, "power", g.Power, s.AveragePower, 0)
		}
	}
}

// near compares what a device stored; what it stored as 0 for lack of a sensor is absent.
func near(t *testing.T, what string, got, want *float64, tolerance float64) {
	t.Helper()
	switch {
	case want == nil || *want == 0:
		if got != nil && *got == 0 {
			t.Errorf("%s is 0 where nothing was recorded", what)
		}
	case got == nil:
		t.Errorf("%s is absent, want %v", what, *want)
	case math.Abs(*got-*want) > tolerance:
		t.Errorf("%s is %v, want %v", what, *got, *want)
	}
}

// checkRecords adds up the parts of a multisport recording.
func checkRecords(t *testing.T, got []activityDetail, want recordings.Records) {
	t.Helper()
	if got[0].Summary == nil {
		t.Fatal("there are no samples")
	}
	samples, track, gap := 0, 0.0, 0.0
	for _, d := range got {
		if d.Summary == nil {
			continue
		}
		samples += d.Summary.Samples
		gap = max(gap, d.Summary.MaxGap)
		if d.Summary.Track != nil {
			track += *d.Summary.Track
		}
	}
	if samples != want.N {
		t.Errorf("there are %d samples, want %d", samples, want.N)
	}
	if want.Haversine != nil && *want.Haversine > 0 && math.Abs(track-*want.Haversine) > 0.005**want.Haversine {
		t.Errorf("the track is %v m long, want %v", track, *want.Haversine)
	}
	if len(got) > 1 {
		return
	}
	d := got[0]
	if want.FirstRaw == nil {
		if d.Summary.First != want.First.Format(time.RFC3339) || d.Summary.Last != want.Last.Format(time.RFC3339) {
			t.Errorf("the samples are from %s to %s, want %s to %s", d.Summary.First, d.Summary.Last, want.First, want.Last)
		}
	}
	if want.HRMean != nil && want.HRZeros == 0 {
		c := d.channel("heart_rate_bpm")
		if c.Samples != want.NHeartRate {
			t.Errorf("%d samples have a heart rate, want %d", c.Samples, want.NHeartRate)
		}
		within(t, "mean heart rate", c.Mean, *want.HRMean, 0.001)
		if want.HRMax != nil {
			within(t, "highest heart rate", c.Max, *want.HRMax, 0)
		}
	}
	if want.PowerMean != nil && *want.PowerMax > 0 {
		c := d.channel("power_watts")
		if c.Samples != want.NPower {
			t.Errorf("%d samples have power, want %d", c.Samples, want.NPower)
		}
		within(t, "mean power", c.Mean, *want.PowerMean, 0.001)
		within(t, "highest power", c.Max, *want.PowerMax, 0)
	}
	if want.DistanceLast != nil && *want.DistanceLast > 0 {
		within(t, "last distance", d.Summary.LastDistance, *want.DistanceLast, 1e-5)
	}
}

func checkPoints(t *testing.T, d activityDetail, want recordings.Points) {
	t.Helper()
	if d.Summary == nil || d.Summary.Samples != want.NTime {
		t.Fatalf("the samples are %+v, want %d", d.Summary, want.NTime)
	}
	if want.NTime < want.N { // what was seen of the others is not known
		return
	}
	within(t, "track", d.Summary.Track, want.Haversine, 0.005)
	if want.HRMean != nil {
		within(t, "mean heart rate", d.channel("heart_rate_bpm").Mean, *want.HRMean, 0.001)
	}
	if want.ElevationMax != nil {
		within(t, "highest altitude", d.channel("altitude_meters").Max, *want.ElevationMax, 0.001)
	}
	if d.Summary.First != want.Start.Format(time.RFC3339) || d.Summary.Last != want.End.Format(time.RFC3339) {
		t.Errorf("the samples are from %s to %s, want %s to %s", d.Summary.First, d.Summary.Last, want.Start, want.End)
	}
}

func checkTrack(t *testing.T, d activityDetail, want recordings.Activity) {
	t.Helper()
	checkPoints(t, d, want.Points)
	near(t, "duration", d.Duration, &want.LapTime, 0.01)
	near(t, "distance", d.Distance, &want.LapDistance, 0.01)
	near(t, "calories", d.Calories, &want.LapCalories, 0)
	if d.LapCount != want.Laps {
		t.Errorf("there are %d laps, want %d", d.LapCount, want.Laps)
	}
	if want.PowerMean != nil {
		within(t, "mean power", d.channel("power_watts").Mean, *want.PowerMean, 0.001)
	}
}

// within compares by a share of what is wanted.
func within(t *testing.T, what string, got *float64, want, share float64) {
	t.Helper()
	if got == nil || math.Abs(*got-want) > share*math.Abs(want) {
		t.Errorf("%s is %v, want %v", what, show(got), want)
	}
}

func show(v *float64) any {
	if v == nil {
		return "absent"
	}
	return *v
}

// All real recordings in one athlete's history: every tool answers, in bounds, by its schema.
func TestAllRealRecordingsTogether(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	user := newUser(t, s, "ana@example.com")
	ids := importFile(t, s, user, "")
	h := newHost(t, s, user)
	h.call("set_athlete_profile", map[string]any{"ftp_watts": 240, "resting_heart_rate_bpm": 50, "sex": "male", "birth_year": 1985})
	r := h.call("get_activities", nil)
	var list activityList
	r.decode(t, &list)
	if r.Bytes > answerBytes || list.Total < 20 {
		t.Errorf("the list has %d of %d activities in %d bytes", len(list.Activities), list.Total, r.Bytes)
	}
	t.Logf("the default page has %d of %d activities in %d bytes", len(list.Activities), list.Total, r.Bytes)
	for _, frame := range []string{"week", "month", "quarter", "year"} {
		if r := h.call("analyze_training_load", map[string]any{"timeframe": frame}); r.IsError || r.Bytes > answerBytes {
			t.Errorf("the load of a %s has %d bytes: %s", frame, r.Bytes, r.Text)
		}
	}
	var all activityList
	h.call("get_activities", map[string]any{"limit": 200}).decode(t, &all)
	if len(all.Activities) != all.Total || len(ids) < all.Total {
		t.Errorf("%d of %d activities are listed", len(all.Activities), all.Total)
	}
	for _, a := range all.Activities {
		callEveryTool(t, h, a.ID)
		if strings.Contains(a.LocalTime, "Z") {
			t.Errorf("the local start %s has a false Z", a.LocalTime)
		}
	}
}
