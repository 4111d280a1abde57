package exportfile_test

import (
	"io/fs"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Whatever an activity has for an id and a sport, its file is one in its folder, with a name that every system accepts.
func FuzzWrittenName(f *testing.F) {
	f.Add("act_abcdefghij", "run")
	f.Add("../../etc", `..\..\x`)
	f.Add("act_", "")
	f.Add("act_日本語日本語", strings.Repeat("ü", 300))
	f.Add("\x00\xff/", "a/b:c*d?e\"f<g>h|i\n.")
	f.Fuzz(func(t *testing.T, id, sport string) {
		a := pierre.Activity{ID: pierre.ActivityID(id), Sport: pierre.Sport(sport), Start: time.Date(2026, 5, 5, 23, 30, 0, 0, time.UTC), UTCOffset: new(7200)}
		name := exportfile.WrittenName(&a)
		if !fs.ValidPath(name) || path.Dir(name) != "activities/2026" || len(path.Base(name)) > 255 || !strings.HasPrefix(path.Base(name), "2026-05-06_013000_") ||
			!strings.HasSuffix(name, ".fit") || strings.ContainsAny(name, "\\:*?\"<>|\x00\n") {
			t.Errorf("%q", name)
		}
	})
}

// Whatever a file was called, it is one in its folder, under a name that every system accepts, with the extension of its format.
func FuzzOriginalName(f *testing.F) {
	f.Add("Morning Run.fit.gz", "fit")
	f.Add("../../etc/passwd", "fit")
	f.Add(`C:\Users\ana\x.TCX`, "tcx")
	f.Add("activities.csv#123", "csv")
	f.Add("", "")
	f.Add(strings.Repeat("ü", 300)+".gpx", "gpx")
	f.Add("a\x00b\xff/.", "../x")
	f.Fuzz(func(t *testing.T, file, format string) {
		a := pierre.Activity{ID: "act_x", Start: time.Date(2026, 5, 5, 23, 30, 0, 0, time.UTC)}
		name := exportfile.OriginalName(&a, &pierre.Source{File: file, Format: format, SHA256: [32]byte{0xab, 0xcd}})
		if !fs.ValidPath(name) || path.Dir(name) != "activities/2026" || len(path.Base(name)) > 255 || !strings.HasPrefix(path.Base(name), "2026-05-05_233000_abcd00000000_") ||
			strings.ContainsAny(name, "\\:*?\"<>|\x00\n") {
			t.Errorf("%q", name)
		}
		if (format == "fit" || format == "gpx") && !strings.EqualFold(path.Ext(name), "."+format) {
			t.Errorf("%q is not said to be %s", name, format)
		}
	})
}
