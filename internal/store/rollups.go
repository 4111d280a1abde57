package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The spans of roll-ups, in seconds.
const (
	minuteSpan = int64(60)
	hourSpan   = int64(3600)
	daySpan    = int64(86400)
)

const secondMicros = int64(1e6)

// allKeys is the key of the rows that add up all keys.
const allKeys pierre.KeyID = "*"

// A rollupID says which calls a roll-up adds up.
type rollupID struct {
	key      pierre.KeyID
	span     int64 // seconds
	start    int64 // microseconds
	tool     string
	country  string
	tier     pierre.Tier
	customer pierre.UserID
}

// compare is the order of the table, in which all writers lock their rows.
func (id rollupID) compare(other rollupID) int {
	if c := cmp.Compare(id.key, other.key); c != 0 { // most have keys of their own; cmp.Or takes what all comparisons say
		return c
	}
	return cmp.Or(cmp.Compare(id.span, other.span), cmp.Compare(id.start, other.start),
		cmp.Compare(id.tool, other.tool), cmp.Compare(id.country, other.country), cmp.Compare(id.tier, other.tier),
		cmp.Compare(id.customer, other.customer))
}

// in returns the id of the roll-up of a longer span that contains id's.
func (id rollupID) in(span int64) rollupID {
	id.span, id.start = span, floor(id.start, span)
	return id
}

// ofAll returns the id of the same calls among those of all keys.
func (id rollupID) ofAll() rollupID {
	id.key, id.customer = allKeys, ""
	return id
}

// floor returns the start of the span, in seconds, that contains the time in microseconds.
func floor(us, span int64) int64 {
	span *= secondMicros
	if us < 0 {
		us -= span - 1
	}
	return us / span * span
}

type rollups map[rollupID]*pierre.UsageSums

// sums returns the sums of id, which start at nothing.
func (r rollups) sums(id rollupID) *pierre.UsageSums {
	sums := r[id]
	if sums == nil {
		sums = &pierre.UsageSums{}
		r[id] = sums
	}
	return sums
}

// rollupsOf adds calls up by the minute.
func rollupsOf(calls []pierre.Call) rollups {
	r := rollups{}
	for i := range calls {
		c := &calls[i]
		id := rollupID{c.KeyID, minuteSpan, floor(c.Started.UnixMicro(), minuteSpan), c.Tool, c.Country, c.Tier, customerOf(c)}
		r.sums(id).AddCall(c)
	}
	return r
}

// spread adds hours, days and the rows of all keys to roll-ups by the minute.
func (r rollups) spread() rollups {
	all := make(rollups, 6*len(r))
	for id, sums := range r {
		for _, of := range [...]rollupID{id, id.ofAll()} {
			for _, span := range [...]int64{minuteSpan, hourSpan, daySpan} {
				all.sums(of.in(span)).Add(sums)
			}
		}
	}
	return all
}

func readRollupRows() *rowsStatement {
	return &rowsStatement{
		head:  `WITH v (n, key_id, span_s, start_us, tool, country, tier, customer_id) AS (VALUES `,
		width: 8, first: "BIGINT TEXT BIGINT BIGINT TEXT TEXT TEXT TEXT",
		tail: `) SELECT v.n, r.durations FROM v JOIN usage_rollups r ON r.key_id = v.key_id AND r.span_s = v.span_s AND r.start_us = v.start_us
			AND r.tool = v.tool AND r.country = v.country AND r.tier = v.tier AND r.customer_id = v.customer_id`,
	}
}

func writeRollupRows() *rowsStatement {
	return &rowsStatement{
		head: `INSERT INTO usage_rollups (key_id, span_s, start_us, tool, country, tier, customer_id,
			succeeded, failed, refused, request_bytes, response_bytes, durations) VALUES `,
		width: 13,
		tail: ` ON CONFLICT (key_id, span_s, start_us, tool, country, tier, customer_id) DO UPDATE SET
			succeeded = usage_rollups.succeeded + excluded.succeeded, failed = usage_rollups.failed + excluded.failed,
			refused = usage_rollups.refused + excluded.refused, request_bytes = usage_rollups.request_bytes + excluded.request_bytes,
			response_bytes = usage_rollups.response_bytes + excluded.response_bytes, durations = excluded.durations`,
	}
}

// appendSums appends the values of the columns from succeeded to durations.
func appendSums(args []any, s *pierre.UsageSums) ([]any, error) {
	durations, err := s.Durations.AppendBinary(make([]byte, 0, s.Durations.SizeHint()))
	return append(args, s.Succeeded, s.Failed, s.Refused, s.RequestBytes, s.ResponseBytes, durations), err
}

// raiseRollups adds what is given by the minute to the roll-ups of all spans.
func (t *tx) raiseRollups(ctx context.Context, byMinute rollups) error {
	all := byMinute.spread()
	ids := slices.SortedFunc(maps.Keys(all), rollupID.compare)
	for part := range parts(ids) {
		if err := t.addKeptDurations(ctx, part, all); err != nil {
			return err
		}
		args := make([]any, 0, len(part)*writeRollupRows().width)
		for _, id := range part {
			var err error
			if args, err = appendSums(append(args, rollupKey(id)...), all[id]); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, writeRollupRows().text(len(part)), args...); err != nil {
			return err
		}
	}
	return nil
}

func rollupKey(id rollupID) []any {
	return []any{string(id.key), id.span, id.start, id.tool, id.country, string(id.tier), string(id.customer)}
}

// addKeptDurations adds the durations that the roll-ups have already: SQL cannot merge histograms.
func (t *tx) addKeptDurations(ctx context.Context, ids []rollupID, to rollups) error {
	args := make([]any, 0, len(ids)*readRollupRows().width)
	for n, id := range ids {
		args = append(append(args, int64(n)), rollupKey(id)...)
	}
	rows, err := t.query(ctx, readRollupRows().text(len(ids)), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		var kept sql.RawBytes
		if err := rows.Scan(&n, &kept); err != nil {
			return err
		}
		if err := to[ids[n]].Durations.MergeBinary(kept); err != nil {
			return fmt.Errorf("reading the durations of a roll-up: %w", err)
		}
	}
	return rows.Err()
}
