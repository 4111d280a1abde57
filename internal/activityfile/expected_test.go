//go:build !race

package activityfile

import (
	"encoding/hex"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/recordings"
)

// realSource opens a file of the real recordings.
func realSource(t testing.TB, name string) *Source {
	t.Helper()
	src, err := Open(filepath.Join(recordings.Dir(t), name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	})
	return src
}

func TestRealRecordings(t *testing.T) {
	for name, want := range recordings.Load(t).Files {
		t.Run(name, func(t *testing.T) {
			results := walkSource(t, realSource(t, name), Options{})
			if len(results) != 1 {
				t.Fatalf("%d results, want 1", len(results))
			}
			got := results[0]
			if got.Path != name || got.Format != want.Format || hex.EncodeToString(got.SHA256[:]) != want.SHA256 {
				t.Errorf("got %s, %s, %x", got.Path, got.Format, got.SHA256)
			}
			checkStatus(t, got, want)
			if got.Status != StatusOK {
				return
			}
			switch want.Format {
			case "fit":
				checkSessions(t, got.Recordings, want)
				checkRecords(t, got.Recordings, want.Records)
			case "gpx":
				checkGPX(t, got.Recordings, want.Totals)
			case "tcx":
				checkTCX(t, got.Recordings, want.Activities)
			}
		})
	}
}

func checkStatus(t *testing.T, got Result, want recordings.File) {
	t.Helper()
	status, said := StatusOK, ""
	switch {
	case want.Status == "truncated":
		said = "cut off at byte"
	case want.Status == "no_time":
		status, said = StatusSkipped, "no usable times"
	case want.Status == "not_an_activity":
		status, said = StatusSkipped, want.FileID.Type
	case strings.Contains(want.Note, "checksum warning"):
		said = "checksum"
	}
	if text := got.Reason + strings.Join(got.Warnings, "; "); got.Status != status || !strings.Contains(text, said) {
		t.Errorf("status %s, saying %q; want %s, saying %q", got.Status, text, status, said)
	}
	if status == StatusOK && said != "" && len(got.Recordings[0].Warnings) == 0 {
		t.Error("the recording does not carry the warning")
	}
}

// checkValue compares an optional value. What a device stored as 0 because it did
// not measure it must be absent.
func checkValue(t *testing.T, what string, got, want *float64, tolerance float64) {
	t.Helper()
	if want != nil && *want == 0 {
		want = nil
	}
	switch {
	case want == nil && got == nil:
	case want == nil:
		t.Errorf("%s: got %g, want none", what, *got)
	case got == nil:
		t.Errorf("%s: got none, want %g", what, *want)
	case math.Abs(*got-*want) > tolerance:
		t.Errorf("%s: got %g, want %g", what, *got, *want)
	}
}

var fitSports = map[string]pierre.Sport{
	"running": "run", "cycling": "ride", "swimming": "swim", "transition": "transition", "training": "strength_training",
}

func checkSessions(t *testing.T, got []pierre.Recording, want recordings.File) {
	t.Helper()
	if len(want.Sessions) == 0 {
		if len(got) != 1 {
			t.Errorf("%d recordings, want 1", len(got))
		}
		return
	}
	if len(got) != len(want.Sessions) {
		t.Fatalf("%d recordings, want %d", len(got), len(want.Sessions))
	}
	laps := 0
	for i, s := range want.Sessions {
		r := got[i]
		laps += len(r.Laps)
		sport := fitSports[s.Sport]
		if s.SubSport == "virtualActivity" {
			sport = pierre.SportVirtualRide
		}
		start := s.Start
		if want.Activity.RawOffset != nil && want.Records.FirstRaw != nil {
			start = time.Unix(631065600+*want.Records.FirstRaw+*want.Activity.RawOffset, 0).UTC()
		}
		if r.Sport != sport || !r.Start.Equal(start) {
			t.Errorf("session %d: %s at %v, want %s at %v", i, r.Sport, r.Start, sport, start)
		}
		if (r.MultisportID != "") != (len(got) > 1) || r.MultisportID != got[0].MultisportID {
			t.Errorf("session %d: multisport id %q", i, r.MultisportID)
		}
		if offset := want.Activity.UTCOffset; (r.UTCOffset == nil) != (offset == nil) || offset != nil && *r.UTCOffset != *offset {
			t.Errorf("session %d: UTC offset %v, want %v", i, r.UTCOffset, offset)
		}
		const exact = 0.0005
		checkValue(t, "elapsed", r.ElapsedSeconds, &s.ElapsedSeconds, exact)
		checkValue(t, "timer", r.DurationSeconds, &s.TimerSeconds, exact)
		checkValue(t, "distance", r.DistanceMeters, &s.DistanceMeters, exact)
		checkValue(t, "calories", r.CaloriesKcal, s.Calories, exact)
		checkValue(t, "normalized power", r.NormalizedPowerWatts, s.NormalizedPower, exact)
		if s.AverageHR != nil {
			checkValue(t, "average heart rate", r.AverageHeartRateBPM, s.AverageHR, exact)
		}
		if s.MaxHR != nil {
			checkValue(t, "max heart rate", r.MaxHeartRateBPM, s.MaxHR, exact)
		}
		if s.AveragePower != nil {
			checkValue(t, "average power", r.AveragePowerWatts, s.AveragePower, exact)
		}
		if s.AverageCadence != nil {
			checkValue(t, "average cadence", r.AverageCadenceRPM, s.AverageCadence, exact)
		}
		if s.AverageSpeed != nil {
			checkValue(t, "average speed", r.AverageSpeedMPS, s.AverageSpeed, exact)
		}
		if s.Ascent != nil && *s.Ascent > 0 {
			checkValue(t, "ascent", r.ElevationGainMeters, s.Ascent, exact)
		}
	}
	if laps != want.Laps {
		t.Errorf("%d laps, want %d", laps, want.Laps)
	}
}

// streams joins the columns of the parts of a recording.
func streams(parts []pierre.Recording) (joined pierre.Series, haversineMeters float64) {
	for _, p := range parts {
		s := p.Series
		n := len(s.Time)
		for _, c := range []struct{ to, from *[]float64 }{
			{&joined.Latitude, &s.Latitude},
			{&joined.Altitude, &s.Altitude},
			{&joined.Distance, &s.Distance},
			{&joined.Speed, &s.Speed},
			{&joined.HeartRate, &s.HeartRate},
			{&joined.Power, &s.Power},
			{&joined.Cadence, &s.Cadence},
			{&joined.Temperature, &s.Temperature},
		} {
			values := *c.from
			if values == nil {
				values = make([]float64, n)
				for i := range values {
					values[i] = math.NaN()
				}
			}
			*c.to = append(*c.to, values...)
		}
		for _, at := range s.Time {
			joined.Time = append(joined.Time, at+unixOf(p.Start))
		}
		last := -1
		for i := range s.Latitude {
			if math.IsNaN(s.Latitude[i]) {
				continue
			}
			if last >= 0 {
				haversineMeters += fitness.Haversine(s.Latitude[last], s.Longitude[last], s.Latitude[i], s.Longitude[i])
			}
			last = i
		}
	}
	return joined, haversineMeters
}

func checkRecords(t *testing.T, parts []pierre.Recording, want recordings.Records) {
	t.Helper()
	s, length := streams(parts)
	count := func(what string, column []float64, want int) {
		t.Helper()
		if got := measured(column); got != want {
			t.Errorf("%s: %d values, want %d", what, got, want)
		}
	}
	ifAny := func(n int, value *float64) int { // a stream of zeros is no stream
		if value != nil && *value == 0 {
			return 0
		}
		return n
	}
	if len(s.Time) != want.N {
		t.Errorf("%d samples, want %d", len(s.Time), want.N)
	}
	count("position", s.Latitude, want.NPosition)
	count("heart rate", s.HeartRate, want.NHeartRate-want.HRZeros)
	count("power", s.Power, ifAny(want.NPower, want.PowerMax))
	if want.FirstRaw == nil { // the other decoders did not count these there
		count("altitude", s.Altitude, ifAny(want.NAltitude, want.AltitudeMax))
		count("distance", s.Distance, ifAny(want.NDistance, want.DistanceLast))
		count("temperature", s.Temperature, want.NTemperature)
		if got := unixOf(want.First); s.Time[0] != got || s.Time[len(s.Time)-1] != unixOf(want.Last) {
			t.Errorf("samples from %v to %v, want %v to %v", s.Time[0], s.Time[len(s.Time)-1], want.First, want.Last)
		}
	}
	if want.HRMean != nil && want.NHeartRate > want.HRZeros {
		mean := *want.HRMean * float64(want.NHeartRate) / float64(want.NHeartRate-want.HRZeros)
		if got := meanOf(s.HeartRate); math.Abs(got-mean) > 0.001*mean {
			t.Errorf("mean heart rate %g, want %g", got, mean)
		}
	}
	if want.PowerMean != nil && *want.PowerMean > 0 {
		if got := meanOf(s.Power); math.Abs(got-*want.PowerMean) > 0.001**want.PowerMean {
			t.Errorf("mean power %g, want %g", got, *want.PowerMean)
		}
	}
	if want.Haversine != nil && math.Abs(length-*want.Haversine) > 0.005**want.Haversine+200*float64(len(parts)-1) {
		t.Errorf("track of %g m, want %g", length, *want.Haversine)
	}
	if want.DistanceLast != nil && *want.DistanceLast > 0 {
		total := 0.0 // the parts count from their own starts
		for _, p := range parts {
			last := 0.0
			for _, d := range p.Series.Distance {
				if !math.IsNaN(d) {
					last = d
				}
			}
			total += last
		}
		if math.Abs(total-*want.DistanceLast) > 0.015 {
			t.Errorf("last distance %g, want %g", total, *want.DistanceLast)
		}
	}
}

func checkPoints(t *testing.T, r pierre.Recording, want recordings.Points) {
	t.Helper()
	for _, c := range []struct {
		what   string
		column []float64
		n      int
	}{
		{"heart rate", r.Series.HeartRate, want.NHeartRate}, {"cadence", r.Series.Cadence, want.NCadence}, {"power", r.Series.Power, want.NPower},
	} {
		if got := measured(c.column); got != c.n {
			t.Errorf("%s: %d values, want %d", c.what, got, c.n)
		}
	}
	if len(r.Series.Time) != want.NTime {
		t.Errorf("%d samples, want %d", len(r.Series.Time), want.NTime)
	}
	if end := r.Start.Add(time.Duration(r.Series.Time[len(r.Series.Time)-1] * 1e9)); !r.Start.Equal(*want.Start) || !end.Equal(*want.End) {
		t.Errorf("from %v to %v, want %v to %v", r.Start, end, *want.Start, *want.End)
	}
	checkValue(t, "elapsed", r.ElapsedSeconds, &want.ElapsedSeconds, 0.001)
	if want.HRMean != nil {
		checkValue(t, "average heart rate", r.AverageHeartRateBPM, want.HRMean, 0.001**want.HRMean)
		checkValue(t, "max heart rate", r.MaxHeartRateBPM, want.HRMax, 0.001)
	}
	if want.PowerMean != nil {
		checkValue(t, "average power", r.AveragePowerWatts, want.PowerMean, 0.001**want.PowerMean)
	}
	if want.RawAscent != nil && (r.ElevationGainMeters == nil || *r.ElevationGainMeters > *want.RawAscent) {
		t.Errorf("ascent %v, want at most the raw sum %g", r.ElevationGainMeters, *want.RawAscent)
	}
}

func checkGPX(t *testing.T, got []pierre.Recording, want recordings.Points) {
	t.Helper()
	if len(got) != 1 {
		t.Fatalf("%d recordings, want 1", len(got))
	}
	checkPoints(t, got[0], want)
	if want.NTime == want.N {
		checkValue(t, "distance", got[0].DistanceMeters, &want.Haversine, 0.005*want.Haversine)
	}
}

func checkTCX(t *testing.T, got []pierre.Recording, want []recordings.Activity) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d recordings, want %d", len(got), len(want))
	}
	for i, a := range want {
		r := got[i]
		checkPoints(t, r, a.Points)
		if r.Sport != map[string]pierre.Sport{"Running": "run", "Biking": "ride"}[a.Sport] || !strings.HasPrefix(a.Creator, r.Device) || r.Device == "" {
			t.Errorf("%s by %q, want %s by %q", r.Sport, r.Device, a.Sport, a.Creator)
		}
		checkValue(t, "timer", r.DurationSeconds, &a.LapTime, 0.001)
		checkValue(t, "distance", r.DistanceMeters, &a.LapDistance, 0.005)
		checkValue(t, "calories", r.CaloriesKcal, &a.LapCalories, 0.001)
		if len(r.Laps) != a.Laps {
			t.Fatalf("%d laps, want %d", len(r.Laps), a.Laps)
		}
		for j, hr := range a.LapAverageHR {
			if hr != nil {
				checkValue(t, "lap's heart rate", r.Laps[j].AverageHeartRateBPM, hr, 0.001)
			}
		}
	}
}

// The device wrote no times on one of the tracks: it is of another day and place, and no part of the hike.
func TestRealHikeLeavesOutTheTrackWithoutTimes(t *testing.T) {
	r := walkSource(t, realSource(t, "hike_4tracks_partial_times.gpx"), Options{})[0]
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "358 of 871 points") {
		t.Errorf("warnings %q", r.Warnings)
	}
	if d := *r.Recordings[0].DistanceMeters; math.Abs(d-6261.5) > 1 {
		t.Errorf("distance %g, want that of the two tracks with times, 6261.5", d)
	}
}

var stravaSports = map[string]pierre.Sport{"strength": pierre.SportStrengthTraining}

func TestRealStravaExport(t *testing.T) {
	want := recordings.Load(t).Archives.Strava
	results := walkSource(t, realSource(t, "strava_export_en.zip"), Options{})
	byID := map[string]Result{}
	for _, r := range results {
		byID[r.ExternalID] = r
	}
	for _, row := range want.Rows {
		r, ok := byID[row.ID]
		if !ok || r.Status != StatusOK || len(r.Recordings) != 1 {
			t.Errorf("%s: %v", row.ID, brief([]Result{r}))
			continue
		}
		a := r.Recordings[0]
		sport := stravaSports[row.Sport]
		if sport == "" {
			sport = pierre.Sport(row.Sport)
		}
		description := ""
		if row.Description != nil {
			description = *row.Description
		}
		if a.Provider != pierre.ProviderStrava || a.Name != row.Name || a.Description != description || a.Sport != sport || !a.Start.Equal(row.Start) {
			t.Errorf("%s: got %s %q %q %s %v", row.ID, a.Provider, a.Name, a.Description, a.Sport, a.Start)
		}
		checkValue(t, row.ID+" distance", a.DistanceMeters, &row.DistanceMeters, 0.05)
		checkValue(t, row.ID+" elapsed", a.ElapsedSeconds, &row.ElapsedSeconds, 1)
		checkValue(t, row.ID+" calories", a.CaloriesKcal, row.Calories, 0.05)
		if row.AverageHR != nil {
			checkValue(t, row.ID+" heart rate", a.AverageHeartRateBPM, row.AverageHR, 0.05)
		}
		missing := row.File != nil && !strings.HasPrefix(r.Path, *row.File)
		if (len(r.Warnings) > 0) != missing || (len(a.Series.Time) > 0) != (row.File != nil && !missing) {
			t.Errorf("%s: %d samples, warnings %q", row.ID, len(a.Series.Time), r.Warnings)
		}
	}
	for _, entry := range want.FilesNotListed {
		name, _, _ := strings.Cut(entry, " ")
		found := false
		for _, r := range results {
			found = found || r.Path == name && r.Status == StatusSkipped && strings.Contains(r.Reason, "route")
		}
		if !found {
			t.Errorf("%s is not reported as a route: %v", name, brief(results))
		}
	}
}

func TestRealAppleHealthExport(t *testing.T) {
	want := recordings.Load(t).Archives.Apple
	results := walkSource(t, realSource(t, "apple_health_export_v14.zip"), Options{})
	w, r := want.Workouts[0], results[0]
	if len(r.Recordings) != 1 {
		t.Fatalf("results %v", brief(results))
	}
	a := r.Recordings[0]
	if a.Provider != pierre.ProviderAppleHealth || a.Sport != pierre.SportWalk || !a.Start.Equal(w.Start) || *a.UTCOffset != -5*3600 || a.Device != "Apple Watch" || !a.HasGPS {
		t.Errorf("got %+v", a.Activity)
	}
	checkValue(t, "duration", a.DurationSeconds, &w.DurationSeconds, 0.001)
	checkValue(t, "distance", a.DistanceMeters, &w.DistanceMeters, 0.005)
	checkValue(t, "energy", a.CaloriesKcal, &w.ActiveKcal, 0.001)
	checkValue(t, "average heart rate", a.AverageHeartRateBPM, &w.AverageHR, 0.001)
	checkValue(t, "max heart rate", a.MaxHeartRateBPM, &w.MaxHR, 0.001)
	checkValue(t, "ascent", a.ElevationGainMeters, &w.AscentMeters, 0.001)
	if n := measured(a.Series.HeartRate); n != want.HRSamples {
		t.Errorf("%d heart rates, want %d", n, want.HRSamples)
	}
	if n := measured(a.Series.Latitude); n != 44 {
		t.Errorf("%d points of the route, want 44", n)
	}
	wantRest := []string{
		"apple_health_export/" + w.Route + " skipped: the route of the workout of 2019-12-15 20:19 UTC, and part of it",
		"apple_health_export/export.xml ok",
		"apple_health_export/export_cda.xml skipped: no activity: neither FIT nor GPX nor TCX",
	}
	if got := strings.Join(brief(results[1:]), "\n"); got != strings.Join(wantRest, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(wantRest, "\n"))
	}
	p := results[2].Profile
	checkValue(t, "weight", p.WeightKg, &want.Weights[0].Value, 0.001)
	checkValue(t, "height", p.HeightCm, &want.HeightCm, 0.001)
	checkValue(t, "resting heart rate", p.RestingHeartRateBPM, &want.Resting[1].BPM, 0)
	if string(p.Sex) != want.Sex || p.BirthYear == nil || *p.BirthYear != 1984 {
		t.Errorf("profile %+v", p)
	}
}

// unixOf returns t in seconds, exact to the microsecond.
func unixOf(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }
