package store

import (
	"context"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// RestoreDeleted notes recordings that the user deleted elsewhere, so that imports leave them out here, too, and returns how many were
// not known. One that the user has here stays.
func (s *Store) RestoreDeleted(ctx context.Context, user pierre.UserID, list []pierre.DeletedRecording) (int, error) {
	added := 0
	err := s.update(ctx, "noting deleted recordings", func(t *tx) error {
		added = 0
		for _, d := range list {
			var here int
			if err := t.row(ctx, `SELECT count(*) FROM activity_sources WHERE user_id = $1 AND part = $2
				AND (sha256 = $3 OR external_id <> '' AND provider = $4 AND external_id = $5)`, user, d.Part, d.SHA256[:], d.Provider, d.ExternalID).Scan(&here); err != nil {
				return err
			}
			if here > 0 {
				continue
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
	return added, err
}
