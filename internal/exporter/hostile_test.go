package exporter_test

import (
	"archive/zip"
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

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
	if p, err := s.ProfileRecord(t.Context(), users[1]); err != nil || p.TimeZone != "" || p.HeightCm == nil {
		t.Errorf("profile %+v, %v", p.Profile, err)
	}
	for _, rec := range all(t, s, users[1]) {
		if rec.RPE != nil || rec.Feel != pierre.Feel("") {
			t.Errorf("rpe %v, feel of %d bytes", *rec.RPE, len(rec.Feel))
		}
	}
}
