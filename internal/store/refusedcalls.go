package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func refusedRows() *rowsStatement {
	return &rowsStatement{
		head:  `INSERT INTO refused_calls (key_id, minute_us, tool, country, customer_id, tier, calls, rolled_calls) VALUES `,
		width: 8,
		tail: ` ON CONFLICT (key_id, minute_us, tool, country) DO UPDATE SET
			calls = refused_calls.calls + excluded.calls, rolled_calls = refused_calls.rolled_calls + excluded.rolled_calls`,
	}
}

// RecordRefusedCalls adds counts of refused calls to those that are kept and to the roll-ups, all of them or none.
func (s *Store) RecordRefusedCalls(ctx context.Context, counts []pierre.RefusedCalls) error {
	byMinute := rollups{}
	for _, c := range counts {
		id := rollupID{c.KeyID, minuteSpan, floor(c.Minute.UnixMicro(), minuteSpan), s.storedText(c.Tool), s.storedText(c.Country), c.Tier, c.Customer}
		byMinute.sums(id).Refused += c.Calls
	}
	rows, batched := refusedOnce(counts), s.keepsBatches(ctx)
	return s.update(ctx, "recording refused calls", func(t *tx) error {
		for part := range parts(rows) {
			args := make([]any, 0, len(part)*refusedRows().width)
			for _, c := range part {
				args = append(args, string(c.KeyID), c.Minute.UnixMicro(), c.Tool, c.Country, string(c.Customer), string(c.Tier), c.Calls, c.Calls)
			}
			if _, err := t.exec(ctx, refusedRows().text(len(part)), args...); err != nil {
				return err
			}
		}
		return t.keepSums(ctx, byMinute, nil, batched)
	})
}

// refusedOnce returns the counts in the order in which all writers lock their rows, each row once: a statement cannot
// change one twice.
func refusedOnce(counts []pierre.RefusedCalls) []pierre.RefusedCalls {
	compare := func(a, b pierre.RefusedCalls) int {
		return cmp.Or(cmp.Compare(a.KeyID, b.KeyID), a.Minute.Compare(b.Minute), cmp.Compare(a.Tool, b.Tool), cmp.Compare(a.Country, b.Country))
	}
	var rows []pierre.RefusedCalls
	for _, c := range slices.SortedFunc(slices.Values(counts), compare) {
		if last := len(rows) - 1; last >= 0 && compare(rows[last], c) == 0 {
			rows[last].Calls += c.Calls
		} else {
			rows = append(rows, c)
		}
	}
	return rows
}
