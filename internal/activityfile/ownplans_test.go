package activityfile

import (
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// plansOf reads an export whose lists of goals and of planned workouts have that content.
func plansOf(t testing.TB, goals, workouts string) (g, w Result) {
	t.Helper()
	archive := pack(t, member{exportfile.GoalsFile, []byte(goals)}, member{exportfile.WorkoutsFile, []byte(workouts)},
		member{exportfile.ManifestFile, []byte(`{"format":"` + exportfile.Format + `","version":1}`)})
	for _, res := range walkBytes(t, "mine.zip", archive, Options{}) {
		switch {
		case strings.HasSuffix(res.Path, exportfile.GoalsFile):
			g = res
		case strings.HasSuffix(res.Path, exportfile.WorkoutsFile):
			w = res
		}
	}
	return g, w
}

func listOf(n int, element string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(element+",\n", n), ",\n") + "]"
}

// What an export lists as planned is read one by one, none of them long, and as many as there can be.
func TestPlansOfAnExport(t *testing.T) {
	const good = `{"id":"workout_1","day":"2026-06-18","sport":"run","name":"Easy","steps":[{"seconds":2700}]}`
	filled := func(bytes int) string { // an element that takes so many
		head, tail := `{"note":"`, `"}`
		return head + strings.Repeat("x", bytes-len(head)-len(tail)) + tail
	}
	for what, tt := range map[string]struct {
		content string
		want    int
		status  Status
		warned  bool
	}{
		"one":               {listOf(1, good), 1, StatusOK, false},
		"at the limit":      {listOf(pierre.MaxWorkouts, good), pierre.MaxWorkouts, StatusOK, false},
		"over the limit":    {listOf(pierre.MaxWorkouts+1, good), pierre.MaxWorkouts, StatusOK, true},
		"other forms":       {`[7,` + good + `,{"day":7},"x",[],null]`, 2, StatusOK, false},
		"the longest":       {listOf(2, filled(maxExportPlan-2)), 2, StatusOK, false}, // with what stands between
		"longer":            {"[" + good + "," + filled(maxExportPlan+1) + "," + good + "]", 1, StatusOK, true},
		"a lot of nothing":  {"[" + good + strings.Repeat(" ", maxExportPlan+1) + "]", 1, StatusOK, true},
		"begins with none":  {strings.Repeat("\n", maxExportPlan+1) + "[]", 0, StatusFailed, false},
		"damaged later":     {"[" + good + ",{", 1, StatusOK, true},
		"not closed":        {"[" + good, 1, StatusOK, true},
		"damaged":           {"[{" + good + "]", 0, StatusFailed, false},
		"nested very deep":  {strings.Repeat("[", 20_000), 0, StatusFailed, false},
		"none":              {"[]", 0, StatusSkipped, false},
		"nothing":           {"", 0, StatusFailed, false},
		"no list":           {good, 0, StatusFailed, false},
		"several documents": {"[" + good + "][" + good + "]", 1, StatusOK, false},
	} {
		_, got := plansOf(t, "[]", tt.content)
		if len(got.Workouts) != tt.want || got.Status != tt.status || (len(got.Warnings) > 0) != tt.warned {
			t.Errorf("%s: %d workouts, %s, %q, %q", what, len(got.Workouts), got.Status, got.Reason, got.Warnings)
		}
	}
	if got, _ := plansOf(t, listOf(pierre.MaxGoals+1, `{"title":"x"}`), "[]"); len(got.Goals) != pierre.MaxGoals || len(got.Warnings) != 1 {
		t.Errorf("%d goals, %q", len(got.Goals), got.Warnings)
	}
}

func FuzzPlansOfAnExport(f *testing.F) {
	f.Add(`[{"title":"x"},{"title":7},null]`, `[{"day":"2026-06-18","steps":[{"repeat":2,"steps":[{"seconds":1e300}]}]}]`)
	f.Add(`{}`, `[[[[`)
	f.Add(`[`, "[] \x00")
	f.Fuzz(func(t *testing.T, goals, workouts string) {
		g, w := plansOf(t, goals, workouts)
		for _, res := range []Result{g, w} {
			if res.Path == "" || res.Status == StatusOK != (len(res.Goals)+len(res.Workouts) > 0) {
				t.Errorf("%+v", res)
			}
		}
	})
}
