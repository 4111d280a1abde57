//go:build !race

package fitness_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/recordings"
)

// A truth is what another program computed from a recording.
type truth struct {
	TRIMP           *float64           `json:"trimp_banister_male_rest50_max190"`
	Edwards         *float64           `json:"trimp_edwards_hrmax190"`
	ZoneSeconds     map[string]float64 `json:"seconds_in_pct_hrmax190_bands"`
	NormalizedPower *float64           `json:"normalized_power_30s"`
	MeanMax         map[string]float64 `json:"mean_max_power_w"`
	BestEfforts     map[string]float64 `json:"best_effort_elapsed_s"`
}

// TestRealRecordings computes from the real recordings what is known about them,
// within the tolerances that came with it.
func TestRealRecordings(t *testing.T) {
	dir := recordings.Dir(t)
	text, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected struct {
		Files map[string]struct {
			Derived *truth `json:"derived"`
			Records struct {
				HaversineMeters *float64 `json:"haversine_m"`
			} `json:"records"`
		} `json:"files"`
	}
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for name, file := range expected.Files {
		if file.Derived == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			recordings := decode(t, filepath.Join(dir, name))
			if len(recordings) != 1 {
				t.Skipf("the file holds %d recordings, and the truth is about one", len(recordings))
			}
			s := recordings[0].Series
			checked += checkHeartRate(t, s, *file.Derived) + checkPower(t, s, *file.Derived) +
				checkBestEfforts(t, s, *file.Derived)
			if want := file.Records.HaversineMeters; want != nil {
				d, err := fitness.TrackDistance(s.Time, s.Latitude, s.Longitude, 30)
				if err != nil {
					t.Fatal(err)
				}
				within(t, "haversine distance", d[len(d)-1], *want, 0.005**want)
				checked++
			}
		})
	}
	t.Logf("%d values compared", checked)
	if checked < 50 {
		t.Errorf("only %d values were compared", checked)
	}
}

func decode(t *testing.T, path string) []pierre.Recording {
	t.Helper()
	src, err := activityfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var recordings []pierre.Recording
	err = activityfile.Walk(t.Context(), src, activityfile.Options{}, func(r activityfile.Result) error {
		recordings = append(recordings, r.Recordings...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return recordings
}

func checkHeartRate(t *testing.T, s pierre.Series, want truth) int {
	if want.TRIMP == nil {
		return 0
	}
	h, err := fitness.NewHeartRate(s.Time, s.HeartRate)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "TRIMP", number(t)(h.Banister(fitness.HeartRateRange{RestBPM: 50, MaxBPM: 190}, fitness.Male)), *want.TRIMP, 0.01**want.TRIMP)
	within(t, "Edwards", number(t)(h.Edwards(190)), *want.Edwards, 0.01**want.Edwards)
	zones, err := fitness.PercentMaxZones(190)
	if err != nil {
		t.Fatal(err)
	}
	zt, err := h.TimeIn(zones)
	if err != nil {
		t.Fatal(err)
	}
	got := append([]float64{zt.Below}, zt.Seconds...)
	for i, band := range []string{"<50", "50-60", "60-70", "70-80", "80-90", ">=90"} {
		// The truth counts records as seconds; those of smart recording stand for more.
		within(t, "seconds at "+band+" %", got[i], want.ZoneSeconds[band], 0.015*h.Seconds())
	}
	return 8
}

// checkPower compares in two ways. The truth counts one second per record in file
// order, which the same columns with the index for the time give exactly. In real
// time, the normalized power must agree all the same, as pauses are cut out; the
// curve can only be lower, as it does not bridge long pauses.
func checkPower(t *testing.T, s pierre.Series, want truth) int {
	if want.NormalizedPower == nil {
		return 0
	}
	index := make([]float64, len(s.Time))
	for i := range index {
		index[i] = float64(i)
	}
	byIndex, err := fitness.NewPower(index, zeroFilled(s.Power))
	if err != nil {
		t.Fatal(err)
	}
	real, err := fitness.NewPower(s.Time, s.Power)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "NP by index", number(t)(byIndex.Normalized()), *want.NormalizedPower, 0.01)
	within(t, "NP", number(t)(real.Normalized()), *want.NormalizedPower, 0.01**want.NormalizedPower)
	for length, watts := range want.MeanMax {
		seconds, err := strconv.Atoi(length)
		if err != nil {
			t.Fatal(err)
		}
		within(t, "best "+length+" s by index", best(t, byIndex, seconds), watts, 0.01)
		tolerance := max(0.5, 0.01*watts)
		got := best(t, real, seconds)
		if got > watts+tolerance || got < watts-tolerance && !hasLongPause(s.Time) {
			t.Errorf("best %s s = %.2f W, want %.2f, or less if a pause breaks it", length, got, watts)
		}
	}
	return 2 + 2*len(want.MeanMax)
}

func hasLongPause(t []float64) bool {
	for i := 1; i < len(t); i++ {
		if t[i]-t[i-1] > 30 {
			return true
		}
	}
	return false
}

// zeroFilled returns the power with missing values as 0, as the truth counts them.
func zeroFilled(watts []float64) []float64 {
	filled := slices.Clone(watts)
	for i, w := range filled {
		if math.IsNaN(w) {
			filled[i] = 0
		}
	}
	return filled
}

func best(t *testing.T, p fitness.Power, seconds int) float64 {
	t.Helper()
	efforts := p.MeanMax([]int{seconds})
	if len(efforts) != 1 {
		t.Fatalf("there is no power over %d s", seconds)
	}
	return efforts[0].Watts
}

func checkBestEfforts(t *testing.T, s pierre.Series, want truth) int {
	for distance, seconds := range want.BestEfforts {
		meters, err := strconv.ParseFloat(distance, 64)
		if err != nil {
			t.Fatal(err)
		}
		efforts, err := fitness.BestEfforts(s.Time, s.Distance, []float64{meters})
		if err != nil || len(efforts) != 1 {
			t.Fatalf("best effort over %s m: %v, %v", distance, efforts, err)
		}
		within(t, "best effort over "+distance+" m", efforts[0].Seconds, seconds, 0.01)
	}
	return len(want.BestEfforts)
}

func number(t *testing.T) func(fitness.Result, error) float64 {
	return func(r fitness.Result, err error) float64 {
		t.Helper()
		if err != nil {
			t.Fatalf("not available because %v", err)
		}
		return r.Value
	}
}

func within(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.4f, want %.4f ± %.3g", what, got, want, tolerance)
	}
}

// The best hour of a ride with stops, in elapsed time with the stops as 0 W.
func TestBestHourOfARideWithStops(t *testing.T) {
	rides := decode(t, filepath.Join(recordings.Dir(t), "ride_road_power.fit"))
	p, err := fitness.NewPower(rides[0].Series.Time, rides[0].Series.Power)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "best 3600 s", best(t, p, 3600), 130.8, 0.1)
}
