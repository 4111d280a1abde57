package importer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A file that says when in UTC and where counts for the day on the clock of that place.
func TestOffsetOfAPlace(t *testing.T) {
	const points = `<trkpt lat="%[1]f" lon="%[2]f"><time>%[3]sT22:30:00%[4]s</time></trkpt>
		<trkpt lat="%[1]f" lon="%[2]f"><time>%[3]sT22:31:00%[4]s</time></trkpt>`
	for _, c := range []struct {
		what     string
		lat, lon float64
		day      string
		suffix   string
		sport    string
		want     *int
	}{
		{"Monday morning in Tokyo", 35.68, 139.77, "2024-07-07", "Z", "running", new(9 * 3600)},
		{"Berlin in summer", 52.52, 13.40, "2024-07-07", "Z", "running", new(2 * 3600)},
		{"Berlin in winter", 52.52, 13.40, "2024-01-07", "Z", "running", new(3600)},
		{"the file's own offset goes first", 52.52, 13.40, "2024-01-07", "-05:00", "running", new(-5 * 3600)},
		{"times without a zone may be of any clock", 52.52, 13.40, "2024-01-07", "", "running", nil},
		{"a virtual ride on the Solomon Islands", -11.64, 166.95, "2024-01-07", "Z", "VirtualRide", nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			db := newDatabase(t)
			user := db.user(t, "ana")
			path := filepath.Join(t.TempDir(), "a.gpx")
			gpx := `<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><type>` + c.sport + `</type><trkseg>` +
				fmt.Sprintf(points, c.lat, c.lon, c.day, c.suffix) + `</trkseg></trk></gpx>`
			if err := os.WriteFile(path, []byte(gpx), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := db.importer.ImportPath(t.Context(), user, path, importer.Watch{}); err != nil {
				t.Fatal(err)
			}
			page, err := db.Activities(t.Context(), user, pierre.ActivityQuery{})
			if err != nil || len(page.Activities) != 1 {
				t.Fatalf("%d activities, %v", len(page.Activities), err)
			}
			got := page.Activities[0].UTCOffset
			if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("offset %v, want %v", deref(got), deref(c.want))
			}
		})
	}
}

func deref(n *int) any {
	if n == nil {
		return nil
	}
	return *n
}
