package importclient_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pierre-mcp/pierre/internal/importclient"
)

// tree writes files, each holding its own path, below a new folder.
func tree(t *testing.T, paths ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, path := range paths {
		write(t, filepath.Join(root, path), path)
	}
	return root
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// found lists items below root, and the files of those that are archives.
func found(t *testing.T, root string, items []importclient.Item) []string {
	t.Helper()
	var names []string
	for _, it := range items {
		name, err := filepath.Rel(root, it.Path)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
		for _, f := range it.Files {
			names = append(names, name+" > "+f.Name)
		}
	}
	return names
}

func TestFind(t *testing.T) {
	for name, test := range map[string]struct {
		files  []string
		want   []string
		others int
	}{
		"recordings and archives": {
			[]string{"a.FIT", "b/c.gpx.gz", "b/d.tcx", "e.zip", "f.jpg", "g.csv", "h.gz"},
			[]string{"a.FIT", "b/c.gpx.gz", "b/d.tcx", "e.zip"},
			3,
		},
		"hidden": {
			[]string{".git/a.fit", ".b.fit", "__MACOSX/c.fit", "d.fit"},
			[]string{"d.fit"},
			0,
		},
		"a Strava export, without its photos": {
			[]string{"x/activities.csv", "x/activities/1.fit.gz", "x/activities/2.gpx", "x/media/3.jpg", "x/profile.csv", "y.fit"},
			[]string{"x", "x > activities/1.fit.gz", "x > activities/2.gpx", "x > activities.csv", "x > profile.csv", "y.fit"},
			1,
		},
		"a translated Strava export": {
			[]string{"aktivitäten.csv", "activities/1.gpx"},
			[]string{".", ". > activities/1.gpx", ". > aktivitäten.csv"},
			0,
		},
		"a Garmin export": {
			[]string{"DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_1.zip", "DI_CONNECT/DI-Connect-Fitness/s.json"},
			[]string{".", ". > DI_CONNECT/DI-Connect-Fitness/s.json", ". > DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_1.zip"},
			0,
		},
		"a Polar export": {
			[]string{"polar/account-data-1-a.json", "polar/sleep_result_1-a.json", "polar/picture.data", "other/sleep_result_1-a.json"},
			[]string{"polar", "polar > account-data-1-a.json", "polar > sleep_result_1-a.json"},
			2,
		},
		"a Fitbit export": {
			[]string{"Fitbit/Global Export Data/steps-1.json", "Fitbit/Activities/1.tcx"},
			[]string{"Fitbit", "Fitbit > Activities/1.tcx", "Fitbit > Global Export Data/steps-1.json"},
			0,
		},
		"a table that is no export": {
			[]string{"laps.csv", "a.gpx", "b.xml"},
			[]string{"a.gpx"},
			2,
		},
		"nothing": {[]string{"a.jpg"}, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, test.files...)
			items, others, err := importclient.Find([]string{root})
			if got := found(t, root, items); err != nil || !slices.Equal(got, test.want) || others != test.others {
				t.Errorf("Find = %q, %d others, %v; want %q, %d", got, others, err, test.want, test.others)
			}
		})
	}
}

// Apple translates the name of the export's main file, but not its root element.
func TestFindHealthExport(t *testing.T) {
	root := tree(t, "health/workout-routes/route.gpx", "more.gpx")
	write(t, filepath.Join(root, "health", "导出.xml"), `<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE HealthData [`)
	items, _, err := importclient.Find([]string{root})
	want := []string{"health", "health > workout-routes/route.gpx", "health > 导出.xml", "more.gpx"}
	if got := found(t, root, items); err != nil || !slices.Equal(got, want) {
		t.Errorf("Find = %q, %v; want %q", got, err, want)
	}
	if len(items) > 0 && items[0].Name != "health.zip" {
		t.Errorf("name = %q, want health.zip", items[0].Name)
	}
}

func TestFindNamedFiles(t *testing.T) {
	root := tree(t, "odd.name", "a.fit")
	odd, a := filepath.Join(root, "odd.name"), filepath.Join(root, "a.fit")
	items, _, err := importclient.Find([]string{odd, a, filepath.Join(root, ".", "a.fit"), root})
	if got, want := found(t, root, items), []string{"odd.name", "a.fit"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("Find = %q, %v; want %q: what is named counts, and once", got, err, want)
	}
	if items[0].Size != int64(len("odd.name")) || items[0].Name != "odd.name" {
		t.Errorf("item = %+v", items[0])
	}
	_, _, err = importclient.Find([]string{a, filepath.Join(root, "nowhere")})
	if missing, ok := errors.AsType[*fs.PathError](err); !ok || !errors.Is(err, fs.ErrNotExist) || filepath.Base(missing.Path) != "nowhere" {
		t.Errorf("Find of a missing path = %v", err)
	}
}
