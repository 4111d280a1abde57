//go:build !race

package activityfile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/activityfile/autoexport"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// What the app sends: hourly steps of both devices together, a night that it summed up, and readings in several units.
const autoMetrics = `{"data":{"metrics":[
{"name":"step_count","units":"count","data":[
 {"qty":500,"date":"2026-03-01 08:00:00 +0100","source":"Watch|Phone"},{"qty":700,"date":"2026-03-01 09:00:00 +0100","source":"Watch"},
 {"qty":40,"date":"2026-03-02 00:00:00 +0100","source":"Phone"}]},
{"name":"active_energy","units":"kJ","data":[{"qty":2092,"date":"2026-03-01 00:00:00 +0100"}]},
{"name":"heart_rate_variability","units":"ms","data":[{"qty":40,"date":"2026-03-01 03:00:00 +0100","source":"Watch"},{"qty":60,"date":"2026-03-01 05:00:00 +0100","source":"Watch"}]},
{"name":"weight_body_mass","units":"lb","data":[{"qty":154.32,"date":"2026-03-01 7:00:00\u202fAM +0100"},{"qty":9000,"date":"2026-03-01 09:00:00 +0100"}]},
{"name":"blood_oxygen_saturation","units":"%","data":[{"qty":96,"date":"2026-03-01 04:00:00 +0100"}]},
{"name":"blood_pressure","units":"mmHg","data":[{"systolic":121,"diastolic":79,"date":"2026-03-01 10:00:00 +0100"}]},
{"name":"vo2_max","units":"ml/(kg·min)","data":[{"qty":51.2,"date":"2026-03-01 18:00:00 +0100"},{"qty":"x","date":"2026-03-01 19:00:00 +0100"}]},
{"name":"heart_rate","units":"count/min","data":[{"Min":50,"Avg":60,"Max":70,"date":"2026-03-01 08:00:00 +0100"}]},
{"name":"sleep_analysis","units":"hr","data":[{"date":"2026-03-01 00:00:00 +0100","totalSleep":7.5,"asleep":0,"core":4,"deep":1.5,"rem":2,"awake":0.5,"inBed":0,
 "sleepStart":"2026-02-28 23:00:00 +0100","sleepEnd":"2026-03-01 07:00:00 +0100","source":"Watch"}]}]}}`

const autoWorkouts = `{"data":{"workouts":[{"id":"550E8400-E29B","name":"Outdoor Run","start":"2026-03-01 18:00:00 +0100","end":"2026-03-01 18:30:00 +0100","duration":1750,
"isIndoor":false,"distance":{"qty":5,"units":"km"},"activeEnergyBurned":{"qty":1255.2,"units":"kJ"},"heartRate":{"avg":{"qty":150,"units":"bpm"},"max":{"qty":170,"units":"bpm"}},
"elevationUp":{"qty":40,"units":"m"},"heartRateData":[{"date":"2026-03-01 18:00:10 +0100","Min":118,"Avg":120,"Max":122,"units":"bpm"},{"date":"2026-03-01 18:10:00 +0100","Avg":160}],
"route":[{"latitude":48.1,"longitude":11.5,"altitude":500,"timestamp":"2026-03-01 18:00:00 +0100","speed":2.8},{"latitude":48.101,"longitude":11.5,"altitude":501,"timestamp":"2026-03-01 18:01:00 +0100","speed":2.9}]},
{"name":"Yoga","start":"someday"}]}}`

func TestHealthAutoExportMetrics(t *testing.T) {
	r := one(t, "health.json", []byte(autoMetrics))
	if r.Status != StatusOK || !r.Partly {
		t.Fatalf("got %q", brief([]Result{r}))
	}
	want := []string{
		"2026-03-01 apple_health hrv_sdnn 50", "2026-03-01 apple_health sleep 27000", "2026-03-01 apple_health sleep_deep 5400",
		"2026-03-01 apple_health sleep_rem 7200", "2026-03-01 apple_health sleep_light 14400", "2026-03-01 apple_health sleep_awake 1800",
		"2026-03-01 apple_health bedtime -3600", "2026-03-01 apple_health wake_time 25200", "2026-03-01 apple_health oxygen_saturation 96",
		"2026-03-01 apple_health weight 69.998", "2026-03-01 apple_health steps 1200", "2026-03-01 apple_health active_energy 500",
		"2026-03-01 apple_health vo2max 51.2", "2026-03-01 apple_health systolic_pressure 121", "2026-03-01 apple_health diastolic_pressure 79",
		"2026-03-02 apple_health steps 40",
	}
	if got := dayLines(r.Days); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	wantNotes := []string{"metrics that are not kept: heart_rate", "1 value of weight left out: outside of 20 to 400 kg"}
	if !slices.Equal(r.Warnings, wantNotes) {
		t.Errorf("warnings %q", r.Warnings)
	}
}

// Single readings of a phone and a watch are not added up; minutes that the app summed up are, whatever devices they name.
func TestHealthAutoExportSingleReadings(t *testing.T) {
	for name, c := range map[string]struct {
		points string
		want   string
	}{
		"readings": {`{"qty":100,"date":"2026-03-01 08:00:10 +0100","source":"Phone"},{"qty":120,"date":"2026-03-01 08:00:40 +0100","source":"Watch"}`, "120"},
		"minutes":  {`{"qty":100,"date":"2026-03-01 08:00:00 +0100","source":"Phone"},{"qty":120,"date":"2026-03-01 08:01:00 +0100","source":"Watch"}`, "220"},
		"apart":    {`{"qty":100,"date":"2026-03-01 08:00:00 +0100","source":"Phone"},{"qty":50,"date":"2026-03-01 07:00:00 +0100","source":"Phone"},{"qty":120,"date":"2026-03-01 08:00:00 +0100","source":"Watch"}`, "170"},
		"twice":    {`{"qty":100,"date":"2026-03-01 08:00:00 +0100","source":"Phone"},{"qty":120,"date":"2026-03-01 08:00:00 +0100","source":"Watch"}`, "120"},
	} {
		r := one(t, "health.json", []byte(`{"data":{"metrics":[{"name":"step_count","units":"count","data":[`+c.points+`]}]}}`))
		if got := dayLines(r.Days); len(got) != 1 || got[0] != "2026-03-01 apple_health steps "+c.want {
			t.Errorf("%s: got %q, want %s", name, got, c.want)
		}
	}
}

func TestHealthAutoExportStages(t *testing.T) {
	var points []string
	for _, p := range [][3]string{{"22:30", "06:30", "In Bed"}, {"23:00", "03:00", "Core"}, {"03:00", "04:00", "Deep"}, {"04:00", "04:10", "Awake"}, {"04:10", "06:00", "REM"}} {
		day := map[bool]string{true: "2026-02-28", false: "2026-03-01"}
		points = append(points, fmt.Sprintf(`{"startDate":"%s %s:00 +0100","endDate":"%s %s:00 +0100","qty":1,"value":%q,"source":"Watch"}`, day[p[0] > "12"], p[0], day[false], p[1], p[2]))
	}
	r := one(t, "health.json", []byte(`{"data":{"metrics":[{"name":"sleep_analysis","units":"hr","data":[`+strings.Join(points, ",")+`]}]}}`))
	want := []string{
		"2026-03-01 apple_health sleep 24600", "2026-03-01 apple_health in_bed 28800", "2026-03-01 apple_health sleep_deep 3600", "2026-03-01 apple_health sleep_rem 6600",
		"2026-03-01 apple_health sleep_light 14400", "2026-03-01 apple_health sleep_awake 600", "2026-03-01 apple_health bedtime -5400",
		"2026-03-01 apple_health wake_time 21600", "2026-03-01 apple_health awakenings 1",
	}
	if got := dayLines(r.Days); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestHealthAutoExportWorkouts(t *testing.T) {
	r := one(t, "health.json", []byte(autoWorkouts))
	if r.Status != StatusOK || r.Path != "health.json#workout-1" || r.ExternalID != "550E8400-E29B" || len(r.Recordings) != 1 {
		t.Fatalf("got %q", brief([]Result{r}))
	}
	a := r.Recordings[0]
	if a.Sport != pierre.SportRun || *a.UTCOffset != 3600 || *a.DistanceMeters != 5000 || *a.CaloriesKcal != 300 || *a.DurationSeconds != 1750 ||
		*a.ElapsedSeconds != 1800 || *a.MaxHeartRateBPM != 170 || *a.ElevationGainMeters != 40 || !a.HasGPS || a.Provider != pierre.ProviderAppleHealth {
		t.Errorf("got %+v", a.Activity)
	}
	if measured(a.Series.HeartRate) != 2 || measured(a.Series.Latitude) != 2 {
		t.Errorf("series %+v", a.Series)
	}
	// The same workout in another document is the same.
	other := one(t, "health.json", []byte(strings.Replace(autoWorkouts, `"route"`, `"other"`, 1)))
	if other.SHA256 != r.SHA256 {
		t.Errorf("%x and %x", other.SHA256, r.SHA256)
	}
}

func TestHealthAutoExportDamaged(t *testing.T) {
	for content, want := range map[string]string{
		`{"data":{"metrics":[{"name":"step_count"`:                                    "health.json failed: its JSON is cut off or damaged",
		`{"data":{"metrics":{}}}`:                                                     "health.json skipped: it holds no value of a day that is kept",
		`{"data":{"metrics":[]}}`:                                                     "health.json skipped: it holds no value of a day that is kept",
		`{"data":{"metrics":[{"name":"step_count","units":"count","data":{}}]}}`:      "health.json skipped: it holds no value of a day that is kept",
		`{"data":{"metrics":[],"workouts":7}}`:                                        "health.json skipped: it holds no value of a day that is kept",
		`{"data":{"workouts":[{"name":"Yoga","start":"9999-01-01 00:00:00 +0000"}]}}`: "health.json skipped: it holds no value of a day that is kept: 1 workout without a readable start left out",
	} {
		if got := brief(walkBytes(t, "health.json", []byte(content), Options{})); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %q", content, got, want)
		}
	}
}

// A document is read whole, so that it has at most 8 MiB; one byte more is not read. Reading ends with its context.
func TestHealthAutoExportAtItsLimit(t *testing.T) {
	content := autoMetrics + strings.Repeat(" ", 8<<20-len(autoMetrics))
	if r := one(t, "health.json", []byte(content)); r.Status != StatusOK {
		t.Errorf("at the limit: %q", brief([]Result{r}))
	}
	if got := brief(walkBytes(t, "health.json", []byte(content+" "), Options{})); !slices.Equal(got, []string{"health.json failed: it is larger than 8 MB"}) {
		t.Errorf("one byte over it: %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if doc, err := autoexport.Read(ctx, []byte(autoMetrics), autoexport.Limits{}, nil); doc != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("after its end: %v, %v", doc, err)
	}
}
