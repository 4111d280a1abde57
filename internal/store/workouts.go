package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const selectWorkout = `SELECT id, day, workout, revision, created_us, updated_us FROM workouts WHERE user_id = $1`

func scanWorkout(from scanner) (pierre.Workout, error) {
	var id pierre.WorkoutID
	var day int64
	var text string
	var w pierre.Workout
	var revision int
	var created, updated time.Time
	if err := from.Scan(&id, &day, &text, &revision, instant{&created}, instant{&updated}); err != nil {
		return w, err
	}
	err := json.Unmarshal([]byte(text), &w)
	w.ID, w.Day, w.Revision, w.Created, w.Updated = id, time.Unix(day*daySeconds, 0).UTC(), revision, created, updated
	return w, err
}

// Workouts returns the user's planned workouts that q selects, by day and, within it, as they were planned.
func (s *Store) Workouts(ctx context.Context, user pierre.UserID, q pierre.WorkoutQuery) ([]pierre.Workout, error) {
	text, args := selectWorkout, []any{user}
	if !q.From.IsZero() {
		args = append(args, dayNumber(q.From))
		text += fmt.Sprintf(` AND day >= $%d`, len(args))
	}
	if !q.To.IsZero() {
		args = append(args, dayNumber(q.To))
		text += fmt.Sprintf(` AND day <= $%d`, len(args))
	}
	rows, err := s.query(ctx, text+` ORDER BY day, created_us, id`, args...)
	list, err := collect(rows, err, scanWorkout)
	return list, s.classify(err, "listing workouts")
}

// Workout returns one of the user's planned workouts.
func (s *Store) Workout(ctx context.Context, user pierre.UserID, id pierre.WorkoutID) (pierre.Workout, error) {
	w, err := scanWorkout(s.row(ctx, selectWorkout+` AND id = $2`, user, id))
	return w, s.classify(err, "workout "+string(id))
}

// AddWorkout keeps a new workout of the user's, who can have at most [pierre.MaxWorkouts], and returns it with its id.
func (s *Store) AddWorkout(ctx context.Context, user pierre.UserID, now time.Time, w pierre.Workout) (pierre.Workout, error) {
	at := time.UnixMicro(now.UnixMicro()).UTC()
	w.ID, w.Revision, w.Created, w.Updated = pierre.NewWorkoutID(), 0, at, at
	_, err := s.RestoreWorkouts(ctx, user, []pierre.Workout{w})
	return w, err
}

// RestoreWorkouts keeps workouts that were planned elsewhere, or are new, by their ids, and returns how many were not known. One that
// the user has stays as it is. What is more than [pierre.MaxWorkouts] is left out: that is [pierre.KindConflict].
func (s *Store) RestoreWorkouts(ctx context.Context, user pierre.UserID, list []pierre.Workout) (int, error) {
	texts := make([]string, len(list))
	for i, w := range list {
		text, err := json.Marshal(w)
		if err != nil {
			return 0, fmt.Errorf("encoding a workout: %w", err)
		}
		texts[i] = string(text)
	}
	added, full := 0, false
	err := s.update(ctx, "adding workouts", func(t *tx) error {
		added, full = 0, false
		if err := t.lockUser(ctx, user); err != nil {
			return err
		}
		var has int
		if err := t.row(ctx, `SELECT count(*) FROM workouts WHERE user_id = $1`, user).Scan(&has); err != nil {
			return err
		}
		for i, w := range list {
			err := t.row(ctx, `SELECT 1 FROM workouts WHERE user_id = $1 AND id = $2`, user, w.ID).Scan(new(int))
			if err == nil {
				continue
			}
			if !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			if full = has+added >= pierre.MaxWorkouts; full {
				return nil
			}
			_, err = t.exec(ctx, `INSERT INTO workouts (user_id, id, day, workout, revision, created_us, updated_us) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
				user, w.ID, dayNumber(w.Day), texts[i], w.Revision, micros(w.Created), micros(w.Updated))
			if err != nil {
				return err
			}
			added++
		}
		return nil
	})
	if err == nil && full {
		err = &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("There are %d planned workouts, which is the most: delete old ones first.", pierre.MaxWorkouts)}
	}
	return added, err
}

// UpdateWorkout lets change edit one of the user's workouts, in one transaction, and returns it as it then is.
func (s *Store) UpdateWorkout(ctx context.Context, user pierre.UserID, id pierre.WorkoutID, now time.Time, change func(*pierre.Workout) error) (pierre.Workout, error) {
	var w pierre.Workout
	err := s.update(ctx, "workout "+string(id), func(t *tx) error {
		var err error
		if w, err = scanWorkout(t.row(ctx, selectWorkout+` AND id = $2`, user, id)); err != nil {
			return err
		}
		if err := change(&w); err != nil {
			return err
		}
		w.Revision++
		w.Updated = time.UnixMicro(now.UnixMicro()).UTC()
		text, err := json.Marshal(w)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE workouts SET day = $3, workout = $4, revision = $5, updated_us = $6 WHERE user_id = $1 AND id = $2`,
			user, id, dayNumber(w.Day), string(text), w.Revision, micros(w.Updated))
		return err
	})
	return w, err
}

// DeleteWorkout deletes one of the user's workouts.
func (s *Store) DeleteWorkout(ctx context.Context, user pierre.UserID, id pierre.WorkoutID) error {
	return s.update(ctx, "deleting a workout", func(t *tx) error {
		n, err := t.change(ctx, `DELETE FROM workouts WHERE user_id = $1 AND id = $2`, user, id)
		if err == nil && n == 0 {
			err = pierre.NotFound("workout " + string(id))
		}
		return err
	})
}
