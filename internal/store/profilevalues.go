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
const selectProfileValues = `SELECT field, imported, day, value FROM profile_values
	WHERE user_id = $1 AND value IS NOT NULL AND NOT repeats`

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
// on which files said the same: the files may be imported again, and others may say it of days between or after these.
func (t *tx) dropProfileValue(ctx context.Context, user pierre.UserID, v pierre.ProfileValue) error {
	if !v.FromFile {
		_, err := t.exec(ctx, `DELETE FROM profile_values WHERE user_id = $1 AND field = $2 AND NOT imported AND day = $3`,
			user, v.Field, numberOfDay(v.Day))
		return err
	}
	_, err := t.exec(ctx, `UPDATE profile_values SET value = NULL, dropped = value, repeats = FALSE
		WHERE user_id = $1 AND field = $2 AND imported = TRUE AND value IS NOT NULL AND day >= $3 AND day < coalesce((
			SELECT min(o.day) FROM profile_values AS o
			WHERE o.user_id = $4 AND o.field = $5 AND o.imported = TRUE AND o.day > $6 AND o.value <> $7), $8)`,
		user, v.Field, numberOfDay(v.Day), user, v.Field, numberOfDay(v.Day), v.Value, int64(1)<<40)
	return err
}

// A saying is what a file said of a field: it was so on a day, and the file is of said.
type saying struct {
	pierre.ProfileValue

	said time.Time
}

// importProfileValues keeps what files said, and reports whether rec, of which kept is stored, is another one now.
func (t *tx) importProfileValues(
	ctx context.Context, user pierre.UserID, rec *pierre.ProfileRecord, kept pierre.ProfileHistory, found []saying,
) (changed bool, err error) {
	if err := t.saveProfileValues(ctx, user, rec.Updated, kept, rec.History); err != nil {
		return false, err
	}
	for _, v := range found {
		news, err := t.importProfileValue(ctx, user, v)
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
// It reports whether the steps of the history may be others now. It reads few rows, however many there are.
func (t *tx) importProfileValue(ctx context.Context, user pierre.UserID, v saying) (changed bool, err error) {
	day := numberOfDay(v.Day)
	is, err := t.beside(ctx, user, v)
	if err != nil {
		return false, err
	}
	value, dropped := sql.NullFloat64{Float64: v.Value, Valid: !is.unwanted}, sql.NullFloat64{Float64: v.Value, Valid: is.unwanted}
	var repeats bool
	err = t.row(ctx, `INSERT INTO profile_values (user_id, field, imported, day, value, said_us, dropped, repeats)
		VALUES ($1, $2, TRUE, $3, $4, $5, $6, $7)
		ON CONFLICT (user_id, field, imported, day) DO UPDATE SET value = excluded.value, said_us = excluded.said_us,
			dropped = excluded.dropped, repeats = excluded.repeats
		WHERE profile_values.value IS NOT NULL AND excluded.value IS NOT NULL
			AND (profile_values.said_us < excluded.said_us
				OR profile_values.said_us = excluded.said_us AND profile_values.value < excluded.value)
		RETURNING repeats`,
		user, v.Field, day, value, v.said.UnixMicro(), dropped, is.repeated).Scan(&repeats)
	if errors.Is(err, sql.ErrNoRows) { // the other file is the later one
		return false, nil
	}
	if err != nil || is.unwanted {
		return false, err
	}
	n, err := t.change(ctx, `UPDATE profile_values SET repeats = NOT repeats
		WHERE user_id = $1 AND field = $2 AND imported = TRUE AND repeats <> (value = $4) AND day = (SELECT min(o.day) FROM profile_values AS o
			WHERE o.user_id = $1 AND o.field = $2 AND o.imported = TRUE AND o.day > $3 AND o.value IS NOT NULL)`,
		user, v.Field, day, v.Value)
	return is.step || !repeats || n > 0, err
}

// A besideSaying is what follows for a saying from what is kept of its day and the days around it.
type besideSaying struct {
	unwanted bool // the athlete took away what files said of the day before, or if there is none of the one after it, and it says the same
	step     bool // the day itself is a step of the history
	repeated bool // files said the same on the last day before of which they said anything
}

// beside looks at what is kept of the day of v and the days around it.
func (t *tx) beside(ctx context.Context, user pierre.UserID, v saying) (is besideSaying, err error) {
	err = t.row(ctx, `SELECT coalesce((SELECT coalesce(o.dropped = $4, FALSE) FROM profile_values AS o
			WHERE o.user_id = $1 AND o.field = $2 AND o.imported = TRUE AND o.day < $3 ORDER BY o.day DESC LIMIT 1), (SELECT o.dropped = $4
			FROM profile_values AS o WHERE o.user_id = $1 AND o.field = $2 AND o.imported = TRUE AND o.day > $3 ORDER BY o.day LIMIT 1), FALSE),
		EXISTS (SELECT 1 FROM profile_values AS o WHERE o.user_id = $1 AND o.field = $2 AND o.imported = TRUE AND o.day = $3 AND NOT o.repeats),
		coalesce((SELECT o.value FROM profile_values AS o WHERE o.user_id = $1 AND o.field = $2 AND o.imported = TRUE AND o.day < $3
			AND o.value IS NOT NULL ORDER BY o.day DESC LIMIT 1) = $4, FALSE)`,
		user, v.Field, numberOfDay(v.Day), v.Value).Scan(&is.unwanted, &is.step, &is.repeated)
	return is, err
}

// valuesKnown reports whether files said all of found already, or something later of the same day.
func (s *Store) valuesKnown(ctx context.Context, user pierre.UserID, found []saying) (bool, error) {
	for _, v := range found {
		var at int64
		err := s.row(ctx, `SELECT said_us FROM profile_values WHERE user_id = $1 AND field = $2 AND imported = TRUE AND day = $3
			AND (value IS NULL OR said_us > $4 OR said_us = $4 AND value >= $5)`,
			user, v.Field, numberOfDay(v.Day), v.said.UnixMicro(), v.Value).Scan(&at)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		if err != nil {
			return false, s.classify(err, "reading the history of the profile")
		}
	}
	return true, nil
}
