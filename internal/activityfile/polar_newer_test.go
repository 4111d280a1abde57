//go:build !race

package activityfile

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// polarNewerExercise is an exercise of n seconds at 10.8 km/h as the newer exports have it, with a position every other second.
func polarNewerExercise(sport string, begin time.Time, n int, more string) string {
	var hr, speed, dist, points []string
	for i := range n {
		hr, speed, dist = append(hr, fmt.Sprint(120+i%10)), append(speed, "10.8"), append(dist, fmt.Sprint(3*i))
		if i%2 == 0 {
			points = append(points, fmt.Sprintf(`{"longitude":8,"latitude":%g,"altitude":400,"elapsedMillis":%d}`, 47+float64(i)*0.00002698, 1000*i))
		}
	}
	hr[1], speed[0], points[1] = "NaN", `"NaN"`, strings.Replace(points[1], "400", `"NaN"`, 1)
	start := begin.Format("2006-01-02T15:04:05.000")
	return fmt.Sprintf(`{"startTime":%q,"durationMillis":%d,"distanceMeters":%d,"ascentMeters":7.5,"sport":{"id":%q}%s,
"samples":{"samples":[{"type":"HEART_RATE","intervalMillis":1000,"values":[%s]},{"type":"SPEED","intervalMillis":1000,"values":[%s]},
{"type":"DISTANCE","intervalMillis":1000,"values":[%s]},{"type":"RR","intervalMillis":0,"values":[1]}]},
"routes":{"route":{"startTime":%q,"wayPoints":[%s]}}}`,
		start, 1000*n, 3*n, sport, more, strings.Join(hr, ","), strings.Join(speed, ","), strings.Join(dist, ","), start, strings.Join(points, ","))
}

func polarNewerFile(exercises ...string) []byte {
	return []byte(`{"identifier":{"id":"7"},"name":"Evening","startTime":"2024-05-01T08:00:00","stopTime":"2024-05-01T08:10:30","timezoneOffsetMinutes":120,
"durationMillis":600000,"calories":50,"hrAvg":125,"hrMax":129,"sport":{"id":"1"},"exercises":[` + strings.Join(exercises, ",") + `]}`)
}

func TestPolarNewerSession(t *testing.T) {
	content := polarNewerFile(polarNewerExercise("27", polarStart, 600, ""))
	for _, r := range []Result{one(t, "training-session-2024.json", content), one(t, "x.gz", gz(t, content)), one(t, "x.zip", pack(t, member{"a/b.json", content}))} {
		if r.Status != StatusOK || len(r.Recordings) != 1 || r.Format != "json" || len(r.Warnings) > 0 || r.LocalTimes {
			t.Fatalf("%+v", brief([]Result{r}))
		}
		a := r.Recordings[0]
		if !a.Start.Equal(polarStart.Add(-2*time.Hour)) || a.UTCOffset == nil || *a.UTCOffset != 7200 || a.Sport != "trail_running" || a.Name != "Evening" || !a.HasGPS {
			t.Errorf("%v, offset %v, %s, %q", a.Start, a.UTCOffset, a.Sport, a.Name)
		}
		if *a.DistanceMeters != 1800 || *a.DurationSeconds != 600 || *a.ElapsedSeconds != 630 || *a.AverageHeartRateBPM != 125 ||
			*a.MaxHeartRateBPM != 129 || *a.ElevationGainMeters != 7.5 || *a.CaloriesKcal != 50 {
			t.Errorf("%+v", a.Totals)
		}
		s := a.Series
		if len(s.Time) != 600 || measured(s.HeartRate) != 599 || measured(s.Latitude) != 300 || measured(s.Speed) != 599 || math.Abs(meanOf(s.Speed)-3) > 1e-9 ||
			measured(s.Altitude) != 299 || s.Distance[599] != 1797 {
			t.Errorf("%d samples, %d heart rates, %d speeds, %d positions, %d altitudes", len(s.Time), measured(s.HeartRate), measured(s.Speed), measured(s.Latitude), measured(s.Altitude))
		}
	}
}

func TestSloppyPolarNewerSessions(t *testing.T) {
	two := polarNewerFile(polarNewerExercise("23", polarStart, 60, ""), polarNewerExercise("38", polarStart.Add(2*time.Minute), 60, `,"timezoneOffsetMinutes":60`))
	if r := one(t, "x.json", two); len(r.Recordings) != 2 || r.Recordings[0].Sport != "swim" || r.Recordings[1].Sport != "ride" ||
		r.Recordings[0].MultisportID == "" || r.Recordings[0].MultisportID != r.Recordings[1].MultisportID || r.Recordings[0].CaloriesKcal != nil {
		t.Errorf("two exercises: %v", brief([]Result{r}))
	}
	whole := string(polarNewerFile(polarNewerExercise("1", polarStart, 60, "")))
	for _, c := range []struct {
		name, content string
		recordings    int
		says          string
	}{
		{"no offset", strings.Replace(whole, `"timezoneOffsetMinutes":120,`, "", 1), 1, ""},
		{"positions without times", strings.ReplaceAll(whole, "elapsedMillis", "elapsed"), 1, "30 positions do not say when"},
		{"no exercises", string(polarNewerFile()), 1, ""},
		{"an unknown sport", strings.ReplaceAll(whole, `{"id":"1"}`, `{"id":12345}`), 1, ""},
		{"no times", strings.ReplaceAll(whole, `"startTime"`, `"startTime":"","x"`), 0, ""},
	} {
		r := one(t, "x.json", []byte(c.content))
		if len(r.Recordings) != c.recordings || !strings.Contains(strings.Join(r.Warnings, ";"), c.says) || r.LocalTimes != (c.name == "no offset") {
			t.Errorf("%s: %v, %q", c.name, brief([]Result{r}), r.Warnings)
		}
	}
}

func TestPolarNewerLimits(t *testing.T) {
	r := walkBytes(t, "x.json", polarNewerFile(polarNewerExercise("1", polarStart, 60, "")), Options{Limits: Limits{Samples: 50}})[0]
	if r.Status != StatusOK || len(r.Recordings[0].Series.Time) != 50 || len(r.Warnings) == 0 {
		t.Errorf("%v", brief([]Result{r}))
	}
	for n, warned := range map[int]bool{1000: false, 1001: true} {
		r := one(t, "x.json", polarNewerFile(strings.TrimSuffix(strings.Repeat(`{"startTime":"2024-05-01T08:00:00","durationMillis":60000},`, n), ",")))
		if says := strings.Contains(strings.Join(r.Warnings, ""), "more than 1000 exercises"); len(r.Recordings) != 1000 || says != warned {
			t.Errorf("%d exercises: %d recordings, warnings %q", n, len(r.Recordings), r.Warnings)
		}
	}
}

func FuzzPolarNewer(f *testing.F) {
	f.Add(polarNewerFile(polarNewerExercise("1", polarStart, 5, "")))
	f.Add(polarNewerFile(polarNewerExercise("23", polarStart, 5, ""), polarNewerExercise("2", polarStart, 5, "")))
	f.Fuzz(func(t *testing.T, content []byte) { walkAnything(t, "x.json", content) })
}
