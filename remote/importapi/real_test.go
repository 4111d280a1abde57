package importapi_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/recordings"
)

// upload sends one of the real recordings for a new user, and reads back what came of it, oldest first.
func (f fixture) upload(t *testing.T, users keys, name string) (pierre.ImportReport, []pierre.Recording) {
	t.Helper()
	u, err := f.store.EnsureUser(t.Context(), name+"@example.com", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	users[name] = u.ID
	b, err := os.ReadFile(filepath.Join(recordings.Dir(t), name))
	if err != nil {
		t.Fatal(err)
	}
	report := f.report(t, "?name="+name, bytes.NewReader(b), "Authorization", "Bearer "+name)
	page, err := f.store.Activities(t.Context(), u.ID, pierre.ActivityQuery{Ascending: true})
	if err != nil {
		t.Fatal(err)
	}
	var all []pierre.Recording
	for _, a := range page.Activities {
		rec, err := f.store.Recording(t.Context(), u.ID, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rec)
	}
	return report, all
}

// TestRealRecordings uploads every real recording and compares what the database
// then holds with what other decoders found in it.
func TestRealRecordings(t *testing.T) {
	f := newFixture(t, nil)
	users := f.users
	for name, want := range recordings.Load(t).Files {
		t.Run(name, func(t *testing.T) {
			report, got := f.upload(t, users, name)
			row := report.Files[0]
			switch want.Status {
			case "not_an_activity", "no_time":
				if row.Status != pierre.ImportSkipped || row.Reason == "" || len(got) > 0 {
					t.Errorf("row = %+v with %d activities, want skipped with a reason", row, len(got))
				}
				return
			case "truncated":
				if len(row.Warnings) == 0 {
					t.Error("nothing warns that the file is cut off")
				}
			}
			if row.Status != pierre.ImportImported || len(got) == 0 {
				t.Fatalf("row = %+v with %d activities, want imported", row, len(got))
			}
			switch want.Format {
			case "fit":
				checkFIT(t, want, got)
			case "tcx":
				checkTCX(t, want, got)
			case "gpx":
				checkTrack(t, want.Totals, got[0])
			}
		})
	}
}

func checkFIT(t *testing.T, want recordings.File, got []pierre.Recording) {
	t.Helper()
	if len(want.Sessions) > 0 && len(got) != len(want.Sessions) {
		t.Fatalf("%d activities, want %d", len(got), len(want.Sessions))
	}
	var laps, positions, power int
	for i, rec := range got {
		laps += len(rec.Laps)
		positions += count(rec.Series.Latitude)
		power += count(rec.Series.Power)
		if len(want.Sessions) == 0 {
			continue
		}
		s := want.Sessions[i]
		if want.Activity.RawOffset == nil && !rec.Start.Equal(s.Start) { // else the clock was not set
			t.Errorf("start = %v, want %v", rec.Start, s.Start)
		}
		near(t, "elapsed", rec.ElapsedSeconds, &s.ElapsedSeconds, 0.001)
		near(t, "timer", rec.DurationSeconds, &s.TimerSeconds, 0.001)
		near(t, "distance", rec.DistanceMeters, &s.DistanceMeters, 0.01)
		near(t, "average heart rate", rec.AverageHeartRateBPM, s.AverageHR, 0)
		near(t, "average power", rec.AveragePowerWatts, s.AveragePower, 0)
		near(t, "calories", rec.CaloriesKcal, s.Calories, 0)
	}
	if laps != want.Laps && len(want.Sessions) > 0 {
		t.Errorf("%d laps, want %d", laps, want.Laps)
	}
	if positions != want.Records.NPosition {
		t.Errorf("%d positions, want %d", positions, want.Records.NPosition)
	}
	if want.Records.NPower != want.Records.PowerZeros && power != want.Records.NPower { // all 0 is no power meter
		t.Errorf("%d samples of power, want %d", power, want.Records.NPower)
	}
}

func checkTCX(t *testing.T, want recordings.File, got []pierre.Recording) {
	t.Helper()
	if len(got) != len(want.Activities) {
		t.Fatalf("%d activities, want %d", len(got), len(want.Activities))
	}
	for i, a := range want.Activities {
		near(t, "timer", got[i].DurationSeconds, &a.LapTime, 0.01)
		near(t, "distance", got[i].DistanceMeters, &a.LapDistance, 0.01)
		if len(got[i].Laps) != a.Laps {
			t.Errorf("%d laps, want %d", len(got[i].Laps), a.Laps)
		}
		checkTrack(t, a.Points, got[i])
	}
}

func checkTrack(t *testing.T, want recordings.Points, rec pierre.Recording) {
	t.Helper()
	if want.Start != nil && !rec.Start.Equal(*want.Start) {
		t.Errorf("start = %v, want %v", rec.Start, want.Start)
	}
	near(t, "elapsed", rec.ElapsedSeconds, &want.ElapsedSeconds, 0.001)
	if n := len(rec.Series.Time); n != want.NTime {
		t.Errorf("%d samples, want the %d with a time", n, want.NTime)
	}
	if n := count(rec.Series.HeartRate); n != want.NHeartRate {
		t.Errorf("%d samples of the heart rate, want %d", n, want.NHeartRate)
	}
	if want.HRMean != nil {
		near(t, "mean heart rate", mean(rec.Series.HeartRate), want.HRMean, *want.HRMean/1000)
	}
}

// near compares a value with the truth. A device's 0 may be absent: it was not measured.
func near(t *testing.T, what string, got, want *float64, tolerance float64) {
	t.Helper()
	switch {
	case want == nil:
	case got == nil:
		if *want != 0 {
			t.Errorf("%s is absent, want %v", what, *want)
		}
	case math.Abs(*got-*want) > tolerance:
		t.Errorf("%s = %v, want %v", what, *got, *want)
	}
}

func count(values []float64) int {
	n := 0
	for _, v := range values {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

func mean(values []float64) *float64 {
	sum := 0.0
	for _, v := range values {
		if !math.IsNaN(v) {
			sum += v
		}
	}
	return new(sum / float64(count(values)))
}

// TestRealArchives uploads both account exports.
func TestRealArchives(t *testing.T) {
	f := newFixture(t, nil)
	users := f.users
	want := recordings.Load(t).Archives
	t.Run("strava", func(t *testing.T) {
		_, got := f.upload(t, users, "strava_export_en.zip")
		if len(got) != len(want.Strava.Rows) {
			t.Fatalf("%d activities, want %d", len(got), len(want.Strava.Rows))
		}
		for _, row := range want.Strava.Rows {
			i := 0
			for i < len(got)-1 && !got[i].Start.Equal(row.Start) {
				i++
			}
			a := got[i]
			if a.Name != row.Name || a.Provider != pierre.ProviderStrava || !a.Start.Equal(row.Start) {
				t.Errorf("%+v, want %+v", a.Activity, row)
			}
			near(t, row.Name+": elapsed", a.ElapsedSeconds, &row.ElapsedSeconds, 1)
			near(t, row.Name+": distance", a.DistanceMeters, &row.DistanceMeters, 1)
			sources, err := f.store.Sources(t.Context(), a.UserID, a.ID)
			if err != nil || len(sources) != 1 || sources[0].ExternalID != row.ID {
				t.Errorf("%s: sources = %+v, %v; want the row %s", row.Name, sources, err, row.ID)
			}
		}
	})
	t.Run("apple health", func(t *testing.T) {
		_, got := f.upload(t, users, "apple_health_export_v14.zip")
		if len(got) != len(want.Apple.Workouts) {
			t.Fatalf("%d activities, want %d", len(got), len(want.Apple.Workouts))
		}
		for i, w := range want.Apple.Workouts {
			if !got[i].Start.Equal(w.Start) || got[i].Provider != pierre.ProviderAppleHealth {
				t.Errorf("%+v, want %+v", got[i].Activity, w)
			}
			near(t, "duration", got[i].DurationSeconds, &w.DurationSeconds, 0.001)
			near(t, "distance", got[i].DistanceMeters, &w.DistanceMeters, 0.01)
			near(t, "average heart rate", got[i].AverageHeartRateBPM, &w.AverageHR, 0.001)
		}
	})
}

// A bomb is a failed file, not a dead server.
func TestZipBomb(t *testing.T) {
	f := newFixture(t, nil)
	bomb := zipOf(t, "bomb.gpx", "<gpx>"+string(make([]byte, 16<<20)), "good.gpx", gpx(0))
	if bomb.Len() > 1<<20 {
		t.Fatalf("the bomb has %d bytes", bomb.Len())
	}
	report := f.report(t, "?name=bomb.zip", bomb)
	if report.Summary.Failed != 1 || report.Summary.Imported != 1 {
		t.Errorf("report = %+v, want the bomb failed and the good file imported", report)
	}
}
