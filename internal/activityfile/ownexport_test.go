//go:build !race

package activityfile_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/recordings"
)

func exportZip(t testing.TB, files ...string) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

const manifest = `{"format":"pierre-export","version":1}`

// Whatever the lists of an export hold, each of its files is reported, and nothing that cannot be is taken over.
func FuzzOwnExport(f *testing.F) {
	f.Add(manifest, `{"id":"act_1","file":"activities/a.fit","sources":[{"provider":"strava","sha256":"00","primary":true}]}`, `{"day":"2026-05-05","kind":"weight","source":"garmin","value":71}`, `{"ftp_watts":250,"history":[{"field":"ftp_watts","from":"2026-05-05","value":1e300}]}`, `[{"title":"x"}]`)
	f.Add(`{`, `{`, `{"day":"x"}`, `[]`, `{}`)
	f.Add(`{"format":"pierre-export","version":9}`, "\n\n", `{"day":"2026-05-05","kind":"weight","source":"nobody","value":71}`, ``, `null`)
	f.Fuzz(func(t *testing.T, manifest, activities, days, profile, goals string) {
		r := exportZip(t, "x/pierre-export.json", manifest, "x/activities.jsonl", activities, "x/wellness.jsonl", days, "x/profile.json", profile, "x/goals.json", goals,
			"x/activities/a.fit", "no recording", "x/usage.jsonl", "")
		files := map[string]int{}
		err := activityfile.Walk(t.Context(), activityfile.NewSource("mine.zip", r, r.Size()), activityfile.Options{TempDir: t.TempDir()}, func(res activityfile.Result) error {
			files[res.Path]++
			if len(res.Recordings) > 0 {
				t.Errorf("%s has a recording", res.Path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for name, n := range files {
			if n != 1 || !strings.Contains(name, "x/") {
				t.Errorf("%s was reported %d times", name, n)
			}
		}
		if len(files) != 7 {
			t.Errorf("%d files were reported: %v", len(files), files)
		}
	})
}

// An edited list that names a part of a file twice, parts that are not there, and files that are other ones, brings each recording
// once, under the sum that it has.
func TestOwnExportNamesFilesTwice(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(recordings.Dir(t), "multisport_triathlon_chained.fit"))
	if err != nil {
		t.Fatal(err)
	}
	line := func(id string, part int, sum string) string {
		return fmt.Sprintf(`{"id":"act_%s","sport_type":"run","start_time":"2018-05-27T09:00:00Z","sources":[{"provider":"file","name":"tri.fit","format":"fit","sha256":"%s","part":%d,"primary":true,"start_time":"2018-05-27T09:00:00Z","original":"activities/tri.fit"}]}`+"\n", id, sum, part)
	}
	other := strings.Repeat("ab", 32)
	list := line("a", 1, other) + line("b", 1, other) + line("c", 0, other) + line("d", 99, other) + line("e", -1, other) + line("f", 2, "no sum")
	r := exportZip(t, "x/pierre-export.json", manifest, "x/activities.jsonl", list, "x/activities/tri.fit", string(content))
	var got []string
	err = activityfile.Walk(t.Context(), activityfile.NewSource("mine.zip", r, r.Size()), activityfile.Options{TempDir: t.TempDir(), Originals: true}, func(res activityfile.Result) error {
		if len(res.Recordings) != 1 || strings.Contains(res.Path, "jsonl") {
			return nil
		}
		own := res.Original != nil && res.Original.SHA256 == sha256.Sum256(content) && (res.Kept == nil || res.Kept.Source.SHA256 == res.Original.SHA256)
		said := slices.ContainsFunc(res.Warnings, func(w string) bool { return strings.Contains(w, "list") })
		got = append(got, fmt.Sprintf("%s %v %v %v", res.Path, own, res.Kept != nil, said))
		return nil
	})
	want := []string{"x/activities/tri.fit#2 true true true", "x/activities/tri.fit true true true", "x/activities/tri.fit#100 false true true", "x/activities/tri.fit#3 true false false"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

// What an export has for reading alone is named as such, and no other format is looked for in it.
func TestPartsOfAnExportForReading(t *testing.T) {
	parts := []string{exportfile.AccountFile, exportfile.GearFile, exportfile.ConnectionsFile, exportfile.UsageFile}
	files := []string{"x/" + exportfile.ManifestFile, manifest}
	for _, name := range parts {
		files = append(files, "x/"+name, `[{"id":"workout_1","sport_type":"ride"}]`)
	}
	r := exportZip(t, files...)
	var got []string
	err := activityfile.Walk(t.Context(), activityfile.NewSource("mine.zip", r, r.Size()), activityfile.Options{TempDir: t.TempDir()}, func(res activityfile.Result) error {
		if res.Status == activityfile.StatusSkipped && strings.Contains(res.Reason, "only for reading") {
			got = append(got, strings.TrimPrefix(res.Path, "x/"))
		}
		return nil
	})
	if err != nil || !slices.Equal(got, parts) {
		t.Errorf("for reading: %q, %v; want %q", got, err, parts)
	}
}

// A list that names parts which its files do not have, of one file and the other in turn, has each of them read once.
func TestOwnExportNamesPartsThatAreNotThere(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(recordings.Dir(t), "run_garmin_gpxtpx_hr.gpx"))
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	const lines = 10
	for n := range lines {
		for _, file := range []string{"a.gpx", "b.gpx"} {
			fmt.Fprintf(&list, `{"id":"act_%d","sport_type":"run","start_time":"2018-05-27T09:00:00Z","sources":[{"provider":"file","name":"%s","sha256":"%064x","part":%d,"original":"activities/%s"}]}`+"\n",
				n, file, n+1, n+1_000_000, file)
		}
	}
	r := exportZip(t, "x/pierre-export.json", manifest, "x/activities.jsonl", list.String(), "x/activities/a.gpx", string(content), "x/activities/b.gpx", string(content)+"\n")
	reads, reported := map[string]int{}, 0
	opts := activityfile.Options{TempDir: t.TempDir(), Reading: func(name string, _ int) { reads[name]++ }}
	err = activityfile.Walk(t.Context(), activityfile.NewSource("mine.zip", r, r.Size()), opts, func(res activityfile.Result) error {
		if strings.Contains(res.Path, ".gpx#") {
			reported++
		}
		return nil
	})
	if err != nil || reported != 2*lines || reads["x/activities/a.gpx"] != 1 || reads["x/activities/b.gpx"] != 1 {
		t.Errorf("%d reported, reads %v, %v", reported, reads, err)
	}
}
