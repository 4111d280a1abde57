package exporter_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/original/originaltest"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/recordings"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// keeping returns an importer that keeps files.
func keeping(t testing.TB, s *store.Store) *importer.Importer {
	t.Helper()
	return importer.New(s, time.Now, importer.Options{TempDir: t.TempDir(), Restore: s, KeepOriginals: true})
}

// keep imports files of the folder of recordings, or of this machine, and keeps them.
func keep(t testing.TB, s *store.Store, user pierre.UserID, names ...string) {
	t.Helper()
	for _, name := range names {
		if !filepath.IsAbs(name) {
			name = filepath.Join(recordings.Dir(t), name)
		}
		sum, err := keeping(t, s).ImportPath(t.Context(), user, name, importer.Watch{})
		if err != nil || sum.Failed > 0 {
			t.Fatalf("%s: %+v, %v", name, sum, err)
		}
	}
}

// originalsIn returns the files as they were imported of an archive, by the name that they had.
func originalsIn(t testing.TB, files map[string][]byte) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, a := range lines[exportfile.Activity](t, files[exportfile.ActivitiesFile]) {
		for _, src := range a.Sources {
			if src.Original == "" {
				continue
			}
			content, ok := files[src.Original]
			if sum := sha256.Sum256(content); !ok || hex.EncodeToString(sum[:]) != src.SHA256 {
				t.Errorf("%s of %s is there: %v, and is not what its sum says", src.Original, src.Name, ok)
			}
			found[path.Base(src.Name)] = content
		}
	}
	return found
}

// sourcesOf lists where each activity of a user was read.
func sourcesOf(t testing.TB, s *store.Store, user pierre.UserID) (list []string) {
	t.Helper()
	for _, a := range activities(t, s, user) {
		sources, err := s.KeptSources(t.Context(), user, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		var of []string
		for _, src := range sources {
			of = append(of, fmt.Sprint(src.Provider, src.ExternalID, src.File, src.Format, src.SHA256, src.Part, src.LocalTimes, src.Start, src.Primary, src.Original))
		}
		slices.Sort(of)
		list = append(list, fmt.Sprint(a.Start, a.Hidden, of))
	}
	return list
}

// What was imported comes back byte for byte, from here and from the server to which the export was taken, and the activities there
// are of the same sources: those of several files, those of one file together, and what an account's list says of a file.
func TestOriginalsThereAndBack(t *testing.T) {
	s := storetest.New(t)
	users := storetest.Users(t, s, noon, "ana@example.com", "bob@example.com")
	ana, bob := users[0], users[1]
	names := []string{
		"ride_road_power.fit", "run_3laps_hr.tcx", "run_garmin_gpxtpx_hr.gpx", "multisport_triathlon_chained.fit", "dup_run_4laps.gpx", "dup_run_4laps.tcx", "ride_truncated_no_session.fit",
	}
	keep(t, s, ana, append(names, "strava_export_en.zip")...)
	fill(t, s, ana)
	before := all(t, s, ana)
	archive, files := export(t, s, ana)
	found := originalsIn(t, files)
	for _, name := range names {
		want, err := os.ReadFile(filepath.Join(recordings.Dir(t), name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(found[name], want) {
			t.Errorf("%s: %d bytes, want the %d that were imported", name, len(found[name]), len(want))
		}
	}
	for name := range files {
		if strings.HasSuffix(name, ".gz") {
			t.Errorf("%s is compressed", name)
		}
	}
	if sum, rows := restore(t, s, ana, archive); sum.Activities != 0 || sum.Imported != 0 {
		t.Errorf("where it was made: %+v, %+v", sum, rows)
	}
	src := activityfile.NewSource("mine.zip", bytes.NewReader(archive), int64(len(archive)))
	sum, err := keeping(t, s).Import(t.Context(), bob, src, importer.Watch{})
	if err != nil || sum.Activities != len(before) || sum.Failed != 0 { // of the one that fill adds, whose file is none, the totals
		t.Errorf("elsewhere: %d of %d activities, %+v, %v", sum.Activities, len(before), sum, err)
	}
	keep(t, s, bob, "strava_export_en.zip") // is known
	compare(t, before, all(t, s, bob))
	unlike := func(text string) bool { return strings.Contains(text, "r.fit") }
	if got, want := slices.DeleteFunc(sourcesOf(t, s, bob), unlike), slices.DeleteFunc(sourcesOf(t, s, ana), unlike); !slices.Equal(got, want) {
		t.Errorf("sources:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(sourcesOf(t, s, ana), "\n"))
	}
	again, files := export(t, s, bob)
	delete(found, "r.fit")
	if got := originalsIn(t, files); !maps.EqualFunc(got, found, bytes.Equal) {
		t.Errorf("%d files came back of %d", len(got), len(found))
	}
	if sum, rows := restore(t, s, ana, again); sum.Activities != 0 || sum.Failed != 0 {
		t.Errorf("from there back: %+v, %+v", sum, rows)
	}
}

// Where only some sources have their file, the others come with what is kept of them, and what the athlete put together stays so.
func TestSomeOriginals(t *testing.T) {
	s := storetest.New(t)
	users := storetest.Users(t, s, noon, "ana@example.com", "bob@example.com")
	ana, bob := users[0], users[1]
	keep(t, s, ana, "dup_run_4laps.tcx")
	loadPath(t, s, ana, "dup_run_4laps.gpx") // of the same run
	loadPath(t, s, ana, "ride_road_power.fit")
	keep(t, s, ana, "run_3laps_hr.tcx")
	var parts []pierre.ActivityID
	for n := range 2 { // that no rule puts together
		added, err := s.ImportRecording(t.Context(), ana, pierre.Source{Provider: pierre.ProviderFile, File: fmt.Sprintf("part%d.gpx", n), Format: "gpx", SHA256: [32]byte{byte(n + 1)}, Imported: noon},
			pierre.Recording{Activity: pierre.Activity{
				Provider: pierre.ProviderFile, Sport: pierre.SportHike, Start: noon.Add(time.Duration(n) * time.Hour),
				Totals: pierre.Totals{DurationSeconds: new(1800.), DistanceMeters: new(2000. + 900*float64(n)), AverageSpeedMPS: new(1.)},
			}})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, added.Activity)
	}
	if err := s.MergeActivities(t.Context(), ana, parts[0], parts[1]); err != nil {
		t.Fatal(err)
	}
	archive, files := export(t, s, ana)
	for _, a := range lines[exportfile.Activity](t, files[exportfile.ActivitiesFile]) {
		if whole := a.Sources[0].Original == ""; whole != (a.Written != "") || whole && len(files[a.Written]) == 0 {
			t.Errorf("%s: written as %q, sources %+v", a.Sport, a.Written, a.Sources)
		}
	}
	src := activityfile.NewSource("mine.zip", bytes.NewReader(archive), int64(len(archive)))
	if sum, err := keeping(t, s).Import(t.Context(), bob, src, importer.Watch{}); err != nil || sum.Activities != 4 {
		t.Errorf("%+v, %v", sum, err)
	}
	compare(t, all(t, s, ana), all(t, s, bob))
	if got, want := sourcesOf(t, s, bob), sourcesOf(t, s, ana); !slices.Equal(got, want) {
		t.Errorf("sources:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A file that a disk has damaged is not passed off as the athlete's: the export says so, and has a file that was written instead.
func TestDamagedOriginal(t *testing.T) {
	s := storetest.New(t)
	ana := storetest.Users(t, s, noon, "ana@example.com")[0]
	content, err := os.ReadFile(filepath.Join(recordings.Dir(t), "multisport_triathlon_chained.fit"))
	if err != nil {
		t.Fatal(err)
	}
	loadPath(t, s, ana, "multisport_triathlon_chained.fit")
	bad := originaltest.Pack(t, content)
	bad.Packed = bad.Packed[:len(bad.Packed)/2]
	if err := s.KeepOriginal(t.Context(), ana, bad); err != nil {
		t.Fatal(err)
	}
	keep(t, s, ana, "run_3laps_hr.tcx")
	archive, files := export(t, s, ana)
	m, err := exportfile.Check(bytes.NewReader(archive), int64(len(archive)))
	if err != nil || m.Damaged != 1 || m.Originals != 1 || m.Written != m.Activities-1 {
		t.Errorf("manifest %+v, %v", m, err)
	}
	for _, a := range lines[exportfile.Activity](t, files[exportfile.ActivitiesFile]) {
		damaged := a.Sources[0].Name == "multisport_triathlon_chained.fit"
		if a.Sources[0].Damaged != damaged || (a.Written != "") != damaged || damaged && len(files[a.Written]) == 0 {
			t.Errorf("%s: %q, %+v", a.Sport, a.Written, a.Sources)
		}
	}
}
