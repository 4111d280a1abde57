package store

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A countedKey is a key whose calls count against the counter of that number.
type countedKey struct {
	n         int
	key, tool string // tool "": any
}

// makeCounters makes counters by counting the calls in their windows, with a few statements for all of them: the first calls of a
// window come from many keys.
func (t *tx) makeCounters(ctx context.Context, missing []counter) error {
	for part := range parts(missing) {
		if err := t.makeSome(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func madeRows() *rowsStatement {
	return &rowsStatement{
		head: `INSERT INTO quota_counters (key_id, period, window_start_us, window_end_us, used) VALUES `, width: 5,
		tail: ` ON CONFLICT (key_id, period, window_start_us) DO UPDATE SET used = excluded.used`,
	}
}

// pastRows deletes counters of windows before the last one: calls that began in that may still be on their way.
func pastRows() *rowsStatement {
	return &rowsStatement{
		head:  `WITH past (bucket, until_us) AS (VALUES `,
		width: 2, first: "TEXT BIGINT",
		tail: `) DELETE FROM quota_counters WHERE (key_id, period, window_start_us) IN (SELECT c.key_id, c.period, c.window_start_us
			FROM past JOIN quota_counters c ON c.key_id = past.bucket AND c.window_end_us <= past.until_us)`,
	}
}

func (t *tx) makeSome(ctx context.Context, missing []counter) error {
	used, err := t.countWindows(ctx, missing)
	if err != nil {
		return err
	}
	var made, past []any
	for n, c := range missing {
		previous, _ := c.period.Window(time.UnixMicro(c.start - 1))
		made = append(made, c.bucket, string(c.period), c.start, c.window().to, used[n])
		past = append(past, c.bucket, previous.UnixMicro())
	}
	if _, err := t.exec(ctx, madeRows().text(len(missing)), made...); err != nil {
		return err
	}
	_, err = t.exec(ctx, pastRows().text(len(missing)), past...)
	return err
}

// countWindows returns, for each counter, how many calls of its bucket in its window were admitted, as countAdmitted does, without those
// that are yet to be added to it.
func (t *tx) countWindows(ctx context.Context, of []counter) (used []int64, err error) {
	used = make([]int64, len(of))
	keys, err := t.countedKeys(ctx, of)
	if err != nil {
		return nil, err
	}
	everything := kept{math.MinInt64, math.MinInt64, math.MinInt64}
	var rolled, whole, pending []any // the rows of the statements
	for _, k := range keys {
		w := of[k.n].window()
		for _, p := range everything.cover(w.from, w.to, daySpan) {
			rolled = append(rolled, int64(k.n), k.key, k.tool, p.span, p.from, p.to)
		}
		whole = append(whole, int64(k.n), k.key, k.tool, int64(0), w.from, w.to)
		n, err := t.waitingOfKey(ctx, pierre.KeyID(k.key), k.tool, w)
		if err != nil {
			return nil, err
		}
		used[k.n] += n
	}
	for n, c := range of {
		w := c.window()
		calls, err := t.waitingCalls(ctx, c.bucket, w.from, w.to)
		if err != nil {
			return nil, err
		}
		used[n] -= calls
		pending = append(pending, int64(n), c.bucket, w.from, w.to)
	}
	if err := t.addCounted(ctx, rolledWindowRows(), rolled, used); err != nil {
		return nil, err
	}
	if old, err := t.hasOldUsage(ctx); err != nil || !old {
		return used, err
	}
	for _, more := range []struct {
		of   *rowsStatement
		args []any
	}{{deltaWindowRows(), whole}, {callWindowRows(), whole}, {pendingWindowRows(), pending}} {
		if err := t.addCounted(ctx, more.of, more.args, used); err != nil {
			return nil, err
		}
	}
	return used, nil
}

// window is the time that the counter is about.
func (c counter) window() piece {
	_, end := c.period.Window(time.UnixMicro(c.start))
	return piece{0, c.start, end.UnixMicro()}
}

// hasOldUsage reports whether there may be usage that is neither in roll-ups nor in batches: a SQLite database has such of older versions
// only. What others add to PostgreSQL's at the same time is not to be looked at as a whole.
func (t *tx) hasOldUsage(ctx context.Context) (old bool, err error) {
	if t.postgres {
		return true, nil
	}
	err = t.row(ctx, `SELECT EXISTS (SELECT 1 FROM calls WHERE rolled = 0) OR EXISTS (SELECT 1 FROM usage_deltas) OR EXISTS (SELECT 1 FROM quota_deltas)`).Scan(&old)
	return old, err
}

func ownedRows() *rowsStatement {
	return &rowsStatement{
		head:  `WITH v (n, owner, customer) AS (VALUES `,
		width: 3, first: "BIGINT TEXT BIGINT",
		tail: `) SELECT v.n, k.id FROM v JOIN api_keys k ON k.user_id = v.owner WHERE v.customer = 1
			UNION ALL SELECT v.n, k.id FROM v JOIN api_keys k ON k.family_id = v.owner WHERE v.customer = 0 AND k.id <> v.owner`,
	}
}

// countedKeys returns whose calls count against the counters. The first key of a family may be one that the database does not have, as a
// personal server's.
func (t *tx) countedKeys(ctx context.Context, of []counter) (keys []countedKey, err error) {
	args := make([]any, 0, len(of)*ownedRows().width)
	tools := make([]string, len(of))
	for n, c := range of {
		owner, customer := c.bucket, int64(0)
		if id, err := pierre.ParseBucketID(c.bucket); err == nil {
			owner, tools[n] = id.Owner, id.Tool
			if id.Kind == pierre.BucketCustomer {
				customer = 1
			}
		}
		if customer == 0 {
			keys = append(keys, countedKey{n, owner, tools[n]})
		}
		args = append(args, int64(n), owner, customer)
	}
	rows, err := t.query(ctx, ownedRows().text(len(of)), args...)
	more, err := collect(rows, err, func(from scanner) (k countedKey, err error) { return k, from.Scan(&k.n, &k.key) })
	for i := range more {
		more[i].tool = tools[more[i].n]
	}
	return append(keys, more...), err
}

func keyWindowRows(counted string) *rowsStatement {
	return &rowsStatement{
		head:  `WITH v (n, key_id, tool, span_s, from_us, to_us) AS (VALUES `,
		width: 6, first: "BIGINT TEXT TEXT BIGINT BIGINT BIGINT", tail: `) SELECT v.n, ` + counted + ` AND (v.tool = '' OR r.tool = v.tool) GROUP BY v.n`,
	}
}

func rolledWindowRows() *rowsStatement {
	return keyWindowRows(`CAST(sum(r.succeeded + r.failed) AS BIGINT) FROM v JOIN usage_rollups r ON r.key_id = v.key_id AND r.span_s = v.span_s
		AND r.start_us >= v.from_us AND r.start_us < v.to_us`)
}

func deltaWindowRows() *rowsStatement {
	return keyWindowRows(`CAST(sum(r.succeeded + r.failed) AS BIGINT) FROM v JOIN usage_deltas r ON r.key_id = v.key_id
		AND r.start_us >= v.from_us AND r.start_us < v.to_us`)
}

func callWindowRows() *rowsStatement {
	return keyWindowRows(`count(*) FROM v JOIN calls r ON r.key_id = v.key_id AND r.started_us >= v.from_us AND r.started_us < v.to_us
		AND r.rolled = 0 AND r.status <> 'rate_limited'`)
}

func pendingWindowRows() *rowsStatement {
	return &rowsStatement{
		head:  `WITH v (n, bucket, from_us, to_us) AS (VALUES `,
		width: 4, first: "BIGINT TEXT BIGINT BIGINT",
		tail: `) SELECT v.n, CAST(-sum(d.calls) AS BIGINT) FROM v JOIN quota_deltas d ON d.bucket = v.bucket
			AND d.minute_us >= v.from_us AND d.minute_us < v.to_us GROUP BY v.n`,
	}
}

// addCounted adds what the statement says of each number. args are its rows, one after the other.
func (t *tx) addCounted(ctx context.Context, of *rowsStatement, args []any, to []int64) error {
	type counted struct {
		n     int
		calls int64
	}
	for part := range parts(slices.Collect(slices.Chunk(args, of.width))) {
		rows, err := t.query(ctx, of.text(len(part)), slices.Concat(part...)...)
		found, err := collect(rows, err, func(from scanner) (c counted, err error) { return c, from.Scan(&c.n, &c.calls) })
		if err != nil {
			return err
		}
		for _, c := range found {
			to[c.n] += c.calls
		}
	}
	return nil
}
