package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// KeepOriginal keeps a file from which activities of the user were read, once. It is left out if there is no such activity (any
// more): of what the athlete deleted nothing is kept.
func (s *Store) KeepOriginal(ctx context.Context, user pierre.UserID, o pierre.Original) error {
	known := s.row(ctx, `SELECT 1 FROM originals WHERE user_id = $1 AND sha256 = $2`, user, o.SHA256[:]).Scan(new(int))
	if known == nil || !errors.Is(known, sql.ErrNoRows) {
		return s.classify(known, "looking for a file")
	}
	select { // as imports of recordings do
	case s.importing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.importing }()
	return s.update(ctx, "keeping a file", func(t *tx) error {
		if err := t.lockUser(ctx, user); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO originals (user_id, sha256, bytes, packed) SELECT user_id, sha256, CAST($3 AS BIGINT), $4 FROM activity_sources
			WHERE user_id = $1 AND sha256 = $2 LIMIT 1 ON CONFLICT (user_id, sha256) DO NOTHING`, user, o.SHA256[:], o.Bytes, o.Packed)
		return err
	})
}

// removeSource deletes a source, and its file if it was the last that was read from it.
func (i importing) removeSource(ctx context.Context, src pierre.Source) error {
	if _, err := i.tx.exec(ctx, `DELETE FROM activity_sources`+whereKey, i.user, src.Provider, src.ExternalID, src.SHA256[:], src.Part); err != nil {
		return err
	}
	return i.tx.removeUnused(ctx, i.user, src.SHA256[:])
}

// removeUnused deletes a file, unless an activity of the user was read from it.
func (t *tx) removeUnused(ctx context.Context, user pierre.UserID, sum []byte) error {
	_, err := t.exec(ctx, `DELETE FROM originals WHERE user_id = $1 AND sha256 = $2
		AND NOT EXISTS (SELECT 1 FROM activity_sources WHERE user_id = $1 AND sha256 = $2)`, user, sum)
	return err
}

// TidyOriginals looks at the next files, at most so many, and deletes those from which there is no activity: servers of the version
// before files were kept delete activities alone. It begins where its last call ended, so that none looks at all that there is.
func (s *Store) TidyOriginals(ctx context.Context, most int) error {
	s.tidying.Lock()
	defer s.tidying.Unlock()
	looked, unused, err := s.unusedOriginals(ctx, s.tidied, most)
	if err != nil {
		return s.classify(err, "looking for files without activities")
	}
	for _, o := range unused {
		err := s.update(ctx, "deleting a file without activities", func(t *tx) error { return t.removeUnused(ctx, o.user, o.sum) })
		if err != nil {
			return err
		}
	}
	s.tidied = originalKey{}
	if len(looked) == most {
		s.tidied = looked[most-1]
	}
	return nil
}

// An originalKey is a file of a user. The zero value comes before all of them.
type originalKey struct {
	user pierre.UserID
	sum  []byte
}

// unusedOriginals returns the next files after a place, and which of them have no activity.
func (s *Store) unusedOriginals(ctx context.Context, after originalKey, most int) (looked, unused []originalKey, err error) {
	rows, err := s.query(ctx, `SELECT o.user_id, o.sha256, count(a.part) > 0
		FROM originals o LEFT JOIN activity_sources a ON a.user_id = o.user_id AND a.sha256 = o.sha256
		WHERE (o.user_id, o.sha256) > ($1, $2) GROUP BY o.user_id, o.sha256 ORDER BY o.user_id, o.sha256 LIMIT $3`, after.user, append([]byte{}, after.sum...), most)
	looked, err = collect(rows, err, func(from scanner) (k originalKey, err error) {
		var used bool
		if err = from.Scan(&k.user, &k.sum, &used); err == nil && !used {
			unused = append(unused, k)
		}
		return k, err
	})
	return looked, unused, err
}

// Original returns a file from which activities of the user were read, packed.
func (s *Store) Original(ctx context.Context, user pierre.UserID, sum [32]byte) (pierre.Original, error) {
	o := pierre.Original{SHA256: sum}
	err := s.row(ctx, `SELECT bytes, packed FROM originals WHERE user_id = $1 AND sha256 = $2`, user, sum[:]).Scan(&o.Bytes, &o.Packed)
	return o, s.classify(err, "file of an activity")
}

// FirstOf returns which activity comes first in a file from which activities of the user were read, and as what it was.
func (s *Store) FirstOf(ctx context.Context, user pierre.UserID, sum [32]byte) (pierre.ActivityID, pierre.Source, error) {
	var id pierre.ActivityID
	src, err := scanSource(s.row(ctx, `SELECT `+sourceColumns+`, activity_id FROM activity_sources WHERE user_id = $1 AND sha256 = $2
		ORDER BY part, activity_id, provider, external_id LIMIT 1`, user, sum[:]), &id)
	return id, src, s.classify(err, "file of an activity")
}

// KeptSources says where an activity of the user was read and what is kept of that, the primary source first.
func (s *Store) KeptSources(ctx context.Context, user pierre.UserID, id pierre.ActivityID) ([]pierre.KeptSource, error) {
	rows, err := s.query(ctx, `SELECT `+sourceColumns+`, start_us, samples IS NOT NULL, sides,
		EXISTS (SELECT 1 FROM originals o WHERE o.user_id = $1 AND o.sha256 = activity_sources.sha256)
		FROM activity_sources WHERE `+ofActivity+` ORDER BY is_primary DESC, imported_us, provider, external_id, sha256, part`, user, id)
	list, err := collect(rows, err, func(from scanner) (k pierre.KeptSource, err error) {
		k.Source, err = scanSource(from, instant{&k.Start}, &k.Samples, (*sides)(&k.Sides), &k.Original)
		return k, err
	})
	if err == nil && len(list) == 0 {
		return nil, pierre.NotFound("activity " + string(id))
	}
	return list, s.classify(err, "reading sources")
}

// SourceRecording returns what one source of an activity says, with its own laps and samples.
func (s *Store) SourceRecording(ctx context.Context, user pierre.UserID, src pierre.Source) (pierre.Recording, error) {
	e, err := newSources(s, user, s.codec).known(ctx, src)
	if err != nil {
		return pierre.Recording{}, s.classify(err, "reading a source")
	}
	if e == nil {
		return pierre.Recording{}, pierre.NotFound("source")
	}
	rec := pierre.Recording{Activity: e.Activity}
	if err := json.Unmarshal(e.laps, &rec.Laps); err != nil {
		return rec, fmt.Errorf("reading laps of %s: %w", src.File, err)
	}
	rec.Series, err = s.codec.Decode(e.samples)
	return rec, err
}

// Originals counts the files that are kept, of all users.
func (s *Store) Originals(ctx context.Context) (n pierre.Originals, err error) {
	err = s.row(ctx, `SELECT COUNT(*), COALESCE(SUM(bytes), 0), COALESCE(SUM(LENGTH(packed)), 0) FROM originals`).Scan(&n.Files, &n.Bytes, &n.Packed)
	return n, s.classify(err, "counting files of activities")
}
