package store

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// RecordCalls keeps calls, adds them to their roll-ups and raises the counters of their quotas, all in one transaction. A
// call that is already kept, by its key, start and id, is not counted again. A call counts in the windows that contain
// its start.
func (s *Store) RecordCalls(ctx context.Context, calls []pierre.Call) error {
	insert := (*tx).insertCalls
	for {
		err := s.update(ctx, "recording calls", func(t *tx) error {
			added, err := insert(t, ctx, calls)
			if err != nil {
				return err
			}
			if err := t.insertDeltas(ctx, rollupsOf(added)); err != nil {
				return err
			}
			return t.raiseQuotas(ctx, quotasOf(added))
		})
		if !errors.Is(err, errKept) {
			return err
		}
		insert = (*tx).insertNewCalls
	}
}

// errKept says that some of the calls are kept already.
var errKept = errors.New("calls are kept already")

// callColumns is what a call's values are for.
const callColumns = `id, key_id, user_id, customer_id, tier, tool, status, started_us, duration_us, request_bytes, response_bytes, country, client_hash`

// callRows inserts calls that are in roll-ups.
var callRows = rowsStatement{
	head:  `INSERT INTO calls (` + callColumns + `, rolled) VALUES `,
	width: 13, last: "1",
	tail: ` ON CONFLICT (key_id, started_us, id) DO NOTHING`,
}

func callValues(args []any, c *pierre.Call) []any {
	return append(args, string(c.ID), string(c.KeyID), string(c.UserID), string(customerOf(c)), string(c.Tier), c.Tool, string(c.Status),
		c.Started.UnixMicro(), c.Duration.Microseconds(), c.RequestBytes, c.ResponseBytes, c.Country, c.ClientHash)
}

func customerOf(c *pierre.Call) pierre.UserID { return cmp.Or(c.Customer, c.UserID) }

// insertCalls inserts calls by many in a statement. It fails with errKept if some are kept: which ones it cannot know.
func (t *tx) insertCalls(ctx context.Context, calls []pierre.Call) ([]pierre.Call, error) {
	for part := range parts(calls) {
		args := make([]any, 0, len(part)*callRows.width)
		for i := range part {
			args = callValues(args, &part[i])
		}
		n, err := t.change(ctx, callRows.text(len(part)), args...)
		if err != nil {
			return nil, err
		}
		if n < int64(len(part)) {
			return nil, errKept
		}
	}
	return calls, nil
}

// insertNewCalls inserts one call after the other and returns those that were new.
func (t *tx) insertNewCalls(ctx context.Context, calls []pierre.Call) ([]pierre.Call, error) {
	var added []pierre.Call
	for i := range calls {
		n, err := t.change(ctx, callRows.text(1), callValues(nil, &calls[i])...)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			added = append(added, calls[i])
		}
	}
	return added, nil
}

// A quota says what calls count against. Calls of one minute are in the same windows, whatever the period.
type quota struct {
	id     pierre.KeyID  // the family's
	period pierre.Period // "" for an unlimited key
	minute time.Time
}

func quotasOf(calls []pierre.Call) map[quota]int64 {
	added := map[quota]int64{}
	for i := range calls {
		if c := &calls[i]; c.Quota != "" {
			added[quota{c.Quota, c.Period, c.Started.UTC().Truncate(time.Minute)}]++
		}
	}
	return added
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
