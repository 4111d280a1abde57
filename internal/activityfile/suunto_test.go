//go:build !race

package activityfile

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// suuntoSamples are n seconds at 3 m/s, what each sensor measured by itself. wrap puts a sample around what was measured.
func suuntoSamples(n int, wrap func(at, measured string) string) string {
	var list []string
	for i := range n {
		at := polarStart.Add(time.Duration(i) * time.Second)
		stamp := func(ms int) string {
			return at.Add(time.Duration(ms)*time.Millisecond).Format("2006-01-02T15:04:05.000") + "+02:00"
		}
		list = append(list,
			wrap(stamp(0), fmt.Sprintf(`"HR":%.9f,"Cadence":1.4`, float64(120+i%10)/60)),
			wrap(stamp(100), fmt.Sprintf(`"Latitude":%.12f,"Longitude":%.12f,"GPSAltitude":400,"UTC":"x"`, (47+float64(i)*0.00002698)*math.Pi/180, 8*math.Pi/180)),
			wrap(stamp(200), fmt.Sprintf(`"Speed":3,"Distance":%d,"Temperature":293.15`, 3*i)))
	}
	return strings.Join(list, ",")
}

// suuntoLogOf is a recording of n seconds as the app exports it.
func suuntoLogOf(n int, more string) []byte {
	samples := suuntoSamples(n, func(at, measured string) string { return fmt.Sprintf(`{%s,"TimeISO8601":%q}`, measured, at) })
	return fmt.Appendf(nil, `{"DeviceLog":{"Device":{"Name":"Suunto 9"},"Header":{"ActivityType":82,"DateTime":"2024-05-01T08:00:00.000+02:00","Distance":%d,
"Duration":%d,"PauseDuration":30,"Ascent":7.5,"Descent":2,"Energy":209200},"Samples":[%s%s]}}`, 3*n, n, samples, more)
}

func TestSuuntoLog(t *testing.T) {
	lap := `,{"TimeISO8601":"2024-05-01T08:05:00.000+02:00","Window":{"Type":"Lap","Duration":300,"Distance":900,"Energy":104600}}` +
		`,{"TimeISO8601":"2024-05-01T08:10:00.000+02:00","Window":{"Type":"Move","Duration":600,"Distance":1800}}`
	content := suuntoLogOf(600, lap)
	for _, r := range []Result{one(t, "workout.json", content), one(t, "x.gz", gz(t, content)), one(t, "x.zip", pack(t, member{"a/b.json", content}))} {
		if r.Status != StatusOK || len(r.Recordings) != 1 || r.Format != "json" || len(r.Warnings) > 0 || r.LocalTimes {
			t.Fatalf("%+v, %q", brief([]Result{r}), r.Warnings)
		}
		a := r.Recordings[0]
		if !a.Start.Equal(polarStart.Add(-2*time.Hour)) || a.UTCOffset == nil || *a.UTCOffset != 7200 || a.Sport != "trail_running" || a.Device != "Suunto 9" || !a.HasGPS {
			t.Errorf("%v, offset %v, %s, %q", a.Start, a.UTCOffset, a.Sport, a.Device)
		}
		if *a.DistanceMeters != 1800 || *a.DurationSeconds != 600 || *a.ElapsedSeconds != 630 || *a.ElevationGainMeters != 7.5 || *a.CaloriesKcal != 50 {
			t.Errorf("%+v", a.Totals)
		}
		s := a.Series
		if len(s.Time) != 600 || math.Abs(meanOf(s.HeartRate)-124.5) > 1e-6 || math.Abs(meanOf(s.Latitude)-47.008) > 0.001 || meanOf(s.Speed) != 3 ||
			math.Abs(meanOf(s.Cadence)-84) > 1e-9 || math.Abs(meanOf(s.Temperature)-20) > 1e-9 || meanOf(s.Altitude) != 400 || s.Distance[599] != 1797 {
			t.Errorf("%d samples, %v bpm, %v rpm, %v °C", len(s.Time), meanOf(s.HeartRate), meanOf(s.Cadence), meanOf(s.Temperature))
		}
		if len(a.Laps) != 1 || *a.Laps[0].DistanceMeters != 900 || *a.Laps[0].DurationSeconds != 300 || a.Laps[0].StartSeconds != 0 || *a.Laps[0].CaloriesKcal != 25 {
			t.Errorf("the laps are %+v", a.Laps)
		}
	}
}

// What the cloud hands out has samples alone, each with attributes, or with a text that has them.
func TestSuuntoSamples(t *testing.T) {
	const attributes = `{"suunto/sml":{"Sample":{%s}}}`
	plain := suuntoSamples(600, func(at, measured string) string {
		return fmt.Sprintf(`{"Source":"suunto-1","TimeISO8601":%q,"Attributes":`+attributes+`}`, at, measured)
	})
	quoted := suuntoSamples(600, func(at, measured string) string {
		return fmt.Sprintf(`{"TimeISO8601":%q,"Attributes":%q}`, at, fmt.Sprintf(attributes, measured))
	})
	for _, content := range []string{`{"Samples":[` + plain + `]}`, `{"Data":{"Samples":[` + plain + `]},"Summary":{}}`, `{"Samples":[` + quoted + `]}`} {
		r := one(t, "x.json", []byte(content))
		if r.Status != StatusOK || len(r.Recordings) != 1 {
			t.Fatalf("%+v", brief([]Result{r}))
		}
		a := r.Recordings[0]
		if a.Sport != "other" || len(a.Series.Time) != 600 || *a.DistanceMeters != 1797 || math.Abs(*a.AverageHeartRateBPM-124.5) > 1e-6 || *a.UTCOffset != 7200 {
			t.Errorf("%.60s: %s, %d samples, %+v", content, a.Sport, len(a.Series.Time), a.Totals)
		}
	}
}

// The barometer's altitude counts where there is one: mixed with that of the satellites it would climb each second.
func TestSuuntoAltitudes(t *testing.T) {
	r := one(t, "x.json", suuntoLogOf(600, `,{"TimeISO8601":"2024-05-01T08:00:30.000+02:00","Altitude":371.5}`))
	if s := r.Recordings[0].Series; measured(s.Altitude) != 1 || meanOf(s.Altitude) != 371.5 {
		t.Errorf("%d altitudes of %v m", measured(s.Altitude), meanOf(s.Altitude))
	}
}

func TestSuuntoLimits(t *testing.T) {
	r := walkBytes(t, "x.json", suuntoLogOf(60, ""), Options{Limits: Limits{Samples: 50}})[0]
	if r.Status != StatusOK || len(r.Recordings[0].Series.Time) != 50 || len(r.Warnings) == 0 {
		t.Errorf("%v", brief([]Result{r}))
	}
	for n, warned := range map[int]bool{9_999: false, 10_000: true} {
		r := one(t, "x.json", suuntoLogOf(60, strings.Repeat(`,{"HR":2}`, n)))
		if says := strings.Contains(strings.Join(r.Warnings, ""), "10000 of its samples have no time"); len(r.Recordings) != 1 || says != warned {
			t.Errorf("%d samples without a time: warnings %q", n, r.Warnings)
		}
	}
}

func FuzzSuunto(f *testing.F) {
	f.Add(suuntoLogOf(5, `,{"TimeISO8601":"2024-05-01T08:00:04.000+02:00","Window":{"Type":"Lap","Duration":3}}`))
	for _, content := range []string{suuntoLog, suuntoCloud, suuntoOld} {
		f.Add([]byte(content))
	}
	f.Fuzz(func(t *testing.T, content []byte) { walkAnything(t, "x.json", content) })
}
