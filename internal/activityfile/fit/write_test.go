package fit_test

import (
	"bytes"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/fit"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// readBack writes rec and reads what was written.
func readBack(t testing.TB, rec pierre.Recording) pierre.Recording {
	t.Helper()
	b, err := fit.Write(rec)
	if err != nil {
		t.Fatal(err)
	}
	again, err := fit.Write(rec)
	if err != nil || !bytes.Equal(again, b) {
		t.Fatalf("the same recording gives another file, %v", err)
	}
	drafts, warnings, err := fit.Read(t.Context(), b, [32]byte{}, 1_000_000)
	if err != nil || len(drafts) != 1 || len(warnings) > 0 {
		t.Fatalf("%d drafts, %q, %v", len(drafts), warnings, err)
	}
	return drafts[0].Finish()
}

// FIT has a sport of its own for all but these, which come back as something more general.
func TestWrittenSports(t *testing.T) {
	general := map[pierre.Sport]pierre.Sport{"crossfit": "other", "skateboarding": "other"}
	for _, sport := range pierre.Sports() {
		want := sport
		if g, ok := general[sport]; ok {
			want = g
		}
		got := readBack(t, pierre.Recording{Activity: pierre.Activity{Sport: sport, Start: time.Unix(1_700_000_000, 0), Totals: pierre.Totals{DurationSeconds: new(60.0)}}})
		if got.Sport != want {
			t.Errorf("%s comes back as %s", sport, got.Sport)
		}
	}
}

func TestWriteAndRead(t *testing.T) {
	nan := math.NaN()
	rec := pierre.Recording{
		Activity: pierre.Activity{
			Sport: pierre.SportRun, Start: time.Unix(1_700_000_000, 0).UTC(), UTCOffset: new(3600), Device: "Watch",
			Impression: pierre.Impression{RPE: new(6.0), Feel: pierre.FeelStrong},
			Totals: pierre.Totals{
				DistanceMeters: new(12.5), DurationSeconds: new(3.5), ElapsedSeconds: new(4.0), ElevationGainMeters: new(3.0), ElevationLossMeters: new(1.0),
				AverageHeartRateBPM: new(140.0), MaxHeartRateBPM: new(150.0), AveragePowerWatts: new(201.0), MaxPowerWatts: new(300.0),
				NormalizedPowerWatts: new(210.0), AverageSpeedMPS: new(3.125), MaxSpeedMPS: new(3.5), AverageCadenceRPM: new(86.0), CaloriesKcal: new(7.0),
			},
		},
		Laps: []pierre.Lap{
			{StartSeconds: 0, Totals: pierre.Totals{DistanceMeters: new(6.0), ElapsedSeconds: new(2.0), DurationSeconds: new(2.0), MaxHeartRateBPM: new(141.0)}},
			{StartSeconds: 2, Totals: pierre.Totals{DistanceMeters: new(6.5), ElapsedSeconds: new(2.0), DurationSeconds: new(1.5)}},
		},
		Series: pierre.Series{
			Time: []float64{0, 1, 2, 4}, Latitude: []float64{48.1, 48.10001, nan, 48.10009}, Longitude: []float64{11.5, 11.50001, nan, 11.50001},
			Altitude: []float64{-3.2, 500.4, 500.6, 501}, Distance: []float64{0, 3, 6, 12.5}, Speed: []float64{3, 3.125, 3.5, 3},
			HeartRate: []float64{139, nan, 141, 150}, Power: []float64{200, 201, 300, 0}, Cadence: []float64{85.5, 86, nan, 86.25}, Temperature: []float64{-5, -5, -4, nan},
		},
	}
	got := readBack(t, rec)
	if !got.Start.Equal(rec.Start) || got.UTCOffset == nil || *got.UTCOffset != 3600 || *got.RPE != 6 || got.Feel != pierre.FeelStrong || got.Device != "Development Watch" {
		t.Errorf("got %+v", got.Activity)
	}
	want := rec.Fields()
	for n, f := range got.Fields() {
		if *f.Value == nil || **f.Value != **want[n].Value {
			t.Errorf("%s: got %v, want %v", f.Name, *f.Value, **want[n].Value)
		}
	}
	if len(got.Laps) != 2 || got.Laps[1].StartSeconds != 2 || *got.Laps[1].DurationSeconds != 1.5 || *got.Laps[0].MaxHeartRateBPM != 141 {
		t.Errorf("laps: %+v", got.Laps)
	}
	for name, columns := range map[string][2][]float64{
		"time": {got.Series.Time, rec.Series.Time}, "latitude": {got.Series.Latitude, rec.Series.Latitude}, "longitude": {got.Series.Longitude, rec.Series.Longitude},
		"altitude": {got.Series.Altitude, rec.Series.Altitude}, "distance": {got.Series.Distance, rec.Series.Distance}, "speed": {got.Series.Speed, rec.Series.Speed},
		"heart rate": {got.Series.HeartRate, rec.Series.HeartRate}, "power": {got.Series.Power, rec.Series.Power},
		"cadence": {got.Series.Cadence, rec.Series.Cadence}, "temperature": {got.Series.Temperature, rec.Series.Temperature},
	} {
		if len(columns[0]) != len(columns[1]) {
			t.Errorf("%s: got %v, want %v", name, columns[0], columns[1])
			continue
		}
		for i, want := range columns[1] {
			if x := columns[0][i]; math.IsNaN(x) != math.IsNaN(want) || math.Abs(x-want) > 1e-6 {
				t.Errorf("%s[%d]: got %v, want %v", name, i, x, want)
			}
		}
	}
}

// A long recording is encoded message by message: all of them at once would take 750 bytes for each second, in each export.
func TestWritingTakesLittleMemory(t *testing.T) {
	const seconds, most = 50_000, 350 // bytes for each second in all, of which the file grows to 27
	column := make([]float64, seconds)
	for i := range column {
		column[i] = float64(i)
	}
	rec := pierre.Recording{Activity: pierre.Activity{Sport: pierre.SportRide, Start: time.Unix(1_700_000_000, 0)}}
	rec.Series = pierre.Series{Time: column, Latitude: column, Longitude: column, Altitude: column, Distance: column, Speed: column, HeartRate: column, Power: column}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b, err := fit.Write(rec)
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / seconds; err != nil || len(b) < seconds || got > most {
		t.Errorf("%d bytes for each second, want at most %d; a file of %d bytes, %v", got, most, len(b), err)
	}
}

// Whatever numbers a recording has, a file is written, and what no field can hold is left out.
func FuzzWrite(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, int64(1_700_000_000))
	f.Add(math.Inf(1), math.NaN(), -1e300, int64(-1))
	f.Add(1e18, 255.0, 65535.0, int64(1)<<60)
	f.Fuzz(func(t *testing.T, a, b, c float64, at int64) {
		var rec pierre.Recording
		rec.Start, rec.Sport = time.Unix(at%(1<<33), 0), pierre.SportRide
		for n, field := range rec.Fields() {
			*field.Value = new([]float64{a, b, c}[n%3])
		}
		rec.Laps = []pierre.Lap{{StartSeconds: a, Totals: rec.Totals}}
		column := []float64{a, b, c}
		rec.Series = pierre.Series{
			Time: column, Latitude: column, Longitude: column, Altitude: column, Distance: column, Speed: column,
			HeartRate: column, Power: column, Cadence: column, Temperature: column,
		}
		if _, err := fit.Write(rec); err != nil {
			t.Fatal(err)
		}
	})
}
