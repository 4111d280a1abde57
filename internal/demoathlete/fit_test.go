//go:build !race

package demoathlete_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/muktihari/fit/decoder"
	"github.com/muktihari/fit/profile/filedef"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/profile/untyped/mesgnum"
	"github.com/muktihari/fit/proto"

	"github.com/pierre-mcp/pierre/internal/demoathlete"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// near reports a value that differs from the truth by more than its rounding.
func near(t *testing.T, file, what string, got float64, want *float64, tolerance float64) {
	t.Helper()
	if want == nil {
		if !math.IsNaN(got) {
			t.Errorf("%s: %s is %v, want none", file, what, got)
		}
		return
	}
	if !(math.Abs(got-*want) <= tolerance) { // NaN is not near
		t.Errorf("%s: %s is %v, want %v", file, what, got, *want)
	}
}

// whole is a FIT integer as a number, NaN if it is the type's invalid value.
func whole[I uint8 | uint16](v I) float64 {
	if v == ^I(0) {
		return math.NaN()
	}
	return float64(v)
}

func decode(t *testing.T, file string, data []byte) *filedef.Activity {
	t.Helper()
	listener := filedef.NewListener()
	defer listener.Close()
	dec := decoder.New(bytes.NewReader(data), decoder.WithMesgListener(listener), decoder.WithBroadcastOnly())
	for dec.Next() {
		if _, err := dec.Decode(); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	activity, ok := listener.File().(*filedef.Activity)
	if !ok {
		t.Fatalf("%s is no activity", file)
	}
	return activity
}

func TestFITFilesHoldWhatTheManifestSays(t *testing.T) {
	y := wholeYear(t)
	parts := map[string][]demoathlete.Recording{}
	for _, r := range y.manifest.Recordings {
		if r.Format == "fit" && r.CutAt == 0 {
			parts[r.File] = append(parts[r.File], r)
		}
	}
	for file, parts := range parts {
		activity := decode(t, file, y.plain(t, file))
		if len(activity.Sessions) != len(parts) || int(activity.Activity.NumSessions) != len(parts) {
			t.Errorf("%s has %d sessions, want %d", file, len(activity.Sessions), len(parts))
			continue
		}
		if offset := activity.Activity.LocalTimestamp.Sub(activity.Activity.Timestamp); offset != -time.Hour {
			t.Errorf("%s: local time is %v from UTC, want Cape Verde's", file, offset)
		}
		for i, want := range parts {
			checkSession(t, activity, activity.Sessions[i], want)
		}
	}
}

func checkSession(t *testing.T, activity *filedef.Activity, s *mesgdef.Session, want demoathlete.Recording) {
	t.Helper()
	if !s.StartTime.Equal(want.Start) {
		t.Errorf("%s starts at %v, want %v", want.File, s.StartTime, want.Start)
	}
	if int(s.NumLaps) != want.Laps {
		t.Errorf("%s: part %d has %d laps, want %d", want.File, want.Part, s.NumLaps, want.Laps)
	}
	near(t, want.File, "elapsed time", s.TotalElapsedTimeScaled(), want.ElapsedSeconds, 0.001)
	near(t, want.File, "timer", s.TotalTimerTimeScaled(), want.DurationSeconds, 0.001)
	near(t, want.File, "distance", s.TotalDistanceScaled(), want.DistanceMeters, 0.01)
	near(t, want.File, "average speed", s.EnhancedAvgSpeedScaled(), want.AverageSpeedMPS, 0.001)
	near(t, want.File, "ascent", whole(s.TotalAscent), want.ElevationGainMeters, 0.5)
	near(t, want.File, "average heart rate", whole(s.AvgHeartRate), want.AverageHeartRateBPM, 0.5)
	near(t, want.File, "highest heart rate", whole(s.MaxHeartRate), want.MaxHeartRateBPM, 0)
	near(t, want.File, "average power", whole(s.AvgPower), want.AveragePowerWatts, 0.5)
	near(t, want.File, "highest power", whole(s.MaxPower), want.MaxPowerWatts, 0)
	near(t, want.File, "normalized power", whole(s.NormalizedPower), want.NormalizedPowerWatts, 0.5)
	near(t, want.File, "calories", whole(s.TotalCalories), want.CaloriesKcal, 0)

	var records, withPosition int
	var hr, power mean
	last := math.NaN()
	for _, r := range activity.Records {
		if r.Timestamp.Before(s.StartTime) || r.Timestamp.After(s.Timestamp) {
			continue
		}
		records++
		last = r.DistanceScaled()
		hr.add(whole(r.HeartRate))
		power.add(whole(r.Power))
		if !math.IsNaN(r.PositionLatDegrees()) {
			withPosition++
			if math.Hypot(r.PositionLatDegrees()-15.6, r.PositionLongDegrees()+27.9) > 0.3 {
				t.Fatalf("%s leaves the island: %v, %v", want.File, r.PositionLatDegrees(), r.PositionLongDegrees())
			}
		}
	}
	if records != want.Samples || (withPosition == records) != want.HasGPS {
		t.Errorf("%s: part %d has %d records, %d of them with a position; want %d, GPS %v", want.File, want.Part, records, withPosition, want.Samples, want.HasGPS)
	}
	near(t, want.File, "last distance", last, want.DistanceMeters, 0.01)
	smart := float64(want.Samples) < *want.DurationSeconds/2
	if !smart { // else the device has seen more than it wrote
		near(t, want.File, "mean of the records' heart rates", hr.value(), want.AverageHeartRateBPM, 0.01)
		near(t, want.File, "mean of the records' powers", power.value(), want.AveragePowerWatts, 0.01)
	}
	checkLaps(t, activity, s, want)
}

// checkLaps adds the laps up.
func checkLaps(t *testing.T, activity *filedef.Activity, s *mesgdef.Session, want demoathlete.Recording) {
	t.Helper()
	seconds, meters := 0.0, 0.0
	for _, lap := range activity.Laps[s.FirstLapIndex : s.FirstLapIndex+s.NumLaps] {
		seconds += lap.TotalTimerTimeScaled()
		meters += lap.TotalDistanceScaled()
	}
	near(t, want.File, "sum of the laps' times", seconds, want.DurationSeconds, 0.01)
	near(t, want.File, "sum of the laps' distances", meters, want.DistanceMeters, 0.05)
	if want.Sport != "swim" || want.HasGPS {
		return
	}
	var lengths float64
	for _, l := range activity.Lengths {
		if l.LengthType == typedef.LengthTypeActive {
			lengths++
		}
	}
	near(t, want.File, "distance of the lengths", lengths*s.PoolLengthScaled(), want.DistanceMeters, 0.01)
}

// A mean is over the values that are there.
type mean struct{ sum, n float64 }

func (m *mean) add(v float64) {
	if !math.IsNaN(v) {
		m.sum, m.n = m.sum+v, m.n+1
	}
}

func (m *mean) value() float64 { return m.sum / m.n } // NaN if there are none

func TestTheCutOffFileHoldsWhatWasWrittenBefore(t *testing.T) {
	y := wholeYear(t)
	for _, want := range y.manifest.Recordings {
		if want.CutAt == 0 {
			continue
		}
		data := y.plain(t, want.File)
		if len(data) != want.CutAt {
			t.Errorf("%s has %d bytes, want %d", want.File, len(data), want.CutAt)
		}
		got := &counter{of: map[typedef.MesgNum]int{}}
		dec := decoder.New(bytes.NewReader(data), decoder.WithMesgListener(got), decoder.WithBroadcastOnly())
		if _, err := dec.Decode(); !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v, want the end of the file", want.File, err)
		}
		if got.of[mesgnum.Record] != want.Samples || got.of[mesgnum.Lap] != want.Laps || got.of[mesgnum.Session] != 0 {
			t.Errorf("%s has %d records, %d laps and %d sessions; want %d, %d, 0", want.File,
				got.of[mesgnum.Record], got.of[mesgnum.Lap], got.of[mesgnum.Session], want.Samples, want.Laps)
		}
		near(t, want.File, "distance of the last record", got.distance, want.DistanceMeters, 0.01)
		near(t, want.File, "mean heart rate", got.hr.value(), want.AverageHeartRateBPM, 0.01)
		near(t, want.File, "mean power", got.power.value(), want.AveragePowerWatts, 0.01)
	}
}

// A counter counts messages.
type counter struct {
	of        map[typedef.MesgNum]int
	distance  float64
	hr, power mean
}

func (c *counter) OnMesg(m proto.Message) {
	c.of[m.Num]++
	if m.Num == mesgnum.Record {
		r := mesgdef.NewRecord(&m)
		c.distance = r.DistanceScaled()
		c.hr.add(whole(r.HeartRate))
		c.power.add(whole(r.Power))
	}
}

func TestTheSettingsFileIsNoActivity(t *testing.T) {
	y := wholeYear(t)
	fit, err := decoder.New(bytes.NewReader(y.plain(t, "Settings.fit"))).Decode()
	if err != nil {
		t.Fatal(err)
	}
	if id := mesgdef.NewFileId(&fit.Messages[0]); id.Type != typedef.FileSettings {
		t.Errorf("the type is %v, want settings", id.Type)
	}
	for _, m := range fit.Messages {
		if m.Num == mesgnum.UserProfile {
			who := mesgdef.NewUserProfile(&m)
			near(t, "Settings.fit", "weight", who.WeightScaled(), y.manifest.Athlete.WeightKg, 0.05)
			near(t, "Settings.fit", "height", 100*who.HeightScaled(), y.manifest.Athlete.HeightCm, 0.5)
		}
	}
}

func TestSmartRecordingIsSparse(t *testing.T) {
	y := wholeYear(t)
	sparse := 0
	for _, r := range y.manifest.Recordings {
		if r.Sport == pierre.SportRun && r.Format == "fit" && strings.HasPrefix(r.File, demoathlete.ExportFile) && float64(r.Samples) < *r.DurationSeconds/2 {
			sparse++
		}
	}
	if sparse < 10 {
		t.Errorf("%d runs of the old watch have fewer than every second second, want 10 or more", sparse)
	}
}
