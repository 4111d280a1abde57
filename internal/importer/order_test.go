package importer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Whatever was imported first, the same activities are there, and the same ones count.
func TestAnyOrderOfDuplicatesGivesOneState(t *testing.T) {
	dir, start := t.TempDir(), time.Date(2025, 6, 1, 7, 0, 0, 0, time.UTC)
	whole := writeTrack(t, filepath.Join(dir, "whole.gpx"), 48.2, 16.37, start, 0)
	for _, c := range []struct {
		name  string
		paths []string
		want  string // of all of them
	}{
		{"one started late, one cropped", append(unpack(t, "zip-pair-started-75-seconds-apart.zip"), unpack(t, "zip-pair-cropped-copy.zip")[1]), "07:30 5040 m"},
		{
			"a recording that was cut off, and both parts of it",
			[]string{whole, crop(t, whole, 0, 100), crop(t, whole, 100, 240)},
			"07:00 3585 m, 07:08 2085 m is 07:00 3585 m",
		},
		{
			"a triathlon and its legs",
			[]string{
				filepath.Join("..", "activityfile", "testdata", "cases", "apple-health-triathlon.zip"),
				writeTotals(t, filepath.Join(dir, "whole.tcx"), "Other", triathlon, 7500, 25_750), writeTotals(t, filepath.Join(dir, "walk.tcx"), "Other", triathlon.Add(3*time.Hour), 600, 700),
			},
			"07:00 25750 m is 07:00 750 m, 07:00 750 m, 07:25 20000 m, 08:20 5000 m, 10:00 700 m",
		},
		{
			"a treadmill and two watches",
			[]string{
				writeTotals(t, filepath.Join(dir, "treadmill.tcx"), "Running", start, 1800, 5000), writeTotals(t, filepath.Join(dir, "watch.tcx"), "Running", start.Add(5*time.Second), 1790, 5600),
				writeTotals(t, filepath.Join(dir, "worse.tcx"), "Running", start.Add(9*time.Second), 1805, 7200),
			},
			"07:00 5600 m, 07:00 7200 m is 07:00 5600 m",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			states := map[string]string{} // by the set of files
			orders(c.paths, func(chosen []string) {
				set := setOf(c.paths, chosen)
				got := stateAfter(t, chosen)
				if before, ok := states[set]; ok && got != before {
					t.Fatalf("%v gives\n%s, another order\n%s", chosen, got, before)
				}
				if states[set] = got; len(chosen) == len(c.paths) && got != c.want {
					t.Fatalf("%v gives\n%s, want\n%s", chosen, got, c.want)
				}
			})
		})
	}
}

// triathlon is when the one of the cases began.
var triathlon = time.Date(2026, 3, 1, 7, 0, 0, 0, time.UTC)

func setOf(all, chosen []string) string {
	var set strings.Builder
	for _, path := range all {
		for _, c := range chosen {
			if c == path {
				set.WriteString(path + " ")
			}
		}
	}
	return set.String()
}

// stateAfter imports files and tells which activities there are, and which count.
func stateAfter(t *testing.T, paths []string) string {
	t.Helper()
	db := newDatabase(t)
	user := db.user(t, "ana")
	for _, path := range paths {
		if _, err := db.importer.ImportPath(t.Context(), user, path, importer.Watch{}); err != nil {
			t.Fatal(err)
		}
	}
	page, err := db.Activities(t.Context(), user, pierre.ActivityQuery{Ascending: true})
	if err != nil {
		t.Fatal(err)
	}
	text := map[pierre.ActivityID]string{}
	for _, a := range page.Activities {
		text[a.ID] = fmt.Sprintf("%s %.0f m", a.Start.Format("15:04"), *a.DistanceMeters)
	}
	var lines []string
	for _, a := range page.Activities {
		line := text[a.ID]
		if a.Twin != "" {
			line += " is " + text[a.Twin]
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, ", ")
}

// crop writes the points from one to another of a track.
func crop(t *testing.T, path string, from, to int) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(b), "<trkpt")
	points := strings.SplitAfter("<trkpt"+rest, "</trkpt>")
	path = fmt.Sprintf("%s-%d.gpx", path, from)
	if err := os.WriteFile(path, []byte(head+strings.Join(points[from:to], "")+"</trkseg></trk></gpx>"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// writeTotals writes a recording without a track, of so many seconds and metres.
func writeTotals(t *testing.T, path, sport string, start time.Time, seconds, meters int) string {
	t.Helper()
	at := func(s int) string { return start.Add(time.Duration(s) * time.Second).Format(time.RFC3339) }
	tcx := fmt.Sprintf(`<TrainingCenterDatabase><Activities><Activity Sport="%s"><Id>%s</Id><Lap StartTime="%s"><TotalTimeSeconds>%d</TotalTimeSeconds>
		<DistanceMeters>%d</DistanceMeters><Track>`, sport, at(0), at(0), seconds, meters)
	for s := 0; s <= seconds; s += seconds / 60 {
		tcx += fmt.Sprintf(`<Trackpoint><Time>%s</Time><DistanceMeters>%d</DistanceMeters><HeartRateBpm><Value>%d</Value></HeartRateBpm></Trackpoint>`,
			at(s), meters*s/seconds, 120+len(filepath.Base(path))-len(".tcx"))
	}
	if err := os.WriteFile(path, []byte(tcx+`</Track></Lap></Activity></Activities></TrainingCenterDatabase>`), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
