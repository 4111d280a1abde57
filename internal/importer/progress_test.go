package importer_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// track is a GPX track of a minute that starts so many minutes after midnight.
func track(minutes int) string {
	var b strings.Builder
	b.WriteString(`<gpx version="1.1"><trk><trkseg>`)
	start := time.Date(2026, 3, 1, 0, minutes, 0, 0, time.UTC)
	for i := range 61 {
		fmt.Fprintf(&b, `<trkpt lat="%f" lon="16.3"><time>%s</time></trkpt>`,
			48.2+float64(i)*3e-5, start.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
	}
	b.WriteString(`</trkseg></trk></gpx>`)
	return b.String()
}

// zipOf packs files, given as names and contents.
func zipOf(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The files of an archive are counted before they are read, those of archives inside it once they are opened.
func TestProgress(t *testing.T) {
	inner := zipOf(t, "b.gpx", track(30), "c.txt", "no activity")
	outer := zipOf(t, "a.gpx", track(0), "inner.zip", inner, "z.txt", "no activity")
	db := newDatabase(t)
	var seen []string
	src := activityfile.NewSource("outer.zip", strings.NewReader(outer), int64(len(outer)))
	_, err := db.importer.Import(t.Context(), db.user(t, "ana"), src, importer.Watch{Progress: func(p pierre.ImportProgress) {
		if n := len(seen); n == 0 || !strings.HasPrefix(seen[n-1], p.Current+" ") {
			seen = append(seen, fmt.Sprintf("%s of %d", p.Current, p.FilesTotal))
		}
		if p.FilesTotal > 0 && p.FilesDone > p.FilesTotal {
			t.Errorf("%d of %d files are done", p.FilesDone, p.FilesTotal)
		}
	}})
	want := []string{"outer.zip of 0", "a.gpx of 0", "inner.zip of 0", "inner.zip/b.gpx of 4", "inner.zip/c.txt of 4", "z.txt of 4"}
	if err != nil || !slices.Equal(seen, want) {
		t.Errorf("progress = %q, %v, want %q", seen, err, want)
	}
}
