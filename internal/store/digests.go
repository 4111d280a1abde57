package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Digests returns the digests of the user's activities that started at since or later. Every activity
// is there; Data is nil where a digest is missing, of another version, or older than the activity's sources.
func (s *Store) Digests(ctx context.Context, user pierre.UserID, version int, since time.Time) (map[pierre.ActivityID]pierre.Digest, error) {
	rows, err := s.query(ctx, `SELECT a.id, p.sources, p.imported_us, d.stamp, d.digest
		FROM activities a
		JOIN (SELECT activity_id, count(*) AS sources, max(imported_us) AS imported_us
			FROM activity_sources WHERE user_id = $1 GROUP BY activity_id) p ON p.activity_id = a.id
		LEFT JOIN activity_digests d ON d.activity_id = a.id AND d.user_id = $1 AND d.version = $2
		WHERE a.user_id = $1 AND a.start_us >= $3`, user, version, since.UnixMicro())
	if err != nil {
		return nil, s.classify(err, "reading digests")
	}
	defer rows.Close()
	digests := map[pierre.ActivityID]pierre.Digest{}
	for rows.Next() {
		var id pierre.ActivityID
		var sources, imported int64
		var stamp sql.NullString
		var data []byte
		if err := rows.Scan(&id, &sources, &imported, &stamp, &data); err != nil {
			return nil, s.classify(err, "reading digests")
		}
		d := pierre.Digest{Stamp: fmt.Sprintf("%d sources, last of %d", sources, imported)}
		if stamp.Valid && stamp.String == d.Stamp {
			d.Data = data
		}
		digests[id] = d
	}
	return digests, s.classify(rows.Err(), "reading digests")
}

// SaveDigests keeps digests that were made after their stamps had been read with [Store.Digests].
// Those of activities that are gone by now, or not the user's, are left out.
func (s *Store) SaveDigests(ctx context.Context, user pierre.UserID, version int, digests map[pierre.ActivityID]pierre.Digest) error {
	return s.update(ctx, "keeping digests", func(t *tx) error {
		for id, d := range digests {
			if _, err := t.exec(ctx, `INSERT INTO activity_digests (activity_id, user_id, version, stamp, digest)
				SELECT a.id, a.user_id, $3, $4, $5 FROM activities a WHERE a.id = $1 AND a.user_id = $2
				ON CONFLICT (activity_id) DO UPDATE SET version = excluded.version, stamp = excluded.stamp, digest = excluded.digest`,
				id, user, version, d.Stamp, d.Data); err != nil {
				return fmt.Errorf("keeping the digest of %s: %w", id, err)
			}
		}
		return nil
	})
}
