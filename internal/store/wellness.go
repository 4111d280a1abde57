package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

const (
	daySeconds    = 24 * 3600
	wellnessBatch = 200 // values in a transaction
)

// KeepWellness keeps values of the user's days, each in place of that of the same day, kind and source, and returns how many
// are new or differ from what was kept. A value that its kind cannot have fails all of them.
func (s *Store) KeepWellness(ctx context.Context, user pierre.UserID, now time.Time, values []pierre.Wellness) (changed int, err error) {
	for _, v := range values {
		if r, ok := pierre.RangeOf(v.Kind); !ok || !r.Holds(v.Value) || v.Source == "" || v.Day.IsZero() {
			return 0, pierre.Invalid("value", "%s of %s cannot be %v.", v.Kind, v.Day.Format(time.DateOnly), v.Value)
		}
	}
	for part := range slices.Chunk(values, wellnessBatch) {
		var n int64
		err := s.update(ctx, "keeping values of days", func(t *tx) error {
			n = 0
			for _, v := range part {
				r, err := t.change(ctx, `INSERT INTO wellness (user_id, kind, day, source, value, unit, updated_us)
					VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (user_id, kind, day, source)
					DO UPDATE SET value = excluded.value, updated_us = excluded.updated_us WHERE wellness.value <> excluded.value`,
					user, v.Kind, dayNumber(v.Day), v.Source, v.Value, v.Unit(), micros(now))
				if err != nil {
					return err
				}
				n += r
			}
			if n == 0 {
				return nil
			}
			_, err := t.exec(ctx, `INSERT INTO activity_states (user_id, revision, wellness_revision) VALUES ($1, 0, 1)
				ON CONFLICT (user_id) DO UPDATE SET wellness_revision = activity_states.wellness_revision + 1`, user)
			return err
		})
		if err != nil {
			return changed, err
		}
		changed += int(n)
	}
	return changed, nil
}

// WellnessRevision counts the changes of the values of the user's days.
func (s *Store) WellnessRevision(ctx context.Context, user pierre.UserID) (int64, error) {
	var revision int64
	err := s.row(ctx, `SELECT COALESCE((SELECT wellness_revision FROM activity_states WHERE user_id = $1), 0)`, user).Scan(&revision)
	return revision, s.classify(err, "reading the state of the values of days")
}

func dayNumber(day time.Time) int64 {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC).Unix() / daySeconds
}

// Wellness returns the user's values that q selects, by day, kind and source.
func (s *Store) Wellness(ctx context.Context, user pierre.UserID, q pierre.WellnessQuery) ([]pierre.Wellness, error) {
	text, args := `SELECT day, kind, source, value FROM wellness WHERE user_id = $1`, []any{user}
	add := func(condition string, arg any) {
		args = append(args, arg)
		text += fmt.Sprintf(condition, len(args))
	}
	if !q.First.IsZero() {
		add(` AND day >= $%d`, dayNumber(q.First))
	}
	if !q.Last.IsZero() {
		add(` AND day <= $%d`, dayNumber(q.Last))
	}
	if len(q.Kinds) > 0 {
		text += ` AND kind IN (` + sqldb.Marks(len(args)+1, len(q.Kinds)) + `)`
		for _, k := range q.Kinds {
			args = append(args, k)
		}
	}
	if len(q.Sources) > 0 {
		text += ` AND source IN (` + sqldb.Marks(len(args)+1, len(q.Sources)) + `)`
		for _, p := range q.Sources {
			args = append(args, p)
		}
	}
	rows, err := s.query(ctx, text+` ORDER BY day, kind, source`, args...)
	list, err := collect(rows, err, scanWellness)
	return list, s.classify(err, "reading values of days")
}

// NewestWellness returns the user's values of the newest day up to last of each of the kinds, by kind and source. It takes as
// long however many days there are: CROSS JOIN has SQLite look up the newest days first, instead of going through all of the values.
func (s *Store) NewestWellness(ctx context.Context, user pierre.UserID, kinds []pierre.WellnessKind, last time.Time) ([]pierre.Wellness, error) {
	args := []any{user, dayNumber(last)}
	asked := make([]string, len(kinds))
	for i, k := range kinds {
		args = append(args, k)
		asked[i] = fmt.Sprintf("(CAST($%d AS TEXT))", len(args))
	}
	if len(kinds) == 0 {
		return nil, nil
	}
	rows, err := s.query(ctx, `WITH asked (kind) AS (VALUES `+strings.Join(asked, ", ")+`),
		newest AS MATERIALIZED (SELECT kind, (SELECT MAX(day) FROM wellness WHERE user_id = $1 AND kind = asked.kind AND day <= $2) AS day FROM asked)
		SELECT w.day, w.kind, w.source, w.value FROM newest
		CROSS JOIN wellness w WHERE w.user_id = $1 AND w.kind = newest.kind AND w.day = newest.day ORDER BY w.kind, w.source`, args...)
	list, err := collect(rows, err, scanWellness)
	return list, s.classify(err, "reading the newest values of days")
}

func scanWellness(from scanner) (pierre.Wellness, error) {
	var w pierre.Wellness
	var day int64
	err := from.Scan(&day, &w.Kind, &w.Source, &w.Value)
	w.Day = time.Unix(day*daySeconds, 0).UTC()
	return w, err
}
