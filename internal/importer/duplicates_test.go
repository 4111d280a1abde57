package importer_test

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// unpack writes the files of a case into a folder and returns their paths.
func unpack(t *testing.T, name string) []string {
	t.Helper()
	r, err := zip.OpenReader(filepath.Join("..", "activityfile", "testdata", "cases", name))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	dir := t.TempDir()
	var paths []string
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name+"-"+filepath.Base(f.Name))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// orders yields every order of every part of list.
func orders(list []string, yield func([]string)) {
	var choose func(chosen, left []string)
	choose = func(chosen, left []string) {
		yield(chosen)
		for i := range left {
			rest := append(append([]string(nil), left[:i]...), left[i+1:]...)
			choose(append(slices.Clip(chosen), left[i]), rest)
		}
	}
	choose(nil, list)
}

// Nobody is in two places: recordings that share most of their time and track are one activity, whatever came first.
func TestOverlappingRecordingsAreOneActivity(t *testing.T) {
	for _, name := range []string{"zip-pair-started-75-seconds-apart.zip", "zip-pair-cropped-copy.zip"} {
		t.Run(name, func(t *testing.T) {
			paths := unpack(t, name)
			orders(paths, func(chosen []string) {
				db := newDatabase(t)
				user := db.user(t, "ana")
				for _, path := range chosen {
					if _, err := db.importer.ImportPath(t.Context(), user, path, importer.Watch{}); err != nil {
						t.Fatal(err)
					}
				}
				page, err := db.Activities(t.Context(), user, pierre.ActivityQuery{})
				if err != nil {
					t.Fatal(err)
				}
				if len(page.Activities) != min(1, len(chosen)) {
					t.Fatalf("%d activities of %v", len(page.Activities), chosen)
				}
				if len(chosen) == len(paths) {
					if d := *page.Activities[0].DistanceMeters; d != 5040 {
						t.Errorf("%v m of %v, want 5040", d, chosen)
					}
				}
			})
		})
	}
}
