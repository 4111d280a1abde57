//go:build !race

package activityfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muktihari/fit/profile/typedef"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func garminRow(id int, kind, name string, start time.Time) string {
	return fmt.Sprintf(`{"activityId":%d,"name":%q,"activityType":%q,"beginTimestamp":%d,"startTimeLocal":%d,
"duration":1800000.5,"elapsedDuration":1900000,"distance":500012,"elevationGain":1234,"avgHr":150,"maxHr":171,"avgPower":0,
"maxSpeed":0.45,"calories":1255.2,"hrTimeInZone_0":1,"summarizedDiveInfo":{"a":[1,{"b":2}]}}`,
		id, name, kind, start.UnixMilli(), start.UnixMilli()+7200_000)
}

func TestGarminExport(t *testing.T) {
	lost := fitStart.Add(48 * time.Hour)
	list := "[{\"summarizedActivitiesExport\":[" + strings.Join([]string{
		garminRow(11, "trail_running", "Hill", fitStart.Add(2*time.Second)),
		garminRow(9007199254740993, "cycling", "Pool", lost),
		garminRow(13, "multi_sport", "Triathlon", lost),
	}, ",") + "]}]"
	monitoring := fitRecording{seconds: 5}.messages()
	monitoring[0] = fileID(typedef.FileMonitoringB).ToMesg(nil)
	uploads := pack(t,
		member{"athlete@example.org_1.fit", fitRecording{seconds: 60, sport: typedef.SportRunning}.encode(t)},
		member{"athlete@example.org_2.fit", encodeFIT(t, monitoring...)},
		member{"athlete@example.org_3.fit", fitRecording{start: fitStart.Add(time.Hour), seconds: 60, sport: typedef.SportCycling}.encode(t)},
	)
	results := walkBytes(t, "garmin.zip", pack(t,
		member{"DI_CONNECT/DI-Connect-Wellness/2024_sleepData.json", []byte("[]")},
		member{"DI_CONNECT/DI-Connect-Fitness/x_0_summarizedActivities.json", []byte(list)},
		member{"DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part1.zip", uploads},
		member{"readme.gpx", []byte(run)},
	), Options{})
	zip := "DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part1.zip/"
	rows := "DI_CONNECT/DI-Connect-Fitness/x_0_summarizedActivities.json"
	want := []string{
		"DI_CONNECT/DI-Connect-Wellness/2024_sleepData.json skipped: it holds no value of a day that is kept",
		zip + "athlete@example.org_1.fit ok",
		zip + "athlete@example.org_2.fit skipped: a FIT file of type monitoring b holds no activity",
		zip + "athlete@example.org_3.fit ok",
		"readme.gpx ok",
		rows + "#9007199254740993 ok: only the totals of the export's list are known: the archive holds no recording of it",
		rows + "#13 skipped: the sum of a multisport activity, whose parts are listed apart",
		rows + " skipped: the list of the export's activities (3)",
	}
	if got := brief(results); !slices.Equal(got, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	hill := results[1]
	if a := hill.Recordings[0]; hill.ExternalID != "11" || a.Name != "Hill" || a.Sport != pierre.SportTrailRunning ||
		a.Provider != pierre.ProviderGarmin || *a.UTCOffset != 7200 || *a.DurationSeconds != 60 {
		t.Errorf("the recording did not get its name: %+v, external id %q", a.Activity, hill.ExternalID)
	}
	if r := results[3]; r.ExternalID != "" || r.Recordings[0].Name != "" || r.Recordings[0].Provider != pierre.ProviderGarmin {
		t.Errorf("a recording that is not listed: %+v", r.Recordings[0].Activity)
	}
	if p := results[4].Recordings[0].Provider; p != pierre.ProviderFile {
		t.Errorf("a file beside the export comes from %s", p)
	}
	a := results[5].Recordings[0]
	if a.Sport != pierre.SportRide || a.Name != "Pool" || !a.Start.Equal(lost) || results[5].ExternalID != "9007199254740993" {
		t.Errorf("got %+v", a.Activity)
	}
	for _, v := range []struct {
		what string
		got  *float64
		want float64
	}{
		{"distance, of cm", a.DistanceMeters, 5000.12},
		{"duration, of ms", a.DurationSeconds, 1800.0005},
		{"elapsed", a.ElapsedSeconds, 1900},
		{"gain, of cm", a.ElevationGainMeters, 12.34},
		{"heart rate", a.AverageHeartRateBPM, 150},
		{"energy, of kJ", a.CaloriesKcal, 300},
		{"speed, of cm/ms", a.MaxSpeedMPS, 4.5},
	} {
		if v.got == nil || *v.got < v.want-1e-6 || *v.got > v.want+1e-6 {
			t.Errorf("%s: got %v, want %g", v.what, v.got, v.want)
		}
	}
	if a.AveragePowerWatts != nil {
		t.Errorf("a power of 0 became %g", *a.AveragePowerWatts)
	}
}

func TestGarminListsThatAreDamaged(t *testing.T) {
	row := garminRow(11, "running", "x", fitStart)
	for _, tt := range []struct {
		name, list string
		want       []string
	}{
		{"cut off", `[{"summarizedActivitiesExport":[` + row + `,{"activityId":`, []string{
			"x_summarizedActivities.json#11 ok: only the totals of the export's list are known: the archive holds no recording of it",
			"x_summarizedActivities.json skipped: the list of the export's activities (1): the list is damaged: the rest was not read",
		}},
		{"not one", `{"a":1}`, []string{"x_summarizedActivities.json skipped: the list of the export's activities (0)"}},
		{"no JSON", `<html>`, []string{"x_summarizedActivities.json skipped: no activity: a document or table"}},
		{"an element without a start", `[{"summarizedActivitiesExport":[{"activityId":1},` + row + `]}]`, []string{
			"x_summarizedActivities.json#11 ok: only the totals of the export's list are known: the archive holds no recording of it",
			"x_summarizedActivities.json skipped: the list of the export's activities (1): activities without a readable start were left out",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := brief(walkBytes(t, "x_summarizedActivities.json", []byte(tt.list), Options{})); !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// The list cannot say what is the reader's own.
func TestGarminListHasNoSayInItsReading(t *testing.T) {
	row := strings.Replace(garminRow(1, "running", "x", fitStart), "{", `{"Found":true,"found":true,"List":"other","Sum":"x",`, 1)
	results := walkBytes(t, "x_summarizedActivities.json", []byte("[{\"summarizedActivitiesExport\":["+row+"]}]"), Options{})
	if len(results) != 2 || results[0].Status != StatusOK || !strings.HasPrefix(results[0].Path, "x_summarizedActivities.json#") {
		t.Errorf("got %q", brief(results))
	}
}
