package store_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func TestGoals(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 6, 15, 10, 0, 0, 123_000, time.UTC)
		users := storetest.Users(t, s, now, "ana@example.com", "bob@example.com")
		ana, bob := users[0], users[1]
		want := pierre.Goal{
			Title: "10 km", Description: "flat", Type: pierre.GoalTime, Sport: "run", Target: 2400, Meters: new(10_000.), Baseline: new(2500.5),
			Start: now.Truncate(24 * time.Hour), Date: now.Truncate(24*time.Hour).AddDate(0, 3, 0), Status: pierre.GoalActive,
		}
		added, err := s.AddGoal(t.Context(), ana, now, want)
		if err != nil {
			t.Fatal(err)
		}
		want.ID, want.Created, want.Updated = added.ID, now, now
		list, err := s.Goals(t.Context(), ana)
		if err != nil || len(list) != 1 || !reflect.DeepEqual(list[0], want) {
			t.Fatalf("%+v, %v; want %+v", list, err, want)
		}

		for what, err := range map[string]error{
			"updating": func() error {
				_, err := s.UpdateGoal(t.Context(), bob, added.ID, now, func(*pierre.Goal) error { t.Error("another's goal was read"); return nil })
				return err
			}(),
			"deleting": s.DeleteGoal(t.Context(), bob, added.ID),
		} {
			if pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("%s another's goal: %v", what, err)
			}
		}
		if list, err := s.Goals(t.Context(), bob); err != nil || len(list) != 0 {
			t.Errorf("another user has %+v, %v", list, err)
		}

		later := now.Add(time.Hour)
		changed, err := s.UpdateGoal(t.Context(), ana, added.ID, later, func(g *pierre.Goal) error { g.Status = pierre.GoalPaused; return nil })
		if err != nil || changed.Status != pierre.GoalPaused || !changed.Updated.Equal(later) || !changed.Created.Equal(now) {
			t.Errorf("changed to %+v, %v", changed, err)
		}
		if list, _ = s.Goals(t.Context(), ana); !reflect.DeepEqual(list[0], changed) {
			t.Errorf("kept %+v, want %+v", list, changed)
		}
		if err := s.DeleteGoal(t.Context(), ana, added.ID); err != nil {
			t.Error(err)
		}
		if list, _ = s.Goals(t.Context(), ana); len(list) != 0 {
			t.Errorf("a deleted goal is still there: %+v", list)
		}
	})
}

// A user has so many goals, whoever else has some, and they go with the user.
func TestGoalsAreBounded(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
		acme, err := s.EnsureUser(t.Context(), "acme@example.com", now)
		if err != nil {
			t.Fatal(err)
		}
		ana, err := s.EnsureAthlete(t.Context(), acme.ID, "ana", 10, now)
		if err != nil {
			t.Fatal(err)
		}
		add := func(u pierre.UserID, n int) error {
			_, err := s.AddGoal(t.Context(), u, now, pierre.Goal{Title: fmt.Sprint(n), Type: pierre.GoalCustom, Status: pierre.GoalActive})
			return err
		}
		for n := range pierre.MaxGoals {
			if err := add(ana, n); err != nil {
				t.Fatal(err)
			}
		}
		if err := add(ana, pierre.MaxGoals); pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("one goal too many: %v", err)
		}
		if err := add(acme.ID, 0); err != nil {
			t.Error(err)
		}
		if _, err := s.DeleteAthlete(t.Context(), pierre.Act{At: now}, acme.ID, "ana"); err != nil {
			t.Fatal(err)
		}
		if list, err := s.Goals(t.Context(), ana); err != nil || len(list) != 0 {
			t.Errorf("%d goals of a deleted athlete are left, %v", len(list), err)
		}
		if err := add(ana, 1); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("a goal of nobody: %v", err)
		}
	})
}
