//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/e2e/node"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/recordings"
	"github.com/pierre-mcp/pierre/internal/timezone"
)

// A reading is what programs of other authors say of a recording.
type reading struct {
	Samples   int       `json:"samples"`
	HeartRate counted   `json:"heart_rate"`
	Power     counted   `json:"power"`
	Altitude  counted   `json:"altitude"`
	Latitude  counted   `json:"latitude"`
	Starts    []float64 `json:"starts"`
	Meters    []float64 `json:"meters"`
	Timer     []float64 `json:"timer"`
	Laps      int       `json:"laps"`
}

type counted struct {
	N   int     `json:"n"`
	Sum float64 `json:"sum"`
}

// judge asks the programs about recordings and places, all at once.
func judge(t *testing.T, files []string, places [][2]float64) (verdicts map[string]reading, zones []string) {
	t.Helper()
	question, err := json.Marshal(map[string]any{"files": files, "places": places})
	if err != nil {
		t.Fatal(err)
	}
	cmd := node.Install(t).Script(t, "judge_recordings.mjs")
	var complaints bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(question), &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaints.Bytes())
	}
	var answer struct {
		Files map[string]reading `json:"files"`
		Zones []string           `json:"zones"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Files, answer.Zones
}

// unjudged are what the judges do not read, or count otherwise, file by file.
func unjudged() map[string]string {
	return map[string]string{
		"run_compressed_timestamps.fit": "records starts", // Garmin's decoder reads no compressed times; the clock was not set
		"hike_no_times.gpx":             "records starts", // all times are one: a route
		"dup_run_4laps.gpx":             "heart rate",     // togeojson knows other prefixes
		"ride_watts.tcx":                "altitude",       // togeojson leaves out the point without a position
	}
}

// Programs of other authors find in the real recordings what we find: how many samples, the sums of what was measured, the starts,
// distances, times and laps.
func TestRecordingsAsOthersReadThem(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(recordings.Dir(t))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		switch filepath.Ext(e.Name()) {
		case ".fit", ".gpx", ".tcx":
			files = append(files, filepath.Join(recordings.Dir(t), e.Name()))
		}
	}
	theirs, _ := judge(t, files, [][2]float64{})
	if len(theirs) < 20 {
		t.Fatalf("%d files were judged", len(theirs))
	}
	for _, f := range files {
		name := filepath.Base(f)
		not, ours := unjudged()[name], readRecording(t, f)
		for what, differs := range ours.compare(theirs[f], filepath.Ext(f)) {
			if differs != "" && !strings.Contains(not, what) && !(strings.Contains(not, "records") && what != "laps" && what != "meters" && what != "timer") {
				t.Errorf("%s: %s: %s", name, what, differs)
			}
		}
	}
}

// compare tells where two programs differ, by what they read.
func (v *reading) compare(o reading, ext string) map[string]string {
	samples := v.Samples
	if ext == ".tcx" { // of which the other program reads those with a position
		samples = v.Latitude.N
	}
	found := map[string]string{"records": unequal(float64(samples), float64(o.Samples))}
	if ext != ".gpx" || v.HeartRate.N > 0 {
		found["heart rate"] = v.HeartRate.unequal(o.HeartRate)
	}
	found["altitude"], found["latitude"] = v.Altitude.unequal(o.Altitude), v.Latitude.unequal(o.Latitude)
	if len(o.Starts) > 0 {
		found["starts"] = unequal(v.Starts, o.Starts)
	}
	if ext == ".fit" && len(o.Starts) > 0 {
		found["power"] = v.Power.unequal(o.Power)
		found["meters"], found["timer"] = unequal(v.Meters, o.Meters), unequal(v.Timer, o.Timer)
	}
	if ext == ".fit" {
		found["laps"] = unequal(v.Laps, o.Laps)
	}
	return found
}

func unequal(ours, theirs any) string {
	a, b := fmt.Sprint(ours), fmt.Sprint(theirs)
	if a == b {
		return ""
	}
	return a + ", others " + b
}

func (c *counted) unequal(o counted) string {
	if c.N == o.N && math.Abs(c.Sum-o.Sum) <= 1e-6*math.Abs(o.Sum) {
		return ""
	}
	return unequal(*c, o)
}

// Another program, with other data, has the same clock nearly everywhere on land, and in all of these towns.
func TestTimeZonesAsOthersKnowThem(t *testing.T) {
	t.Parallel()
	places := [][2]float64{
		{52.52, 13.40},
		{48.21, 16.37},
		{51.51, -0.13},
		{38.72, -9.14},
		{40.42, -3.70},
		{60.17, 24.94},
		{64.15, -21.94},
		{55.76, 37.62},
		{41.01, 28.98},
		{30.04, 31.24},
		{-1.29, 36.82},
		{-33.92, 18.42},
		{6.52, 3.38},
		{33.57, -7.59},
		{25.20, 55.27},
		{35.69, 51.39},
		{24.86, 67.00},
		{28.61, 77.21},
		{27.70, 85.32},
		{13.75, 100.50},
		{1.35, 103.82},
		{31.23, 121.47},
		{35.68, 139.77},
		{37.57, 126.98},
		{-31.95, 115.86},
		{-34.93, 138.60},
		{-27.47, 153.03},
		{-33.87, 151.21},
		{-36.85, 174.76},
		{-18.14, 178.44},
		{21.31, -157.86},
		{61.22, -149.90},
		{34.05, -118.24},
		{33.45, -112.07},
		{39.74, -104.99},
		{41.88, -87.63},
		{40.71, -74.01},
		{44.65, -63.58},
		{47.56, -52.71},
		{19.43, -99.13},
		{4.71, -74.07},
		{-12.05, -77.04},
		{-33.45, -70.67},
		{-23.55, -46.63},
		{-34.60, -58.38},
		{10.49, -66.90},
	}
	towns := len(places)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 { // evenly over the Earth
		places = append(places, [2]float64{math.Asin(2*rng.Float64()-1) * 180 / math.Pi, 360*rng.Float64() - 180})
	}
	_, zones := judge(t, []string{}, places)
	other, land := 0, 0
	for i, p := range places {
		zone, ok := timezone.At(p[0], p[1])
		if i < towns && !ok {
			t.Errorf("%v has no zone", p)
		}
		theirs, err := time.LoadLocation(zones[i])
		if err != nil {
			t.Fatal(err)
		}
		if !ok || strings.HasPrefix(zone.String(), "Etc/") { // the sea, of which the other program gives 370 km to the coast's zone
			continue
		}
		if land++; sameClock(zone, theirs) {
			continue
		}
		other++
		if i < towns {
			t.Errorf("at %v it is %v, others say %s", p, zone, zones[i])
		}
	}
	t.Logf("%d of %d places differ", other, land)
	if land < 500 || other > land/20 { // the other program's borders are a few km off, and it has western China live by Urumqi's clock
		t.Errorf("%d of %d places have another clock", other, land)
	}
}

// sameClock reports whether two zones had the same offsets last year.
func sameClock(a, b *time.Location) bool {
	for month := time.January; month <= time.December; month++ {
		at := time.Date(2025, month, 15, 12, 0, 0, 0, time.UTC)
		_, x := at.In(a).Zone()
		_, y := at.In(b).Zone()
		if x != y {
			return false
		}
	}
	return true
}

// readRecording reads a recording ourselves.
func readRecording(t *testing.T, path string) (v reading) {
	t.Helper()
	src, err := activityfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if err := activityfile.Walk(t.Context(), src, activityfile.Options{TempDir: t.TempDir()}, func(r activityfile.Result) error {
		for _, rec := range r.Recordings {
			v.add(rec)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *reading) add(rec pierre.Recording) {
	s := rec.Series
	v.Samples += len(s.Time)
	v.HeartRate.add(s.HeartRate)
	v.Power.add(s.Power)
	v.Altitude.add(s.Altitude)
	v.Latitude.add(s.Latitude)
	v.Starts = append(v.Starts, float64(rec.Start.UnixMicro())/1e6)
	v.Meters = append(v.Meters, deref(rec.DistanceMeters))
	v.Timer = append(v.Timer, deref(rec.DurationSeconds))
	v.Laps += len(rec.Laps)
}

func deref(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

func (c *counted) add(column []float64) {
	for _, v := range column {
		if !math.IsNaN(v) {
			c.N++
			c.Sum += v
		}
	}
}
