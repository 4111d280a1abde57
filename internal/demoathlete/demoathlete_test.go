//go:build !race

package demoathlete_test

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/demoathlete"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A year is what Write wrote: every file, those of the export by archive and entry.
type year struct {
	dir      string
	manifest demoathlete.Manifest
	files    map[string][]byte
	onDisk   int64
}

// theYear is written once for all tests.
var theYear = sync.OnceValues(func() (year, error) {
	return write(yearDir, demoathlete.Options{Until: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)})
})

var yearDir string

func TestMain(m *testing.M) {
	var err error
	if yearDir, err = os.MkdirTemp("", "sample-test-"); err != nil {
		panic(err) //nolint:forbidigo // no test can run, and there is none yet to fail
	}
	code := m.Run()
	os.RemoveAll(yearDir)
	os.Exit(code)
}

func write(dir string, opts demoathlete.Options) (year, error) {
	m, err := demoathlete.Write(dir, opts)
	if err != nil {
		return year{}, err
	}
	y := year{dir: dir, manifest: m, files: map[string][]byte{}}
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return err
		}
		y.onDisk += int64(len(data))
		if filepath.Ext(path) != ".zip" {
			y.files[path] = data
			return nil
		}
		return y.unzip(path, data)
	})
	return y, err
}

func (y *year) unzip(path string, data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	for _, entry := range z.File {
		r, err := entry.Open()
		if err != nil {
			return err
		}
		if y.files[path+"/"+entry.Name], err = io.ReadAll(r); err != nil {
			return err
		}
	}
	return nil
}

func wholeYear(t *testing.T) year {
	t.Helper()
	y, err := theYear()
	if err != nil {
		t.Fatal(err)
	}
	return y
}

func TestTheManifestAccountsForEveryFile(t *testing.T) {
	y := wholeYear(t)
	known := map[string]bool{y.manifest.DaysFile: true}
	for _, r := range y.manifest.Recordings {
		known[r.File] = true
	}
	for _, s := range y.manifest.Skipped {
		known[s.File] = true
	}
	for path := range y.files {
		if !known[path] {
			t.Errorf("the manifest does not know %s", path)
		}
	}
	for path := range known {
		if y.files[path] == nil && !strings.Contains(path, "#") {
			t.Errorf("there is no %s", path)
		}
	}
	if y.onDisk > 40<<20 {
		t.Errorf("the files have %d bytes together, more than 40 MB", y.onDisk)
	}
}

func TestTheYearIsVaried(t *testing.T) {
	y := wholeYear(t)
	distinct := y.manifest.Activities()
	if n := len(distinct); n < 200 || n > 260 {
		t.Errorf("%d activities, want 200 to 260", n)
	}
	count := map[string]int{}
	for _, r := range y.manifest.Recordings {
		count[string(r.Sport)]++
		count[r.Format]++
		if r.DuplicateOf != "" {
			count["duplicate "+r.Format]++
		}
		if r.Sport == pierre.SportRide && !r.HasGPS {
			count["indoors"]++
		}
		if r.Sport == "swim" && r.HasGPS {
			count["open water"]++
		}
		if r.DurationSeconds != nil && *r.DurationSeconds < *r.ElapsedSeconds {
			count["paused"]++
		}
		if r.CutAt > 0 {
			count["cut off"]++
		}
	}
	for what, least := range map[string]int{
		"run": 80, "ride": 60, "swim": 30, "strength_training": 10, "hike": 3, "transition": 2, "yoga": 1,
		"fit": 150, "gpx": 8, "tcx": 8, "csv": 1, "duplicate fit": 4, "duplicate gpx": 1, "duplicate tcx": 1,
		"indoors": 8, "open water": 3, "paused": 5, "cut off": 1,
	} {
		if count[what] < least {
			t.Errorf("%s: %d, want at least %d", what, count[what], least)
		}
	}
	longest := time.Duration(0)
	for i, r := range distinct[1:] {
		longest = max(longest, r.Start.Sub(distinct[i].Start))
	}
	if longest < 7*24*time.Hour {
		t.Errorf("the longest gap is %v; nobody is never ill", longest)
	}
}

func TestTheYearIsPlausible(t *testing.T) {
	y := wholeYear(t)
	year := y.manifest.Activities()
	slices.SortFunc(year, func(a, b demoathlete.Recording) int { return a.Start.Compare(b.Start) })
	end := y.manifest.Until.AddDate(-1, 0, 0)
	within := func(r demoathlete.Recording, what string, v *float64, low, high float64) {
		if v != nil && (*v < low || *v > high) {
			t.Errorf("%s: %s is %.1f, want %.0f to %.0f", r.File, what, *v, low, high)
		}
	}
	for _, r := range year {
		if r.Start.Before(end) {
			t.Errorf("%s begins at %v, before the last one ended at %v", r.File, r.Start, end)
		}
		end = r.Start.Add(time.Duration(*r.ElapsedSeconds * float64(time.Second)))
		within(r, "average heart rate", r.AverageHeartRateBPM, 85, 178)
		within(r, "highest heart rate", r.MaxHeartRateBPM, 100, 187)
		within(r, "average power", r.AveragePowerWatts, 100, 250)
		if r.NormalizedPowerWatts != nil && *r.NormalizedPowerWatts < *r.AveragePowerWatts {
			t.Errorf("%s: normalized power %.1f is below the average %.1f", r.File, *r.NormalizedPowerWatts, *r.AveragePowerWatts)
		}
		switch r.Sport {
		case pierre.SportRun:
			within(r, "average speed", r.AverageSpeedMPS, 2.4, 4.6)
			within(r, "cadence of one leg", r.AverageCadenceRPM, 80, 95)
			within(r, "distance", r.DistanceMeters, 4000, 22_000)
		case pierre.SportRide:
			within(r, "average speed", r.AverageSpeedMPS, 6.5, 11)
			within(r, "distance", r.DistanceMeters, 15_000, 90_000)
		case "swim":
			within(r, "average speed", r.AverageSpeedMPS, 0.6, 1.1)
		default:
		}
	}
	if end.After(y.manifest.Until) {
		t.Errorf("the last activity ends at %v, after the year", end)
	}
	if y.manifest.Until.Sub(end) > 72*time.Hour {
		t.Errorf("the last activity ends at %v, long before the end of the year", end)
	}
}

func TestDuplicatesAreTheSameActivity(t *testing.T) {
	y := wholeYear(t)
	byFile := map[string]demoathlete.Recording{}
	for _, r := range y.manifest.Recordings {
		if r.Part == 0 {
			byFile[r.File] = r
		}
	}
	for _, r := range y.manifest.Recordings {
		if r.DuplicateOf == "" {
			continue
		}
		o, ok := byFile[r.DuplicateOf]
		if !ok || o.Sport != r.Sport || r.Start.Sub(o.Start).Abs() > time.Minute || math.Abs(*r.ElapsedSeconds-*o.ElapsedSeconds) > 60 {
			t.Errorf("%s is not the activity of %s", r.File, r.DuplicateOf)
		}
		if o.DistanceMeters != nil && math.Abs(*r.DistanceMeters/(*o.DistanceMeters)-1) > 0.03 {
			t.Errorf("%s: %.0f m, but %.0f m in %s", r.File, *r.DistanceMeters, *o.DistanceMeters, r.DuplicateOf)
		}
	}
}

// The profile is the recordings' athlete: a demonstration that computes with it gives numbers that make sense.
func TestTheProfileFitsTheRecordings(t *testing.T) {
	y := wholeYear(t)
	p := y.manifest.Athlete
	highest, hardest := 0.0, 0.0
	for _, r := range y.manifest.Activities() {
		if r.MaxHeartRateBPM != nil {
			highest = max(highest, *r.MaxHeartRateBPM)
		}
		if r.NormalizedPowerWatts != nil && *r.DurationSeconds > 45*60 {
			hardest = max(hardest, *r.NormalizedPowerWatts)
		}
	}
	if highest > *p.MaxHeartRateBPM || highest < *p.MaxHeartRateBPM-6 {
		t.Errorf("the highest heart rate is %.0f, the profile's %.0f", highest, *p.MaxHeartRateBPM)
	}
	if hardest > 1.1*(*p.FTPWatts) || hardest < 0.75*(*p.FTPWatts) {
		t.Errorf("the hardest ride of an hour has %.0f W, the profile's FTP is %.0f W", hardest, *p.FTPWatts)
	}
	if *p.RestingHeartRateBPM >= *p.ThresholdHRBPM || *p.ThresholdHRBPM >= *p.MaxHeartRateBPM {
		t.Errorf("heart rates at rest %.0f, at threshold %.0f, at most %.0f", *p.RestingHeartRateBPM, *p.ThresholdHRBPM, *p.MaxHeartRateBPM)
	}
	table := y.files[demoathlete.ExportFile+"/activities.csv"]
	if weight := strconv.FormatFloat(*p.WeightKg, 'f', 1, 64); !bytes.Contains(table, []byte(","+weight+",")) {
		t.Errorf("the export's table does not have the profile's weight %s", weight)
	}
}
