//go:build !race

package fitness_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/recordings"
)

// A rider on a trainer pressed the lap button before and after two blocks of 10 minutes.
func TestIntervalsAreTheLapsOfARider(t *testing.T) {
	rec := decode(t, filepath.Join(recordings.Dir(t), "ride_indoor_power_nogps.fit"))[0]
	found, err := fitness.PowerIntervals(rec.Series.Time, rec.Series.Power)
	if err != nil || len(found.Sets) != 1 || len(found.Sets[0].Intervals) != 2 {
		t.Fatalf("the intervals are %+v, %v", found, err)
	}
	for i, lap := range []int{1, 3} {
		got, want := found.Sets[0].Intervals[i], rec.Laps[lap]
		within(t, "start", got.StartSeconds, want.StartSeconds, 8)
		within(t, "length", got.Seconds, *want.DurationSeconds, 8)
		within(t, "power", got.Level, *want.AveragePowerWatts, 2)
	}
}

// Rides over hills and with stops, and runs at ease, have none.
func TestNoIntervalsInRealRecordings(t *testing.T) {
	for _, name := range []string{
		"ride_road_power.fit", "ride_6h_wahoo_power.fit", "ride_zwift_zero_hr.fit", "ride_watts.tcx", "ride_hr_gaps_coros.fit",
		"run_fenix2_9km.fit", "run_fr110_smart_recording.fit", "run_compressed_timestamps.fit", "run_stryd_devfields_power.fit", "run_3laps_hr.tcx",
	} {
		s := decode(t, filepath.Join(recordings.Dir(t), name))[0].Series
		for by, found := range map[string]func() (fitness.Intervals, error){
			"power":      func() (fitness.Intervals, error) { return fitness.PowerIntervals(s.Time, s.Power) },
			"heart rate": func() (fitness.Intervals, error) { return fitness.HeartIntervals(s.Time, s.HeartRate) },
		} {
			if got, err := found(); !isUnavailable(err) {
				t.Errorf("%s has intervals by %s: %+v, %v", name, by, got.Sets, err)
			}
		}
		if got, err := fitness.RunIntervals(s.Time, s.Distance, s.Altitude); !isUnavailable(err) && name[:3] == "run" {
			t.Errorf("%s has intervals by pace: %+v, %v", name, got.Sets, err)
		}
	}
}

// isUnavailable reports whether err says that there is nothing to find, not that something failed.
func isUnavailable(err error) bool {
	_, ok := errors.AsType[*fitness.UnavailableError](err)
	return ok
}

// In a pool eight sprints of one length each came last but one.
func TestIntervalsOfASwim(t *testing.T) {
	rec := decode(t, filepath.Join(recordings.Dir(t), "swim_pool_hr_messages.fit"))[0]
	found, err := fitness.SwimIntervals(rec.Series.Time, rec.Series.Distance)
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range found.Sets {
		if len(set.Intervals) == 8 {
			within(t, "length", set.Seconds(), 19, 1)
			within(t, "rest", set.RestSeconds, 39, 2)
			return
		}
	}
	t.Errorf("the sets are %+v", found.Sets)
}
