package store

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A keyUse is how much of its own limit a key has used.
type keyUse struct {
	with  string // begins the statement
	join  string // quota_counters c, of the window that is open, and what is to be added to it
	calls string // in this window
	share string // of the limit, in millionths
}

// useOf tells what is used of each key's limit at q.At. A tier's limit is no column: it is in the statement.
func (f *filter) useOf(q pierre.KeyQuery, tiers []pierre.Plan, waiting string) keyUse {
	const million, calls = "1000000", "COALESCE(c.used + COALESCE(w.calls, 0), w.calls * w.makes, 0)"
	period, share := "CASE WHEN NOT k.limit_follows THEN k.limit_period", "CASE WHEN NOT k.limit_follows AND k.limit_requests > 0 THEN "+calls+" * "+million+" / k.limit_requests"
	for _, p := range tiers {
		if !p.Limit.Unlimited() {
			is := " WHEN k.limit_follows AND k.tier = " + f.arg(string(p.Tier)) + " THEN "
			period += is + f.arg(string(p.Limit.Period))
			share += is + calls + " * " + million + " / " + strconv.FormatInt(p.Limit.Requests, 10)
		}
	}
	at := "0"
	if !q.At.IsZero() {
		at = strconv.FormatInt(q.At.UnixMicro(), 10)
	}
	return keyUse{
		with: "WITH waiting AS MATERIALIZED (SELECT key AS name, CAST(CAST(value AS TEXT) AS BIGINT) / 2 AS calls, CAST(CAST(value AS TEXT) AS BIGINT) % 2 AS makes FROM json_each(" +
			f.arg(waiting) + ")) ",
		join: " LEFT JOIN quota_counters c ON c.key_id = k.family_id AND c.period = (" + period + " END) AND c.window_start_us <= " + at + " AND c.window_end_us > " + at +
			" LEFT JOIN waiting w ON w.name = (" + period + " END) || ' ' || k.family_id",
		calls: calls,
		// Old windows stay for a while, and at 0 there is none.
		share: "COALESCE(" + share + " END, 0)",
	}
}

// waitingUse returns how many calls are to be added to the counters of keys whose windows are open at a time: a JSON object with,
// by "period family", twice their number, and one more if a counter is made for them where there is none. It looks at all that
// waits, once: a list may be ordered by it.
func (t *tx) waitingUse(ctx context.Context, at time.Time) (string, error) {
	sums := map[string]int64{}
	if !at.IsZero() {
		windows := map[pierre.Period]piece{}
		for _, p := range pierre.Periods() {
			start, end := p.Window(at)
			windows[p] = piece{0, start.UnixMicro(), end.UnixMicro()}
		}
		if err := t.waitingQuotas(ctx, func(d quotaDelta, calls int64) {
			if _, err := pierre.ParseBucketID(d.bucket); err == nil {
				return // it is of a customer or of a tool
			}
			for p, window := range windows {
				if !window.contains(d.minute) {
					continue
				}
				name := string(p) + " " + d.bucket
				sums[name] += 2 * calls
				if d.period == p {
					sums[name] |= 1
				}
			}
		}); err != nil {
			return "", err
		}
	}
	b, err := json.Marshal(sums)
	return string(b), err
}

// waitingQuotas visits all that is to be added to counters. The same quotaDelta may come several times.
func (t *tx) waitingQuotas(ctx context.Context, visit func(d quotaDelta, calls int64)) error {
	batches, err := t.batches(ctx)
	if err != nil {
		return err
	}
	for _, b := range batches {
		for i := range b.quotas.len() {
			kept, err := b.quotas.quota(i)
			if err != nil {
				return err
			}
			visit(kept.delta(), kept.calls)
		}
	}
	rows, err := t.query(ctx, `SELECT bucket, minute_us, period, sum(calls) FROM quota_deltas GROUP BY bucket, minute_us, period`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var d quotaDelta
		var calls int64
		if err := rows.Scan(&d.bucket, &d.minute, &d.period, &calls); err != nil {
			return err
		}
		visit(d, calls)
	}
	return rows.Err()
}
