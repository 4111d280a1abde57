package store

import (
	"cmp"
	"context"
	"errors"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// RecordCalls keeps calls and what they add to roll-ups and to the counters of their quotas, all in one transaction. A
// call that is already kept, by its key, start and id, is not counted again. A call counts in the windows that contain
// its start. It adds rows and changes none, so that several servers record side by side.
func (s *Store) RecordCalls(ctx context.Context, calls []pierre.Call) error {
	calls, batched := s.storedTexts(calls), s.keepsBatches(ctx)
	if s.db.Postgres() {
		if err := s.recordAtOnce(ctx, calls, batched); !errors.Is(err, errKept) {
			return err
		}
	}
	insert := (*tx).insertCalls
	for {
		err := s.apply(ctx, "recording calls", func(t *tx) error {
			added, err := insert(t, ctx, calls)
			if err != nil {
				return err
			}
			return t.keepSums(ctx, rollupsOf(added), quotasOf(added), batched)
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
func callRows() *rowsStatement {
	return &rowsStatement{
		head:  `INSERT INTO calls (` + callColumns + `, rolled) VALUES `,
		width: 13, last: "1",
		tail: ` ON CONFLICT (key_id, started_us, id) DO NOTHING`,
	}
}

func callValues(args []any, c *pierre.Call) []any {
	return append(args, string(c.ID), string(c.KeyID), string(c.UserID), string(customerOf(c)), string(c.Tier), c.Tool, string(c.Status),
		c.Started.UnixMicro(), c.Duration.Microseconds(), c.RequestBytes, c.ResponseBytes, c.Country, c.ClientHash)
}

func customerOf(c *pierre.Call) pierre.UserID { return cmp.Or(c.Customer, c.UserID) }

// insertCalls inserts calls by many in a statement. It fails with errKept if some are kept: which ones it cannot know.
func (t *tx) insertCalls(ctx context.Context, calls []pierre.Call) ([]pierre.Call, error) {
	for part := range parts(calls) {
		args := make([]any, 0, len(part)*callRows().width)
		for i := range part {
			args = callValues(args, &part[i])
		}
		n, err := t.change(ctx, callRows().text(len(part)), args...)
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
		n, err := t.change(ctx, callRows().text(1), callValues(nil, &calls[i])...)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			added = append(added, calls[i])
		}
	}
	return added, nil
}
