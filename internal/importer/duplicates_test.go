package importer_test

import (
	"archive/zip"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// unpack writes the files of a case into a folder and returns their paths.
func unpack(t *testing.T, name string) []string {
	t.Helper()
	r, err := zip.OpenReader(filepath.Join("..", "activityfile", "testdata", "cases", name))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	dir := t.TempDir()
	var paths []string
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name+"-"+filepath.Base(f.Name))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// orders yields every order of every part of list.
func orders(list []string, yield func([]string)) {
	var choose func(chosen, left []string)
	choose = func(chosen, left []string) {
		yield(chosen)
		for i := range left {
			rest := append(append([]string(nil), left[:i]...), left[i+1:]...)
			choose(append(slices.Clip(chosen), left[i]), rest)
		}
	}
	choose(nil, list)
}

// Nobody is in two places: recordings that share most of their time and track are one activity, whatever came first.
func TestOverlappingRecordingsAreOneActivity(t *testing.T) {
	for _, name := range []string{"zip-pair-started-75-seconds-apart.zip", "zip-pair-cropped-copy.zip"} {
		t.Run(name, func(t *testing.T) {
			paths := unpack(t, name)
			orders(paths, func(chosen []string) {
				db := newDatabase(t)
				user := db.user(t, "ana")
				for _, path := range chosen {
					if _, err := db.importer.ImportPath(t.Context(), user, path, importer.Watch{}); err != nil {
						t.Fatal(err)
					}
				}
				page, err := db.Activities(t.Context(), user, pierre.ActivityQuery{})
				if err != nil {
					t.Fatal(err)
				}
				if len(page.Activities) != min(1, len(chosen)) {
					t.Fatalf("%d activities of %v", len(page.Activities), chosen)
				}
				if len(chosen) == len(paths) {
					if d := *page.Activities[0].DistanceMeters; d != 5040 {
						t.Errorf("%v m of %v, want 5040", d, chosen)
					}
				}
			})
		})
	}
}

// A copy that calls local time UTC is the same activity, and the start of the other counts.
func TestLocalTimeCalledUTC(t *testing.T) {
	for _, place := range []struct {
		name     string
		lat, lon float64
		offset   time.Duration
		start    time.Time
	}{
		{"Berlin", 52.52, 13.40, 2 * time.Hour, time.Date(2024, 7, 7, 12, 0, 0, 0, time.UTC)},
		{"Kathmandu", 27.70, 85.32, 5*time.Hour + 45*time.Minute, time.Date(2024, 7, 7, 12, 0, 0, 0, time.UTC)},
		{"San Francisco", 37.77, -122.42, -7 * time.Hour, time.Date(2024, 7, 7, 12, 0, 0, 0, time.UTC)},
		{"the day the clocks change", 37.77, -122.42, -7 * time.Hour, time.Date(2024, 3, 10, 15, 0, 0, 0, time.UTC)},
	} {
		t.Run(place.name, func(t *testing.T) {
			dir := t.TempDir()
			utc := writeTrack(t, filepath.Join(dir, "utc.gpx"), place.lat, place.lon, place.start, 0)
			local := writeTrack(t, filepath.Join(dir, "local.gpx"), place.lat, place.lon, place.start.Add(place.offset), 0)
			orders([]string{utc, local}, func(chosen []string) {
				if len(chosen) < 2 {
					return
				}
				db := newDatabase(t)
				user := db.user(t, "ana")
				for _, path := range chosen {
					if _, err := db.importer.ImportPath(t.Context(), user, path, importer.Watch{}); err != nil {
						t.Fatal(err)
					}
				}
				page, err := db.Activities(t.Context(), user, pierre.ActivityQuery{})
				if err != nil || len(page.Activities) != 1 {
					t.Fatalf("%d activities of %v, %v", len(page.Activities), chosen, err)
				}
				got := page.Activities[0]
				if offset := got.UTCOffset; !got.Start.Equal(place.start) || offset == nil || *offset != int(place.offset.Seconds()) {
					t.Errorf("starts at %v, %v s from UTC, of %v; want %v, %v", got.Start, deref(offset), chosen, place.start, place.offset)
				}
			})
		})
	}
}

// In Vienna in winter, an hour later is what a copy says that calls local time UTC. Two runs on one way are two, even if they
// are as long to the second: nobody runs in the same tracks.
func TestTheSameRunAnHourLater(t *testing.T) {
	dir, start := t.TempDir(), time.Date(2025, 1, 12, 9, 0, 0, 0, time.UTC)
	first := writeTrack(t, filepath.Join(dir, "first.gpx"), 48.2, 16.37, start, 0)
	second := writeTrack(t, filepath.Join(dir, "second.gpx"), 48.2, 16.37, start.Add(time.Hour), 25)
	db := newDatabase(t)
	user := db.user(t, "ana")
	for _, path := range []string{first, second} {
		if _, err := db.importer.ImportPath(t.Context(), user, path, importer.Watch{}); err != nil {
			t.Fatal(err)
		}
	}
	page, err := db.Activities(t.Context(), user, pierre.ActivityQuery{})
	if err != nil || len(page.Activities) != 2 {
		t.Fatalf("%d activities, %v; want 2", len(page.Activities), err)
	}
}

// writeTrack writes 20 minutes of a run to the north, in slight curves that go so many metres to the side.
func writeTrack(t *testing.T, path string, lat, lon float64, start time.Time, side float64) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><type>running</type><trkseg>`)
	for s := range 240 {
		fmt.Fprintf(&b, `<trkpt lat="%.6f" lon="%.6f"><time>%s</time></trkpt>`,
			lat+float64(s)*5*3/111195, lon+side*math.Sin(float64(s)/20)/111195, start.Add(time.Duration(s)*5*time.Second).Format(time.RFC3339))
	}
	b.WriteString(`</trkseg></trk></gpx>`)
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
