package activityfile_test

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// deletedOf reads an export whose list of deleted recordings has that content, with at most three lines.
func deletedOf(t testing.TB, content string) (list []pierre.DeletedRecording, status activityfile.Status) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{exportfile.DeletedFile: content, exportfile.ManifestFile: `{"format":"` + exportfile.Format + `","version":1}`} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	src := activityfile.NewSource("mine.zip", bytes.NewReader(b.Bytes()), int64(b.Len()))
	opts := activityfile.Options{TempDir: t.TempDir(), Limits: activityfile.Limits{Rows: 3}}
	err := activityfile.Walk(t.Context(), src, opts, func(res activityfile.Result) error {
		if strings.HasSuffix(res.Path, exportfile.DeletedFile) {
			list, status = res.Deleted, res.Status
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list, status
}

func deletedLine(provider, sum string) string {
	return `{"provider":"` + provider + `","sha256":"` + sum + `","part":1,"activity_id":"act_1","deleted_at":"2026-05-05T12:00:00Z"}` + "\n"
}

// What an export lists as deleted is taken as far as this program can have written it, and up to a number of lines.
func TestDeletedOfAnExport(t *testing.T) {
	good := deletedLine("garmin", strings.Repeat("0a", 32))
	for what, tt := range map[string]struct {
		content string
		want    int
		status  activityfile.Status
	}{
		"at the limit":    {strings.Repeat(good, 3), 3, activityfile.StatusOK},
		"over the limit":  {strings.Repeat(good, 4), 0, activityfile.StatusFailed},
		"one of three":    {good + deletedLine("nobody", strings.Repeat("0a", 32)) + deletedLine("garmin", "0a"), 1, activityfile.StatusOK},
		"nothing deleted": {"", 0, activityfile.StatusSkipped},
		"no list":         {"[]\nx\n", 0, activityfile.StatusSkipped},
	} {
		if list, status := deletedOf(t, tt.content); len(list) != tt.want || status != tt.status {
			t.Errorf("%s: %+v, %v", what, list, status)
		}
	}
}

func FuzzDeletedOfAnExport(f *testing.F) {
	f.Add(deletedLine("garmin", strings.Repeat("0a", 32)))
	f.Add(strings.ReplaceAll(deletedLine("file", strings.Repeat("0A", 32)), `"part":1`, `"part":-1`))
	f.Fuzz(func(t *testing.T, content string) {
		list, _ := deletedOf(t, content)
		for _, d := range list {
			if !slices.Contains(pierre.Providers(), d.Provider) || d.Part < 0 || d.Activity == "" || len(d.Activity) > 64 || d.Deleted.IsZero() {
				t.Errorf("%+v", d)
			}
		}
	})
}
