//go:build !race

package activityfile_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/activityfile"
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
