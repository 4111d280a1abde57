package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// What the athlete deleted is gone, and does not come back by itself.
func TestDeleteActivity(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana, ben := user(t, s, "ana"), user(t, s, "ben")
		watch := newSource("w/watch.fit", morning, func(s *source) { s.Series = pierre.Series{Time: []float64{0, 1}, HeartRate: []float64{100, 101}} })
		entry := newSource("list#7", morning, func(s *source) { s.Provider, s.ExternalID, s.Format = pierre.ProviderStrava, "7", "csv" })
		id := add(t, s, ana, watch).Activity
		add(t, s, ben, watch)
		if got := add(t, s, ana, entry); got.Activity != id {
			t.Fatalf("the entry is %s, want a source of %s", got.Activity, id)
		}
		if _, err := s.DeleteActivity(t.Context(), ben, id, "", morning); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("another athlete's: %v", err)
		}
		if _, err := s.DeleteActivity(t.Context(), ana, id, "none.fit", morning); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("a source that there is not: %v", err)
		}

		done, err := s.DeleteActivity(t.Context(), ana, id, "watch.fit", morning)
		if err != nil || len(done.Sources) != 1 || done.Left != 1 {
			t.Fatalf("one of two: %+v, %v", done, err)
		}
		if rec, err := s.Recording(t.Context(), ana, id); err != nil || rec.Series.Time != nil || rec.Provider != pierre.ProviderStrava {
			t.Errorf("what is left: %+v, %v", rec, err)
		}
		if got := add(t, s, ana, watch); got.Outcome != pierre.OutcomeDeleted || got.Activity != id {
			t.Errorf("the file again: %+v", got)
		}
		if done, err = s.DeleteActivity(t.Context(), ana, id, "", morning); err != nil || done.Left != 0 {
			t.Fatalf("the rest: %+v, %v", done, err)
		}
		if n, _ := sumOf(t, s, ana); n != 0 {
			t.Errorf("%d activities count", n)
		}
		if bytes, err := s.StoredBytes(t.Context(), ana); err != nil || bytes != 2*400 { // the notes of what was deleted
			t.Errorf("%d bytes are left, %v", bytes, err)
		}
		if n, _ := sumOf(t, s, ben); n != 1 {
			t.Errorf("the other athlete has %d activities", n)
		}
		entry.SHA256[0]++ // the entry was edited since
		if got := add(t, s, ana, entry); got.Outcome != pierre.OutcomeDeleted {
			t.Errorf("the entry, edited: %+v", got)
		}

		if _, err := s.AllowDeleted(t.Context(), ben, id); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("another athlete allows it: %v", err)
		}
		if n, err := s.AllowDeleted(t.Context(), ana, id); err != nil || n != 2 {
			t.Errorf("%d recordings are allowed, %v", n, err)
		}
		if got := add(t, s, ana, watch); got.Outcome != pierre.OutcomeAdded {
			t.Errorf("the file, allowed: %+v", got)
		}
	})
}

// What is deleted while an import of it runs does not come back either.
func TestDeletedDuringImport(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		for _, again := range []bool{false, true} {
			ana := user(t, s, fmt.Sprintf("ana-%t", again))
			watch := newSource("watch.fit", morning, nil)
			id := add(t, s, ana, watch).Activity
			watch.Name = "Changed since" // else there is nothing to do
			got, err := store.ImportAfter(t.Context(), s, ana, watch.Source, watch.Recording, func() bool {
				if _, err := s.DeleteActivity(t.Context(), ana, id, "", morning); err != nil {
					t.Fatal(err)
				}
				return again
			})
			if err != nil || got.Outcome != pierre.OutcomeDeleted || got.Activity != id {
				t.Errorf("again %t: got %+v, %v", again, got, err)
			}
			if n, _ := sumOf(t, s, ana); n != 0 {
				t.Errorf("again %t: %d activities count", again, n)
			}
		}
	})
}

func TestGear(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ana, ben := user(t, s, "ana"), user(t, s, "ben")
		with := func(day int, gear string, sport pierre.Sport) {
			add(t, s, ana, newSource(gear+string(sport)+string(rune('a'+day)), morning.AddDate(0, 0, day), func(s *source) { s.Gear, s.Sport = gear, sport }))
		}
		with(0, "Shoes", pierre.SportRun)
		with(1, "Shoes", pierre.SportHike)
		with(2, "Bike", pierre.SportRide)
		with(3, "", pierre.SportRun)
		for range 2 { // added up, and kept
			all, err := s.Gear(t.Context(), ana, time.UTC)
			if err != nil || len(all) != 2 || all[0].Name != "Bike" || all[1].Name != "Shoes" {
				t.Fatalf("got %+v, %v", all, err)
			}
			if g := all[1]; g.Activities != 2 || g.OnFoot != 2 || *g.DistanceMeters != 10_000 || *g.DurationSeconds != 3000 || !g.First.Equal(morning) || !g.Last.Equal(morning.AddDate(0, 0, 1)) {
				t.Errorf("got %+v", g)
			}
		}
		with(4, "Bike", pierre.SportRide)
		if all, err := s.Gear(t.Context(), ana, time.UTC); err != nil || all[0].Activities != 2 || all[0].OnFoot != 0 {
			t.Errorf("after one more: %+v, %v", all, err)
		}
		if all, err := s.Gear(t.Context(), ben, time.UTC); err != nil || len(all) != 0 {
			t.Errorf("another athlete has %+v, %v", all, err)
		}
		keep := func(user pierre.UserID, kind pierre.GearKind, list ...pierre.GearProduct) {
			t.Helper()
			if err := s.KeepGear(t.Context(), user, pierre.ProviderStrava, kind, list); err != nil {
				t.Error(err)
			}
		}
		keep(ana, pierre.GearShoes, pierre.GearProduct{Name: "Shoes", Make: "Fable", Model: "One"}, pierre.GearProduct{Name: "Other"})
		keep(ana, pierre.GearBike, pierre.GearProduct{Name: "Bike", Make: "Grimm"}, pierre.GearProduct{Name: "Bike", Make: "Grimm", Model: "R1"})
		keep(ben, pierre.GearShoes, pierre.GearProduct{Name: "Shoes", Make: "Another's"})
		made := func() string {
			all, err := s.Gear(t.Context(), ana, time.UTC)
			if err != nil || len(all) != 2 {
				t.Fatalf("got %+v, %v", all, err)
			}
			return all[0].Make + " " + all[0].Model + ", " + all[1].Make + " " + all[1].Model
		}
		if got := made(); got != "Grimm R1, Fable One" {
			t.Errorf("made: %s", got)
		}
		keep(ana, pierre.GearShoes) // the next export has none
		if got := made(); got != "Grimm R1,  " {
			t.Errorf("made: %s", got)
		}
	})
}
