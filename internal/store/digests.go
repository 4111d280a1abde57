package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// DigestedActivities returns a page of the user's activities, of which the query must have a limit, with their digests.
// A digest's Data is nil where it is missing, of another version, or older than the activity's sources.
func (s *Store) DigestedActivities(ctx context.Context, user pierre.UserID, version int, q pierre.ActivityQuery) (pierre.DigestPage, error) {
	f := newFilter(user, q)
	kept := f.arg(version)
	var page pierre.DigestPage
	if err := f.page(q); err != nil {
		return page, err
	}
	rows, err := s.query(ctx, `SELECT `+activityRow(&pierre.Activity{}).names("a.")+`,
			(SELECT count(*) FROM activity_sources s WHERE s.activity_id = a.id),
			(SELECT max(s.imported_us) FROM activity_sources s WHERE s.activity_id = a.id),
			(SELECT d.stamp FROM activity_digests d WHERE d.activity_id = a.id AND d.version = `+kept+`),
			(SELECT d.digest FROM activity_digests d WHERE d.activity_id = a.id AND d.version = `+kept+`)
		FROM activities a WHERE `+f.where()+f.tail, f.args...)
	if err != nil {
		return page, s.classify(err, "reading digests")
	}
	defer rows.Close()
	for rows.Next() {
		a, err := scanDigested(rows)
		if err != nil {
			return page, s.classify(err, "reading digests")
		}
		page.Activities = append(page.Activities, a)
	}
	if len(page.Activities) > q.Limit { // one more than wanted was read, to know if there are more
		page.Activities = page.Activities[:q.Limit]
		last := page.Activities[q.Limit-1]
		page.NextCursor = cursorAfter(last.Activity, q)
	}
	return page, s.classify(rows.Err(), "reading digests")
}

func scanDigested(rows *sql.Rows) (a pierre.DigestedActivity, err error) {
	var sources, imported int64
	var stamp sql.NullString
	var data []byte
	err = rows.Scan(append(activityRow(&a.Activity).values(), &sources, &imported, &stamp, &data)...)
	a.Stamp = fmt.Sprintf("%d sources, last of %d", sources, imported)
	if stamp.Valid && stamp.String == a.Stamp {
		a.Data = data
	}
	return a, err
}

// SaveDigests keeps digests that were made after their stamps had been read with [Store.DigestedActivities].
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
