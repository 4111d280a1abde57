package store

import (
	"bytes"
	"context"
	"database/sql"
	"slices"
	"strconv"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A keyUse is how much of its own limit a key has used.
type keyUse struct {
	with    string // begins a statement with waiting in it
	counter string // joins quota_counters c, of the window that is open
	waiting string // joins what is to be added to it
	period  string // of the limit; '': none
	share   string // of the limit, in millionths
}

// useOf tells what is used of each key's limit at q.At. A tier's limit is no column: it is in the statement. waiting is what
// [tx.waitingJSON] says, for a list that is ordered by use.
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
	use := keyUse{
		counter: " LEFT JOIN quota_counters c ON c.key_id = k.family_id AND c.period = (" + period + " END) AND c.window_start_us <= " + at + " AND c.window_end_us > " + at,
		period:  "COALESCE(" + period + " END, '')",
	}
	if q.Sort == pierre.SortUse {
		use.with = "WITH waiting AS MATERIALIZED (SELECT key AS name, CAST(CAST(value AS TEXT) AS BIGINT) / 2 AS calls, CAST(CAST(value AS TEXT) AS BIGINT) % 2 AS makes FROM json_each(" +
			f.arg(waiting) + ")) "
		use.waiting = " LEFT JOIN waiting w ON w.name = (" + period + " END) || ' ' || k.family_id"
		use.share = "COALESCE(" + share + " END, 0)" // old windows stay for a while, and at 0 there is none
	}
	return use
}

// waitingJSON returns how many calls are to be added to the counters of keys: a JSON object with, by "period family", twice their
// number, and one more if a counter is made for them where there is none. It knows the periods of limits only that there are.
func (t *tx) waitingJSON(ctx context.Context, tiers []pierre.Plan, windows []openWindow, uses map[string]*waitingUse) (string, error) {
	rows, err := t.query(ctx, `SELECT DISTINCT limit_period FROM api_keys WHERE NOT limit_follows`)
	periods, err := collect(rows, err, func(from scanner) (p pierre.Period, err error) { return p, from.Scan(&p) })
	for _, p := range tiers {
		periods = append(periods, p.Limit.Period)
	}
	const entry = 48 // bytes, as most are
	b := append(make([]byte, 0, len(uses)*entry+2), '{')
	for i, w := range windows {
		if !slices.Contains(periods, w.period) {
			continue
		}
		for family, use := range uses {
			n := 2 * use.calls[i]
			if use.limited[i] {
				n |= 1
			}
			if n == 0 {
				continue
			}
			if len(b) > 1 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(append(jsonrpc.AppendText(b, string(w.period)+" "+family), ':'), n, 10)
		}
	}
	return string(append(b, '}')), err
}

// usedBy returns how many calls count in the window of the period that is open: what the counter says, and what is to be added to it.
func (u *waitingUse) usedBy(windows []openWindow, period pierre.Period, counter sql.NullInt64) int64 {
	i := slices.IndexFunc(windows, func(w openWindow) bool { return w.period == period })
	if u == nil || i < 0 || !counter.Valid && !u.limited[i] {
		return counter.Int64
	}
	return counter.Int64 + u.calls[i]
}

// waitingOfKeys returns what is to be added to the counters of families, all if there are none, at a time.
func (t *tx) waitingOfKeys(ctx context.Context, windows []openWindow, families map[string]bool) (map[string]*waitingUse, error) {
	if len(windows) == 0 {
		return map[string]*waitingUse{}, nil
	}
	return t.waitingIn(ctx, windows, func(bucket []byte) bool {
		return !isTool(bucket) && !isCustomer(bucket) && (len(families) == 0 || families[string(bucket)])
	})
}

func isTool(bucket []byte) bool { return bytes.HasPrefix(bucket, []byte(pierre.BucketTool+":")) }

func isCustomer(bucket []byte) bool {
	return bytes.HasPrefix(bucket, []byte(pierre.BucketCustomer+":"))
}

// waitingQuotas visits all that is to be added to counters of buckets that are wanted. The same may come several times.
func (t *tx) waitingQuotas(ctx context.Context, want func(bucket []byte) bool, visit func(q *keptQuota)) error {
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
			if want(kept.bucket) {
				visit(&kept)
			}
		}
	}
	rows, err := t.query(ctx, `SELECT bucket, minute_us, period, sum(calls) FROM quota_deltas GROUP BY bucket, minute_us, period`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var q keptQuota
		if err := rows.Scan(&q.bucket, &q.minute, &q.period, &q.calls); err != nil {
			return err
		}
		if want(q.bucket) {
			visit(&q)
		}
	}
	return rows.Err()
}
