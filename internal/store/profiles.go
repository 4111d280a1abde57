package store

import (
	"context"
	"encoding/json"
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

// ProfileRecord returns the user's profile with its history.
func (s *Store) ProfileRecord(ctx context.Context, user pierre.UserID) (pierre.ProfileRecord, error) {
	var rec pierre.ProfileRecord
	err := s.view(ctx, "reading the profile and its history", func(t *tx) error {
		row, err := t.profile(ctx, user)
		if err == nil {
			rec, err = row.record()
		}
		return err
	})
	return rec, err
}

// UpdateProfile lets change edit the user's profile, in one transaction: dated fields either in the history, or in the profile,
// where a new value holds from the UTC day of now on. It returns the profile as it then is; one that did not change keeps its
// Updated.
func (s *Store) UpdateProfile(
	ctx context.Context, user pierre.UserID, now time.Time, change func(*pierre.ProfileRecord) error,
) (pierre.ProfileRecord, error) {
	var rec pierre.ProfileRecord
	err := s.update(ctx, "changing the profile", func(t *tx) error {
		if err := t.lockUser(ctx, user); err != nil { // who may have been deleted a moment ago
			return err
		}
		row, err := t.profile(ctx, user)
		if err != nil {
			return err
		}
		edited, changed, err := row.edit(now, change)
		if rec = edited; err != nil || !changed {
			return err
		}
		if err := t.saveProfileValues(ctx, user, now, row.values, rec.History); err != nil {
			return err
		}
		return t.saveProfile(ctx, user, row, rec)
	})
	return rec, err
}

// edit lets change edit the profile and its history, and reports whether it did.
func (r *profileRow) edit(now time.Time, change func(*pierre.ProfileRecord) error) (rec pierre.ProfileRecord, changed bool, err error) {
	if rec, err = r.record(); err != nil {
		return rec, false, err
	}
	before, err := r.profile()
	if err != nil {
		return rec, false, err
	}
	history := slices.Clone(rec.History)
	if err := change(&rec); err != nil {
		return rec, false, err
	}
	if err := rec.Adopt(before, dayOf(numberOfDay(now))); err != nil {
		return rec, false, err
	}
	rec.Settle()
	next, err := fieldsOf(rec.Profile)
	if err != nil || maps.EqualFunc(next, r.fields, slices.Equal) && slices.Equal(rec.History, history) {
		return rec, false, err
	}
	maps.DeleteFunc(r.origins, func(field string, _ int64) bool { // what changes is the user's own word from now on
		return !slices.Equal(next[field], r.fields[field])
	})
	rec.Updated = time.UnixMicro(now.UnixMicro()).UTC()
	r.fields, r.updated = next, rec.Updated
	return rec, true, nil
}

// ImportProfile completes the user's profile by what files said of their athlete, each at its Updated. What the user said stays;
// of what files said, the latest counts. Of dated fields it is kept day by day: the order of imports does not matter.
func (s *Store) ImportProfile(ctx context.Context, user pierre.UserID, found ...pierre.Profile) error {
	dated, others, err := sayings(found)
	if err != nil {
		return err
	}
	if len(others) == 0 { // which files repeat, thousands of them
		known, err := s.valuesKnown(ctx, user, dated)
		if err != nil || known {
			return err
		}
	}
	return s.update(ctx, "completing the profile", func(t *tx) error {
		if err := t.lockUser(ctx, user); err != nil {
			return err
		}
		row, err := t.profile(ctx, user)
		if err != nil {
			return err
		}
		news := false
		for _, o := range others {
			news = row.complete(o.fields, o.said) || news
		}
		rec, err := row.record()
		if err != nil {
			return err
		}
		changed, err := t.importProfileValues(ctx, user, &rec, row.values, dated)
		if err != nil || !news && !changed {
			return err
		}
		for _, f := range found {
			if f.Updated.After(row.updated) {
				row.updated = f.Updated
			}
		}
		if row.fields, err = fieldsOf(rec.Profile); err != nil {
			return err
		}
		return t.saveProfile(ctx, user, row, rec)
	})
}

// undated are the fields without a history that a file said something of.
type undated struct {
	fields map[string]json.RawMessage
	said   time.Time
}

// sayings divides what files said into that of fields with a history and that of others.
func sayings(found []pierre.Profile) (dated []saying, others []undated, err error) {
	for _, p := range found {
		fields, err := fieldsOf(p)
		if err != nil {
			return nil, nil, err
		}
		for _, f := range p.Dated() {
			delete(fields, f.Name)
			if *f.Value != nil {
				v := pierre.ProfileValue{Field: f.Name, Day: dayOf(numberOfDay(p.Updated)), Value: **f.Value, FromFile: true}
				dated = append(dated, saying{v, p.Updated})
			}
		}
		if len(fields) > 0 {
			others = append(others, undated{fields, p.Updated})
		}
	}
	return dated, others, nil
}
