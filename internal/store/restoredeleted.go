package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxDeleted is how many deleted recordings of a user exports may note: nobody has as many, but an edited export may list any number.
const maxDeleted = 200_000

// RestoreDeleted notes recordings that the user deleted elsewhere, so that imports leave them out here, too, and returns how many were
// not known. One that the user has here stays. A user of whom as many are noted as can be gets no more: that is [pierre.KindConflict].
func (s *Store) RestoreDeleted(ctx context.Context, user pierre.UserID, list []pierre.DeletedRecording) (int, error) {
	return s.restoreDeleted(ctx, user, list, maxDeleted)
}

func (s *Store) restoreDeleted(ctx context.Context, user pierre.UserID, list []pierre.DeletedRecording, most int) (int, error) {
	select { // as imports of recordings do
	case s.importing <- struct{}{}:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	defer func() { <-s.importing }()
	noted := 0 // counted before the transaction, which would hold up others: at the same time, only another server notes some
	if err := s.row(ctx, `SELECT count(*) FROM deleted_recordings WHERE user_id = $1`, user).Scan(&noted); err != nil {
		return 0, s.classify(err, "counting deleted recordings")
	}
	added, full := 0, false
	err := s.update(ctx, "noting deleted recordings", func(t *tx) error {
		added, full = 0, false
		for _, d := range list {
			here, err := newSources(t, user, s.codec).has(ctx, d)
			if err != nil {
				return err
			}
			if here {
				continue
			}
			if full = noted+added >= most; full {
				return nil
			}
			n, err := t.change(ctx, `INSERT INTO deleted_recordings (user_id, provider, external_id, sha256, part, activity_id, deleted_us)
				VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`, user, d.Provider, d.ExternalID, d.SHA256[:], d.Part, d.Activity, d.Deleted.UnixMicro())
			if err != nil {
				return err
			}
			added += int(n)
		}
		return nil
	})
	if err == nil && full {
		err = &pierre.Error{Kind: pierre.KindConflict, Msg: fmt.Sprintf("No more than %d deleted recordings are noted.", most)}
	}
	return added, err
}

// A recording is here if its file is, or its entry of an account. These are two lookups, because SQLite answers one for both from all
// of the user's sources.
const (
	hasFile  = `SELECT 1 FROM activity_sources WHERE user_id = $1 AND sha256 = $2 AND part = $3 LIMIT 1`
	hasEntry = `SELECT 1 FROM activity_sources WHERE user_id = $1 AND provider = $2 AND external_id = $3 AND part = $4 LIMIT 1`
)

// has reports whether the user has a recording.
func (s sources) has(ctx context.Context, d pierre.DeletedRecording) (bool, error) {
	err := s.db.row(ctx, hasFile, s.user, d.SHA256[:], d.Part).Scan(new(int))
	if errors.Is(err, sql.ErrNoRows) && d.ExternalID != "" {
		err = s.db.row(ctx, hasEntry, s.user, d.Provider, d.ExternalID, d.Part).Scan(new(int))
	}
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
