package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"

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

const (
	foldReads  = 20_000 // deltas that are looked at together: the more of a key, the fewer rows of its roll-ups are written
	foldAtOnce = 1000   // bounds the deltas of one transaction, and so how long it keeps others from writing; no less than smallBatch
)

// foldDeltas adds the rows of usage_deltas to the roll-ups.
func (s *Store) foldDeltas(ctx context.Context) error {
	for {
		found, err := s.oldestDeltas(ctx)
		if err != nil {
			return err
		}
		for part := range together(found) {
			if err := s.fold(ctx, part); err != nil {
				return err
			}
		}
		if len(found) < foldReads {
			return nil
		}
	}
}

// A foundDelta is a delta that may be folded.
type foundDelta struct {
	seq int64
	key pierre.KeyID
}

// oldestDeltas returns deltas in the order of their keys.
func (s *Store) oldestDeltas(ctx context.Context) (found []foundDelta, err error) {
	err = s.view(ctx, "looking for usage to fold", func(t *tx) error {
		rows, err := t.query(ctx, `SELECT seq, key_id FROM usage_deltas ORDER BY seq LIMIT $1`, foldReads)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var d foundDelta
			if err := rows.Scan(&d.seq, &d.key); err != nil {
				return err
			}
			found = append(found, d)
		}
		return rows.Err()
	})
	slices.SortStableFunc(found, func(a, b foundDelta) int { return cmp.Compare(a.key, b.key) })
	return found, err
}

// together divides deltas among transactions, those of a key into as few as possible.
func together(found []foundDelta) iter.Seq[[]foundDelta] {
	return func(yield func([]foundDelta) bool) {
		for len(found) > 0 {
			n := min(len(found), foldAtOnce)
			for n < len(found) && n > 1 && found[n].key == found[n-1].key && found[0].key != found[n].key {
				n--
			}
			if !yield(found[:n]) {
				return
			}
			found = found[n:]
		}
	}
}

// fold moves deltas into the roll-ups. What another program has folded meanwhile is not there any more.
func (s *Store) fold(ctx context.Context, deltas []foundDelta) error {
	return s.update(ctx, "folding usage into roll-ups", func(t *tx) error {
		r := rollups{}
		for part := range parts(deltas) {
			if err := t.takeDeltas(ctx, part, r); err != nil {
				return err
			}
		}
		return t.raiseRollups(ctx, r)
	})
}

func takenRows() *rowsStatement {
	return &rowsStatement{
		head:  `DELETE FROM usage_deltas WHERE seq IN (VALUES `,
		width: 1, first: "BIGINT",
		tail: `) RETURNING ` + deltaColumns,
	}
}

// takeDeltas moves deltas to r.
func (t *tx) takeDeltas(ctx context.Context, deltas []foundDelta, to rollups) error {
	args := make([]any, 0, len(deltas))
	for _, d := range deltas {
		args = append(args, d.seq)
	}
	rows, err := t.query(ctx, takenRows().text(len(deltas)), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		id := rollupID{span: minuteSpan}
		var sums pierre.UsageSums
		if err := scanSums(rows, &sums, &id.key, &id.start, &id.tool, &id.country, &id.tier, &id.customer); err != nil {
			return err
		}
		to.sums(id).Add(&sums)
	}
	return rows.Err()
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
