package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Profile returns the user's profile, the zero Profile if none was ever set.
func (s *Store) Profile(ctx context.Context, user pierre.UserID) (pierre.Profile, error) {
	p, err := scanProfile(s.row(ctx, selectProfile, user))
	return p, s.classify(err, "reading the profile")
}

// UpdateProfile lets change edit the user's profile, in one transaction. It
// returns the profile as it then is; one that did not change keeps its Updated.
func (s *Store) UpdateProfile(
	ctx context.Context, user pierre.UserID, now time.Time, change func(*pierre.Profile) error,
) (pierre.Profile, error) {
	var p pierre.Profile
	err := s.tx(ctx, func(t *tx) error {
		var err error
		if p, err = scanProfile(t.row(ctx, selectProfile, user)); err != nil {
			return s.classify(err, "reading the profile")
		}
		before, err := json.Marshal(p)
		if err != nil {
			return err
		}
		if err := change(&p); err != nil {
			return err
		}
		text, err := json.Marshal(p)
		if err != nil || bytes.Equal(text, before) {
			return err
		}
		p.Updated = time.UnixMicro(now.UnixMicro()).UTC()
		_, err = t.exec(ctx, `INSERT INTO profiles (user_id, profile, updated_us) VALUES ($1, $2, $3)
			ON CONFLICT (user_id) DO UPDATE SET profile = excluded.profile, updated_us = excluded.updated_us`,
			user, string(text), now.UnixMicro())
		return s.classify(err, "writing the profile")
	})
	return p, err
}

const selectProfile = `SELECT profile, updated_us FROM profiles WHERE user_id = $1`

func scanProfile(row *sql.Row) (pierre.Profile, error) {
	var p pierre.Profile
	var text string
	var updated sql.NullInt64
	err := row.Scan(&text, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.Updated = fromMicros(updated)
	return p, json.Unmarshal([]byte(text), &p)
}
