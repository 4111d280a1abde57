package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// DigestedActivities returns all of the user's activities with their digests, the oldest first. Where a digest is missing, of
// another version, or older than the activity's sources, its Data is nil and the activity is whole.
func (s *Store) DigestedActivities(ctx context.Context, user pierre.UserID, version int) ([]pierre.DigestedActivity, error) {
	all, missing, err := s.digests(ctx, user, version)
	if err != nil {
		return nil, err
	}
	kept := all[:0]
	for i, a := range all {
		if missing[i] {
			if a.Activity, err = s.Activity(ctx, user, a.ID); pierre.KindOf(err) == pierre.KindNotFound {
				continue // merged into another activity meanwhile
			} else if err != nil {
				return nil, err
			}
		}
		kept = append(kept, a)
	}
	return kept, nil
}

// digests reads the stamps apart from the digests, and so joins them with one look-up each: a database that does not know yet how
// many rows an import has just made would join them by comparing each activity with each other.
func (s *Store) digests(ctx context.Context, user pierre.UserID, version int) (all []pierre.DigestedActivity, missing map[int]bool, err error) {
	missing = map[int]bool{}
	err = s.view(ctx, "reading digests", func(t *tx) error {
		stamps, err := scanStamps(t.query(ctx, selectStamps+` WHERE user_id = $1 GROUP BY activity_id`, user))
		if err != nil {
			return err
		}
		q, args := digestsQuery(user, version)
		rows, err := t.query(ctx, q, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var a pierre.DigestedActivity
			var stamp sql.NullString
			if err := rows.Scan(&a.ID, &stamp, &a.Data); err != nil {
				return err
			}
			if a.Stamp = stamps[a.ID]; a.Stamp == "" {
				continue // without sources there is nothing to digest
			}
			if stamp.String != a.Stamp {
				a.Data, missing[len(all)] = nil, true
			}
			all = append(all, a)
		}
		return rows.Err()
	})
	return all, missing, err
}

func digestsQuery(user pierre.UserID, version int) (q string, args []any) {
	f := countedOf(user, pierre.ActivityQuery{})
	q = `SELECT a.id, d.stamp, d.digest FROM activities a
		LEFT JOIN activity_digests d ON d.user_id = a.user_id AND d.activity_id = a.id AND d.version = ` + f.arg(version) + `
		WHERE ` + f.where() + ` ORDER BY a.start_us, a.id`
	return q, f.args
}

const selectStamps = `SELECT activity_id, count(*), max(imported_us) FROM activity_sources`

// scanStamps reads the rows of [selectStamps].
func scanStamps(rows *sql.Rows, err error) (map[pierre.ActivityID]string, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	stamps := map[pierre.ActivityID]string{}
	for rows.Next() {
		var id pierre.ActivityID
		var sources, newest int64
		if err := rows.Scan(&id, &sources, &newest); err != nil {
			return nil, err
		}
		stamps[id] = stampOf(sources, newest)
	}
	return stamps, rows.Err()
}

// stampOf names the state of an activity's sources.
func stampOf(sources, newest int64) string {
	return strconv.FormatInt(sources, 10) + " sources, last of " + strconv.FormatInt(newest, 10)
}

// DigestStamps returns the states of the sources of those of the activities that are the user's.
func (s *Store) DigestStamps(ctx context.Context, user pierre.UserID, ids []pierre.ActivityID) (map[pierre.ActivityID]string, error) {
	if len(ids) == 0 {
		return map[pierre.ActivityID]string{}, nil
	}
	f := &filter{}
	f.and("user_id = " + f.arg(user))
	f.and("activity_id IN (" + list(f, ids) + ")")
	stamps, err := scanStamps(s.query(ctx, selectStamps+` WHERE `+f.where()+` GROUP BY activity_id`, f.args...))
	return stamps, s.classify(err, "reading the stamps of digests")
}

// DigestDetails returns the details of the digests of the user's activities that start in [after, before).
func (s *Store) DigestDetails(
	ctx context.Context, user pierre.UserID, version int, after, before time.Time,
) (map[pierre.ActivityID][]byte, error) {
	f := countedOf(user, pierre.ActivityQuery{After: after, Before: before})
	rows, err := s.query(ctx, `SELECT d.activity_id, d.detail FROM activities a JOIN activity_digests d ON d.user_id = a.user_id AND d.activity_id = a.id
		WHERE `+f.where()+` AND d.version = `+f.arg(version)+` AND d.detail IS NOT NULL`, f.args...)
	if err != nil {
		return nil, s.classify(err, "reading the details of digests")
	}
	defer rows.Close()
	details := map[pierre.ActivityID][]byte{}
	for rows.Next() {
		var id pierre.ActivityID
		var detail []byte
		if err := rows.Scan(&id, &detail); err != nil {
			return nil, s.classify(err, "reading the details of digests")
		}
		details[id] = detail
	}
	return details, s.classify(rows.Err(), "reading the details of digests")
}

// ActivitiesFrom returns which of the user's activities have a source of that provider.
func (s *Store) ActivitiesFrom(ctx context.Context, user pierre.UserID, from pierre.Provider) (map[pierre.ActivityID]bool, error) {
	ids, err := s.db.Texts(ctx, `SELECT DISTINCT activity_id FROM activity_sources WHERE user_id = $1 AND provider = $2`, user, from)
	if err != nil {
		return nil, s.classify(err, "reading the activities of a provider")
	}
	set := map[pierre.ActivityID]bool{}
	for _, id := range ids {
		set[pierre.ActivityID(id)] = true
	}
	return set, nil
}

// SaveDigests keeps digests that were made after their stamps had been read.
// Those of activities that are gone by now, or not the user's, are left out.
func (s *Store) SaveDigests(ctx context.Context, user pierre.UserID, version int, digests map[pierre.ActivityID]pierre.Digest) error {
	return s.update(ctx, "keeping digests", func(t *tx) error {
		for _, id := range slices.Sorted(maps.Keys(digests)) {
			if err := t.saveDigest(ctx, user, id, version, digests[id]); err != nil {
				return fmt.Errorf("keeping the digest of %s: %w", id, err)
			}
		}
		return nil
	})
}

func (t *tx) saveDigest(ctx context.Context, user pierre.UserID, id pierre.ActivityID, version int, d pierre.Digest) error {
	args := []any{id, user, version, d.Stamp, d.Data, d.Detail}
	n, err := t.change(ctx, `UPDATE activity_digests SET version = $3, stamp = $4, digest = $5, detail = $6
		WHERE activity_id = $1 AND user_id = $2`, args...)
	if err == nil && n == 0 { // see [row.replace]
		_, err = t.exec(ctx, `INSERT INTO activity_digests (activity_id, user_id, version, stamp, digest, detail)
			SELECT a.id, a.user_id, $3, $4, $5, $6 FROM activities a WHERE a.id = $1 AND a.user_id = $2`, args...)
	}
	return err
}
