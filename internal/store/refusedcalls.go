package store

import (
	"context"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// RecordRefusedCalls adds counts of refused calls to those that are kept, all of them or none.
func (s *Store) RecordRefusedCalls(ctx context.Context, counts []pierre.RefusedCalls) error {
	return s.update(ctx, "recording refused calls", func(t *tx) error {
		for _, c := range counts {
			if _, err := t.exec(ctx, `INSERT INTO refused_calls (key_id, minute_us, tool, country, calls) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (key_id, minute_us, tool, country) DO UPDATE SET calls = refused_calls.calls + excluded.calls`,
				c.KeyID, c.Minute.UnixMicro(), c.Tool, c.Country, c.Calls); err != nil {
				return err
			}
		}
		return nil
	})
}
