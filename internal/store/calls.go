package store

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// RecordCalls keeps calls and raises the counters of their quotas, all in one transaction. A call that is already kept,
// by its key, start and id, is not counted again. A call counts in the windows that contain its start.
func (s *Store) RecordCalls(ctx context.Context, calls []pierre.Call) error {
	return s.update(ctx, "recording calls", func(t *tx) error {
		added, err := t.insertCalls(ctx, calls)
		if err != nil {
			return err
		}
		return t.raiseQuotas(ctx, added)
	})
}

// A quota says what calls count against. Calls of one minute are in the same windows, whatever the period.
type quota struct {
	id     pierre.KeyID  // the family's
	period pierre.Period // "" for an unlimited key
	minute time.Time
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
		if n > 0 && c.Quota != "" {
			added[quota{c.Quota, c.Period, c.Started.UTC().Truncate(time.Minute)}]++
		}
	}
	return added, nil
}

// ofQuota restricts a query of calls to the keys of the family $1. Its first key may be one that the database does not
// have, as a personal server's.
const ofQuota = ` key_id IN (SELECT $1 UNION SELECT id FROM api_keys WHERE family_id = $1) `

// raiseQuotas keeps the invariant that a counter equals the calls in its window: it raises every counter whose window
// contains the calls, whatever its period. Where none does, it makes one of the limit's period by counting.
func (t *tx) raiseQuotas(ctx context.Context, added map[quota]int64) error {
	var without []quota
	for q, n := range added {
		r, err := t.exec(ctx, `UPDATE quota_counters SET used = used + $1 WHERE key_id = $2 AND window_start_us <= $3 AND window_end_us > $3`,
			n, q.id, q.minute.UnixMicro())
		if err != nil {
			return err
		}
		raised, err := r.RowsAffected()
		if err != nil {
			return err
		}
		if raised == 0 && q.period != "" {
			without = append(without, q)
		}
	}
	for _, q := range without { // when all are raised: what is made now counts all that is in the table
		if err := t.makeCounter(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) makeCounter(ctx context.Context, q quota) error {
	start, end := q.period.Window(q.minute)
	if _, err := t.exec(ctx, `INSERT INTO quota_counters (key_id, period, window_start_us, window_end_us, used)
		SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), count(*) FROM calls
		WHERE`+ofQuota+`AND started_us >= $3 AND started_us < $4 AND status <> $5
		ON CONFLICT (key_id, period, window_start_us) DO UPDATE SET used = excluded.used`,
		q.id, q.period, start.UnixMicro(), end.UnixMicro(), pierre.CallRateLimited); err != nil {
		return err
	}
	// The window before stays: calls that began in it may still be on their way.
	previous, _ := q.period.Window(start.Add(-time.Microsecond))
	_, err := t.exec(ctx, `DELETE FROM quota_counters WHERE key_id = $1 AND window_end_us <= $2`, q.id, previous.UnixMicro())
	return err
}

// QuotaUsed returns how many calls of the quota count in the period's window that starts at windowStart, without those
// that are among running, whether they are stored by now or not.
func (s *Store) QuotaUsed(
	ctx context.Context, id pierre.KeyID, period pierre.Period, windowStart time.Time, running []pierre.RunningCall,
) (int64, error) {
	start, end := period.Window(windowStart)
	var used int64
	err := s.view(ctx, "reading the used quota", func(t *tx) error {
		if err := t.row(ctx, `SELECT COALESCE(
			(SELECT used FROM quota_counters WHERE key_id = $1 AND period = $2 AND window_start_us = $3),
			(SELECT count(*) FROM calls WHERE`+ofQuota+`AND started_us >= $3 AND started_us < $4 AND status <> $5))`,
			id, period, start.UnixMicro(), end.UnixMicro(), pierre.CallRateLimited).Scan(&used); err != nil {
			return err
		}
		for _, c := range running {
			var stored int64
			if err := t.row(ctx, `SELECT count(*) FROM calls WHERE`+ofQuota+`AND started_us = $2 AND id = $3`,
				id, c.At.UnixMicro(), c.ID).Scan(&stored); err != nil {
				return err
			}
			used -= stored
		}
		return nil
	})
	return used, err
}
