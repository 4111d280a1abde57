package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// words shows what is said of an activity.
func words(a pierre.Activity) string {
	rpe := "-"
	if a.RPE != nil {
		rpe = fmt.Sprint(*a.RPE)
	}
	return fmt.Sprintf("%s|%s|%s|%s|%s|%t %v", a.Name, a.Note, rpe, a.Feel, a.Gear, a.Race, a.Said)
}

// What the athlete says counts for more than files, whatever is imported, merged, split or imported again.
func TestAnnotations(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana, ben := user(t, s, "ana"), user(t, s, "ben")
		watch := newSource("watch.fit", morning, func(s *source) {
			s.Name, s.RPE, s.Feel, s.Gear = "Run", new(5.0), pierre.FeelStrong, "Old shoes"
		})
		id := add(t, s, ana, watch).Activity
		check := func(what string, of pierre.ActivityID, want string) {
			t.Helper()
			a, err := s.Activity(t.Context(), ana, of)
			if err != nil {
				t.Fatal(err)
			}
			if got := words(a); got != want {
				t.Errorf("%s: %s, want %s", what, got, want)
			}
		}
		at := morning
		annotate := func(of pierre.ActivityID, change func(*pierre.Annotation)) {
			t.Helper()
			at = at.Add(time.Hour)
			if _, err := s.AnnotateActivity(t.Context(), ana, of, at, change); err != nil {
				t.Fatal(err)
			}
		}
		check("by the file", id, "Run||5|strong|Old shoes|false []")
		annotate(id, func(a *pierre.Annotation) {
			a.Name, a.Note, a.RPE, a.Race = new("City race"), new("windy"), new(8.5), new(true)
		})
		const said = "City race|windy|8.5|strong|Old shoes|true [name note rpe race]"
		check("by the athlete", id, said)
		if _, err := s.AnnotateActivity(t.Context(), ben, id, at, func(*pierre.Annotation) {}); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("another athlete's activity: %v", err)
		}

		watch.Feel = pierre.FeelWeak
		if got := add(t, s, ana, watch); got.Outcome != pierre.OutcomeUpdated {
			t.Errorf("the file again, changed: %s", got.Outcome)
		}
		check("imported again", id, "City race|windy|8.5|weak|Old shoes|true [name note rpe race]")
		richer := newSource("bike.fit", morning, func(s *source) {
			s.Name, s.Gear, s.Series = "Long name", "New shoes", pierre.Series{Time: []float64{0, 1}, HeartRate: []float64{100, 101}}
		})
		if got := add(t, s, ana, richer); got.Activity != id {
			t.Fatalf("the other recording is %s, want a part of %s", got.Activity, id)
		}
		check("with a richer recording", id, "City race|windy|8.5|weak|New shoes|true [name note rpe race]")

		split, err := s.SplitActivity(t.Context(), ana, id, "watch.fit")
		if err != nil {
			t.Fatal(err)
		}
		check("split off", split.Activities[1], "City race|windy|8.5|weak|Old shoes|true [name note rpe race]")
		annotate(split.Activities[1], func(a *pierre.Annotation) { a.RPE, a.Note, a.Gear = new(0.0), nil, new("Spikes") })
		if err := s.MergeActivities(t.Context(), ana, id, split.Activities[1]); err != nil {
			t.Fatal(err)
		}
		check("the later of two counts", id, "City race|windy|0|weak|Spikes|true [name note rpe race gear]")
		annotate(id, func(a *pierre.Annotation) { *a = pierre.Annotation{} })
		check("taken back", id, "Long name||5|weak|New shoes|false []")
	})
}

// The digest of an activity has what is said of it.
func TestAnnotationsMakeDigestsAgain(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana := user(t, s, "ana")
		id := add(t, s, ana, newSource("a.fit", morning, nil)).Activity
		stamps, err := s.DigestStamps(t.Context(), ana, []pierre.ActivityID{id})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SaveDigests(t.Context(), ana, 1, map[pierre.ActivityID]pierre.Digest{id: {Stamp: stamps[id], Data: []byte("x")}}); err != nil {
			t.Fatal(err)
		}
		has := func() bool {
			all, err := s.DigestedActivities(t.Context(), ana, 1)
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			return all[0].Data != nil
		}
		if !has() {
			t.Fatal("there is no digest")
		}
		if _, err := s.AnnotateActivity(t.Context(), ana, id, morning, func(a *pierre.Annotation) { a.RPE = new(7.0) }); err != nil {
			t.Fatal(err)
		}
		if has() {
			t.Error("the digest is of before")
		}
	})
}
