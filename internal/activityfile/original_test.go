package activityfile

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/original"
	"github.com/pierre-mcp/pierre/internal/recordings"
)

// A file that is a recording and nothing else is given back byte for byte without what it was wrapped in, and is that of its sum.
func TestOriginalsOfResults(t *testing.T) {
	for _, name := range []string{
		"run_3laps_hr.tcx", "run_garmin_gpxtpx_hr.gpx", "ride_truncated_no_session.fit", "broken_bad_crc.fit", "multisport_triathlon_chained.fit", "hike_4tracks_partial_times.gpx",
	} {
		content, err := os.ReadFile(filepath.Join(recordings.Dir(t), name))
		if err != nil {
			t.Fatal(err)
		}
		for wrapped, b := range map[string][]byte{name: content, name + ".gz": gz(t, content)} {
			results := walkBytes(t, wrapped, b, Options{Originals: true})
			if len(results) != 1 || results[0].Original == nil || len(results[0].Recordings) == 0 {
				t.Fatalf("%s: %q", wrapped, brief(results))
			}
			o := *results[0].Original
			var back bytes.Buffer
			if err := original.Unpack(&back, o); err != nil || !bytes.Equal(back.Bytes(), content) || o.SHA256 != results[0].SHA256 || o.SHA256 != sha256.Sum256(content) {
				t.Errorf("%s: %d bytes came back of %d, %v", wrapped, back.Len(), len(content), err)
			}
		}
		if results := walkBytes(t, name, content, Options{}); results[0].Original != nil {
			t.Errorf("%s is kept, though nobody asked for it", name)
		}
	}
}

// Of archives and lists no file is given back, nor of what is no recording.
func TestNoOriginalOfLists(t *testing.T) {
	for _, name := range []string{"apple_health_export_v14.zip", "not_an_activity_settings.fit", "hike_no_times.gpx", "strava_export_en.zip"} {
		src, err := Open(filepath.Join(recordings.Dir(t), name))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range walkSource(t, src, Options{Originals: true}) {
			if file := len(r.Recordings) > 0 && !strings.Contains(r.Path, "#"); (r.Original != nil) != file {
				t.Errorf("%s in %s: kept %v", r.Path, name, r.Original != nil)
			}
		}
	}
}
