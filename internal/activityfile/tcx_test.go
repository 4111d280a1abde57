//go:build !race

package activityfile

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func tcxTrack(start time.Time, n int) string {
	var b strings.Builder
	b.WriteString("<Track>")
	for i := range n {
		fmt.Fprintf(&b, `<Trackpoint><Time>%s</Time><Position><LatitudeDegrees>47.%05d</LatitudeDegrees><LongitudeDegrees>8</LongitudeDegrees></Position>
<AltitudeMeters>400</AltitudeMeters><DistanceMeters>%d</DistanceMeters><HeartRateBpm><Value>150</Value></HeartRateBpm>
<Extensions><ns3:TPX><ns3:Speed>3.5</ns3:Speed><ns3:RunCadence>86</ns3:RunCadence><ns3:Watts>260</ns3:Watts></ns3:TPX></Extensions></Trackpoint>`,
			start.Add(time.Duration(i)*time.Second).Format(time.RFC3339), i, 3*i)
	}
	return b.String() + "</Track>"
}

func tcxLap(start time.Time, seconds float64, track string) string {
	return fmt.Sprintf(`<Lap StartTime="%s"><TotalTimeSeconds>%g</TotalTimeSeconds><DistanceMeters>1000</DistanceMeters><MaximumSpeed>4</MaximumSpeed>
<Calories>60</Calories><AverageHeartRateBpm><Value>151</Value></AverageHeartRateBpm><MaximumHeartRateBpm><Value>171</Value></MaximumHeartRateBpm>%s
<Extensions><LX><AvgWatts>250</AvgWatts></LX></Extensions></Lap>`, start.Format(time.RFC3339), seconds, track)
}

func tcxActivity(sport string, start time.Time, laps string) string {
	return fmt.Sprintf(`<Activity Sport="%s"><Id>%s</Id>%s<Notes>easy</Notes><Creator><Name>Forerunner</Name></Creator></Activity>`, sport, start.Format(time.RFC3339), laps)
}

func tcxWith(inner string) string {
	return `<?xml version="1.0"?><TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2">` + inner + `</TrainingCenterDatabase>`
}

// tcxDoc is a run of n points.
func tcxDoc(n int) string {
	return tcxWith("<Activities>" + tcxActivity("Biking", fitStart, tcxLap(fitStart, float64(n), tcxTrack(fitStart, n))) + "</Activities>")
}

func TestTCXLapsAreAuthoritative(t *testing.T) {
	second := fitStart.Add(10 * time.Minute)
	r := one(t, "x.tcx", []byte(tcxWith("<Activities>"+tcxActivity("Running", fitStart,
		tcxLap(fitStart, 280.5, tcxTrack(fitStart, 300))+tcxLap(second, 290, tcxTrack(second, 300)))+"</Activities>")))
	if r.Status != StatusOK || len(r.Recordings) != 1 {
		t.Fatal(brief([]Result{r}))
	}
	a := r.Recordings[0]
	for _, v := range []struct {
		what      string
		got       *float64
		want, off float64
	}{
		{"timer", a.DurationSeconds, 570.5, 0},
		{"elapsed", a.ElapsedSeconds, 899, 0},
		{"distance", a.DistanceMeters, 2000, 0},
		{"calories", a.CaloriesKcal, 120, 0},
		{"heart rate", a.AverageHeartRateBPM, 150, 0},
		{"max heart rate", a.MaxHeartRateBPM, 171, 0},
		{"power", a.AveragePowerWatts, 260, 0},
		{"cadence", a.AverageCadenceRPM, 86, 0},
		{"max speed", a.MaxSpeedMPS, 4, 0},
		{"second lap's heart rate", a.Laps[1].AverageHeartRateBPM, 151, 0},
		{"second lap's power", a.Laps[1].AveragePowerWatts, 250, 0},
		{"second lap's cadence, which is not stored", a.Laps[1].AverageCadenceRPM, 86, 0},
	} {
		if v.got == nil || math.Abs(*v.got-v.want) > v.off {
			t.Errorf("%s: got %v, want %g", v.what, v.got, v.want)
		}
	}
	if a.Sport != pierre.SportRun || a.Device != "Forerunner" || a.Description != "easy" || a.Laps[1].StartSeconds != 600 || !a.HasGPS {
		t.Errorf("got %+v", a.Activity)
	}
}

func TestTCXWithoutSamples(t *testing.T) {
	r := one(t, "x.tcx", []byte(tcxWith("<Activities>"+tcxActivity("Biking", fitStart, tcxLap(fitStart, 600, "")+tcxLap(fitStart.Add(10*time.Minute), 300, ""))+"</Activities>")))
	if r.Status != StatusOK {
		t.Fatal(brief([]Result{r}))
	}
	a := r.Recordings[0]
	if *a.DurationSeconds != 900 || *a.AverageHeartRateBPM != 151 || *a.AveragePowerWatts != 250 || a.Series.Time != nil || !a.Start.Equal(fitStart) {
		t.Errorf("got %+v with %d samples", a.Totals, len(a.Series.Time))
	}
}

func TestTCXMultisport(t *testing.T) {
	run := fitStart.Add(time.Hour)
	session := "<MultiSportSession><Id>x</Id><FirstSport>" + tcxActivity("Biking", fitStart, tcxLap(fitStart, 600, tcxTrack(fitStart, 600))) +
		"</FirstSport><NextSport><Transition StartTime=\"" + fitStart.Add(10*time.Minute).Format(time.RFC3339) + "\"><TotalTimeSeconds>90</TotalTimeSeconds></Transition>" +
		tcxActivity("Running", run, tcxLap(run, 300, tcxTrack(run, 300))) + "</NextSport></MultiSportSession>"
	r := one(t, "x.tcx", []byte(tcxWith("<Activities>"+session+tcxActivity("Other", run, tcxLap(run, 60, tcxTrack(run, 60)))+"</Activities>")))
	var sports []pierre.Sport
	for _, a := range r.Recordings {
		sports = append(sports, a.Sport)
	}
	if !slices.Equal(sports, []pierre.Sport{"ride", "transition", "run", "other"}) {
		t.Fatalf("got %v: %v", sports, brief([]Result{r}))
	}
	id := r.Recordings[0].MultisportID
	if id == "" || r.Recordings[1].MultisportID != id || r.Recordings[2].MultisportID != id || r.Recordings[3].MultisportID != "" {
		t.Errorf("multisport ids %q", []string{id, r.Recordings[1].MultisportID, r.Recordings[2].MultisportID, r.Recordings[3].MultisportID})
	}
}

func TestTCXRefusals(t *testing.T) {
	for _, tt := range []struct{ name, inner, reason string }{
		{"a course", "<Courses><Course><Name>x</Name>" + tcxTrack(fitStart, 5) + "</Course></Courses>", "a course"},
		{"a workout", "<Workouts><Running/></Workouts>", "a workout plan"},
		{"no activities", "<Folders/>", "no activity"},
		{"no times", "<Activities><Activity Sport=\"Running\"><Id>x</Id><Lap><Track><Trackpoint/></Track></Lap></Activity></Activities>", "no usable times"},
	} {
		r := one(t, "x.tcx", []byte(tcxWith(tt.inner)))
		if r.Status != StatusSkipped || !strings.Contains(r.Reason, tt.reason) {
			t.Errorf("%s: got %v, want %q", tt.name, brief([]Result{r}), tt.reason)
		}
	}
}
