//go:build !race

package activityfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// dayLines writes values of days as "2026-03-01 steps 1000".
func dayLines(values []pierre.Wellness) []string {
	var all []string
	for _, v := range values {
		all = append(all, fmt.Sprintf("%s %s %s %g", v.Day.Format(time.DateOnly), v.Source, v.Kind, v.Value))
	}
	return all
}

func TestGarminDays(t *testing.T) {
	results := walkBytes(t, "garmin.zip", pack(t,
		member{"DI_CONNECT/DI-Connect-Wellness/1_2_3_sleepData.json", []byte(`[
			{"sleepStartTimestampGMT":"2026-02-28T21:30:00.0","sleepEndTimestampGMT":"2026-03-01T05:45:00.0","calendarDate":"2026-03-01",
			 "sleepWindowConfirmationType":"ENHANCED_CONFIRMED_FINAL","deepSleepSeconds":5400,"lightSleepSeconds":16200,"remSleepSeconds":0,
			 "awakeSleepSeconds":900,"awakeCount":2,"averageRespiration":13.5,"sleepScores":{"overallScore":81},"spo2SleepSummary":{"averageSPO2":95.5}},
			{"calendarDate":"2026-03-02","sleepWindowConfirmationType":"OFF_WRIST"},
			{"calendarDate":"2026-03-03","deepSleepSeconds":3600}, {"calendarDate":"someday","deepSleepSeconds":3600}, 7]`)},
		member{"DI_CONNECT/DI-Connect-Aggregator/UDSFile_2026-03-01_2026-06-09.json", []byte(`[
			{"calendarDate":"2026-03-01","totalSteps":8000,"activeKilocalories":512.5,"restingHeartRate":48,
			 "wellnessStartTimeGmt":"2026-02-28T23:00:00.0","wellnessStartTimeLocal":"2026-03-01T00:00:00.0"},
			{"calendarDate":{"date":"Mar 2, 2026 12:00:00 AM"},"totalSteps":0,"restingHeartRate":300}]`)},
		member{"DI_CONNECT/DI-Connect-Wellness/1_userBioMetrics.json", []byte(`[{"metaData":{"calendarDate":"2026-03-01T07:00:00.0"},"weight":{"weight":70500.0,"bodyFat":0.0}},
			{"metaData":{"calendarDate":"2026-03-01"},"height":180}]`)},
		member{"DI_CONNECT/DI-Connect-Wellness/1_2_healthStatusData.json", []byte(`[{"calendarDate":"2026-03-01","metrics":[{"type":"HRV","value":61},{"type":"HR","value":50}]}]`)},
		member{"DI_CONNECT/DI-Connect-Metrics/MetricsMaxMetData_20260301_2.json", []byte(`[{"calendarDate":"2026-03-01","sport":"RUNNING","vo2MaxValue":52},
			{"calendarDate":"2026-03-01","sport":"CYCLING","vo2MaxValue":49},{"calendarDate":"2026-03-02","sport":"CYCLING","vo2MaxValue":50}]`)},
		member{"DI_CONNECT/DI-Connect-Aggregator/UDSFile_cut.json", []byte(`[{"calendarDate":"2026-03-04","totalSteps":5},{"cal`)},
	), Options{})
	want := []string{
		"DI_CONNECT/DI-Connect-Aggregator/UDSFile_2026-03-01_2026-06-09.json ok: 1 value of resting_heart_rate left out: outside of 20 to 150 bpm",
		"DI_CONNECT/DI-Connect-Aggregator/UDSFile_cut.json ok: it is cut off or damaged at byte 46: what comes before was kept",
		"DI_CONNECT/DI-Connect-Wellness/1_2_3_sleepData.json ok: 1 value of days without a readable date left out",
		"DI_CONNECT/DI-Connect-Wellness/1_userBioMetrics.json ok",
		"DI_CONNECT/DI-Connect-Wellness/1_2_healthStatusData.json ok",
		"DI_CONNECT/DI-Connect-Metrics/MetricsMaxMetData_20260301_2.json ok",
	}
	if got := brief(results); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var got []string
	for _, r := range results {
		got = append(got, dayLines(r.Days)...)
	}
	want = []string{
		"2026-03-01 garmin resting_heart_rate 48", "2026-03-01 garmin steps 8000", "2026-03-01 garmin active_energy 512.5",
		"2026-03-04 garmin steps 5",
		"2026-03-01 garmin sleep 21600", "2026-03-01 garmin sleep_deep 5400", "2026-03-01 garmin sleep_rem 0", "2026-03-01 garmin sleep_light 16200",
		"2026-03-01 garmin sleep_awake 900", "2026-03-01 garmin bedtime -5400", "2026-03-01 garmin wake_time 24300", "2026-03-01 garmin awakenings 2",
		"2026-03-01 garmin sleep_score 81", "2026-03-01 garmin respiratory_rate 13.5", "2026-03-01 garmin oxygen_saturation 95.5",
		"2026-03-03 garmin sleep 3600", "2026-03-03 garmin sleep_deep 3600",
		"2026-03-01 garmin weight 70.5", "2026-03-01 garmin hrv_rmssd 61", "2026-03-01 garmin vo2max 52", "2026-03-02 garmin vo2max 50",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What only has the name of such a file is no failure of the import.
func TestGarminDaysThatAreNone(t *testing.T) {
	for content, want := range map[string]string{
		`{"a":1}`: "UDSFile_x.json skipped: no list of what was measured, which its name stands for",
		`[]`:      "UDSFile_x.json skipped: it holds no value of a day that is kept",
		`[{`:      "UDSFile_x.json failed: it is cut off or damaged at byte 1",
		``:        "UDSFile_x.json failed: it is cut off or damaged at byte 0",
	} {
		if got := brief(walkBytes(t, "UDSFile_x.json", []byte(content), Options{})); !slices.Equal(got, []string{want}) {
			t.Errorf("%q: got %q, want %q", content, got, want)
		}
	}
}
