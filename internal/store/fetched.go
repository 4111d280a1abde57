package store

import (
	"context"

	"github.com/pierre-mcp/pierre/internal/pierre"
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
		WHERE user_id = $1 AND provider = $2 AND item IN (`+marks(len(args)-len(ids)+1, len(ids))+`)`, args...)
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
