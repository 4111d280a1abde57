package exporter_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A recorded is a recording and where it was read.
type recorded struct {
	src pierre.Source
	rec pierre.Recording
}

// newRecorded returns a run of so many metres, with a sample each second.
func newRecorded(file string, start time.Time, meters float64, samples int) recorded {
	r := recorded{
		pierre.Source{Provider: pierre.ProviderFile, File: file, Format: "fit", SHA256: [32]byte([]byte(fmt.Sprintf("%-32s", file))), Imported: noon},
		pierre.Recording{Activity: pierre.Activity{
			Provider: pierre.ProviderFile, Sport: pierre.SportRun, Start: start, Totals: pierre.Totals{DistanceMeters: &meters, DurationSeconds: new(1500.), ElapsedSeconds: new(1500.)},
		}},
	}
	for n := range samples {
		r.rec.Series.Time, r.rec.Series.HeartRate = append(r.rec.Series.Time, float64(n)), append(r.rec.Series.HeartRate, 140)
	}
	return r
}

func bring(t *testing.T, s *store.Store, user pierre.UserID, r recorded) pierre.Addition {
	t.Helper()
	added, err := s.ImportRecording(t.Context(), user, r.src, r.rec)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

// activitySet tells which activities a user has, by their sources, which of them count, and what they say.
func activitySet(t *testing.T, s *store.Store, user pierre.UserID) string {
	t.Helper()
	var set []string
	for _, a := range activities(t, s, user) {
		sources, err := s.KeptSources(t.Context(), user, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, src := range sources {
			names = append(names, src.File)
		}
		slices.Sort(names)
		set = append(set, fmt.Sprintf("%s: %s, %.0f m, counts %v, hidden %v", strings.Join(names, " and "), a.Start.Format(time.TimeOnly), *a.DistanceMeters, a.Twin == "", a.Hidden))
	}
	slices.Sort(set)
	return strings.Join(set, "\n")
}

// What the athlete decided of which recordings are one activity holds on another server, on the one after it, and for whatever is
// imported there later.
func TestDecisionsThereAndBack(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		users := storetest.Users(t, s, noon, "ana@example.com", "bob@example.com", "eve@example.com")
		ana := users[0]
		at := func(d time.Duration) time.Time { return noon.Add(d) }
		// The rule merges watch and phone; ana says that they are two. A third one comes later to one of them, and is its richest.
		watch, phone := newRecorded("watch.fit", at(0), 5000, 30), newRecorded("phone.fit", at(-time.Second), 4990, 20)
		phone.src.Imported = noon.Add(time.Hour)
		one := bring(t, s, ana, watch).Activity
		bring(t, s, ana, phone)
		if _, err := s.SplitActivity(t.Context(), ana, one, "phone.fit"); err != nil {
			t.Fatal(err)
		}
		bring(t, s, ana, phone)
		third := newRecorded("third.fit", at(time.Second), 5010, 40)
		if added := bring(t, s, ana, third); added.Activity != one {
			t.Fatalf("the third is %+v, not of %s", added, one)
		}
		// Two at one time, which would count once.
		left, right := newRecorded("left.fit", at(24*time.Hour), 6000, 10), newRecorded("right.fit", at(24*time.Hour+3*time.Minute), 4000, 10)
		if err := s.KeepApart(t.Context(), ana, bring(t, s, ana, left).Activity, bring(t, s, ana, right).Activity); err != nil {
			t.Fatal(err)
		}
		// Two that no rule merges.
		out, back := newRecorded("out.fit", at(48*time.Hour), 8000, 10), newRecorded("back.fit", at(51*time.Hour), 9000, 20)
		joined := bring(t, s, ana, out).Activity
		if err := s.MergeActivities(t.Context(), ana, joined, bring(t, s, ana, back).Activity); err != nil {
			t.Fatal(err)
		}
		// One that was split and put together again, and is hidden.
		head, tail := newRecorded("head.fit", at(72*time.Hour), 3000, 30), newRecorded("tail.fit", at(72*time.Hour), 3000, 20)
		whole := bring(t, s, ana, head).Activity
		bring(t, s, ana, tail)
		parts, err := s.SplitActivity(t.Context(), ana, whole, "")
		if err != nil || len(parts.Activities) != 2 {
			t.Fatalf("%+v, %v", parts, err)
		}
		if err := s.MergeActivities(t.Context(), ana, parts.Activities[0], parts.Activities[1]); err != nil {
			t.Fatal(err)
		}
		if err := s.HideActivity(t.Context(), ana, parts.Activities[0], true); err != nil {
			t.Fatal(err)
		}

		want := activitySet(t, s, ana)
		if n := strings.Count(want, "counts true"); n != 6 {
			t.Fatalf("%d activities count, want 6:\n%s", n, want)
		}
		archive, before := export(t, s, ana)
		for _, user := range users[1:] {
			if sum, rows := restore(t, s, user, archive); sum.Activities != 6 || sum.Failed != 0 {
				t.Errorf("%+v, %+v", sum, rows)
			}
			if got := activitySet(t, s, user); got != want {
				t.Errorf("the activities are\n%s\nwant\n%s", got, want)
			}
			if sum, _ := restore(t, s, user, archive); sum.Imported != 0 {
				t.Errorf("again: %+v", sum)
			}
			for _, r := range []recorded{watch, phone, third, left, right, out, back, head, tail} { // as they come once more from a watch
				bring(t, s, user, r)
			}
			if got := activitySet(t, s, user); got != want {
				t.Errorf("imported again, the activities are\n%s\nwant\n%s", got, want)
			}
			archive, _ = export(t, s, user) // for the next server
		}
		if list := lines[exportfile.Activity](t, before[exportfile.ActivitiesFile]); len(list) != 6 || slices.ContainsFunc(list, func(a exportfile.Activity) bool { return len(a.Sides) == 0 }) {
			t.Errorf("%d activities are listed; each has sides: %+v", len(list), list)
		}
		done, err := s.SplitActivity(t.Context(), users[2], idOf(t, s, users[2], "out.fit"), "")
		if err != nil || len(done.Activities) != 2 || len(done.Lost) != 0 {
			t.Errorf("taken apart there: %+v, %v; all samples are kept", done, err)
		}
	})
}

// idOf returns the activity that was read from a file.
func idOf(t *testing.T, s *store.Store, user pierre.UserID, file string) pierre.ActivityID {
	t.Helper()
	for _, a := range activities(t, s, user) {
		sources, err := s.KeptSources(t.Context(), user, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(sources, func(src pierre.KeptSource) bool { return src.File == file }) {
			return a.ID
		}
	}
	t.Fatalf("no activity was read from %s", file)
	return ""
}
