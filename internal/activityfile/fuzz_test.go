//go:build !race

package activityfile

import (
	"archive/zip"
	"bytes"
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// small keeps fuzzing fast, and its limits within reach.
var small = Limits{TotalBytes: 8 << 20, FileBytes: 1 << 20, Entries: 100, Samples: 5000, Rows: 500}

// walkAnything walks hostile content and checks what holds for every result.
func walkAnything(t *testing.T, name string, content []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	n := 0
	err := Walk(ctx, NewSource(name, bytes.NewReader(content), int64(len(content))), Options{Limits: small}, func(r Result) error {
		n++
		if r.Path == "" {
			t.Error("a result without a path")
		}
		switch r.Status {
		case StatusOK:
			if len(r.Recordings) == 0 && len(r.Days) == 0 || r.Reason != "" || r.Format == "" || len(r.Recordings) > 0 && r.SHA256 == [32]byte{} {
				t.Errorf("%s is ok with %d recordings: %+v", r.Path, len(r.Recordings), r.Reason)
			}
		case StatusSkipped, StatusFailed:
			if len(r.Recordings) > 0 || len(r.Days) > 0 || r.Reason == "" {
				t.Errorf("%s is %s with %d recordings and the reason %q", r.Path, r.Status, len(r.Recordings), r.Reason)
			}
		default:
			t.Errorf("%s has the status %q", r.Path, r.Status)
		}
		for _, a := range r.Recordings {
			checkInvariants(t, a)
		}
		checkDays(t, r.Days)
		return nil
	})
	if err != nil || n == 0 {
		t.Errorf("%d results, then %v", n, err)
	}
}

// checkDays checks that each value is one that its kind can have, of a day that may be, and the only one of its day.
func checkDays(t *testing.T, values []pierre.Wellness) {
	t.Helper()
	seen := map[pierre.Wellness]bool{}
	for _, v := range values {
		r, known := pierre.RangeOf(v.Kind)
		if !known || !r.Holds(v.Value) || v.Source == "" || v.Day.Year() < 1979 || v.Day.Year() > 2200 || !v.Day.Equal(v.Day.Truncate(24*time.Hour)) {
			t.Errorf("a value of a day that cannot be: %+v", v)
		}
		if v.Value = 0; seen[v] {
			t.Errorf("two values of %s on %v", v.Kind, v.Day)
		}
		seen[v] = true
	}
}

func checkInvariants(t *testing.T, a pierre.Recording) {
	t.Helper()
	s := a.Series
	if !slices.IsSorted(s.Time) || slices.ContainsFunc(s.Time, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }) {
		t.Error("the times are not in order")
	}
	for _, c := range [][]float64{s.Latitude, s.Longitude, s.Altitude, s.Distance, s.Speed, s.HeartRate, s.Power, s.Cadence, s.Temperature} {
		if c != nil && (len(c) != len(s.Time) || measured(c) == 0) {
			t.Errorf("a column of %d values, %d measured, for %d times", len(c), measured(c), len(s.Time))
		}
		if slices.ContainsFunc(c, func(x float64) bool { return math.IsInf(x, 0) }) {
			t.Error("a column holds an infinity")
		}
	}
	if len(s.Time) > small.Samples {
		t.Errorf("%d samples", len(s.Time))
	}
	totals := []pierre.Totals{a.Totals}
	for _, l := range a.Laps {
		totals = append(totals, l.Totals)
		if math.IsNaN(l.StartSeconds) || math.IsInf(l.StartSeconds, 0) {
			t.Errorf("a lap starts at %g", l.StartSeconds)
		}
	}
	for _, tot := range totals {
		for _, f := range tot.Fields() {
			if v := *f.Value; v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0) || *v < 0) {
				t.Errorf("%s is %g", f.Name, *v)
			}
		}
	}
	if !slices.Contains(pierre.Sports(), a.Sport) || a.Start.Year() < 1970 || a.Start.Year() > 2300 {
		t.Errorf("%s at %v", a.Sport, a.Start)
	}
}

func FuzzFIT(f *testing.F) {
	f.Add(fitRecording{seconds: 20, sport: typedef.SportCycling, record: func(i int, r *mesgdef.Record) { r.SetPower(200).SetAltitudeScaled(float64(400 + i)) }}.encode(f))
	f.Add(fitRecording{seconds: 5, without: true, after: []mesger{
		mesgdef.NewSession(nil).SetStartTime(fitStart).SetSport(typedef.SportSwimming).SetTotalElapsedTimeScaled(2),
		mesgdef.NewSession(nil).SetStartTime(fitStart.Add(2 * time.Second)).SetSport(typedef.SportRunning),
		mesgdef.NewLap(nil).SetStartTime(fitStart).SetTotalElapsedTimeScaled(3),
		mesgdef.NewLength(nil).SetStartTime(fitStart).SetTotalElapsedTimeScaled(3),
		mesgdef.NewHr(nil).SetTimestamp(fitStart).SetEventTimestamp([]uint32{1024}).SetFilteredBpm([]uint8{100}),
		mesgdef.NewHr(nil).SetEventTimestamp12([]byte{0, 0x18, 0}).SetFilteredBpm([]uint8{110, 120}),
		mesgdef.NewActivity(nil).SetTimestamp(fitStart).SetLocalTimestamp(fitStart.Add(time.Hour)),
	}}.encode(f))
	f.Add(encodeFIT(f, fileID(typedef.FileSettings).ToMesg(nil)))
	f.Fuzz(func(t *testing.T, content []byte) { walkAnything(t, "x.fit", content) })
}

// The checksum keeps chance out: here the content behind a good header changes.
func FuzzFITMessages(f *testing.F) {
	whole := fitRecording{seconds: 20, sport: typedef.SportCycling}.encode(f)
	f.Add(whole[14 : len(whole)-2])
	f.Fuzz(func(t *testing.T, messages []byte) {
		walkAnything(t, "x.fit", slices.Concat(whole[:4], []byte{0, 0, 0, 0}, whole[8:14], messages))
	})
}

func FuzzGPX(f *testing.F) {
	f.Add([]byte(run))
	f.Add(gpxDoc(gpxTrk(fitStart, 3, "running") + gpxTrk(fitStart.Add(24*time.Hour), 3, "cycling")))
	f.Add([]byte("\xFF\xFE<\x00g\x00p\x00x\x00>\x00"))
	f.Fuzz(func(t *testing.T, content []byte) { walkAnything(t, "x.gpx", content) })
}

func FuzzTCX(f *testing.F) {
	f.Add([]byte(tcxDoc(3)))
	f.Add([]byte(tcxWith("<Courses/>")))
	f.Fuzz(func(t *testing.T, content []byte) { walkAnything(t, "x.tcx", content) })
}

func FuzzStravaList(f *testing.F) {
	for _, e := range exports {
		f.Add(e.table(f, e.row("1", "a", ""), e.row("2", "b", "activities/1.gpx")))
	}
	f.Add([]byte("id,date,name,type,description,elapsed_time,distance,commute,gear,filename\n1,2018-01-01 10:00:00,x,Run,,1,2,false,,\n"))
	f.Fuzz(func(t *testing.T, content []byte) { walkAnything(t, "activities.csv", content) })
}

func FuzzHealthExport(f *testing.F) {
	f.Add(healthData(healthBeat("Uhr", "2024-05-01 08:00:10 +0200", 120) +
		`<Workout workoutActivityType="HKWorkoutActivityTypeRunning" duration="30" durationUnit="min" startDate="2024-05-01 08:00:00 +0200" endDate="2024-05-01 08:35:00 +0200"><WorkoutRoute><FileReference path="/x.gpx"/></WorkoutRoute></Workout>`))
	f.Add(healthData(`<Record type="HKQuantityTypeIdentifierStepCount" unit="count" sourceName="x" startDate="2024-05-01 08:00:00 +0200" endDate="2024-05-01 09:30:00 +0200" value="1200"/>` +
		`<Record type="HKQuantityTypeIdentifierBodyMass" unit="lb" startDate="2024-05-01 08:00:00 +0200" endDate="2024-05-01 08:00:00 +0200" value="150"/>` +
		`<Record type="HKCategoryTypeIdentifierSleepAnalysis" sourceName="x" startDate="2024-05-01 00:00:00 +0200" endDate="2024-05-01 06:30:00 +0200" value="HKCategoryValueSleepAnalysisAsleepREM"><MetadataEntry key="HKTimeZone" value="Asia/Tokyo"/></Record>` +
		`<ActivitySummary dateComponents="2024-05-01" activeEnergyBurned="500" activeEnergyBurnedUnit="kJ"/>`))
	f.Fuzz(func(t *testing.T, content []byte) { walkAnything(t, "export.xml", content) })
}

func FuzzGarminList(f *testing.F) {
	f.Add([]byte("[{\"summarizedActivitiesExport\":[" + garminRow(1, "running", "x", fitStart) + "]}]"))
	f.Fuzz(func(t *testing.T, content []byte) { walkAnything(t, "x_summarizedActivities.json", content) })
}

func FuzzHealthAutoExport(f *testing.F) {
	for _, metric := range []string{
		`{"name":"step_count","units":"count","data":[{"qty":5,"date":"2026-03-01 08:00:00 +0100","source":"a"}]}`,
		`{"name":"weight_body_mass","units":"lb","data":[{"qty":154,"date":"2026-03-01 7:00:00 AM +0100"}]}`,
		`{"name":"blood_pressure","units":"mmHg","data":[{"systolic":121,"diastolic":79,"date":"2026-03-01 10:00:00 +0100"}]}`,
		`{"name":"sleep_analysis","units":"hr","data":[{"date":"2026-03-01","totalSleep":7,"core":4,"inBed":8,"sleepEnd":"2026-03-01 07:00:00 +0100"}]}`,
		`{"name":"sleep_analysis","data":[{"startDate":"2026-03-01 00:00:00 +0100","endDate":"2026-03-01 07:00:00 +0100","value":"REM"}]}`,
	} { // short ones, which a fuzzer changes quickly
		f.Add([]byte(`{"data":{"metrics":[` + metric + `]}}`))
	}
	f.Add([]byte(`{"data":{"workouts":[{"name":"Yoga","start":"2026-03-01 18:00:00 +0100","distance":{"qty":5,"units":"km"},"route":[{"lat":48,"lon":11,"timestamp":"2026-03-01 18:00:00 +0100"}]}]}}`))
	f.Fuzz(func(t *testing.T, content []byte) { walkAnything(t, "health.json", content) })
}

func FuzzGarminDays(f *testing.F) {
	for n, content := range []string{
		`[{"calendarDate":"2026-03-01","totalSteps":8000,"restingHeartRate":48,"wellnessStartTimeGmt":"2026-02-28T23:00:00.0","wellnessStartTimeLocal":"2026-03-01T00:00:00.0"}]`,
		`[{"calendarDate":{"date":"Mar 2, 2026 12:00:00 AM"},"sleepStartTimestampGMT":"2026-02-28T21:30:00.0","deepSleepSeconds":5400,"sleepScores":{"overallScore":81}}]`,
		`[{"metaData":{"calendarDate":"2026-03-01T07:00:00.0"},"weight":{"weight":70500.0,"bodyFat":0.0}}]`,
		`[{"calendarDate":"2026-03-01","metrics":[{"type":"HRV","value":61}]}]`,
		`[{"calendarDate":"2026-03-01","sport":"RUNNING","vo2MaxValue":52}]`,
	} {
		f.Add(uint8(n), []byte(content))
	}
	names := []string{"UDSFile_1.json", "1_sleepData.json", "1_userBioMetrics.json", "1_healthStatusData.json", "MetricsMaxMetData_1.json"}
	f.Fuzz(func(t *testing.T, n uint8, content []byte) { walkAnything(t, names[int(n)%len(names)], content) })
}

func FuzzFitbit(f *testing.F) {
	names := []string{"steps-1.json", "resting_heart_rate-1.json", "sleep-1.json", "weight-1.json", "exercise-1.json", "Daily SpO2 - 1.csv"}
	for n, content := range []string{
		`[{"dateTime":"03/01/26 08:00:00","value":"500"}]`,
		`[{"value":{"date":"03/01/26","value":52.5}}]`,
		`[{"dateOfSleep":"2026-03-01","startTime":"2026-02-28T23:00:00.000","minutesAsleep":420,"levels":{"summary":{"deep":{"minutes":80}}}}]`,
		`[{"weight":154.32,"bmi":21.6,"fat":18.5,"date":"03/01/26","time":"07:30:00"}]`,
		`[{"logId":77,"activityName":"Run","duration":1900000,"distance":5.0,"distanceUnit":"Mile","startTime":"03/01/26 08:00:00"}]`,
		"timestamp,average_value\n2026-03-01T00:00:00Z,96.5\n",
	} {
		f.Add(uint8(n), []byte(content))
	}
	f.Fuzz(func(t *testing.T, n uint8, content []byte) {
		walkAnything(t, "takeout.zip", pack(t, member{"Fitbit/Global Export Data/" + names[int(n)%len(names)], content}))
	})
}

func FuzzArchive(f *testing.F) {
	f.Add(pack(f, member{"a.gpx", []byte(run)}, member{"b.zip", pack(f, member{"c.gpx.gz", gz(f, []byte(run))})}))
	var stored bytes.Buffer
	z := zip.NewWriter(&stored)
	if w, err := z.CreateHeader(&zip.FileHeader{Name: "activities.csv"}); err != nil {
		f.Fatal(err)
	} else if _, err := w.Write(exports[0].table(f, exports[0].row("1", "a", ""))); err != nil {
		f.Fatal(err)
	}
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(stored.Bytes())
	f.Add(gz(f, gz(f, []byte(run))))
	f.Fuzz(func(t *testing.T, content []byte) { walkAnything(t, "x.zip", content) })
}
