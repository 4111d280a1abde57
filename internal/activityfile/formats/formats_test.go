package formats_test

import (
	"slices"
	"testing"

	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
)

func TestOf(t *testing.T) {
	for path, want := range map[string]string{
		"run.fit": formats.FIT, "a/Run.FIT.GZ": formats.FIT, "x.gpx.gz": formats.GPX, "export.zip": formats.ZIP, "activities.csv": formats.CSV,
		"activities.csv.gz": "", "export.zip.gz": "", "photo.jpg": "", "fit": "", "": "",
	} {
		if f, ok := formats.Of(path); f.Name != want || ok != (want != "") {
			t.Errorf("Of(%q) = %q, %t, want %q", path, f.Name, ok, want)
		}
	}
}

func TestRecordings(t *testing.T) {
	if got := formats.Recordings(); !slices.Equal(got, []string{formats.FIT, formats.GPX, formats.TCX}) {
		t.Errorf("the recordings are %v", got)
	}
}

// Names are unique, and no two formats tell equally much, or merging would depend on the order of imports.
func TestAll(t *testing.T) {
	names, ranks := map[string]bool{}, map[int]bool{}
	for _, f := range formats.All() {
		if names[f.Name] || ranks[f.Better] {
			t.Errorf("%+v is there twice", f)
		}
		names[f.Name], ranks[f.Better] = true, true
		if formats.Better(f.Name) != f.Better {
			t.Errorf("Better(%q) = %d, want %d", f.Name, formats.Better(f.Name), f.Better)
		}
	}
	if formats.Better("doc") != 0 {
		t.Error("an unknown format is better than an archive")
	}
}
