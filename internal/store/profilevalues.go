package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// selectProfileValues leaves out what files repeat: of values that follow each other unchanged, the first counts.
const selectProfileValues = `SELECT field, imported, day, value FROM (
		SELECT field, imported, day, value, lag(value) OVER (PARTITION BY field, imported ORDER BY day) AS before
		FROM profile_values WHERE user_id = $1 AND value IS NOT NULL
	) AS v WHERE NOT imported OR before IS NULL OR before <> value`

// scanProfileValues reads the rows of [selectProfileValues].
func scanProfileValues(rows *sql.Rows, err error) (pierre.ProfileHistory, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all pierre.ProfileHistory
	for rows.Next() {
		var v pierre.ProfileValue
		var day int64
		if err := rows.Scan(&v.Field, &v.FromFile, &day, &v.Value); err != nil {
			return nil, err
		}
		v.Day = dayOf(day)
		all = append(all, v)
	}
	all.Sort()
	return all, rows.Err()
}

const secondsOfDay = 24 * 60 * 60

func dayOf(number int64) time.Time { return time.Unix(number*secondsOfDay, 0).UTC() }

// numberOfDay counts the UTC days since 1970-01-01.
func numberOfDay(at time.Time) int64 { return at.UTC().Truncate(24*time.Hour).Unix() / secondsOfDay }

// saveProfileValues makes the kept values those of after. before is what is kept.
func (t *tx) saveProfileValues(ctx context.Context, user pierre.UserID, now time.Time, before, after pierre.ProfileHistory) error {
	for _, v := range before {
		if slices.Contains(after, v) {
			continue
		}
		if err := t.dropProfileValue(ctx, user, v); err != nil {
			return err
		}
	}
	for _, v := range after {
		if slices.Contains(before, v) {
			continue
		}
		if err := t.putProfileValue(ctx, user, v, now); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) putProfileValue(ctx context.Context, user pierre.UserID, v pierre.ProfileValue, said time.Time) error {
	_, err := t.exec(ctx, upsert("profile_values", "user_id, field, imported, day, value, said_us", "user_id, field, imported, day"),
		user, v.Field, v.FromFile, numberOfDay(v.Day), v.Value, said.UnixMicro())
	return err
}

// dropProfileValue forgets a value. Of a file's it keeps that the athlete did not want it, for this day and the following ones
// on which files said the same: the files may be imported again.
func (t *tx) dropProfileValue(ctx context.Context, user pierre.UserID, v pierre.ProfileValue) error {
	if !v.FromFile {
		_, err := t.exec(ctx, `DELETE FROM profile_values WHERE user_id = $1 AND field = $2 AND NOT imported AND day = $3`,
			user, v.Field, numberOfDay(v.Day))
		return err
	}
	_, err := t.exec(ctx, `UPDATE profile_values SET value = NULL
		WHERE user_id = $1 AND field = $2 AND imported AND day >= $3 AND day < coalesce((
			SELECT min(o.day) FROM profile_values AS o
			WHERE o.user_id = $4 AND o.field = $5 AND o.imported AND o.day > $6 AND o.value <> $7), $8)`,
		user, v.Field, numberOfDay(v.Day), user, v.Field, numberOfDay(v.Day), v.Value, int64(1)<<40)
	return err
}

// importProfileValues keeps what a file said, and reports whether rec, of which kept is stored, is another one now.
func (t *tx) importProfileValues(
	ctx context.Context, user pierre.UserID, rec *pierre.ProfileRecord, kept, found pierre.ProfileHistory, said time.Time,
) (changed bool, err error) {
	if err := t.saveProfileValues(ctx, user, rec.Updated, kept, rec.History); err != nil {
		return false, err
	}
	for _, v := range found {
		news, err := t.importProfileValue(ctx, user, v, said)
		if err != nil {
			return false, err
		}
		changed = changed || news
	}
	if !changed {
		return false, nil
	}
	if rec.History, err = scanProfileValues(t.query(ctx, selectProfileValues, user)); err == nil {
		rec.Settle()
	}
	return true, err
}

// importProfileValue keeps what a file said of a day, unless a later file said something else or the athlete did not want it.
func (t *tx) importProfileValue(ctx context.Context, user pierre.UserID, v pierre.ProfileValue, said time.Time) (changed bool, err error) {
	n, err := t.change(ctx, `INSERT INTO profile_values (user_id, field, imported, day, value, said_us) VALUES ($1, $2, TRUE, $3, $4, $5)
		ON CONFLICT (user_id, field, imported, day) DO UPDATE SET value = excluded.value, said_us = excluded.said_us
		WHERE profile_values.value IS NOT NULL AND profile_values.said_us < excluded.said_us`,
		user, v.Field, numberOfDay(v.Day), v.Value, said.UnixMicro())
	return n > 0, err
}

// profileValuesKnown reports whether files said all of found already, or something later of the same day.
func (s *Store) profileValuesKnown(ctx context.Context, user pierre.UserID, found pierre.ProfileHistory, said time.Time) (bool, error) {
	for _, v := range found {
		var at int64
		err := s.row(ctx, `SELECT said_us FROM profile_values
			WHERE user_id = $1 AND field = $2 AND imported AND day = $3 AND (value IS NULL OR said_us >= $4)`,
			user, v.Field, numberOfDay(v.Day), said.UnixMicro()).Scan(&at)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		if err != nil {
			return false, s.classify(err, "reading the history of the profile")
		}
	}
	return true, nil
}
