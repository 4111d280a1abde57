package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// sumColumns are the columns that appendSums and scanSums know.
const sumColumns = `succeeded, failed, refused, request_bytes, response_bytes, durations`

const deltaColumns = `key_id, start_us, tool, country, tier, customer_id, ` + sumColumns

func deltaRows() *rowsStatement {
	return &rowsStatement{head: `INSERT INTO usage_deltas (` + deltaColumns + `) VALUES `, width: 12}
}

// insertDeltas keeps what a transaction adds to the roll-ups, by the minute, until it is folded into them.
func (t *tx) insertDeltas(ctx context.Context, byMinute rollups) error {
	type delta struct {
		rollupID
		sums *pierre.UsageSums
	}
	deltas := make([]delta, 0, len(byMinute))
	for id, sums := range byMinute {
		deltas = append(deltas, delta{id, sums})
	}
	for part := range parts(deltas) {
		args := make([]any, 0, len(part)*deltaRows().width)
		for _, d := range part {
			args = append(args, string(d.key), d.start, d.tool, d.country, string(d.tier), string(d.customer))
			var err error
			if args, err = appendSums(args, d.sums); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, deltaRows().text(len(part)), args...); err != nil {
			return err
		}
	}
	return nil
}

// foldAtOnce bounds the deltas of one transaction, and so how long it keeps others from writing.
const foldAtOnce = 2000

// FoldUsage adds the usage that the last transactions recorded to the roll-ups, in small transactions, until none is left
// that it found. Reports are right before and after; they get slow if this is not done for long.
func (s *Store) FoldUsage(ctx context.Context) error {
	for {
		var n int
		err := s.update(ctx, "folding usage into roll-ups", func(t *tx) error {
			r := rollups{}
			var err error
			if n, err = t.takeDeltas(ctx, r); err != nil || n == 0 {
				return err
			}
			return t.raiseRollups(ctx, r)
		})
		if err != nil || n < foldAtOnce {
			return err
		}
	}
}

// takeDeltas moves the oldest deltas to r and returns their number.
func (t *tx) takeDeltas(ctx context.Context, to rollups) (n int, err error) {
	rows, err := t.query(ctx, `DELETE FROM usage_deltas WHERE seq IN (SELECT seq FROM usage_deltas ORDER BY seq LIMIT $1) RETURNING `+deltaColumns, foldAtOnce)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		id := rollupID{span: minuteSpan}
		var sums pierre.UsageSums
		if err := scanSums(rows, &sums, &id.key, &id.start, &id.tool, &id.country, &id.tier, &id.customer); err != nil {
			return 0, err
		}
		to.sums(id).Add(&sums)
		n++
	}
	return n, rows.Err()
}

// scanSums reads a row whose last columns are sumColumns.
func scanSums(rows *sql.Rows, sums *pierre.UsageSums, before ...any) error {
	var durations sql.RawBytes
	if err := rows.Scan(append(before, &sums.Succeeded, &sums.Failed, &sums.Refused, &sums.RequestBytes, &sums.ResponseBytes, &durations)...); err != nil {
		return err
	}
	if err := sums.Durations.UnmarshalBinary(durations); err != nil {
		return fmt.Errorf("reading the durations of a roll-up: %w", err)
	}
	return nil
}
