package store

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// RecordCalls keeps calls and raises the quota counters of their keys, all in one
// transaction. A call that is already kept, by its key, start and id, is not counted again. A
// call counts in the window of its period that contains its start.
func (s *Store) RecordCalls(ctx context.Context, calls []pierre.Call) error {
	return s.update(ctx, "recording calls", func(t *tx) error {
		added, err := t.insertCalls(ctx, calls)
		if err != nil {
			return err
		}
		for q, n := range added {
			if err := t.raiseQuota(ctx, q, n); err != nil {
				return fmt.Errorf("raising the quota counter of %s: %w", q.key, err)
			}
		}
		return nil
	})
}

// A quota names a row of quota_counters. Its period is "" for an unlimited key.
type quota struct {
	key    pierre.KeyID
	period pierre.Period
	start  time.Time
}

// insertCalls returns how many of the calls were new and count, by quota.
func (t *tx) insertCalls(ctx context.Context, calls []pierre.Call) (map[quota]int64, error) {
	added := map[quota]int64{}
	for _, c := range calls {
		r, err := t.exec(ctx, `INSERT INTO calls
			(id, key_id, user_id, tool, status, started_us, duration_us, request_bytes, response_bytes, country, client_hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (key_id, started_us, id) DO NOTHING`,
			c.ID, c.KeyID, c.UserID, c.Tool, c.Status, c.Started.UnixMicro(),
			c.Duration.Microseconds(), c.RequestBytes, c.ResponseBytes, c.Country, c.ClientHash)
		if err != nil {
			return nil, err
		}
		n, err := r.RowsAffected()
		if err != nil {
			return nil, err
		}
		if n == 0 || c.Status == pierre.CallRateLimited {
			continue
		}
		q := quota{key: c.KeyID, period: c.Period}
		if c.Period != "" {
			q.start, _ = c.Period.Window(c.Started)
		}
		added[q]++
	}
	return added, nil
}

// raiseQuota keeps the invariant that a counter equals the calls in its window:
// counters of a period that is no longer the key's are deleted, because nobody
// raises them, and a missing one is made by counting the calls.
func (t *tx) raiseQuota(ctx context.Context, q quota, n int64) error {
	if q.period == "" {
		_, err := t.exec(ctx, `DELETE FROM quota_counters WHERE key_id = $1`, q.key)
		return err
	}
	start, end := q.period.Window(q.start)
	r, err := t.exec(ctx, `UPDATE quota_counters SET used = used + $1 WHERE key_id = $2 AND period = $3 AND window_start_us = $4`,
		n, q.key, q.period, start.UnixMicro())
	if err != nil {
		return err
	}
	if raised, err := r.RowsAffected(); err != nil || raised > 0 {
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO quota_counters (key_id, period, window_start_us, used)
		SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), count(*) FROM calls
		WHERE key_id = $1 AND started_us >= $3 AND started_us < $4 AND status <> $5
		ON CONFLICT (key_id, period, window_start_us) DO UPDATE SET used = excluded.used`,
		q.key, q.period, start.UnixMicro(), end.UnixMicro(), pierre.CallRateLimited); err != nil {
		return err
	}
	// The window before stays: calls that began in it may still be on their way.
	previous, _ := q.period.Window(start.Add(-time.Microsecond))
	_, err = t.exec(ctx, `DELETE FROM quota_counters WHERE key_id = $1 AND (period <> $2 OR window_start_us < $3)`,
		q.key, q.period, previous.UnixMicro())
	return err
}

// QuotaUsed returns how many calls of key count in the period's window that starts at windowStart.
func (s *Store) QuotaUsed(ctx context.Context, key pierre.KeyID, period pierre.Period, windowStart time.Time) (int64, error) {
	start, end := period.Window(windowStart)
	var used int64
	err := s.row(ctx, `SELECT COALESCE(
		(SELECT used FROM quota_counters WHERE key_id = $1 AND period = $2 AND window_start_us = $3),
		(SELECT count(*) FROM calls WHERE key_id = $1 AND started_us >= $3 AND started_us < $4 AND status <> $5))`,
		key, period, start.UnixMicro(), end.UnixMicro(), pierre.CallRateLimited).Scan(&used)
	return used, s.classify(err, "reading the quota counter")
}

// Calls yields the calls of key that started in [from, to), oldest first, as one
// consistent snapshot. Of each it tells what reports need: tool, status, start,
// duration and country. After an error it yields nothing more.
func (s *Store) Calls(ctx context.Context, key pierre.KeyID, from, to time.Time) iter.Seq2[pierre.Call, error] {
	return func(yield func(pierre.Call, error) bool) {
		rows, err := s.query(ctx, `SELECT tool, status, started_us, duration_us, country FROM calls
			WHERE key_id = $1 AND started_us >= $2 AND started_us < $3 ORDER BY started_us`,
			key, from.UnixMicro(), to.UnixMicro())
		if err != nil {
			yield(pierre.Call{}, s.classify(err, "reading calls"))
			return
		}
		defer rows.Close()
		for rows.Next() {
			c := pierre.Call{KeyID: key}
			var started, duration int64
			if err := rows.Scan(&c.Tool, &c.Status, &started, &duration, &c.Country); err != nil {
				yield(pierre.Call{}, s.classify(err, "reading a call"))
				return
			}
			c.Started = time.UnixMicro(started).UTC()
			c.Duration = time.Duration(duration) * time.Microsecond
			if !yield(c, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(pierre.Call{}, s.classify(err, "reading calls"))
		}
	}
}
