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

// A profileRow is a row of profiles, and the user's rows of profile_values.
type profileRow struct {
	fields  map[string]json.RawMessage // of pierre.Profile, by their JSON names
	origins map[string]int64           // microseconds: when a file said so
	updated time.Time
	values  pierre.ProfileHistory
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

// record joins the profile with its history. A present value that the history does not end with was set before there were
// histories, or by a server of an older version: it joins the history on the day of the profile's last change.
func (r *profileRow) record() (pierre.ProfileRecord, error) {
	p, err := r.profile()
	if err != nil {
		return pierre.ProfileRecord{}, err
	}
	rec := pierre.ProfileRecord{Profile: p, Imported: slices.Sorted(maps.Keys(r.origins)), History: slices.Clone(r.values)}
	for _, f := range p.Dated() {
		steps := rec.History.Steps(f.Name)
		if *f.Value == nil || len(steps) > 0 && steps[len(steps)-1].Value == **f.Value {
			continue
		}
		said, imported := r.updated, false
		if at, ok := r.origins[f.Name]; ok {
			said, imported = time.UnixMicro(at), true
		}
		rec.History = append(rec.History, pierre.ProfileValue{Field: f.Name, Day: dayOf(numberOfDay(said)), Value: **f.Value, FromFile: imported})
	}
	rec.Settle()
	return rec, nil
}

// complete takes over what a file said of fields that have no history, and reports whether it changed anything.
func (r *profileRow) complete(fields map[string]json.RawMessage, said time.Time) (changed bool) {
	for field, value := range fields {
		origin, imported := r.origins[field]
		if r.fields[field] != nil && (!imported || origin >= said.UnixMicro()) {
			continue
		}
		r.fields[field], r.origins[field], changed = value, said.UnixMicro(), true
	}
	return changed
}

const selectProfile = `SELECT profile, origins, updated_us FROM profiles WHERE user_id = $1`

// scanProfile returns an empty row if there is none.
func scanProfile(from *sql.Row) (*profileRow, error) {
	row := &profileRow{map[string]json.RawMessage{}, map[string]int64{}, time.Time{}, nil}
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

// profile reads a user's profile with its history.
func (t *tx) profile(ctx context.Context, user pierre.UserID) (*profileRow, error) {
	row, err := scanProfile(t.row(ctx, selectProfile, user))
	if err != nil {
		return nil, err
	}
	row.values, err = scanProfileValues(t.query(ctx, selectProfileValues, user))
	return row, err
}

// saveProfile writes the row of profiles. Servers of an older version read there which dated fields come from files.
func (t *tx) saveProfile(ctx context.Context, user pierre.UserID, row *profileRow, rec pierre.ProfileRecord) error {
	for _, f := range rec.Dated() {
		delete(row.origins, f.Name)
		if steps := rec.History.Steps(f.Name); slices.Contains(rec.Imported, f.Name) {
			row.origins[f.Name] = steps[len(steps)-1].Day.UnixMicro()
		}
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
}
