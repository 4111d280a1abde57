package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const selectGoal = `SELECT id, goal, created_us, updated_us FROM goals WHERE user_id = $1`

func scanGoal(from scanner) (pierre.Goal, error) {
	var id pierre.GoalID
	var text string
	var g pierre.Goal
	var created, updated time.Time
	if err := from.Scan(&id, &text, instant{&created}, instant{&updated}); err != nil {
		return g, err
	}
	err := json.Unmarshal([]byte(text), &g)
	g.ID, g.Created, g.Updated = id, created, updated
	return g, err
}

// Goals returns the user's goals, the oldest first.
func (s *Store) Goals(ctx context.Context, user pierre.UserID) ([]pierre.Goal, error) {
	rows, err := s.query(ctx, selectGoal+` ORDER BY created_us, id`, user)
	list, err := collect(rows, err, scanGoal)
	return list, s.classify(err, "listing goals")
}

// AddGoal keeps a new goal of the user's, who can have at most [pierre.MaxGoals], and returns it with its id.
func (s *Store) AddGoal(ctx context.Context, user pierre.UserID, now time.Time, g pierre.Goal) (pierre.Goal, error) {
	g.ID, g.Created, g.Updated = pierre.NewGoalID(), time.UnixMicro(now.UnixMicro()).UTC(), time.UnixMicro(now.UnixMicro()).UTC()
	text, err := json.Marshal(g)
	if err != nil {
		return g, fmt.Errorf("encoding a goal: %w", err)
	}
	err = s.update(ctx, "adding a goal", func(t *tx) error {
		if err := t.lockUser(ctx, user); err != nil {
			return err
		}
		var has int
		if err := t.row(ctx, `SELECT count(*) FROM goals WHERE user_id = $1`, user).Scan(&has); err != nil {
			return err
		}
		if has >= pierre.MaxGoals {
			return &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("There are %d goals, which is the most: delete one first.", has)}
		}
		_, err := t.exec(ctx, `INSERT INTO goals (user_id, id, goal, created_us, updated_us) VALUES ($1, $2, $3, $4, $5)`,
			user, g.ID, string(text), micros(g.Created), micros(g.Updated))
		return err
	})
	return g, err
}

// UpdateGoal lets change edit one of the user's goals, in one transaction, and returns it as it then is.
func (s *Store) UpdateGoal(ctx context.Context, user pierre.UserID, id pierre.GoalID, now time.Time, change func(*pierre.Goal) error) (pierre.Goal, error) {
	var g pierre.Goal
	err := s.update(ctx, "goal "+string(id), func(t *tx) error {
		var err error
		if g, err = scanGoal(t.row(ctx, selectGoal+` AND id = $2`, user, id)); err != nil {
			return err
		}
		if err := change(&g); err != nil {
			return err
		}
		g.Updated = time.UnixMicro(now.UnixMicro()).UTC()
		text, err := json.Marshal(g)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE goals SET goal = $3, updated_us = $4 WHERE user_id = $1 AND id = $2`, user, id, string(text), micros(g.Updated))
		return err
	})
	return g, err
}

// DeleteGoal deletes one of the user's goals.
func (s *Store) DeleteGoal(ctx context.Context, user pierre.UserID, id pierre.GoalID) error {
	return s.update(ctx, "deleting a goal", func(t *tx) error {
		n, err := t.change(ctx, `DELETE FROM goals WHERE user_id = $1 AND id = $2`, user, id)
		if err == nil && n == 0 {
			err = pierre.NotFound("goal " + string(id))
		}
		return err
	})
}
