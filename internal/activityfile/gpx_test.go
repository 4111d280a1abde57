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

// gpxDoc wraps tracks in a document.
func gpxDoc(inner string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?><gpx version="1.1" creator="test">` + inner + `</gpx>`)
}

// gpxTrk is a track of n points, a second and some metres apart.
func gpxTrk(start time.Time, n int, kind string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<trk><type>%s</type><trkseg>", kind)
	for i := range n {
		fmt.Fprintf(&b, `<trkpt lat="%.6f" lon="8"><ele>400</ele><time>%s</time></trkpt>`,
			47+float64(i)*0.00003, start.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
	}
	return b.String() + "</trkseg></trk>"
}

func TestGPXExtensions(t *testing.T) {
	point := func(second int, extensions string) string {
		return fmt.Sprintf(`<trkpt lat="47.%03d" lon="8"><time>2024-05-01T06:00:%02d.500Z</time>%s</trkpt>`, second, second, extensions)
	}
	for name, extensions := range map[string]string{
		"Garmin":       `<extensions><gpxtpx:TrackPointExtension><gpxtpx:hr>150</gpxtpx:hr><gpxtpx:cad>85</gpxtpx:cad><gpxtpx:atemp>21.5</gpxtpx:atemp></gpxtpx:TrackPointExtension><power>230</power></extensions>`,
		"other prefix": `<extensions><ns3:TrackPointExtension><ns3:atemp>21.5</ns3:atemp><ns3:hr>150</ns3:hr><ns3:cad>85</ns3:cad></ns3:TrackPointExtension><pwr:PowerInWatts>230</pwr:PowerInWatts></extensions>`,
		"no prefix":    `<extensions><heartrate>150</heartrate><cadence>85</cadence><temp>21.5</temp><power> 230 </power></extensions>`,
		"a comment":    `<extensions><hr>1<!-- beats -->50</hr><cad>85</cad><atemp>21.5</atemp><watts>230</watts></extensions>`,
	} {
		t.Run(name, func(t *testing.T) {
			r := one(t, "x.gpx", gpxDoc("<trk><trkseg>"+point(1, extensions)+point(2, extensions)+point(3, "")+"</trkseg></trk>"))
			if r.Status != StatusOK {
				t.Fatal(brief([]Result{r}))
			}
			s := r.Recordings[0].Series
			for what, got := range map[string][]float64{"150": s.HeartRate, "85": s.Cadence, "21.5": s.Temperature, "230": s.Power} {
				if len(got) != 3 || fmt.Sprint(got[0]) != what || !math.IsNaN(got[2]) {
					t.Errorf("got %v, want %s, %s, NaN", got, what, what)
				}
			}
			if want := []float64{0, 1, 2}; !slices.Equal(s.Time, want) || r.Recordings[0].Start.Nanosecond() != 500_000_000 {
				t.Errorf("times %v from %v", s.Time, r.Recordings[0].Start)
			}
		})
	}
}

func TestGPXTracks(t *testing.T) {
	morning := time.Date(2024, 5, 1, 6, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		tracks string
		want   []int // samples of each activity
	}{
		{"a break", gpxTrk(morning, 60, "hiking") + gpxTrk(morning.Add(time.Hour), 40, "hiking"), []int{100}},
		{"in no order", gpxTrk(morning.Add(time.Hour), 40, "") + gpxTrk(morning, 60, ""), []int{100}},
		{"morning and evening", gpxTrk(morning, 60, "running") + gpxTrk(morning.Add(12*time.Hour), 40, "running"), []int{60, 40}},
		{"two sports", gpxTrk(morning, 60, "cycling") + gpxTrk(morning.Add(2*time.Minute), 40, "running"), []int{60, 40}},
		{"two devices at once", gpxTrk(morning, 600, "running") + gpxTrk(morning.Add(time.Second), 599, "running"), []int{600, 599}},
		{"one without times", gpxTrk(morning, 60, "running") + `<trk><trkseg><trkpt lat="1" lon="1"/><trkpt lat="1" lon="2"/></trkseg></trk>`, []int{60}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := one(t, "x.gpx", gpxDoc(tt.tracks))
			var got []int
			for _, a := range r.Recordings {
				got = append(got, len(a.Series.Time))
				if !slices.IsSorted(a.Series.Time) {
					t.Error("the times are out of order")
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v: %v", got, tt.want, brief([]Result{r}))
			}
		})
	}
}

func TestGPXRefusals(t *testing.T) {
	same := `<trkpt lat="47" lon="8"><time>2024-05-01T06:00:00Z</time></trkpt><trkpt lat="47.1" lon="8"><time>2024-05-01T06:00:00Z</time></trkpt>`
	for _, tt := range []struct{ name, doc, reason string }{
		{"no times", `<trk><trkseg><trkpt lat="47" lon="8"/><trkpt lat="47.1" lon="8"/></trkseg></trk>`, "no usable times: this is a route, not a recording"},
		{"one time for all", `<trk><trkseg>` + same + `</trkseg></trk>`, "no usable times"},
		{"times of 1970", strings.ReplaceAll(`<trk><trkseg>`+same+`</trkseg></trk>`, "2024", "1970"), "no usable times"},
		{"hardly any times", `<trk><trkseg>` + strings.Repeat(`<trkpt lat="47" lon="8"/>`, 9) + gpxTrk(fitStart, 2, "")[len("<trk><type></type><trkseg>"):], "2 of 11 points"},
		{"a route", `<rte><rtept lat="47" lon="8"/></rte>`, "planned route"},
		{"waypoints", `<wpt lat="47" lon="8"/>`, "waypoints"},
		{"nothing", ``, "no track"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := one(t, "x.gpx", gpxDoc(tt.doc))
			if r.Status != StatusSkipped || !strings.Contains(r.Reason, tt.reason) {
				t.Errorf("got %v, want %q", brief([]Result{r}), tt.reason)
			}
		})
	}
}

func TestGPXTimesAndZones(t *testing.T) {
	at := func(a, b string) []byte {
		return gpxDoc(`<trk><trkseg><trkpt lat="47" lon="8"><time>` + a + `</time></trkpt><trkpt lat="47.001" lon="8"><time>` + b + `</time></trkpt></trkseg></trk>`)
	}
	for _, tt := range []struct {
		name    string
		content []byte
		offset  *int
		local   bool
	}{
		{"UTC", at("2024-05-01T06:00:00Z", "2024-05-01T06:01:00Z"), nil, false},
		{"offset", at("2024-05-01T08:00:00+02:00", "2024-05-01T08:01:00+02:00"), new(7200), false},
		{"offset without colon", at("2024-05-01T08:00:00.000+0200", "2024-05-01T08:01:00.000+0200"), new(7200), false},
		{"no zone", at("2024-05-01T06:00:00", "2024-05-01T06:01:00"), nil, true},
		{"a blank for the T", at("2024-05-01 06:00:00", "2024-05-01 06:01:00"), nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := one(t, "x.gpx", tt.content)
			if r.Status != StatusOK {
				t.Fatal(brief([]Result{r}))
			}
			a := r.Recordings[0]
			if !a.Start.Equal(fitStart) || r.LocalTimes != tt.local || *a.ElapsedSeconds != 60 {
				t.Errorf("start %v, local %t, elapsed %v", a.Start, r.LocalTimes, *a.ElapsedSeconds)
			}
			if (a.UTCOffset == nil) != (tt.offset == nil) || tt.offset != nil && *a.UTCOffset != *tt.offset {
				t.Errorf("offset %v, want %v", a.UTCOffset, tt.offset)
			}
		})
	}
}

func TestGPXTrackLength(t *testing.T) {
	point := func(lat float64, second int) string {
		return fmt.Sprintf(`<trkpt lat="%.4f" lon="0"><time>%s</time></trkpt>`, lat, fitStart.Add(time.Duration(second)*time.Second).Format(time.RFC3339))
	}
	const degree = 111195.08 // m along a meridian
	for _, tt := range []struct {
		name   string
		points string
		want   float64
	}{
		{"straight", point(1, 0) + point(1.001, 60) + point(1.002, 120), 0.002 * degree},
		{"a fix far off", point(1, 0) + point(9, 1) + point(1.001, 60), 0.001 * degree},
		{"no fix", point(1, 0) + point(0, 30) + point(1.001, 60), 0.001 * degree},
		{"between segments", point(1, 0) + point(1.001, 60) + "</trkseg><trkseg>" + point(1.05, 3600) + point(1.051, 3660), 0.002 * degree},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := one(t, "x.gpx", gpxDoc("<trk><type>running</type><trkseg>"+tt.points+"</trkseg></trk>"))
			if got := *r.Recordings[0].DistanceMeters; math.Abs(got-tt.want) > 0.001*tt.want {
				t.Errorf("got %g m, want %g", got, tt.want)
			}
		})
	}
}

func TestGPXMovingTime(t *testing.T) {
	// Ten minutes on the way, ten standing, in one recording at 1 Hz.
	var b strings.Builder
	lat := 47.0
	for i := range 1201 {
		if i < 600 {
			lat += 0.00003 // 3.3 m
		}
		fmt.Fprintf(&b, `<trkpt lat="%.6f" lon="8"><time>%s</time></trkpt>`, lat, fitStart.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
	}
	a := one(t, "x.gpx", gpxDoc("<trk><type>running</type><trkseg>"+b.String()+"</trkseg></trk>")).Recordings[0]
	if *a.ElapsedSeconds != 1200 || math.Abs(*a.DurationSeconds-600) > 2 || math.Abs(*a.AverageSpeedMPS-3.33) > 0.02 {
		t.Errorf("elapsed %g s, moving %g s, %g m/s", *a.ElapsedSeconds, *a.DurationSeconds, *a.AverageSpeedMPS)
	}
}

func TestGPXClimb(t *testing.T) {
	var b strings.Builder
	for i := range 1201 { // four hills of 50 m, under noise of a metre
		ele := 400 + 50*math.Abs(math.Sin(float64(i)/300*math.Pi)) + float64(i%2)
		fmt.Fprintf(&b, `<trkpt lat="47.%05d" lon="8"><ele>%.1f</ele><time>%s</time></trkpt>`, i, ele, fitStart.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
	}
	a := one(t, "x.gpx", gpxDoc("<trk><trkseg>"+b.String()+"</trkseg></trk>")).Recordings[0]
	if gain, loss := *a.ElevationGainMeters, *a.ElevationLossMeters; math.Abs(gain-200) > 10 || math.Abs(loss-200) > 10 {
		t.Errorf("%g m up, %g m down, want 200 each", gain, loss)
	}
	sparse := one(t, "x.gpx", []byte(strings.ReplaceAll(strings.ReplaceAll(run, "06:00:30", "07:00:00"), "06:01:00", "08:00:00"))).Recordings[0]
	if sparse.ElevationGainMeters != nil || *sparse.DistanceMeters < 200 {
		t.Errorf("points an hour apart climb %g m over %g m", *sparse.ElevationGainMeters, *sparse.DistanceMeters)
	}
}

func TestGPXOfSportsByNumber(t *testing.T) {
	for kind, want := range map[string]pierre.Sport{"9": "run", "1": "ride", "10": "walk", "Trail Running": "trail_running", "": "other", "Löpning": "run"} {
		if got := one(t, "x.gpx", gpxDoc(gpxTrk(fitStart, 5, kind))).Recordings[0].Sport; got != want {
			t.Errorf("%q: got %s, want %s", kind, got, want)
		}
	}
}
