package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// DeleteActivity deletes one of the user's activities, or only those of its sources with the name file, which is the name of a file
// or of a provider: rows, samples, digests, sums. It notes which recordings these were, and imports leave them out until
// [Store.AllowDeleted].
func (s *Store) DeleteActivity(ctx context.Context, user pierre.UserID, id pierre.ActivityID, file string, now time.Time) (pierre.Deletion, error) {
	var done pierre.Deletion
	err := s.decide(ctx, "deleting an activity", user, func(i importing) error {
		done = pierre.Deletion{}
		all, err := i.sourcesOf(ctx, id)
		if err != nil {
			return err
		}
		left, gone := []*entry(nil), all
		if file != "" && !slices.ContainsFunc(all, func(e *entry) bool { return !e.named(file) }) {
			file = "" // it names all of them
		}
		if file != "" {
			groups, err := split(all, file)
			if err != nil {
				return err
			}
			left, gone = groups[0], groups[1]
		}
		for _, e := range gone {
			if err := i.deleteSource(ctx, id, e.Source, now); err != nil {
				return err
			}
			done.Sources = append(done.Sources, e.Source)
		}
		done.Left = len(left)
		for _, e := range left {
			e.decided = true
		}
		if len(left) > 0 {
			err = i.keep(ctx, id, left)
		} else if _, err = i.tx.exec(ctx, `DELETE FROM activities WHERE user_id = $1 AND id = $2`, user, id); err == nil {
			err = i.changed(ctx)
		}
		if err != nil {
			return err
		}
		return i.settle(ctx, all)
	})
	return done, err
}

// deleteSource deletes a source and notes that it was there.
func (i importing) deleteSource(ctx context.Context, id pierre.ActivityID, src pierre.Source, now time.Time) error {
	if err := i.removeSource(ctx, src); err != nil {
		return err
	}
	_, err := i.tx.exec(ctx, upsert("deleted_recordings", "user_id, provider, external_id, sha256, part, activity_id, deleted_us",
		"user_id, provider, external_id, sha256, part"), i.user, src.Provider, src.ExternalID, src.SHA256[:], src.Part, id, now.UnixMicro())
	return err
}

// AllowDeleted lets imports bring back the recordings of an activity that the user deleted, and returns how many these are.
func (s *Store) AllowDeleted(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (int, error) {
	var n int64
	err := s.update(ctx, "allowing deleted recordings", func(t *tx) error {
		var err error
		n, err = t.change(ctx, `DELETE FROM deleted_recordings WHERE user_id = $1 AND activity_id = $2`, user, id)
		if err == nil && n == 0 {
			err = pierre.NotFound("deleted activity " + string(id))
		}
		return err
	})
	return int(n), err
}

// deleted returns of which activity a recording was that the user deleted: the same file, or the same entry of an account.
// It is "" for others.
func (s sources) deleted(ctx context.Context, src pierre.Source) (pierre.ActivityID, error) {
	var id pierre.ActivityID
	err := s.db.row(ctx, `SELECT activity_id FROM deleted_recordings WHERE user_id = $1 AND sha256 = $2 AND part = $3 LIMIT 1`,
		s.user, src.SHA256[:], src.Part).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) && src.ExternalID != "" {
		err = s.db.row(ctx, `SELECT activity_id FROM deleted_recordings WHERE user_id = $1 AND provider = $2 AND external_id = $3 AND part = $4 LIMIT 1`,
			s.user, src.Provider, src.ExternalID, src.Part).Scan(&id)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}
