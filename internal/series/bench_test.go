package series_test

import (
	"path/filepath"
	"testing"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/recordings"
)

// recordedSeries are real series of every kind: with and without power, positions, gaps and smart recording.
func recordedSeries(t testing.TB) map[string]pierre.Series {
	t.Helper()
	all := map[string]pierre.Series{}
	for _, name := range []string{
		"ride_6h_wahoo_power.fit", "ride_road_power.fit", "run_fenix2_9km.fit", "run_fr110_smart_recording.fit",
		"ride_indoor_power_nogps.fit", "swim_pool_hr_messages.fit", "ride_truncated_no_session.fit", "run_stryd_devfields_power.fit",
	} {
		src, err := activityfile.Open(filepath.Join(recordings.Dir(t), name))
		if err != nil {
			t.Fatal(err)
		}
		err = activityfile.Walk(t.Context(), src, activityfile.Options{}, func(r activityfile.Result) error {
			for _, rec := range r.Recordings {
				all[name] = rec.Series
			}
			return nil
		})
		if err != nil || len(all[name].Time) == 0 {
			t.Fatalf("%s: no samples, %v", name, err)
		}
		if err := src.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// Whatever a FIT file records comes back bit by bit.
func TestRealRecordingsAreLossless(t *testing.T) {
	for name, s := range recordedSeries(t) {
		t.Run(name, func(t *testing.T) { equal(t, roundTrip(t, s), s, 1e-9) })
	}
}

func BenchmarkEncode(b *testing.B) {
	codec := newCodec(b)
	for name, s := range recordedSeries(b) {
		b.Run(name, func(b *testing.B) {
			var packed []byte
			for b.Loop() {
				var err error
				if packed, err = codec.Encode(s); err != nil {
					b.Fatal(err)
				}
			}
			report(b, len(s.Time), len(packed))
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	codec := newCodec(b)
	for name, s := range recordedSeries(b) {
		packed, err := codec.Encode(s)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := codec.Decode(packed); err != nil {
					b.Fatal(err)
				}
			}
			report(b, len(s.Time), len(packed))
		})
	}
}

func report(b *testing.B, samples, bytes int) {
	b.ReportMetric(float64(bytes)/float64(samples), "bytes/sample")
	b.ReportMetric(float64(samples)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Msamples/s")
}
