package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
)

// KeepFingerprints keeps the first fingerprint of each name of a secret. It returns, sorted, the names of which one was kept
// before that is not among the name's, or that are made now though the database holds admin tokens already.
func (s *Store) KeepFingerprints(ctx context.Context, fingerprints map[string][]string, made []string) (changed []string, err error) {
	err = s.update(ctx, "keeping fingerprints of secrets", func(t *tx) error {
		changed = nil
		var used bool
		if err := t.row(ctx, `SELECT EXISTS (SELECT 1 FROM admin_tokens)`).Scan(&used); err != nil {
			return err
		}
		for name, now := range fingerprints {
			var before string
			err := t.row(ctx, `SELECT fingerprint FROM secret_fingerprints WHERE name = $1`, name).Scan(&before)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			if before == now[0] {
				continue
			}
			if err == nil && !slices.Contains(now, before) || err != nil && used && slices.Contains(made, name) {
				changed = append(changed, name)
			}
			if _, err := t.exec(ctx, `INSERT INTO secret_fingerprints (name, fingerprint) VALUES ($1, $2)
				ON CONFLICT (name) DO UPDATE SET fingerprint = excluded.fingerprint`, name, now[0]); err != nil {
				return err
			}
		}
		return nil
	})
	slices.Sort(changed)
	return changed, err
}
