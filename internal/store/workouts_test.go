package store_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

func TestWorkouts(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 6, 15, 10, 0, 0, 123_000, time.UTC)
		day := func(n int) time.Time { return time.Date(2026, 6, n, 0, 0, 0, 0, time.UTC) }
		users := storetest.Users(t, s, now, "ana@example.com", "bob@example.com")
		ana, bob := users[0], users[1]
		want := pierre.Workout{
			Day: day(18), Start: "07:30", Sport: "ride", Name: "5 x 4", Note: "outside", Steps: []pierre.WorkoutStep{
				{Kind: pierre.StepWarmUp, Seconds: 900, Target: &pierre.StepTarget{By: pierre.TargetPercentFTP, Low: 50, High: 70}, Cadence: &pierre.StepCadence{Low: 90, High: 95}},
				{Repeat: 5, Steps: []pierre.WorkoutStep{{Seconds: 240}, {Kind: pierre.StepRecovery, Meters: 1000.5}}},
			},
		}
		added, err := s.AddWorkout(t.Context(), ana, now, want)
		if err != nil {
			t.Fatal(err)
		}
		want.ID, want.Created, want.Updated = added.ID, now, now
		if got, err := s.Workout(t.Context(), ana, added.ID); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v, %v; want %+v", got, err, want)
		}
		for what, err := range map[string]error{
			"reading": func() error { _, err := s.Workout(t.Context(), bob, added.ID); return err }(),
			"updating": func() error {
				_, err := s.UpdateWorkout(t.Context(), bob, added.ID, now, func(*pierre.Workout) error { t.Error("another's workout was read"); return nil })
				return err
			}(),
			"deleting": s.DeleteWorkout(t.Context(), bob, added.ID),
		} {
			if pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("%s another's workout: %v", what, err)
			}
		}
		moved, err := s.UpdateWorkout(t.Context(), ana, added.ID, now.Add(time.Hour), func(w *pierre.Workout) error { w.Day = day(20); return nil })
		if err != nil || moved.Revision != 1 || !moved.Updated.Equal(now.Add(time.Hour)) || !moved.Created.Equal(now) {
			t.Errorf("moved to %+v, %v", moved, err)
		}
		if _, err := s.UpdateWorkout(t.Context(), ana, added.ID, now, func(*pierre.Workout) error { return pierre.Invalid("date", "no") }); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("a change that is refused: %v", err)
		}
		for _, tt := range []struct {
			q    pierre.WorkoutQuery
			want int
		}{
			{pierre.WorkoutQuery{}, 1},
			{pierre.WorkoutQuery{From: day(20), To: day(20)}, 1},
			{pierre.WorkoutQuery{To: day(19)}, 0},
			{pierre.WorkoutQuery{From: day(21)}, 0},
		} {
			if list, err := s.Workouts(t.Context(), ana, tt.q); err != nil || len(list) != tt.want || len(list) > 0 && !reflect.DeepEqual(list[0], moved) {
				t.Errorf("%+v: %+v, %v", tt.q, list, err)
			}
		}
		if list, err := s.Workouts(t.Context(), bob, pierre.WorkoutQuery{}); err != nil || len(list) != 0 {
			t.Errorf("another user has %+v, %v", list, err)
		}
		for _, n := range []int{1, 0} { // what is here stays as it is, and what another has is another's
			again := want
			again.Name = "as it was before"
			if got, err := s.RestoreWorkouts(t.Context(), bob, []pierre.Workout{again, again}); err != nil || got != n {
				t.Errorf("%d restored, %v; want %d", got, err, n)
			}
			if got, err := s.RestoreWorkouts(t.Context(), ana, []pierre.Workout{again}); err != nil || got != 0 {
				t.Errorf("%d restored where it is, %v", got, err)
			}
		}
		if got, err := s.Workout(t.Context(), bob, want.ID); err != nil || got.Name != "as it was before" || !got.Created.Equal(now) {
			t.Errorf("restored %+v, %v", got, err)
		}
		if got, err := s.Workout(t.Context(), ana, want.ID); err != nil || !reflect.DeepEqual(got, moved) {
			t.Errorf("restored over %+v, %v", got, err)
		}
		if err := s.DeleteWorkout(t.Context(), ana, added.ID); err != nil {
			t.Error(err)
		}
		if _, err := s.Workout(t.Context(), ana, added.ID); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("a deleted workout: %v", err)
		}
	})
}

// As many workouts as there can be are kept, whether planned or brought from elsewhere; those that are here count for known.
func TestMostWorkouts(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
	ana := storetest.Users(t, s, now, "ana@example.com")[0]
	list := make([]pierre.Workout, pierre.MaxWorkouts+1)
	for i := range list {
		list[i] = pierre.Workout{ID: pierre.NewWorkoutID(), Day: now.AddDate(0, 0, i), Sport: pierre.SportRun, Name: "Easy", Steps: []pierre.WorkoutStep{{Seconds: 60}}, Created: now, Updated: now}
	}
	if n, err := s.RestoreWorkouts(t.Context(), ana, list); n != pierre.MaxWorkouts || pierre.KindOf(err) != pierre.KindConflict {
		t.Errorf("%d restored, %v", n, err)
	}
	if n, err := s.RestoreWorkouts(t.Context(), ana, list[:pierre.MaxWorkouts]); n != 0 || err != nil {
		t.Errorf("%d restored again, %v", n, err)
	}
	if _, err := s.AddWorkout(t.Context(), ana, now, list[0]); pierre.KindOf(err) != pierre.KindConflict {
		t.Errorf("one more is planned: %v", err)
	}
	if got, err := s.Workouts(t.Context(), ana, pierre.WorkoutQuery{}); err != nil || len(got) != pierre.MaxWorkouts {
		t.Errorf("%d are kept, %v", len(got), err)
	}
}
