package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/series"
)

// Recording returns one of the user's activities with its laps and samples.
func (s *Store) Recording(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Recording, error) {
	a, err := s.Activity(ctx, user, id)
	if err != nil {
		return pierre.Recording{}, err
	}
	rec := pierre.Recording{Activity: a}
	var laps string
	var packed []byte
	err = s.row(ctx, `SELECT laps, samples FROM activity_sources WHERE user_id = $1 AND activity_id = $2 AND is_primary`, user, id).
		Scan(&laps, &packed)
	if err != nil {
		return rec, s.classify(err, "recording of activity "+string(id))
	}
	if err := json.Unmarshal([]byte(laps), &rec.Laps); err != nil {
		return rec, s.classify(err, "reading laps of activity "+string(id))
	}
	rec.Series, err = series.Decode(packed)
	return rec, s.classify(err, "reading samples of activity "+string(id))
}

// Sources says where an activity of the user was read, the primary source first.
func (s *Store) Sources(ctx context.Context, user pierre.UserID, id pierre.ActivityID) ([]pierre.Source, error) {
	rows, err := s.query(ctx, `SELECT provider, external_id, file, format, sha256, part, imported_us, is_primary
		FROM activity_sources WHERE user_id = $1 AND activity_id = $2
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

func scanSource(row scanner, more ...any) (pierre.Source, error) {
	var src pierre.Source
	var sum []byte
	var imported sql.NullInt64
	dest := []any{&src.Provider, &src.ExternalID, &src.File, &src.Format, &sum, &src.Part, &imported, &src.Primary}
	err := row.Scan(append(dest, more...)...)
	copy(src.SHA256[:], sum)
	src.Imported = fromMicros(imported)
	return src, err
}
