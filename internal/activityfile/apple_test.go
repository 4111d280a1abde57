//go:build !race

package activityfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func healthData(inner string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!ELEMENT HealthData (ExportDate,Me,(Record|Workout)*)>
<!ATTLIST Record type CDATA #REQUIRED unit CDATA #IMPLIED
]>
<HealthData locale="de_DE"><ExportDate value="2024-06-01 09:00:00 +0200"/>` + inner + "</HealthData>")
}

func healthBeat(source, at string, bpm int) string {
	return fmt.Sprintf(`<Record type="HKQuantityTypeIdentifierHeartRate" sourceName=%q unit="count/min" startDate=%q endDate=%q value="%d"/>`, source, at, at, bpm)
}

// Before iOS 16, totals are attributes; since, they are elements. Names of the document are translated.
func TestAppleWorkoutsOfOldAndNewExports(t *testing.T) {
	const head = `<Workout workoutActivityType="HKWorkoutActivityTypeRunning" sourceName="Uhr" duration="30" durationUnit="min" startDate="2024-05-01 08:00:00 +0200" endDate="2024-05-01 08:35:00 +0200" `
	for name, workout := range map[string]string{
		"attributes": head + `totalDistance="3.5" totalDistanceUnit="mi" totalEnergyBurned="1255.2" totalEnergyBurnedUnit="kJ"/>`,
		"elements": head + `><WorkoutStatistics type="HKQuantityTypeIdentifierActiveEnergyBurned" sum="300" unit="Cal"/>
			<WorkoutStatistics type="HKQuantityTypeIdentifierDistanceWalkingRunning" sum="5.632704" unit="km"/>
			<WorkoutActivity uuid="x" startDate="2024-05-01 08:00:00 +0200"><WorkoutStatistics type="HKQuantityTypeIdentifierDistanceWalkingRunning" sum="1" unit="km"/></WorkoutActivity></Workout>`,
	} {
		t.Run(name, func(t *testing.T) {
			results := walkBytes(t, "export.zip", pack(t, member{"apple_health_export/导出.xml", healthData(workout)}), Options{})
			if len(results) != 2 || results[0].Status != StatusOK {
				t.Fatal(brief(results))
			}
			a := results[0].Recordings[0]
			if a.Sport != pierre.SportRun || !a.Start.Equal(fitStart) || *a.UTCOffset != 7200 || a.Device != "Uhr" {
				t.Errorf("got %+v", a.Activity)
			}
			want := map[string]float64{"distance": 5632.704, "energy": 300, "duration": 1800, "elapsed": 2100}
			for what, got := range map[string]*float64{"distance": a.DistanceMeters, "energy": a.CaloriesKcal, "duration": a.DurationSeconds, "elapsed": a.ElapsedSeconds} {
				if w := want[what]; got == nil || *got < w-0.001 || *got > w+0.001 {
					t.Errorf("%s: got %v, want %g", what, got, w)
				}
			}
		})
	}
}

func TestAppleWorkoutDetails(t *testing.T) {
	doc := healthData(
		healthBeat("Uhr", "2024-05-01 08:00:10 +0200", 120) + healthBeat("Gurt", "2024-05-01 08:00:11 +0200", 180) +
			healthBeat("Uhr", "2024-05-01 08:10:00 +0200", 140) + healthBeat("Uhr", "2024-05-01 09:00:00 +0200", 60) +
			`<Record type="HKQuantityTypeIdentifierStepCount" unit="km" value="12"/><ActivitySummary dateComponents="2024-05-01"/>
<Workout workoutActivityType="HKWorkoutActivityTypeCycling" sourceName="Uhr" startDate="2024-05-01 08:00:00 +0200" endDate="2024-05-01 08:30:00 +0200">
 <MetadataEntry key="HKTimeZone" value="Asia/Kathmandu"/><MetadataEntry key="HKElevationAscended" value="4150 cm"/>
 <WorkoutEvent type="HKWorkoutEventTypePause" date="2024-05-01 08:05:00 +0200"/><WorkoutEvent type="HKWorkoutEventTypeResume" date="2024-05-01 08:15:00 +0200"/>
 <WorkoutEvent type="HKWorkoutEventTypeLap" date="2024-05-01 08:20:00 +0200"/>
 <WorkoutStatistics type="HKQuantityTypeIdentifierCyclingPower" average="210" maximum="500" unit="W"/>
 <WorkoutStatistics type="HKQuantityTypeIdentifierCyclingSpeed" average="36" maximum="72" unit="km/hr"/>
 <WorkoutRoute><FileReference path="/workout-routes/gone.gpx"/></WorkoutRoute><WorkoutRoute><FileReference path="/workout-routes/bad.gpx"/></WorkoutRoute>
</Workout><Workout workoutActivityType="HKWorkoutActivityTypeYoga" startDate="sometime"/>`)
	results := walkBytes(t, "export.zip", pack(t,
		member{"apple_health_export/export.xml", doc}, member{"apple_health_export/workout-routes/bad.gpx", []byte("<gpx><trk")},
		member{"apple_health_export/workout-routes/other.gpx", []byte(run)}), Options{})
	want := []string{
		"apple_health_export/export.xml#workout-1 ok: its route workout-routes/gone.gpx is missing: its route workout-routes/bad.gpx could not be read: the file is cut off at byte 9: nothing before was readable",
		"apple_health_export/workout-routes/bad.gpx failed: the file is cut off at byte 9: nothing before was readable",
		"apple_health_export/export.xml skipped: the list of the export's workouts (1); its 5 health records hold nothing that is kept of days: 1 workout without a readable date left out: 1 value left out: the unit \"km\" is not known",
		"apple_health_export/workout-routes/other.gpx ok",
	}
	if got := brief(results); !slices.Equal(got, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	a := results[0].Recordings[0]
	if a.Sport != pierre.SportRide || *a.UTCOffset != 20700 || *a.DurationSeconds != 1200 || *a.ElapsedSeconds != 1800 {
		t.Errorf("%s, offset %d, %g of %g s", a.Sport, *a.UTCOffset, *a.DurationSeconds, *a.ElapsedSeconds)
	}
	if *a.ElevationGainMeters != 41.5 || *a.AveragePowerWatts != 210 || *a.MaxPowerWatts != 500 || *a.AverageSpeedMPS != 10 || *a.MaxSpeedMPS != 20 {
		t.Errorf("got %+v", a.Totals)
	}
	// Those of the watch that recorded the workout, and only during it.
	if !slices.Equal(a.Series.HeartRate, []float64{120, 140}) || !slices.Equal(a.Series.Time, []float64{10, 600}) || *a.AverageHeartRateBPM != 130 {
		t.Errorf("heart rates %v at %v, average %v", a.Series.HeartRate, a.Series.Time, *a.AverageHeartRateBPM)
	}
	if other := results[3].Recordings[0]; other.Provider != pierre.ProviderAppleHealth {
		t.Errorf("a route of no workout is %s", other.Provider)
	}
}

// What the watch says of indoors counts for more than the sport's name.
func TestAppleIndoors(t *testing.T) {
	for _, c := range []struct {
		sport, says string
		want        bool
	}{
		{"Running", `<MetadataEntry key="HKIndoorWorkout" value="1"/>`, true},
		{"Running", "", false},
		{"Elliptical", "", true},
		{"Elliptical", `<MetadataEntry key="HKIndoorWorkout" value="0"/>`, false},
	} {
		a := walkBytes(t, "export.xml", healthData(`<Workout workoutActivityType="HKWorkoutActivityType`+c.sport+
			`" startDate="2024-05-01 08:00:00 +0200" endDate="2024-05-01 08:30:00 +0200">`+c.says+`</Workout>`), Options{})[0].Recordings[0]
		if a.Indoor != c.want {
			t.Errorf("%s with %q: indoors %t, want %t", c.sport, c.says, a.Indoor, c.want)
		}
	}
}

func TestAppleHeartRatesOfOthersIfItsOwnAreMissing(t *testing.T) {
	results := walkBytes(t, "export.xml", healthData(healthBeat("Gurt", "2024-05-01 08:00:11 +0200", 150)+
		`<Workout workoutActivityType="HKWorkoutActivityTypeRowing" sourceName="Uhr" startDate="2024-05-01 08:00:00 +0200" endDate="2024-05-01 08:30:00 +0200"/>`), Options{})
	if a := results[0].Recordings[0]; a.Sport != "rowing" || !slices.Equal(a.Series.HeartRate, []float64{150}) {
		t.Errorf("%s with heart rates %v", a.Sport, a.Series.HeartRate)
	}
}

// The same workout in two exports is the same, though the documents around it differ.
func TestAppleWorkoutsKeepTheirIdentity(t *testing.T) {
	workout := `<Workout workoutActivityType="HKWorkoutActivityTypeYoga" startDate="2024-05-01 08:00:00 +0200" endDate="2024-05-01 09:00:00 +0200"/>`
	first := walkBytes(t, "a.xml", healthData(workout), Options{})[0]
	later := walkBytes(t, "b.xml", healthData(`<Record type="x"/>`+workout), Options{})[0]
	if first.SHA256 != later.SHA256 || first.SHA256 == [32]byte{} {
		t.Errorf("%x and %x", first.SHA256, later.SHA256)
	}
}

func TestAppleExportCutOff(t *testing.T) {
	whole := healthData(strings.Repeat(healthBeat("Uhr", "2024-05-01 08:00:10 +0200", 120), 50) +
		`<Workout workoutActivityType="HKWorkoutActivityTypeYoga" startDate="2024-05-01 08:00:00 +0200" endDate="2024-05-01 09:00:00 +0200"/>` + strings.Repeat(`<Record type="x"/>`, 50))
	results := walkBytes(t, "export.xml", whole[:len(whole)-100], Options{})
	if len(results) != 2 || results[0].Status != StatusOK || !strings.Contains(strings.Join(results[1].Warnings, ""), "cut off at byte") {
		t.Errorf("got %q", brief(results))
	}
}

func TestAppleLimits(t *testing.T) {
	workout := `<Workout workoutActivityType="HKWorkoutActivityTypeYoga" startDate="2024-05-01 08:00:00 +0200" endDate="2024-05-01 09:00:00 +0200"/>`
	results := walkBytes(t, "export.xml", healthData(strings.Repeat(workout, 5)), Options{Limits: Limits{Rows: 3}})
	if len(results) != 4 || !strings.Contains(strings.Join(results[3].Warnings, ""), "more than 3 workouts") {
		t.Errorf("got %q", brief(results))
	}
}
