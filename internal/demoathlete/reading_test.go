//go:build !race

package demoathlete_test

import (
	"math"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/demoathlete"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The product's own reader finds in the files what the generator put there.
func TestTheProductReadsTheYear(t *testing.T) {
	y := wholeYear(t)
	src, err := activityfile.Open(y.dir)
	if err != nil {
		t.Fatal(err)
	}
	truths, skipped := map[string][]demoathlete.Recording{}, map[string]bool{}
	for _, r := range y.manifest.Recordings {
		truths[r.File] = append(truths[r.File], r)
	}
	for _, s := range y.manifest.Skipped {
		skipped[s.File] = true
	}
	err = activityfile.Walk(t.Context(), src, activityfile.Options{}, func(r activityfile.Result) error {
		want := truths[r.Path]
		switch {
		case r.Path == y.manifest.DaysFile:
			compareDays(t, r.Days, y.manifest.Days)
		case r.Status == activityfile.StatusSkipped && skipped[r.Path]:
		case r.Status != activityfile.StatusOK || len(r.Recordings) != len(want):
			t.Errorf("%s is %s with %d recordings (%s), want %d", r.Path, r.Status, len(r.Recordings), r.Reason, len(want))
		default:
			for i, rec := range r.Recordings {
				compare(t, rec, want[i])
			}
			if (want[0].CutAt > 0) != (len(r.Warnings) > 0) {
				t.Errorf("%s is read with the warnings %q", r.Path, r.Warnings)
			}
		}
		delete(truths, r.Path)
		delete(skipped, r.Path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(truths)+len(skipped) > 0 {
		t.Errorf("nothing was said about %v, %v", truths, skipped)
	}
}

func compareDays(t *testing.T, got []pierre.Wellness, want []demoathlete.Day) {
	t.Helper()
	n := 0
	truth := map[string]demoathlete.Day{}
	for _, d := range want {
		truth[d.Date] = d
		n += len(d.Values)
	}
	if len(got) != n {
		t.Errorf("%d values of days, want %d", len(got), n)
	}
	for _, v := range got {
		date := v.Day.Format(time.DateOnly)
		if wanted, ok := truth[date].Values[v.Kind]; !ok || math.Abs(v.Value-wanted) > 0.01 {
			t.Errorf("%s on %s is %g, want %g (%t)", v.Kind, date, v.Value, wanted, ok)
		}
	}
}

func compare(t *testing.T, got pierre.Recording, want demoathlete.Recording) {
	t.Helper()
	if got.Sport != want.Sport || !got.Start.Equal(want.Start) || got.HasGPS != want.HasGPS {
		t.Errorf("%s: %s from %v, GPS %v; want %s from %v, GPS %v", want.File, got.Sport, got.Start, got.HasGPS, want.Sport, want.Start, want.HasGPS)
	}
	if len(got.Series.Time) != want.Samples || len(got.Laps) != want.Laps {
		t.Errorf("%s: %d samples and %d laps, want %d and %d", want.File, len(got.Series.Time), len(got.Laps), want.Samples, want.Laps)
	}
	if want.Name != "" && got.Name != want.Name {
		t.Errorf("%s: name %q, want %q", want.File, got.Name, want.Name)
	}
	value := func(what string, v, truth *float64, tolerance float64) {
		t.Helper()
		near(t, want.File, what, orNaN(v), truth, tolerance)
	}
	value("distance", got.DistanceMeters, want.DistanceMeters, 1)
	rest := 1.0
	if want.Format == "gpx" { // where readers tell rest from movement by the speed
		rest = 0.06 * *want.DurationSeconds
	}
	value("duration", got.DurationSeconds, want.DurationSeconds, rest)
	value("elapsed time", got.ElapsedSeconds, want.ElapsedSeconds, 1)
	value("average heart rate", got.AverageHeartRateBPM, want.AverageHeartRateBPM, 0.51)
	value("highest heart rate", got.MaxHeartRateBPM, want.MaxHeartRateBPM, 0)
	value("average power", got.AveragePowerWatts, want.AveragePowerWatts, 0.51)
	value("highest power", got.MaxPowerWatts, want.MaxPowerWatts, 0)
	value("calories", got.CaloriesKcal, want.CaloriesKcal, 0.5)
	if want.ElevationGainMeters != nil { // readers smooth heights; the plain sum does not
		value("ascent", got.ElevationGainMeters, want.ElevationGainMeters, 3+*want.ElevationGainMeters*0.3)
	}
	if want.NormalizedPowerWatts != nil {
		p, err := fitness.NewPower(got.Series.Time, got.Series.Power)
		if err != nil {
			t.Fatalf("%s: %v", want.File, err)
		}
		np, err := p.Normalized()
		if err != nil {
			t.Fatalf("%s: %v", want.File, err)
		}
		near(t, want.File, "normalized power", np.Value, want.NormalizedPowerWatts, 0.5)
	}
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
