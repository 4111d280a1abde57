package activityfile

import (
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// deletedOf reads an export whose list of deleted recordings has that content, with at most three lines.
func deletedOf(t testing.TB, content string) (found Result) {
	t.Helper()
	archive := pack(t, member{exportfile.DeletedFile, []byte(content)}, member{exportfile.ManifestFile, []byte(`{"format":"` + exportfile.Format + `","version":1}`)})
	for _, res := range walkBytes(t, "mine.zip", archive, Options{TempDir: t.TempDir(), Limits: Limits{Rows: 3}}) {
		if strings.HasSuffix(res.Path, exportfile.DeletedFile) {
			found = res
		}
	}
	return found
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
		status  Status
		warned  bool
	}{
		"at the limit":    {strings.Repeat(good, 3), 3, StatusOK, false},
		"over the limit":  {strings.Repeat(good, 4), 3, StatusOK, true},
		"damaged later":   {good + strings.Repeat("x", 2<<20), 1, StatusOK, true},
		"damaged":         {strings.Repeat("x", 2<<20) + good, 0, StatusFailed, false},
		"one of three":    {good + deletedLine("nobody", strings.Repeat("0a", 32)) + deletedLine("garmin", "0a"), 1, StatusOK, false},
		"nothing deleted": {"", 0, StatusSkipped, false},
		"no list":         {"[]\nx\n", 0, StatusSkipped, false},
	} {
		if got := deletedOf(t, tt.content); len(got.Deleted) != tt.want || got.Status != tt.status || (len(got.Warnings) > 0) != tt.warned {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

func FuzzDeletedOfAnExport(f *testing.F) {
	f.Add(deletedLine("garmin", strings.Repeat("0a", 32)))
	f.Add(strings.ReplaceAll(deletedLine("file", strings.Repeat("0A", 32)), `"part":1`, `"part":-1`))
	f.Fuzz(func(t *testing.T, content string) {
		for _, d := range deletedOf(t, content).Deleted {
			if !slices.Contains(pierre.Providers(), d.Provider) || d.Part < 0 || d.Activity == "" || len(d.Activity) > 64 || d.Deleted.IsZero() {
				t.Errorf("%+v", d)
			}
		}
	})
}
