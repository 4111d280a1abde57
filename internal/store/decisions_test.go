package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// listed returns the distances of the activities in a list, oldest first, with * where another counts in place.
func listed(t *testing.T, s *store.Store, u pierre.UserID, q pierre.ActivityQuery) string {
	t.Helper()
	q.Ascending = true
	page, err := s.Activities(t.Context(), u, q)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, a := range page.Activities {
		text := fmt.Sprint(*a.DistanceMeters)
		if a.Twin != "" {
			text += "*"
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func sumOf(t *testing.T, s *store.Store, u pierre.UserID) (activities int, meters float64) {
	t.Helper()
	sums, err := s.SumActivities(t.Context(), u, pierre.ActivityQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, sum := range sums {
		activities += sum.Activities
		meters += *sum.DistanceMeters
	}
	return activities, meters
}

func meters(m float64) func(*source) {
	return func(s *source) { s.DistanceMeters = &m }
}

// row is what a list says of m metres.
func row(m float64) func(*source) {
	return func(s *source) { s.DistanceMeters, s.Format = &m, "csv" }
}

// What is likely the same is listed and counts once; what the athlete says of it holds, whatever is imported later.
func TestDecisionsOfTheAthlete(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		u := user(t, s, "ana")
		check := func(what, list string, n int, sum float64) {
			t.Helper()
			if got := listed(t, s, u, pierre.ActivityQuery{}); got != list {
				t.Errorf("%s: the activities are %q, want %q", what, got, list)
			}
			if got, of := sumOf(t, s, u); got != n || of != sum {
				t.Errorf("%s: %d of %v m count, want %d of %v", what, got, of, n, sum)
			}
		}
		watch, phone := newSource("watch.fit", morning, nil), newSource("phone.gpx", morning.Add(2*time.Minute), meters(4000))
		a, b := add(t, s, u, watch).Activity, add(t, s, u, phone).Activity
		check("two at one time", "4000* 5000", 1, 5000)

		if err := s.MergeActivities(t.Context(), u, a, b); err != nil {
			t.Fatal(err)
		}
		add(t, s, u, phone)
		check("merged", "5000", 1, 5000)

		again, err := s.SplitActivity(t.Context(), u, a, "")
		if err != nil || len(again.Activities) != 2 || again.Activities[0] != a {
			t.Fatalf("split into %+v, %v", again, err)
		}
		add(t, s, u, phone)
		add(t, s, u, newSource("copy of both.tcx", morning.Add(time.Second), row(4990)))
		check("split", "4000 5000", 2, 9000)

		if err := s.HideActivity(t.Context(), u, a, true); err != nil {
			t.Fatal(err)
		}
		add(t, s, u, newSource("hidden once more.gpx", morning.Add(3*time.Second), row(4980)))
		check("hidden", "4000", 1, 4000)
		if got := listed(t, s, u, pierre.ActivityQuery{Hidden: true}); got != "5000" {
			t.Errorf("hidden are %q", got)
		}
		if err := s.HideActivity(t.Context(), u, a, false); err != nil {
			t.Fatal(err)
		}
		check("shown again", "4000 5000", 2, 9000)

		if err := s.MergeActivities(t.Context(), u, a, again.Activities[1]); err != nil {
			t.Fatal(err)
		}
		check("merged again", "5000", 1, 5000)
	})
}

// Two that the rule merges stay apart after they were split, and two that are likely the same after the athlete denied it.
func TestKeptApart(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		u := user(t, s, "ana")
		series := func(n float64) func(*source) {
			return func(r *source) {
				r.DistanceMeters, r.Series = &n, pierre.Series{Time: []float64{0, 1500}, HeartRate: []float64{n / 50, 140}}
			}
		}
		watch, other := newSource("watch.fit", morning, series(5000)), newSource("other.fit", morning.Add(time.Second), series(4990))
		one := add(t, s, u, watch).Activity
		if added := add(t, s, u, other); added.Activity != one {
			t.Fatal("the rule did not merge the two")
		}
		for _, source := range []string{"none.fit", "watch.fit other.fit"} {
			if _, err := s.SplitActivity(t.Context(), u, one, source); pierre.KindOf(err) != pierre.KindInvalid {
				t.Errorf("split by %q: %v", source, err)
			}
		}
		done, err := s.SplitActivity(t.Context(), u, one, "other.fit")
		if err != nil || len(done.Activities) != 2 || len(done.Lost) != 1 {
			t.Fatalf("split into %+v, %v; the samples of one were given up", done, err)
		}
		if added := add(t, s, u, givenUp(done, watch, other)); added.Outcome != pierre.OutcomeUpdated {
			t.Errorf("imported again it is %s", added.Outcome)
		}
		for _, id := range done.Activities {
			if rec, err := s.Recording(t.Context(), u, id); err != nil || len(rec.Series.HeartRate) != 2 {
				t.Errorf("%s has the samples %v, %v", id, rec.Series, err)
			}
		}
		if got := listed(t, s, u, pierre.ActivityQuery{}); got != "4990 5000" {
			t.Errorf("the activities are %q", got)
		}
		third := add(t, s, u, newSource("longer.fit", morning, func(r *source) {
			r.DistanceMeters, r.ElapsedSeconds, r.DurationSeconds = new(9000.0), new(2400.0), new(2400.0)
		})).Activity
		for _, id := range done.Activities {
			if err := s.KeepApart(t.Context(), u, third, id); err != nil {
				t.Fatal(err)
			}
		}
		if n, sum := sumOf(t, s, u); n != 3 || sum != 18_990 {
			t.Errorf("%d of %v m count", n, sum)
		}
	})
}

// The samples of what the athlete merged can be split off again, whatever happens in between.
func TestMergedSamplesStay(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		u := user(t, s, "ana")
		recorded := func(n float64, samples int) func(*source) {
			return func(r *source) {
				r.DistanceMeters = &n
				for i := range samples {
					r.Series.Time, r.Series.HeartRate = append(r.Series.Time, float64(i)), append(r.Series.HeartRate, 140)
				}
			}
		}
		watch, phone := newSource("watch.fit", morning, recorded(5000, 9)), newSource("phone.gpx", morning.Add(2*time.Minute), recorded(4000, 8))
		a, b := add(t, s, u, watch).Activity, add(t, s, u, phone).Activity
		far := add(t, s, u, newSource("far.fit", morning.Add(time.Hour), recorded(3000, 5))).Activity
		if a == b {
			t.Fatal("the rule merged the two")
		}
		if err := errors.Join(
			s.MergeActivities(t.Context(), u, a, b), s.HideActivity(t.Context(), u, a, true), s.KeepApart(t.Context(), u, a, far),
		); err != nil {
			t.Fatal(err)
		}
		if added := add(t, s, u, newSource("third.fit", morning.Add(time.Second), recorded(5010, 10))); added.Activity != a {
			t.Fatalf("a third source is %+v", added)
		}
		done, err := s.SplitActivity(t.Context(), u, a, "phone.gpx")
		if err != nil || len(done.Lost) != 0 || len(done.Activities) != 2 {
			t.Fatalf("split into %+v, %v", done, err)
		}
		if rec, err := s.Recording(t.Context(), u, done.Activities[1]); err != nil || len(rec.Series.HeartRate) != 8 {
			t.Errorf("the one that was split off has the samples %v, %v", rec.Series, err)
		}
	})
}

// What no longer is at the time of another counts again.
func TestTwinsThatMove(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		u := user(t, s, "ana")
		watch := newSource("watch.fit", morning, nil)
		add(t, s, u, watch)
		add(t, s, u, newSource("phone.gpx", morning.Add(2*time.Minute), meters(4000)))
		if got := listed(t, s, u, pierre.ActivityQuery{}); got != "4000* 5000" {
			t.Fatalf("the activities are %q", got)
		}
		watch.Start = morning.AddDate(0, 0, 1) // by a reader that knows better
		if added := add(t, s, u, watch); added.Outcome != pierre.OutcomeUpdated {
			t.Fatalf("read again it is %+v", added)
		}
		if got := listed(t, s, u, pierre.ActivityQuery{}); got != "4000 5000" {
			t.Errorf("the activities are %q", got)
		}
	})
}

// Of many activities at one time those that are compared are bounded; all others count.
func TestTwinsAreBounded(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		u := user(t, s, "ana")
		evening := morning.Add(10 * time.Hour)
		last := newSource("last.fit", evening, func(r *source) { r.DurationSeconds, r.ElapsedSeconds = new(1800.0), new(1800.0) })
		add(t, s, u, last)
		add(t, s, u, newSource("twin.gpx", evening.Add(2*time.Minute), meters(4000)))
		short := func(m float64) func(*source) {
			return func(r *source) { r.DistanceMeters, r.DurationSeconds, r.ElapsedSeconds = &m, new(60.0), new(60.0) }
		}
		for n := range 70 { // they end long before the evening
			add(t, s, u, newSource(fmt.Sprint(n), morning.Add(time.Duration(n)*5*time.Minute), short(100)))
		}
		if err := s.HideActivity(t.Context(), u, add(t, s, u, last).Activity, true); err != nil {
			t.Fatal(err)
		}
		if got := listed(t, s, u, pierre.ActivityQuery{Twins: true}); got != "" {
			t.Errorf("of one that is hidden the twin is %q", got)
		}
		add(t, s, u, newSource("other.fit", evening, func(r *source) { r.DistanceMeters = new(4900.0) }))
		if got := listed(t, s, u, pierre.ActivityQuery{Twins: true}); got != "4000*" {
			t.Errorf("of another one it is %q", got)
		}
		for n := range 20 { // one after the other in front of it, all at the time of one
			add(t, s, u, newSource(fmt.Sprint("before ", n), evening.Add(time.Duration(n-100)*time.Minute), short(200)))
		}
		add(t, s, u, newSource("all day.fit", evening.Add(-2*time.Hour), func(r *source) {
			r.Sport, r.DistanceMeters, r.DurationSeconds, r.ElapsedSeconds = pierre.SportRide, new(90_000.0), new(5*3600.0), new(5*3600.0)
		}))
		if got := listed(t, s, u, pierre.ActivityQuery{Twins: true}); got != "" {
			t.Errorf("beyond those that are compared are the twins %q", got)
		}
	})
}

// givenUp returns the source whose samples were given up.
func givenUp(done pierre.Split, sources ...source) source {
	return sources[slices.IndexFunc(sources, func(s source) bool { return s.File == done.Lost[0] })]
}

func TestDecisionsThatCannotBe(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana, bob := user(t, s, "ana"), user(t, s, "bob")
		one := add(t, s, ana, newSource("a.fit", morning, nil)).Activity
		part := newSource("a.fit", morning.Add(2*time.Hour), nil)
		part.Part = 1
		two := add(t, s, ana, part).Activity
		far := add(t, s, ana, newSource("far.fit", morning.AddDate(0, 0, 2), nil)).Activity
		theirs := add(t, s, bob, newSource("b.fit", morning, nil)).Activity
		for what, err := range map[string]error{
			"itself":        s.MergeActivities(t.Context(), ana, one, one),
			"parts":         s.MergeActivities(t.Context(), ana, one, two),
			"days apart":    s.MergeActivities(t.Context(), ana, one, far),
			"itself, apart": s.KeepApart(t.Context(), ana, one, one),
		} {
			if pierre.KindOf(err) != pierre.KindInvalid {
				t.Errorf("%s: %v, want invalid", what, err)
			}
		}
		_, split := s.SplitActivity(t.Context(), ana, theirs, "")
		for what, err := range map[string]error{
			"merge with another's": s.MergeActivities(t.Context(), ana, one, theirs),
			"merge another's":      s.MergeActivities(t.Context(), ana, theirs, one),
			"apart":                s.KeepApart(t.Context(), ana, theirs, one),
			"hide":                 s.HideActivity(t.Context(), ana, theirs, true),
			"split":                split,
			"none":                 s.HideActivity(t.Context(), ana, "act_none", true),
		} {
			if pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("%s: %v, want not found", what, err)
			}
		}
		if n, _ := sumOf(t, s, bob); n != 1 {
			t.Error("another's decision changed an activity")
		}
	})
}
