package store

import (
	"context"
	"errors"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const gearColumns = `gear, activities, on_foot, distance_meters, duration_seconds, first_us, last_us`

// gearQuery adds up the user's activities by their gear, in the order of gearColumns.
func gearQuery(user pierre.UserID) (q string, args []any) {
	f := countedOf(user, pierre.ActivityQuery{})
	f.and(`a.gear <> ''`)
	var onFoot []pierre.Sport
	for _, sport := range pierre.Sports() {
		if sport.OnFoot() {
			onFoot = append(onFoot, sport)
		}
	}
	q = `SELECT a.gear, count(*), sum(CASE WHEN a.sport IN (` + list(f, onFoot) + `) THEN 1 ELSE 0 END),
		sum(a.distance_meters), sum(a.duration_seconds), min(a.start_us), max(a.start_us)
		FROM activities a WHERE ` + f.where() + ` GROUP BY a.gear`
	return q, f.args
}

// writeGear makes gear_sums those of the user's activities as they are.
func (t *tx) writeGear(ctx context.Context, user pierre.UserID) error {
	if _, err := t.exec(ctx, `DELETE FROM gear_sums WHERE user_id = $1`, user); err != nil {
		return err
	}
	q, args := gearQuery(user)
	_, err := t.exec(ctx, `INSERT INTO gear_sums (user_id, `+gearColumns+`) SELECT $1, g.* FROM (`+q+`) g`, args...)
	return err
}

// Gear returns what the user's gear has done, the last used in front. Sums are those that are kept by the days of the zone, and so
// cost the same however long the history is.
func (s *Store) Gear(ctx context.Context, user pierre.UserID, zone *time.Location) ([]pierre.GearUse, error) {
	var all []pierre.GearUse
	read := func(db querier, q string, args ...any) error {
		rows, err := db.query(ctx, q+` ORDER BY 7 DESC, 1`, args...)
		all, err = collect(rows, err, func(from scanner) (pierre.GearUse, error) {
			var g pierre.GearUse
			err := from.Scan(&g.Name, &g.Activities, &g.OnFoot, &g.DistanceMeters, &g.DurationSeconds, instant{&g.First}, instant{&g.Last})
			return g, err
		})
		return err
	}
	err := s.kept(ctx, user, pierre.ActivityQuery{Days: pierre.LocalDays{Zone: zone}}, func(t *tx) error {
		return read(t, `SELECT `+gearColumns+` FROM gear_sums WHERE user_id = $1`, user)
	})
	if errors.Is(err, errNotSummed) {
		q, args := gearQuery(user)
		err = read(s, q, args...)
	}
	return all, s.classify(err, "adding up gear")
}
