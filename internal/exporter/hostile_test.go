package exporter_test

import (
	"archive/zip"
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// An archive that somebody has edited brings nothing that no tool takes, and on which answers would fail ever after.
func TestEditedArchive(t *testing.T) {
	s := storetest.New(t)
	users := storetest.Users(t, s, noon, "ana@example.com", "bob@example.com")
	loadPath(t, s, users[0], "run_3laps_hr.tcx")
	_, files := export(t, s, users[0])
	goal := func(more string) string {
		return `{"title":"x","start":"2026-05-01T00:00:00Z","date":"2026-09-01T00:00:00Z","status":"active","sport":"run",` + more + `}`
	}
	files[exportfile.GoalsFile] = []byte("[" + strings.Join([]string{
		goal(`"type":"time","target":2400`), goal(`"type":"time","target":2400,"meters":1e300`), goal(`"type":"performance","target":50`), goal(`"type":"custom","target":1e300`),
		goal(`"type":"time","target":2400,"meters":10000`),
	}, ",") + "]")
	plan := func(name, day, more string) string {
		return `{"id":"../` + name + `","day":"` + day + `","sport":"ride","name":"` + name + `","revision":-1,"created_at":"9999-01-01T00:00:00Z",` + more + `}`
	}
	const (
		today = "2026-05-05"
		steps = `"steps":[{"seconds":60}]`
	)
	files[exportfile.WorkoutsFile] = []byte("[" + strings.Join([]string{
		plan("good", today, steps), plan("first day", "2000-01-01", steps), plan("before it", "1999-12-31", steps), plan("far ahead", "9999-12-31", steps), plan("no day", "2026-02-30", steps),
		plan("no steps", today, `"steps":[]`), plan("endless", today, `"steps":[{"seconds":1e300}]`), plan("huge target", today, `"steps":[{"target":{"by":"watts","low":1e300,"high":1e300}}]`),
		plan("deep", today, strings.Repeat(`"steps":[{"repeat":99,`, 2000)+`"repeat":99`+strings.Repeat(`}]`, 2000)),
		plan("many", today, `"steps":[{"repeat":99,"steps":[`+strings.TrimSuffix(strings.Repeat(`{"repeat":99,"steps":[{}]},`, 2000), ",")+`]}]`),
		plan("good", today, steps), // as often as it is listed
	}, ",") + "]")
	files[exportfile.ProfileFile] = []byte(`{"time_zone":"Local","height_cm":180}`)
	lines := files[exportfile.ActivitiesFile]
	files[exportfile.ActivitiesFile] = bytes.Replace(lines, []byte(`{`), []byte(`{"rpe":1e300,"feel":"`+strings.Repeat("strong ", 10_000)+`",`), 1)

	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if sum, rows := restore(t, s, users[1], b.Bytes()); sum.Activities != 1 {
		t.Errorf("%+v, %+v", sum, rows)
	}
	goals, err := s.Goals(t.Context(), users[1])
	if err != nil || len(goals) != 1 || goals[0].Meters == nil || *goals[0].Meters != 10_000 {
		t.Errorf("goals %+v, %v", goals, err)
	}
	workouts, err := s.Workouts(t.Context(), users[1], pierre.WorkoutQuery{})
	var names []string
	for _, w := range workouts {
		names = append(names, w.Name)
		if !pierre.IsWorkoutID(string(w.ID)) || w.Revision != 0 || w.Created.After(time.Now()) || w.Updated.Before(w.Created) {
			t.Errorf("workout %+v", w)
		}
	}
	if !slices.Equal(names, []string{"first day", "good", "good"}) || err != nil {
		t.Errorf("workouts %q, %v", names, err)
	}
	if sum, _ := restore(t, s, users[1], b.Bytes()); sum.Imported != 0 {
		t.Errorf("again: %+v", sum)
	}
	if p, err := s.ProfileRecord(t.Context(), users[1]); err != nil || p.TimeZone != "" || p.HeightCm == nil {
		t.Errorf("profile %+v, %v", p.Profile, err)
	}
	for _, rec := range all(t, s, users[1]) {
		if rec.RPE != nil || rec.Feel != pierre.Feel("") {
			t.Errorf("rpe %v, feel of %d bytes", *rec.RPE, len(rec.Feel))
		}
	}
}
