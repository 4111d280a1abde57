package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pierre-mcp/pierre/internal/merge"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Recording returns one of the user's activities with its laps and samples:
// those of its richest source, completed by what only others have.
func (s *Store) Recording(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Recording, error) {
	a, err := s.Activity(ctx, user, id)
	if err != nil {
		return pierre.Recording{}, err
	}
	rec := pierre.Recording{Activity: a}
	ranked, err := s.ranked(ctx, user, id)
	if err != nil {
		return rec, s.classify(err, "reading the recording of activity "+string(id))
	}
	for n, e := range ranked {
		if len(rec.Laps) == 0 {
			if err := json.Unmarshal(e.laps, &rec.Laps); err != nil {
				return rec, fmt.Errorf("reading laps of activity %s: %w", id, err)
			}
		}
		more, err := s.codec.Decode(e.samples)
		if err != nil {
			return rec, fmt.Errorf("reading samples of activity %s: %w", id, err)
		}
		if n == 0 {
			rec.Series = more
		} else {
			merge.Fill(&rec.Series, more, merge.Shift(ranked[0].Facts, e.Facts))
		}
	}
	return rec, nil
}

// ofActivity finds the sources of the user $1's activity $2.
const ofActivity = `user_id = $1 AND activity_id = $2`

// ranked returns the sources of an activity with laps and samples, the richest first.
func (s *Store) ranked(ctx context.Context, user pierre.UserID, id pierre.ActivityID) ([]*entry, error) {
	rows, err := s.query(ctx, `SELECT `+readColumns+`, laps, samples FROM activity_sources WHERE `+ofActivity, user, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []*entry
	for rows.Next() {
		var laps, packed []byte
		e, err := scanEntry(rows, &laps, &packed)
		if err != nil {
			return nil, err
		}
		e.laps, e.samples = laps, packed
		all = append(all, e)
	}
	slices.SortFunc(all, richerFirst)
	return all, rows.Err()
}

// Sources says where an activity of the user was read, the primary source first.
func (s *Store) Sources(ctx context.Context, user pierre.UserID, id pierre.ActivityID) ([]pierre.Source, error) {
	rows, err := s.query(ctx, `SELECT `+sourceColumns+` FROM activity_sources WHERE `+ofActivity+`
		ORDER BY is_primary DESC, imported_us, provider, external_id, sha256, part`, user, id)
	if err != nil {
		return nil, s.classify(err, "reading sources")
	}
	defer rows.Close()
	var sources []pierre.Source
	for rows.Next() {
		src, err := scanSource(rows)
		if err != nil {
			return nil, s.classify(err, "reading sources")
		}
		sources = append(sources, src)
	}
	if err := rows.Err(); err != nil {
		return nil, s.classify(err, "reading sources")
	}
	if sources == nil {
		return nil, pierre.NotFound("activity " + string(id))
	}
	return sources, nil
}

// About what a value of a day and the note of a deleted recording take, with their parts of the indices.
const (
	valueBytes   = 100
	deletedBytes = 400
)

// StoredBytes returns how many bytes the samples of the user's recordings, the files that they were read from, the values of
// days and the notes of what was deleted take. It reads the lengths of samples and files, not them, and counts values and notes.
func (s *Store) StoredBytes(ctx context.Context, user pierre.UserID) (int64, error) {
	var n int64
	err := s.row(ctx, `SELECT (SELECT COALESCE(SUM(LENGTH(samples)), 0) FROM activity_sources WHERE user_id = $1)
		+ (SELECT COALESCE(SUM(LENGTH(packed)), 0) FROM originals WHERE user_id = $1)
		+ CAST($2 AS BIGINT) * (SELECT COUNT(*) FROM wellness WHERE user_id = $1)
		+ CAST($3 AS BIGINT) * (SELECT COUNT(*) FROM deleted_recordings WHERE user_id = $1)`, user, valueBytes, deletedBytes).Scan(&n)
	return n, s.classify(err, "adding up the bytes that a user has")
}
