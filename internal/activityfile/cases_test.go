//go:build !race

package activityfile

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// What small files that break such programs must become. Most are runs along one meridian at a steady speed.
func TestCases(t *testing.T) {
	type totals map[string]float64
	for _, tt := range []struct {
		file    string
		want    []totals // of each activity, to a part in a thousand
		samples int      // of the first one
		warning string   // of it, or a part
	}{
		{"fit-base-type-without-endian-bit.fit", []totals{{"distance_meters": 2700, "duration_seconds": 900}}, 181, ""},
		{"fit-session-shorter-than-records.fit", []totals{{"distance_meters": 15220, "duration_seconds": 4961, "elapsed_seconds": 4961, "average_speed_mps": 3.068}}, 452, "its records 4961 s"},
		{"fit-clock-corrected-by-20-days.fit", []totals{{"distance_meters": 10506, "duration_seconds": 3389}}, 485, "clock was set"},
		{"fit-distance-in-developer-fields.fit", []totals{{"distance_meters": 1250, "duration_seconds": 2000}}, 251, ""},
		{"fit-one-garbage-distance.fit", []totals{{"distance_meters": 7200, "average_speed_mps": 3}}, 481, ""},
		{"fit-stopwatch-sparse-records.fit", []totals{{"duration_seconds": 2940, "elapsed_seconds": 3000}}, 241, ""},
		{"fit-run-with-the-drive-home.fit", []totals{{"distance_meters": 10080, "duration_seconds": 3600, "max_speed_mps": 2.8}}, 793, "5004 m in 6 min are faster than anyone runs"},
		{"fit-mean-power-without-zeros.fit", []totals{{"average_power_watts": 119.9}}, 1201, "leaves out the seconds without power"},
		{"gpx-eight-minutes-of-garbage-fixes.gpx", []totals{{"distance_meters": 5745, "average_speed_mps": 3}}, 480, ""},
		{"tcx-distance-restarts-in-each-lap.tcx.gz", []totals{{"distance_meters": 7200, "duration_seconds": 2400, "elapsed_seconds": 2400}}, 480, ""},
		{"tcx-run-cadence-of-both-feet.tcx", []totals{{"average_cadence_rpm": 86}}, 120, ""},
		{"apple-health-triathlon.zip", []totals{
			{"distance_meters": 750, "duration_seconds": 1200}, {"distance_meters": 20000, "duration_seconds": 3000}, {"distance_meters": 5000, "duration_seconds": 2700},
		}, 0, ""},
		{"strava-july-2019-ten-columns-km.zip", []totals{{"distance_meters": 3680}, {"distance_meters": 3600}}, 0, ""},
		{"zip-made-on-a-mac.zip", []totals{{"distance_meters": 1800}, {"distance_meters": 165}}, 121, ""},
	} {
		t.Run(tt.file, func(t *testing.T) {
			results := walkBytes(t, tt.file, readCase(t, tt.file), Options{})
			var got []pierre.Recording
			for _, r := range results {
				if r.Status == StatusFailed {
					t.Errorf("%s failed: %s", r.Path, r.Reason)
				}
				got = append(got, r.Recordings...)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("%d activities, want %d: %v", len(got), len(tt.want), brief(results))
			}
			if n := len(got[0].Series.Time); n != tt.samples {
				t.Errorf("%d samples, want %d", n, tt.samples)
			}
			if all := strings.Join(got[0].Warnings, "; "); tt.warning == "" && all != "" || !strings.Contains(all, tt.warning) {
				t.Errorf("warnings %q, want %q", all, tt.warning)
			}
			for i, want := range tt.want {
				for _, f := range got[i].Fields() {
					if w, ok := want[f.Name]; ok && (*f.Value == nil || math.Abs(**f.Value-w) > 0.001*w) {
						t.Errorf("activity %d: %s = %v, want %g", i, f.Name, shown(*f.Value), w)
					}
				}
			}
		})
	}
}

func shown(v *float64) any {
	if v == nil {
		return "none"
	}
	return *v
}

// A recording that a program chained to itself is one activity; two that differ are two.
func TestCopiesInOneFile(t *testing.T) {
	one, other := readCase(t, "fit-treadmill-without-altitude.fit"), readCase(t, "fit-monday-morning-in-tokyo.fit")
	for _, tt := range []struct {
		what   string
		parts  [][]byte
		want   int
		warned bool
	}{
		{"twice the same", [][]byte{one, one}, 1, true},
		{"three times", [][]byte{one, one, one}, 1, true},
		{"another between", [][]byte{one, other, one}, 2, true},
		{"two", [][]byte{one, other}, 2, false},
	} {
		results := walkBytes(t, "chained.fit", bytes.Join(tt.parts, nil), Options{})
		if len(results) != 1 || len(results[0].Recordings) != tt.want {
			t.Fatalf("%s: %v", tt.what, brief(results))
		}
		for _, r := range results[0].Recordings {
			if n := len(r.Series.Time); n != 361 && n != 481 {
				t.Errorf("%s: %d samples", tt.what, n)
			}
		}
		if got := strings.Contains(strings.Join(results[0].Warnings, "; "), "holds it more than once"); got != tt.warned {
			t.Errorf("%s: warnings %q", tt.what, results[0].Warnings)
		}
	}
}
