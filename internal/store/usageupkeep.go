package store

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// rollAtOnce and forgetAtOnce bound the rows of one transaction, and so how long it keeps others from writing.
const (
	rollAtOnce   = 1000
	forgetAtOnce = 5000
)

// RollUpOldCalls adds calls and refusals to the roll-ups that are in none, because a version recorded them that kept none,
// in small transactions. It can be interrupted, and reports are right meanwhile.
func (s *Store) RollUpOldCalls(ctx context.Context) error {
	for _, some := range []func(*tx, context.Context) (int, error){(*tx).rollCalls, (*tx).rollRefusals} {
		for {
			var n int
			err := s.update(ctx, "adding calls to roll-ups", func(t *tx) (err error) {
				n, err = some(t, ctx)
				return err
			})
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
	}
	return nil
}

func (t *tx) rollCalls(ctx context.Context) (n int, err error) {
	rows, err := t.query(ctx, `UPDATE calls SET rolled = 1 WHERE rolled = 0 AND (started_us, key_id, id) IN
		(SELECT started_us, key_id, id FROM calls WHERE rolled = 0 ORDER BY key_id, started_us LIMIT $1)
		RETURNING key_id, `+customerColumn+`, tier, tool, status, started_us, duration_us, request_bytes, response_bytes, country`, rollAtOnce)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var calls []pierre.Call
	for rows.Next() {
		c, err := scanCall(rows)
		if err != nil {
			return 0, err
		}
		calls = append(calls, c)
	}
	if err := rows.Err(); err != nil || len(calls) == 0 {
		return 0, err
	}
	return len(calls), t.raiseRollups(ctx, rollupsOf(calls))
}

func (t *tx) rollRefusals(ctx context.Context) (n int, err error) {
	rows, err := t.query(ctx, `SELECT key_id, `+refusedCustomer+`, tier, tool, minute_us, country, calls - rolled_calls FROM refused_calls
		WHERE calls > rolled_calls ORDER BY key_id, minute_us, tool, country LIMIT $1`, rollAtOnce)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	r := rollups{}
	var ids []rollupID
	for rows.Next() {
		id := rollupID{span: minuteSpan}
		var refused int64
		if err := rows.Scan(&id.key, &id.customer, &id.tier, &id.tool, &id.start, &id.country, &refused); err != nil {
			return 0, err
		}
		r.sums(id).Refused += refused
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil || len(ids) == 0 {
		return 0, err
	}
	for _, id := range ids {
		if _, err := t.exec(ctx, `UPDATE refused_calls SET rolled_calls = calls WHERE key_id = $1 AND minute_us = $2 AND tool = $3 AND country = $4`,
			string(id.key), id.start, id.tool, id.country); err != nil {
			return 0, err
		}
	}
	return len(ids), t.raiseRollups(ctx, r)
}

// How long the roll-ups that are shorter than a day are kept.
const (
	keepMinutes = 8 * 24 * time.Hour
	keepHours   = 100 * 24 * time.Hour
)

// ForgetUsage deletes, in small transactions, what is older at now than it is kept: calls as long as keepCalls says, minutes
// 8 days, hours 100 days. Days stay. What is in no roll-up of days yet is not deleted. Reports know from when on there is what.
func (s *Store) ForgetUsage(ctx context.Context, now time.Time, keepCalls time.Duration) error {
	minutes, hours, calls := floor(now.Add(-keepMinutes).UnixMicro(), daySpan), floor(now.Add(-keepHours).UnixMicro(), daySpan), floor(now.Add(-keepCalls).UnixMicro(), daySpan)
	err := s.update(ctx, "noting how long usage is kept", func(t *tx) error {
		for what, from := range map[string]int64{"minutes": minutes, "hours": hours, "calls": calls} {
			if _, err := t.exec(ctx, `INSERT INTO usage_kept (what, from_us) VALUES ($1, $2)
				ON CONFLICT (what) DO UPDATE SET from_us = excluded.from_us WHERE usage_kept.from_us < excluded.from_us`, what, from); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.dropPartitions(ctx, calls); err != nil {
		return err
	}
	const rollupKeyColumns = `(key_id, span_s, start_us, tool, country, tier, customer_id)`
	for _, step := range []struct {
		q    string
		args []any
	}{
		{`DELETE FROM usage_rollups WHERE ` + rollupKeyColumns + ` IN (SELECT ` + rollupKeyColumns[1:len(rollupKeyColumns)-1] + `
			FROM usage_rollups WHERE span_s = $1 AND start_us < $2 LIMIT $3)`, []any{minuteSpan, minutes}},
		{`DELETE FROM usage_rollups WHERE ` + rollupKeyColumns + ` IN (SELECT ` + rollupKeyColumns[1:len(rollupKeyColumns)-1] + `
			FROM usage_rollups WHERE span_s = $1 AND start_us < $2 LIMIT $3)`, []any{hourSpan, hours}},
		{`DELETE FROM calls WHERE (started_us, key_id, id) IN
			(SELECT started_us, key_id, id FROM calls WHERE started_us < $1 AND rolled = $2 ORDER BY started_us LIMIT $3)`, []any{calls, 1}},
		{`DELETE FROM refused_calls WHERE (key_id, minute_us, tool, country) IN
			(SELECT key_id, minute_us, tool, country FROM refused_calls WHERE minute_us < $1 AND calls - rolled_calls <= $2 LIMIT $3)`, []any{calls, 0}},
	} {
		if err := s.deleteInSteps(ctx, step.q, step.args...); err != nil {
			return err
		}
	}
	return nil
}

// deleteInSteps runs a DELETE, whose last argument bounds its rows, until it finds none.
func (s *Store) deleteInSteps(ctx context.Context, q string, args ...any) error {
	args = append(args, forgetAtOnce)
	for {
		var n int64
		err := s.apply(ctx, "deleting old usage", func(t *tx) (err error) {
			n, err = t.change(ctx, q, args...)
			return err
		})
		if err != nil || n < forgetAtOnce {
			return err
		}
	}
}
