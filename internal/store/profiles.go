package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Profile returns the user's profile, the zero Profile if none was ever set.
func (s *Store) Profile(ctx context.Context, user pierre.UserID) (pierre.Profile, error) {
	row, err := scanProfile(s.row(ctx, selectProfile, user))
	if err != nil {
		return pierre.Profile{}, s.classify(err, "reading the profile")
	}
	return row.profile()
}

// UpdateProfile lets change edit the user's profile, in one transaction. It
// returns the profile as it then is; one that did not change keeps its Updated.
func (s *Store) UpdateProfile(
	ctx context.Context, user pierre.UserID, now time.Time, change func(*pierre.Profile) error,
) (pierre.Profile, error) {
	var p pierre.Profile
	err := s.changeProfile(ctx, user, func(row *profileRow) error {
		var err error
		if p, err = row.profile(); err != nil {
			return err
		}
		if err := change(&p); err != nil {
			return err
		}
		next, err := fieldsOf(p)
		if err != nil || maps.EqualFunc(next, row.fields, slices.Equal) {
			return err
		}
		maps.DeleteFunc(row.origins, func(field string, _ int64) bool { // what changes is the user's own word from now on
			return !slices.Equal(next[field], row.fields[field])
		})
		p.Updated = time.UnixMicro(now.UnixMicro()).UTC()
		row.fields, row.updated = next, p.Updated
		return nil
	})
	return p, err
}

// ImportProfile completes the user's profile by what a file said of its athlete
// at found.Updated. What the user said stays; of what files said, the latest counts.
func (s *Store) ImportProfile(ctx context.Context, user pierre.UserID, found pierre.Profile) error {
	fields, err := fieldsOf(found)
	if err != nil || len(fields) == 0 {
		return err
	}
	return s.changeProfile(ctx, user, func(row *profileRow) error {
		for field, value := range fields {
			origin, imported := row.origins[field]
			if row.fields[field] != nil && (!imported || origin >= found.Updated.UnixMicro()) {
				continue
			}
			row.fields[field], row.origins[field] = value, found.Updated.UnixMicro()
			if found.Updated.After(row.updated) {
				row.updated = found.Updated
			}
		}
		return nil
	})
}

// A profileRow is a row of profiles.
type profileRow struct {
	fields  map[string]json.RawMessage // of pierre.Profile, by their JSON names
	origins map[string]int64           // microseconds
	updated time.Time
}

func fieldsOf(p pierre.Profile) (map[string]json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return fields, json.Unmarshal(text, &fields)
}

func (r *profileRow) profile() (pierre.Profile, error) {
	p := pierre.Profile{Updated: r.updated}
	text, err := json.Marshal(r.fields)
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(text, &p)
}

const selectProfile = `SELECT profile, origins, updated_us FROM profiles WHERE user_id = $1`

// scanProfile returns an empty row if there is none.
func scanProfile(from *sql.Row) (*profileRow, error) {
	row := &profileRow{map[string]json.RawMessage{}, map[string]int64{}, time.Time{}}
	var fields, origins string
	var updated sql.NullInt64
	err := from.Scan(&fields, &origins, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return row, nil
	}
	if err != nil {
		return nil, err
	}
	row.updated = fromMicros(updated)
	return row, errors.Join(json.Unmarshal([]byte(fields), &row.fields), json.Unmarshal([]byte(origins), &row.origins))
}

// changeProfile reads the user's row, and writes it if change changes it.
func (s *Store) changeProfile(ctx context.Context, user pierre.UserID, change func(*profileRow) error) error {
	return s.update(ctx, "changing the profile", func(t *tx) error {
		if err := t.lockUser(ctx, user); err != nil { // who may have been deleted a moment ago
			return err
		}
		row, err := scanProfile(t.row(ctx, selectProfile, user))
		if err != nil {
			return err
		}
		before := profileRow{maps.Clone(row.fields), maps.Clone(row.origins), row.updated}
		if err := change(row); err != nil {
			return err
		}
		if maps.EqualFunc(before.fields, row.fields, slices.Equal) && maps.Equal(before.origins, row.origins) {
			return nil
		}
		fields, err := json.Marshal(row.fields)
		if err != nil {
			return err
		}
		origins, err := json.Marshal(row.origins)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, upsert("profiles", "user_id, profile, origins, updated_us", "user_id"),
			user, string(fields), string(origins), micros(row.updated))
		return err
	})
}

// ImportedFields returns the fields of the user's profile, by their JSON names, that a file said and not the user.
func (s *Store) ImportedFields(ctx context.Context, user pierre.UserID) ([]string, error) {
	row, err := scanProfile(s.row(ctx, selectProfile, user))
	if err != nil {
		return nil, s.classify(err, "reading the profile")
	}
	return slices.Sorted(maps.Keys(row.origins)), nil
}
