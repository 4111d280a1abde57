package exporter_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/original/originaltest"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/workout"
)

// all returns the user's recordings, the oldest first, without what is of one server alone.
func all(t *testing.T, s *store.Store, user pierre.UserID) (list []pierre.Recording) {
	t.Helper()
	for _, a := range activities(t, s, user) {
		rec, err := s.Recording(t.Context(), user, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		rec.ID, rec.UserID, rec.Twin, rec.Warnings = "", "", "", nil
		list = append(list, rec)
	}
	return list
}

// activities returns the user's activities, the oldest first, then the hidden ones.
func activities(t testing.TB, s *store.Store, user pierre.UserID) (list []pierre.Activity) {
	t.Helper()
	for _, hidden := range []bool{false, true} {
		page, err := s.Activities(t.Context(), user, pierre.ActivityQuery{Ascending: true, Hidden: hidden})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, page.Activities...)
	}
	return list
}

// restore imports an archive as a server does, and returns what became of its files.
func restore(t *testing.T, s *store.Store, user pierre.UserID, archive []byte) (sum pierre.ImportSummary, rows []pierre.ImportRow) {
	t.Helper()
	src := activityfile.NewSource("mine.zip", bytes.NewReader(archive), int64(len(archive)))
	sum, err := importer.New(s, time.Now, importer.Options{TempDir: t.TempDir(), Restore: s}).Import(t.Context(), user, src, importer.Watch{
		Row: func(r pierre.ImportRow) error {
			rows = append(rows, r)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum, rows
}

// Real recordings of every format come to another server as they were: the same activities, with the same figures, and with
// what was said of them. Importing the archive where it was made changes nothing.
func TestThereAndBack(t *testing.T) {
	s := storetest.New(t)
	users := storetest.Users(t, s, noon, "ana@example.com", "bob@example.com")
	ana, bob := users[0], users[1]
	for _, name := range []string{
		"ride_road_power.fit", "run_3laps_hr.tcx", "swim_pool_hr_messages.fit", "run_garmin_gpxtpx_hr.gpx", "multisport_triathlon_chained.fit",
		"strength_hr_only.fit", "ride_zwift_zero_hr.fit", "dup_run_4laps.gpx", "dup_run_4laps.tcx", "strava_export_en.zip",
	} {
		loadPath(t, s, ana, name)
	}
	fill(t, s, ana)
	before := all(t, s, ana)
	archive, _ := export(t, s, ana)
	if sum, rows := restore(t, s, ana, archive); sum.Activities != 0 || sum.Imported != 0 || sum.Failed != 0 || sum.Values != 0 {
		t.Errorf("where it was made: %+v, %+v", sum, rows)
	}
	compare(t, before, all(t, s, ana))
	if sum, rows := restore(t, s, bob, archive); sum.Activities != len(before) || sum.Failed != 0 || sum.Values != 1 {
		t.Errorf("elsewhere: %d of %d activities, %+v, %+v", sum.Activities, len(before), sum, rows)
	}
	compare(t, before, all(t, s, bob))
	compareRest(t, s, ana, bob)
	deleted := pierre.Source{Provider: pierre.ProviderFile, File: "r.fit", Format: "fit", SHA256: originaltest.Pack(t, []byte("day 2")).SHA256, Imported: noon} // by fill
	if got, err := s.ImportRecording(t.Context(), bob, deleted, pierre.Recording{Activity: pierre.Activity{Sport: pierre.SportRide, Start: noon}}); err != nil || got.Outcome != pierre.OutcomeDeleted {
		t.Errorf("what was deleted comes back as %+v, %v", got, err)
	}
	again, _ := export(t, s, bob)
	if sum, rows := restore(t, s, ana, again); sum.Activities != 0 || sum.Failed != 0 {
		t.Errorf("from there back: %+v, %+v", sum, rows)
	}
}

func compare(t *testing.T, want, got []pierre.Recording) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d activities, want %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		id := fmt.Sprintf("%s of %s", w.Sport, w.Start)
		if g.Name != w.Name || g.Description != w.Description || g.Sport != w.Sport || g.SportName != w.SportName || g.Indoor != w.Indoor || g.Race != w.Race ||
			!g.Start.Equal(w.Start) || !reflect.DeepEqual(g.UTCOffset, w.UTCOffset) || g.HasGPS != w.HasGPS || g.Device != w.Device || g.Provider != w.Provider ||
			g.MultisportID != w.MultisportID || !reflect.DeepEqual(g.Impression, w.Impression) || !reflect.DeepEqual(g.Said, w.Said) || g.Hidden != w.Hidden {
			t.Errorf("%s: got %+v, want %+v", id, g.Activity, w.Activity)
		}
		totals := w.Fields()
		for n, f := range g.Fields() {
			if !reflect.DeepEqual(*f.Value, *totals[n].Value) {
				t.Errorf("%s, %s: got %v, want %v", id, f.Name, show(*f.Value), show(*totals[n].Value))
			}
		}
		if len(g.Laps) != len(w.Laps) || len(g.Series.Time) != len(w.Series.Time) {
			t.Errorf("%s: %d laps and %d samples, want %d and %d", id, len(g.Laps), len(g.Series.Time), len(w.Laps), len(w.Series.Time))
			continue
		}
		for name, c := range map[string]struct {
			got, want []float64
			within    float64
		}{
			"time": {g.Series.Time, w.Series.Time, 1}, "heart rate": {g.Series.HeartRate, w.Series.HeartRate, 0.5}, "power": {g.Series.Power, w.Series.Power, 0.5},
			"altitude": {g.Series.Altitude, w.Series.Altitude, 0.11}, "distance": {g.Series.Distance, w.Series.Distance, 0.006}, "speed": {g.Series.Speed, w.Series.Speed, 0.001},
			"latitude": {g.Series.Latitude, w.Series.Latitude, 1e-7}, "longitude": {g.Series.Longitude, w.Series.Longitude, 1e-7},
			"cadence": {g.Series.Cadence, w.Series.Cadence, 0.004}, "temperature": {g.Series.Temperature, w.Series.Temperature, 0.5},
		} {
			if len(c.got) != len(c.want) {
				t.Errorf("%s, %s: %d values, want %d", id, name, len(c.got), len(c.want))
				continue
			}
			for n := range c.want {
				if math.IsNaN(c.got[n]) != math.IsNaN(c.want[n]) || math.Abs(c.got[n]-c.want[n]) > c.within {
					t.Errorf("%s, %s[%d]: got %v, want %v", id, name, n, c.got[n], c.want[n])
					break
				}
			}
		}
	}
}

func show(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

// compareRest compares what two users have besides activities.
func compareRest(t *testing.T, s *store.Store, ana, bob pierre.UserID) {
	t.Helper()
	of := func(user pierre.UserID) string {
		profile, err := s.ProfileRecord(t.Context(), user)
		if err != nil {
			t.Fatal(err)
		}
		known, err := json.Marshal(profile.Profile)
		if err != nil {
			t.Fatal(err)
		}
		goals, err := s.Goals(t.Context(), user)
		if err != nil {
			t.Fatal(err)
		}
		var titles []string
		for _, g := range goals {
			titles = append(titles, g.Title)
		}
		days, err := s.Wellness(t.Context(), user, pierre.WellnessQuery{})
		if err != nil {
			t.Fatal(err)
		}
		gear, err := s.Gear(t.Context(), user, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		workouts, err := s.Workouts(t.Context(), user, pierre.WorkoutQuery{})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s %v %v %v %v %d %+v", known, profile.Imported, profile.History, titles, days, len(gear), workouts)
	}
	if a, b := of(ana), of(bob); a != b {
		t.Errorf("got %s, want %s", b, a)
	}
}

// The largest workout that can be planned comes to another server as it was, with its id: one that was moved there since does not come
// again, and neither does one that was planned there by hand.
func TestWorkoutsThereAndBack(t *testing.T) {
	s := storetest.New(t)
	users := storetest.Users(t, s, noon, "ana@example.com", "bob@example.com")
	step := pierre.WorkoutStep{
		Kind: pierre.StepRecovery, Seconds: 1234, Target: &pierre.StepTarget{By: pierre.TargetPercentLTHR, Low: 100.00000000000001, High: 100.00000000000003},
		Cadence: &pierre.StepCadence{Low: 100.00000000000001, High: 100.00000000000003},
	}
	largest := pierre.Workout{
		Day: noon.Truncate(24 * time.Hour), Start: "06:30", Sport: "backcountry_skiing", Name: strings.Repeat("<", workout.NameBytes), Note: strings.Repeat("\"<\n>", workout.NoteBytes/4),
		Steps: []pierre.WorkoutStep{{Repeat: 2, Steps: []pierre.WorkoutStep{{Repeat: 2, Steps: slices.Repeat([]pierre.WorkoutStep{step}, 24)}}}},
	}
	if !workout.Valid(&largest) {
		t.Fatal("it cannot be planned")
	}
	largest, err := s.AddWorkout(t.Context(), users[0], noon, largest)
	if err != nil {
		t.Fatal(err)
	}
	archive, _ := export(t, s, users[0])
	check := func(what string, imported int, want ...pierre.Workout) {
		t.Helper()
		sum, rows := restore(t, s, users[1], archive)
		got, err := s.Workouts(t.Context(), users[1], pierre.WorkoutQuery{})
		if err != nil || sum.Imported != imported || sum.Failed != 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %+v, %+v, %v; want %+v", what, sum, rows, got, err, want)
		}
	}
	check("elsewhere", 1, largest)
	moved, err := s.UpdateWorkout(t.Context(), users[1], largest.ID, noon, func(w *pierre.Workout) error { w.Day = w.Day.AddDate(0, 0, 1); return nil })
	if err != nil {
		t.Fatal(err)
	}
	check("moved there", 0, moved)
	if err := s.DeleteWorkout(t.Context(), users[1], largest.ID); err != nil {
		t.Fatal(err)
	}
	byHand, err := s.AddWorkout(t.Context(), users[1], noon, largest)
	if err != nil {
		t.Fatal(err)
	}
	check("planned there by hand", 0, byHand)
}

// Two sources of the same file, of which one was deleted: the activity comes to another server by the one that is left.
func TestOneOfTwoSourcesOfAFileWasDeleted(t *testing.T) {
	s := storetest.New(t)
	users := storetest.Users(t, s, noon, "ana@example.com", "bob@example.com")
	content := originaltest.Pack(t, []byte("a ride that came twice"))
	var id pierre.ActivityID
	for _, src := range []pierre.Source{
		{Provider: pierre.ProviderFile, File: "ride.fit"},
		{Provider: pierre.ProviderIntervals, ExternalID: "i1", File: "i1.fit"},
	} {
		src.Format, src.SHA256, src.Imported = "fit", content.SHA256, noon
		rec := pierre.Recording{Activity: pierre.Activity{
			Sport: pierre.SportRide, Start: noon, Provider: src.Provider,
			Totals: pierre.Totals{DistanceMeters: new(5000.0), DurationSeconds: new(1500.0), ElapsedSeconds: new(1500.0)},
		}}
		added, err := s.ImportRecording(t.Context(), users[0], src, rec)
		if err != nil || id != "" && added.Activity != id {
			t.Fatalf("%+v, %v; want a source of %q", added, err, id)
		}
		id = added.Activity
	}
	if done, err := s.DeleteActivity(t.Context(), users[0], id, "ride.fit", noon); err != nil || done.Left != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	archive, _ := export(t, s, users[0])
	if sum, rows := restore(t, s, users[1], archive); sum.Activities != 1 || sum.Failed != 0 {
		t.Errorf("%+v, %+v", sum, rows)
	}
}

// full is a store that notes one deleted recording and no more.
type full struct{ *store.Store }

func (f full) RestoreDeleted(ctx context.Context, user pierre.UserID, list []pierre.DeletedRecording) (int, error) {
	n, err := f.Store.RestoreDeleted(ctx, user, list[:1])
	return n, cmp.Or(err, error(&pierre.Error{Kind: pierre.KindConflict, Msg: "No more are noted."}))
}

// An import goes on when no more of what was deleted can be noted, and says so. An export has all that are, whatever fits at once.
func TestMoreWasDeletedThanCanBeNoted(t *testing.T) {
	s := storetest.New(t)
	users := storetest.Users(t, s, noon, "ana@example.com", "bob@example.com")
	const n = 501 // one more than are read at once
	list := make([]pierre.DeletedRecording, n)
	for i := range list {
		list[i] = pierre.DeletedRecording{Provider: pierre.ProviderFile, SHA256: [32]byte{byte(i), byte(i >> 8)}, Activity: "act_1", Deleted: noon}
	}
	if _, err := s.RestoreDeleted(t.Context(), users[0], list); err != nil {
		t.Fatal(err)
	}
	archive, files := export(t, s, users[0])
	if got := lines[exportfile.Deleted](t, files[exportfile.DeletedFile]); len(got) != n {
		t.Errorf("the export lists %d, want %d", len(got), n)
	}
	src, found := activityfile.NewSource("mine.zip", bytes.NewReader(archive), int64(len(archive))), false
	_, err := importer.New(s, time.Now, importer.Options{TempDir: t.TempDir(), Restore: full{s}}).Import(t.Context(), users[1], src, importer.Watch{
		Row: func(r pierre.ImportRow) error {
			if r.File == exportfile.DeletedFile {
				found = r.Status == pierre.ImportImported && strings.HasPrefix(r.Reason, "1 deleted recording") && slices.Contains(r.Warnings, "No more are noted.")
			}
			return nil
		},
	})
	if err != nil || !found {
		t.Errorf("the list is reported: %v, %v", found, err)
	}
}
