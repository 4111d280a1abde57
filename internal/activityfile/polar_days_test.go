//go:build !race

package activityfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// polarName is the name of a file of an account export.
func polarName(what string) string { return what + "-0a1b2c3d-0000-4000-8000-0123456789ab.json" }

const (
	polarActivity = `{"exportVersion":"2.6","date":"2026-03-01","summary":{"startTime":"08:10:30.000","stepCount":7088,"calories":2160,"sleepDuration":"PT0S"},
		"samples":{"steps":[{"localTime":"08:10:30.000","value":10}]},"physicalInformation":{"weight, kg":70.0,"restingHeartRate":55}}`
	polarNight = `[{"night":"2026-03-01","evaluation":{"sleepType":"SLEEP_PLUS_STAGES","sleepSpan":"PT7H50M","asleepDuration":"PT7H20M30S",
		"interruptions":{"totalDuration":"PT29M30S","totalCount":20,"longCount":3},"analysis":{"efficiencyPercent":93.7},
		"phaseDurations":{"wake":"PT29M30S","rem":"PT1H30M","light":"PT4H20M30S","deep":"PT1H30M","unknown":"PT0S","remPercentage":20.0}},
		"sleepResult":{"hypnogram":{"sleepStart":"2026-02-28T23:05:00.000+01:00","sleepEnd":"2026-03-01T06:55:00.000+01:00","rating":"SLEPT_WELL"}}},
		{"night":"2026-03-02","evaluation":{"asleepDuration":"PT8H","phaseDurations":{"rem":"PT0S","light":"PT0S","deep":"PT0S"}},
		"sleepResult":{"hypnogram":{"sleepStart":"2026-03-02T00:10:00","sleepEnd":"yesterday"}}},
		{"night":"2026-03-03","evaluation":{"asleepDuration":"PT0S"}},{"night":"soon","evaluation":{"asleepDuration":"PT6H"}}]`
	polarScore    = `[{"night":"2026-03-01","sleepScoreResult":{"sleepScore":81.7,"remScore":90.0}},{"night":"2026-03-02"}]`
	polarRecovery = `[{"night":"2026-03-01","meanNightlyRecoveryRri":1150,"meanNightlyRecoveryRmssd":62,"meanNightlyRecoveryRespirationInterval":4000,"ansStatus":1.5},
		{"night":"2026-03-02","meanNightlyRecoveryRmssd":0,"meanNightlyRecoveryRespirationInterval":null}]`
	polarCalendar = `{"exportVersion":"2.6","perceivedRecovery":[],"physicalInformations":[
		{"dateTime":"2026-02-01T20:01:22.000","weight, kg":70.0,"vo2Max":50,"restingHeartRate":55},
		{"dateTime":"2026-03-01T20:01:22.000","weight, kg":70.0,"restingHeartRate":54},
		{"dateTime":"2026-03-02T07:00:00.000","weight, kg":69.5}],
		"weights":[{"weight":69.0,"date":"2026-03-03"},{"weight":0.0,"date":"2026-03-04"}]}`
	polarFitness = `{"created":"2026-03-01T10:00:00.000","startTime":"2026-03-01T09:55:00.000","fitnessTestResult":{"ownIndex":52,"averageHeartRate":51,"fitnessClass":"VERY_GOOD"}}`
)

func TestPolarExport(t *testing.T) {
	const folder = "polar-user-data-export/"
	results := walkBytes(t, "polar.zip", pack(t,
		member{folder + polarName("activity-2026-03-01"), []byte(polarActivity)},
		member{folder + polarName("activity-2026-03-02"), []byte(`{"date":"2026-03-02","summary":{"stepCount":0}}`)},
		member{folder + polarName("sleep_result_42"), []byte(polarNight)},
		member{folder + polarName("sleep_score_42"), []byte(polarScore)},
		member{folder + polarName("nightly_recovery_42"), []byte(polarRecovery)},
		member{folder + polarName("nightly_recovery_blob_42"), []byte(`[{"hrvData":{"samples":[37]}}]`)},
		member{folder + polarName("calendar-items-42"), []byte(polarCalendar)},
		member{folder + polarName("fitness-test-results-42-2026-03-01-095500-000"), []byte(polarFitness)},
		member{folder + polarName("ppi_samples_42_03_1"), []byte(`[]`)},
		member{folder + polarName("training-session_2026-03-01T08-00-00_42"), polarNewerFile(polarNewerExercise("1", polarStart, 60, ""))},
		member{folder + polarName("training-target-2026-03-01-42"), []byte(`{"exportVersion":"2.6","startTime":"2026-03-01T08:00:00.000","done":false,"exercises":[]}`)},
		member{"holiday/activity-2026-03-01.json", []byte(`{"date":"2026-03-01"}`)},
	), Options{})
	part, unread := " skipped: part of the export's values of days", " skipped: a file of Polar's account export that is not read"
	want := []string{
		folder + polarName("activity-2026-03-01") + part, folder + polarName("activity-2026-03-02") + part, folder + polarName("sleep_result_42") + part,
		folder + polarName("sleep_score_42") + part, folder + polarName("nightly_recovery_42") + part, folder + polarName("nightly_recovery_blob_42") + unread,
		folder + polarName("calendar-items-42") + part, folder + polarName("fitness-test-results-42-2026-03-01-095500-000") + part,
		folder + polarName("ppi_samples_42_03_1") + unread, folder + polarName("training-target-2026-03-01-42") + unread,
		folder + "polar#days ok: 1 value of days without a readable date left out",
		folder + polarName("training-session_2026-03-01T08-00-00_42") + " ok",
		"holiday/activity-2026-03-01.json skipped: no activity: a document or table",
	}
	if got := brief(results); !slices.Equal(got, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var got []string
	for _, v := range results[10].Days {
		if v.Source != pierre.ProviderPolar {
			t.Errorf("%s of %s", v.Kind, v.Source)
		}
		got = append(got, fmt.Sprintf("%s %s %g", v.Day.Format("01-02"), v.Kind, v.Value))
	}
	want = []string{
		"02-01 weight 70", "03-01 hrv_rmssd 62", "03-01 sleep 26430", "03-01 sleep_deep 5400", "03-01 sleep_rem 5400", "03-01 sleep_light 15630", "03-01 sleep_awake 1770",
		"03-01 bedtime -3300", "03-01 wake_time 24900", "03-01 sleep_score 81.7", "03-01 respiratory_rate 15", "03-01 steps 7088", "03-01 vo2max 52",
		"03-02 sleep 28800", "03-02 bedtime 600", "03-02 weight 69.5", "03-03 weight 69",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if p := results[11].Recordings[0].Provider; p != pierre.ProviderPolar {
		t.Errorf("a session of the export comes from %s", p)
	}
}

// A file that is damaged costs what follows in it, and no other file. One alone is read, too.
func TestPolarExportDamaged(t *testing.T) {
	results := walkBytes(t, "polar.zip", pack(t,
		member{polarName("sleep_score_1"), []byte(`[{"night":"2026-03-01","sleepScoreResult":{"sleepScore":80}},{"ni`)},
		member{polarName("activity-2026-03-01"), []byte(`[]`)},
		member{polarName("activity-2026-03-02"), []byte(polarActivity[:40])},
		member{polarName("activity-2026-03-03"), []byte(`{"date":"2026-03-03","summary":{"stepCount":"NaN"}}`)},
		member{polarName("sleep_result_1"), []byte(`{"night":7}`)},
		member{polarName("calendar-items-1"), []byte(`{"weights":{"a":1},"physicalInformations":7}`)},
	), Options{})
	want := []string{
		polarName("sleep_score_1") + " failed: it is cut off or damaged at byte 61",
		polarName("activity-2026-03-01") + " skipped: nothing of what its name stands for",
		polarName("activity-2026-03-02") + " failed: it is cut off or damaged",
		polarName("activity-2026-03-03") + " skipped: part of the export's values of days",
		polarName("sleep_result_1") + " skipped: no list of what was measured, which its name stands for",
		polarName("calendar-items-1") + " skipped: part of the export's values of days",
		"polar#days ok",
	}
	if got := brief(results); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if r := walkBytes(t, polarName("nightly_recovery_1"), []byte(polarRecovery), Options{}); len(r) != 2 || len(r[1].Days) != 2 {
		t.Errorf("a file by itself: %v", brief(r))
	}
}

func FuzzPolarDays(f *testing.F) {
	names := []string{"activity-2026-03-01", "sleep_result_1", "sleep_score_1", "nightly_recovery_1", "calendar-items-1", "fitness-test-results-1"}
	for n, content := range []string{polarActivity, polarNight, polarScore, polarRecovery, polarCalendar, polarFitness} {
		f.Add(uint8(n), []byte(content))
	}
	f.Fuzz(func(t *testing.T, n uint8, content []byte) {
		walkAnything(t, polarName(names[int(n)%len(names)]), content)
	})
}
