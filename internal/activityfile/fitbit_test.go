//go:build !race

package activityfile

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// fitbitExport is a small archive of Google Takeout. A day's steps are in two of its files.
func fitbitExport(t testing.TB) []byte {
	t.Helper()
	const root = "Takeout/Fitbit/"
	return pack(t,
		member{root + "Your Profile/Profile.csv", []byte("id,timezone,height\n1,Europe/Berlin,180\n")},
		member{root + "Global Export Data/steps-2026-02-28.json", []byte(`[{"dateTime":"02/28/26 22:59:00","value":"10"},{"dateTime":"02/28/26 23:30:00","value":"20"}]`)},
		member{root + "Global Export Data/steps-2026-03-01.json", []byte(`[{"dateTime":"03/01/26 08:00:00","value":"500"},{"dateTime":"03/01/26 08:01:00","value":"0"}]`)},
		member{root + "Global Export Data/resting_heart_rate-2026-03-01.json", []byte(`[{"dateTime":"03/01/26 00:00:00","value":{"date":"03/01/26","value":52.5,"error":6.8}},{"dateTime":"03/02/26 00:00:00","value":{"date":null,"value":0.0}}]`)},
		member{root + "Global Export Data/sleep-2026-03-01.json", []byte(`[{"logId":1,"dateOfSleep":"2026-03-01","startTime":"2026-02-28T23:00:00.000","endTime":"2026-03-01T07:00:00.000","minutesAsleep":420,"timeInBed":480,
			"levels":{"summary":{"deep":{"count":3,"minutes":80},"light":{"minutes":240},"rem":{"minutes":100},"wake":{"count":9,"minutes":60}}},"mainSleep":true},
			{"logId":2,"dateOfSleep":"2026-03-01","minutesAsleep":60,"mainSleep":false}]`)},
		member{root + "Global Export Data/weight-2026-03-01.json", []byte(`[{"weight":154.32,"bmi":21.6,"fat":18.5,"date":"03/01/26","time":"07:30:00"},{"weight":71.0,"bmi":21.9,"date":"03/02/26","time":"07:30:00"},{"weight":80,"date":"03/03/26","time":"07:30:00"}]`)},
		member{root + "Global Export Data/exercise-0.json", []byte(`[{"logId":77,"activityName":"Run","averageHeartRate":150,"calories":300,"duration":1900000,"activeDuration":1800000,"distance":5.0,"distanceUnit":"Kilometer","startTime":"03/01/26 08:00:00"}]`)},
		member{root + "Heart Rate Variability/Daily Heart Rate Variability Summary - 2026-03-(1).csv", []byte("timestamp,rmssd,nremhr,entropy\n2026-03-01T00:00:00,48.2,50.1,2.8\n")},
		member{root + "Activities/78.tcx", []byte(tcxDoc(3))},
		member{root + "Global Export Data/calories-2026-03-01.json", []byte(`[]`)},
	)
}

func TestFitbitTakeout(t *testing.T) {
	results := walkBytes(t, "takeout.zip", fitbitExport(t), Options{})
	const root = "Takeout/Fitbit/"
	want := []string{
		root + "Your Profile/Profile.csv skipped: the athlete's profile: its time zone was read",
		root + "Global Export Data/steps-2026-02-28.json skipped: part of the export's values of days",
		root + "Global Export Data/steps-2026-03-01.json skipped: part of the export's values of days",
		root + "Global Export Data/resting_heart_rate-2026-03-01.json skipped: part of the export's values of days",
		root + "Global Export Data/sleep-2026-03-01.json skipped: part of the export's values of days",
		root + "Global Export Data/weight-2026-03-01.json skipped: part of the export's values of days",
		root + "Global Export Data/exercise-0.json#77 ok: only the totals of the export's list are known: the archive holds no recording of it",
		root + "Global Export Data/exercise-0.json skipped: a list of activities",
		root + "Heart Rate Variability/Daily Heart Rate Variability Summary - 2026-03-(1).csv skipped: part of the export's values of days",
		root + `Global Export Data#days ok: 1 value left out: the unit "kg or lb" is not known`,
		root + "Activities/78.tcx ok: a distance of 1000 m in 2 s is faster than anyone rides and was left out",
		root + "Global Export Data/calories-2026-03-01.json skipped: no activity: a document or table",
	}
	if got := brief(results); !slices.Equal(got, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	want = []string{
		"2026-02-28 fitbit steps 10",
		"2026-03-01 fitbit resting_heart_rate 52.5", "2026-03-01 fitbit hrv_rmssd 48.2", "2026-03-01 fitbit sleep 25200", "2026-03-01 fitbit in_bed 28800",
		"2026-03-01 fitbit sleep_deep 4800", "2026-03-01 fitbit sleep_rem 6000", "2026-03-01 fitbit sleep_light 14400", "2026-03-01 fitbit sleep_awake 3600",
		"2026-03-01 fitbit bedtime -3600", "2026-03-01 fitbit wake_time 25200", "2026-03-01 fitbit weight 69.998", "2026-03-01 fitbit body_fat 18.5",
		"2026-03-01 fitbit steps 520", "2026-03-02 fitbit weight 71",
	}
	if got := dayLines(results[9].Days); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	run := results[6]
	a := run.Recordings[0]
	if a.Sport != pierre.SportRun || !run.LocalTimes || a.Provider != pierre.ProviderFitbit || !a.Start.Equal(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)) ||
		*a.DistanceMeters != 5000 || *a.DurationSeconds != 1800 || *a.AverageHeartRateBPM != 150 || run.ExternalID != "77" {
		t.Errorf("got %+v of %+v", a.Activity, run)
	}
	if p := results[10].Recordings[0].Provider; p != pierre.ProviderFitbit {
		t.Errorf("a recording of the export comes from %s", p)
	}
}

// A file that is damaged costs what follows in it, and no other file.
func TestFitbitDamaged(t *testing.T) {
	results := walkBytes(t, "takeout.zip", pack(t,
		member{"Fitbit/Global Export Data/steps-1.json", []byte(`[{"dateTime":"03/01/26 08:00:00","value":"500"},{"date`)},
		member{"Fitbit/Global Export Data/sleep-1.json", []byte(`{}`)},
		member{"Fitbit/Daily SpO2 - 1.csv", []byte("")},
	), Options{})
	want := []string{
		"Fitbit/Global Export Data/steps-1.json failed: it is cut off or damaged at byte 48",
		"Fitbit/Global Export Data/sleep-1.json skipped: no list of what was measured, which its name stands for",
		"Fitbit/Daily SpO2 - 1.csv skipped: an empty table",
		"Fitbit/Global Export Data#days ok: the export does not say in which time zone its steps were taken (Your Profile/Profile.csv): days are those of UTC",
	}
	if got := brief(results); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
