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
	if err == nil && len(all) > 0 {
		err = s.addProducts(ctx, user, all)
	}
	return all, s.classify(err, "adding up gear")
}

// GearProducts returns what the user's gear was bought as, by name.
func (s *Store) GearProducts(ctx context.Context, user pierre.UserID) ([]pierre.GearProduct, error) {
	rows, err := s.query(ctx, `SELECT name, make, model FROM gear_products WHERE user_id = $1 ORDER BY name, source, kind`, user)
	list, err := collect(rows, err, func(from scanner) (pierre.GearProduct, error) {
		var p pierre.GearProduct
		err := from.Scan(&p.Name, &p.Make, &p.Model)
		return p, err
	})
	return list, s.classify(err, "listing gear")
}

// addProducts fills who made the gear.
func (s *Store) addProducts(ctx context.Context, user pierre.UserID, all []pierre.GearUse) error {
	list, err := s.GearProducts(ctx, user)
	if err != nil {
		return err
	}
	by := map[string]pierre.GearProduct{}
	for _, p := range list {
		by[p.Name] = p
	}
	for i := range all {
		p := by[all[i].Name]
		all[i].Make, all[i].Model = p.Make, p.Model
	}
	return nil
}

// KeepGear keeps the gear of a kind that the user has by a source, in place of what that had said before.
func (s *Store) KeepGear(ctx context.Context, user pierre.UserID, source pierre.Provider, kind pierre.GearKind, list []pierre.GearProduct) error {
	return s.update(ctx, "keeping gear", func(t *tx) error {
		if _, err := t.exec(ctx, `DELETE FROM gear_products WHERE user_id = $1 AND source = $2 AND kind = $3`, user, source, kind); err != nil {
			return err
		}
		for _, p := range list {
			_, err := t.exec(ctx, upsert("gear_products", "user_id, source, kind, name, make, model", "user_id, source, kind, name"),
				user, source, kind, p.Name, p.Make, p.Model)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
