package store

import (
	"context"
	"math"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// FetchedItems returns what is remembered of the items of a user's connection with these ids.
func (s *Store) FetchedItems(ctx context.Context, user pierre.UserID, provider pierre.Provider, ids []string) (map[string]pierre.FetchedItem, error) {
	found := map[string]pierre.FetchedItem{}
	if len(ids) == 0 {
		return found, nil
	}
	args := []any{user, provider}
	for _, id := range ids {
		args = append(args, id)
	}
	rows, err := s.query(ctx, `SELECT item, version, outcome, tries FROM fetched_items
		WHERE user_id = $1 AND provider = $2 AND item IN (`+sqldb.Marks(len(args)-len(ids)+1, len(ids))+`)`, args...)
	list, err := collect(rows, err, func(from scanner) (pierre.FetchedItem, error) {
		var i pierre.FetchedItem
		err := from.Scan(&i.ID, &i.Version, &i.Outcome, &i.Tries)
		return i, err
	})
	for _, i := range list {
		found[i.ID] = i
	}
	return found, s.classify(err, "reading what was fetched")
}

// KeepFetched remembers an item of a user's connection. It is [pierre.KindNotFound] if the connection is gone.
func (s *Store) KeepFetched(ctx context.Context, user pierre.UserID, provider pierre.Provider, i pierre.FetchedItem) error {
	return s.update(ctx, "remembering what was fetched", func(t *tx) error {
		n, err := t.change(ctx, `INSERT INTO fetched_items (user_id, provider, item, version, outcome, tries)
			SELECT user_id, provider, $3, $4, $5, CAST($6 AS BIGINT) FROM connections WHERE user_id = $1 AND provider = $2
			ON CONFLICT (user_id, provider, item) DO UPDATE SET version = excluded.version, outcome = excluded.outcome, tries = excluded.tries`,
			user, provider, i.ID, i.Version, i.Outcome, i.Tries)
		if err == nil && n == 0 {
			err = pierre.NotFound("connection to " + string(provider))
		}
		return err
	})
}

// FetchedCounts counts what was fetched over a user's connection.
func (s *Store) FetchedCounts(ctx context.Context, user pierre.UserID, provider pierre.Provider) (pierre.FetchedCounts, error) {
	var n pierre.FetchedCounts
	err := s.row(ctx, `SELECT COALESCE(SUM(CASE WHEN outcome = $3 THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN outcome = $4 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN outcome = $5 THEN 1 ELSE 0 END), 0),
		(SELECT COUNT(*) FROM wellness WHERE user_id = $1 AND source = $2)
		FROM fetched_items WHERE user_id = $1 AND provider = $2`,
		user, provider, pierre.FetchKept, pierre.FetchLeft, pierre.FetchFailed).Scan(&n.Kept, &n.Left, &n.Failed, &n.Values)
	return n, s.classify(err, "counting what was fetched")
}

// ForgetFetched deletes what came of the user's activities from a provider's API before then; zero: all of it. Activities that
// are known from elsewhere, too, stay with what is known from there. Files of the provider's account export stay.
func (s *Store) ForgetFetched(ctx context.Context, user pierre.UserID, provider pierre.Provider, before time.Time) error {
	if before.IsZero() {
		before = time.Unix(math.MaxInt32, 0)
	}
	rows, err := s.query(ctx, `SELECT DISTINCT activity_id FROM activity_sources
		WHERE user_id = $1 AND provider = $2 AND format = $3 AND imported_us < $4 ORDER BY activity_id`,
		user, provider, formats.JSON, before.UnixMicro())
	ids, err := collect(rows, err, scanText[pierre.ActivityID])
	if err != nil {
		return s.classify(err, "looking for what was fetched")
	}
	for _, id := range ids {
		if err := s.forget(ctx, user, provider, id, before); err != nil {
			return err
		}
	}
	return nil
}

// forget deletes the provider's sources of one activity, and the activity if it has no other.
func (s *Store) forget(ctx context.Context, user pierre.UserID, provider pierre.Provider, id pierre.ActivityID, before time.Time) error {
	return s.decide(ctx, "forgetting what was fetched", user, func(i importing) error {
		all, err := i.entries(ctx, id)
		if err != nil {
			return err
		}
		var left []*entry
		for _, e := range all {
			if src := e.Source; src.Provider != provider || src.Format != formats.JSON || !src.Imported.Before(before) {
				e.decided = true
				left = append(left, e)
				continue
			}
			if err := i.removeSource(ctx, e.Source); err != nil {
				return err
			}
		}
		if len(left) > 0 {
			if err := i.keep(ctx, id, left); err != nil {
				return err
			}
		} else if _, err := i.tx.exec(ctx, `DELETE FROM activities WHERE user_id = $1 AND id = $2`, user, id); err != nil {
			return err
		} else if err := i.changed(ctx); err != nil {
			return err
		}
		return i.settle(ctx, all)
	})
}

// FetchedUsers returns the users who have something that came from a provider's API.
func (s *Store) FetchedUsers(ctx context.Context, provider pierre.Provider) ([]pierre.UserID, error) {
	rows, err := s.query(ctx, `SELECT DISTINCT user_id FROM activity_sources WHERE provider = $1 AND format = $2 ORDER BY user_id`, provider, formats.JSON)
	users, err := collect(rows, err, scanText[pierre.UserID])
	return users, s.classify(err, "listing who has what was fetched")
}

// ConnectionsUnder returns the connections of a user, and those of the user's athletes.
func (s *Store) ConnectionsUnder(ctx context.Context, user pierre.UserID) ([]pierre.Connection, error) {
	rows, err := s.query(ctx, selectConnection+` WHERE user_id = $1 OR user_id IN (SELECT id FROM users WHERE customer_id = $1)
		ORDER BY user_id, provider`, user)
	list, err := collect(rows, err, scanConnection)
	return list, s.classify(err, "listing connections")
}

// ConnectionsOf returns the users who have a connection to a provider.
func (s *Store) ConnectionsOf(ctx context.Context, provider pierre.Provider) ([]pierre.UserID, error) {
	rows, err := s.query(ctx, `SELECT user_id FROM connections WHERE provider = $1 ORDER BY user_id`, provider)
	users, err := collect(rows, err, scanText[pierre.UserID])
	return users, s.classify(err, "listing who is connected")
}

func scanText[T ~string](from scanner) (T, error) {
	var text T
	err := from.Scan(&text)
	return text, err
}
