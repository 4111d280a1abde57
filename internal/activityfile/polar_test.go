//go:build !race

package activityfile

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// polarStart is what the watch showed, two hours ahead of UTC.
var polarStart = time.Date(2024, 5, 1, 8, 0, 0, 0, time.UTC)

// polarExercise is an exercise of n seconds at 10.8 km/h. Its track is by a clock that differs by skew.
func polarExercise(sport string, begin time.Time, n int, skew time.Duration) string {
	const layout = "2006-01-02T15:04:05.000"
	var hr, speed, dist, alt, track []string
	for i := range n {
		at := begin.Add(time.Duration(i) * time.Second)
		value := func(v float64) string { return fmt.Sprintf(`{"dateTime":%q,"value":%g}`, at.Format(layout), v) }
		hr, speed, dist, alt = append(hr, value(float64(120+i%10))), append(speed, value(10.8)), append(dist, value(float64(3*i))), append(alt, value(400))
		track = append(track, fmt.Sprintf(`{"dateTime":%q,"longitude":8,"latitude":%g,"altitude":9}`, at.Add(skew).Format(layout), 47+float64(i)*0.00002698))
	}
	hr[1] = strings.Replace(hr[1], `,"value":121`, "", 1) // not measured
	return fmt.Sprintf(`{"startTime":%q,"stopTime":%q,"timezoneOffset":120,"duration":"PT%dS","distance":%d,"sport":%q,"kiloCalories":50,
"ascent":7.5,"heartRate":{"min":120,"avg":125,"max":129},"speed":{"avg":10.8},
"samples":{"heartRate":[%s],"speed":[%s],"distance":[%s],"altitude":[%s],"recordedRoute":[%s]}}`,
		begin.Format(layout), begin.Add(time.Duration(n)*time.Second).Format(layout), n, 3*n, sport,
		strings.Join(hr, ","), strings.Join(speed, ","), strings.Join(dist, ","), strings.Join(alt, ","), strings.Join(track, ","))
}

func polarFile(exercises ...string) []byte {
	return []byte(`{"exportVersion":"1.6","name":"Morning","startTime":"2024-05-01T08:00:00.000","timeZoneOffset":120,"exercises":[` + strings.Join(exercises, ",") + `]}`)
}

func TestPolarSession(t *testing.T) {
	for name, skew := range map[string]time.Duration{"one clock": 0, "the track in UTC": -2 * time.Hour, "all else in UTC": 2 * time.Hour} {
		content := polarFile(polarExercise("RUNNING", polarStart, 600, skew))
		for _, r := range []Result{one(t, "training-session.json", content), one(t, "x.gz", gz(t, content)), one(t, "x.zip", pack(t, member{"a/b.json", content}))} {
			if r.Status != StatusOK || len(r.Recordings) != 1 || r.Format != "json" || len(r.Warnings) > 0 || r.LocalTimes {
				t.Fatalf("%s: %+v", name, brief([]Result{r}))
			}
			a := r.Recordings[0]
			if !a.Start.Equal(polarStart.Add(-2*time.Hour)) || a.UTCOffset == nil || *a.UTCOffset != 7200 || a.Sport != "run" || a.Name != "Morning" || !a.HasGPS {
				t.Errorf("%s: %v, offset %v, %s, %q", name, a.Start, a.UTCOffset, a.Sport, a.Name)
			}
			if *a.DistanceMeters != 1800 || *a.DurationSeconds != 600 || *a.ElapsedSeconds != 600 || *a.AverageHeartRateBPM != 125 ||
				*a.MaxHeartRateBPM != 129 || *a.ElevationGainMeters != 7.5 || *a.CaloriesKcal != 50 {
				t.Errorf("%s: %+v", name, a.Totals)
			}
			s := a.Series
			if len(s.Time) != 600 || measured(s.HeartRate) != 599 || measured(s.Latitude) != 600 || math.Abs(meanOf(s.Speed)-3) > 1e-9 || meanOf(s.Altitude) != 400 || s.Distance[599] != 1797 {
				t.Errorf("%s: %d samples, %d heart rates, %d positions", name, len(s.Time), measured(s.HeartRate), measured(s.Latitude))
			}
		}
	}
}

func TestPolarSessionOfSeveralExercises(t *testing.T) {
	r := one(t, "x.json", polarFile(polarExercise("POOL_SWIMMING", polarStart, 60, 0), polarExercise("ROAD_BIKING", polarStart.Add(2*time.Minute), 60, 0)))
	if r.Status != StatusOK || len(r.Recordings) != 2 {
		t.Fatal(brief([]Result{r}))
	}
	a, b := r.Recordings[0], r.Recordings[1]
	if a.Sport != "swim" || b.Sport != "ride" || a.MultisportID == "" || a.MultisportID != b.MultisportID || b.Start.Sub(a.Start) != 2*time.Minute {
		t.Errorf("%s at %v of %q, %s at %v of %q", a.Sport, a.Start, a.MultisportID, b.Sport, b.Start, b.MultisportID)
	}
}

func TestSloppyPolarSessions(t *testing.T) {
	whole := string(polarFile(polarExercise("RUNNING", polarStart, 60, 0)))
	withoutOffset := strings.NewReplacer(`"timeZoneOffset":120,`, "", `"timezoneOffset":120,`, "").Replace(whole)
	for _, c := range []struct {
		name, content string
		status        Status
		says          string
	}{
		{"a mark, blanks and a long note", "\xEF\xBB\xBF\r\n " + strings.Replace(whole, `"name"`, `"note":"`+strings.Repeat("x", 2*headSize)+`","name"`, 1), StatusOK, ""},
		{"no offset", withoutOffset, StatusOK, ""},
		{"an offset that no zone has", strings.ReplaceAll(whole, ":120,", ":121,"), StatusOK, ""},
		{"values of other types", strings.Replace(strings.Replace(whole, `"kiloCalories":50`, `"kiloCalories":"x"`, 1), `"value":122`, `"value":"y"`, 1), StatusOK, ""},
		{"no samples", `{"exportVersion":"1","exercises":[{"startTime":"2024-05-01T08:00:00","timezoneOffset":0,"duration":"PT1H0M5S"}]}`, StatusOK, ""},
		{"no times", `{"exportVersion":"1","startTime":"","exercises":[{"samples":{"heartRate":[{"value":1}]}}]}`, StatusFailed, "when it was"},
		{"no exercises", `{"exportVersion":"1","startTime":"","exercises":[]}`, StatusSkipped, "without any exercise"},
		{"exercises that are none", `{"exportVersion":"1","startTime":"","exercises":{"a":[1]}}`, StatusSkipped, "without any exercise"},
		{"cut off", whole[:len(whole)-100], StatusFailed, "TCX or GPX"},
	} {
		r := one(t, "x.json", []byte(c.content))
		if r.Status != c.status || !strings.Contains(r.Reason, c.says) ||
			r.LocalTimes != strings.Contains(c.name, "offset") {
			t.Errorf("%s: %s, local times: %t", c.name, brief([]Result{r}), r.LocalTimes)
		}
	}
}

func TestPolarLimits(t *testing.T) {
	content := polarFile(polarExercise("RUNNING", polarStart, 60, 0), polarExercise("RUNNING", polarStart.Add(time.Hour), 60, 0))
	r := walkBytes(t, "x.json", content, Options{Limits: Limits{Samples: 50}})[0]
	if r.Status != StatusOK || len(r.Recordings[0].Series.Time) != 50 || len(r.Recordings[1].Series.Time) != 0 || len(r.Warnings) == 0 {
		t.Errorf("%v", brief([]Result{r}))
	}
	for n, warned := range map[int]bool{1000: false, 1001: true, 5000: true} {
		many := polarFile(strings.TrimSuffix(strings.Repeat(`{"startTime":"2024-05-01T08:00:00","duration":"PT60S"},`, n), ","))
		r := one(t, "x.json", many)
		if says := strings.Contains(strings.Join(r.Warnings, ""), "more than 1000 exercises"); len(r.Recordings) != 1000 || says != warned {
			t.Errorf("%d exercises: %d recordings, warnings %q", n, len(r.Recordings), r.Warnings)
		}
	}
	for n, warned := range map[int]bool{9_999: false, 10_000: true} {
		untimed := strings.TrimSuffix(strings.Repeat(`{"value":1},`, n), ",")
		first := `{"startTime":"2024-05-01T08:00:00","duration":"PT60S","samples":{"speed":[` + untimed + `]}}`
		r := one(t, "x.json", polarFile(first, polarExercise("RUNNING", polarStart.Add(time.Hour), 60, 0)))
		if says := strings.Contains(strings.Join(r.Warnings, ""), "10000 of its samples have no time"); len(r.Recordings) != 2 || says != warned {
			t.Errorf("%d samples without a time: warnings %q", n, r.Warnings)
		}
	}
}

func FuzzPolar(f *testing.F) {
	f.Add(polarFile(polarExercise("RUNNING", polarStart, 3, 0)))
	f.Add(polarFile(polarExercise("SWIMMING", polarStart, 3, -2*time.Hour), polarExercise("CYCLING", polarStart, 3, 0)))
	f.Fuzz(func(t *testing.T, content []byte) { walkAnything(t, "x.json", content) })
}
