package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A counterSource is where counters are read from: quota_counters, or a list of what it will say.
type counterSource struct {
	with  string // the list
	args  []any  // its arguments
	table string
	not   map[string]*waitingUse // buckets that are not wanted

	families, customers []string // whose counters a list has; the databases do not see it by themselves
}

// has reports whether it can have counters of these, and restricts f to them if it is a list.
func (s *counterSource) has(f *filter, column string, names []string) bool {
	if s.with != "" && len(names) > 0 {
		f.and(column + " IN (" + list(f, names) + ")")
	}
	return s.with == "" || len(names) > 0
}

// A waitingUse is what waits of a bucket, for each window of [openWindows].
type waitingUse struct {
	calls   [periods]int64
	limited [periods]bool // calls among these had a limit of this period, so that there will be a counter
}

const periods = 5 // as many as [pierre.Periods] has

// An openWindow is a window that is open at a moment.
type openWindow struct {
	period pierre.Period
	piece
}

func openWindows(now time.Time) (windows []openWindow) {
	for _, p := range pierre.Periods() {
		start, end := p.Window(now)
		windows = append(windows, openWindow{p, piece{0, start.UnixMicro(), end.UnixMicro()}})
	}
	return windows
}

// waitingUses returns what waits of the buckets of keys and customers that q is about, in a pass over all that waits.
func (t *tx) waitingUses(ctx context.Context, q pierre.UsageQuery, windows []openWindow) (map[string]*waitingUse, error) {
	wanted, err := t.bucketsOf(ctx, q)
	if err != nil {
		return nil, err
	}
	return t.waitingIn(ctx, windows, func(bucket []byte) bool { return !isTool(bucket) && (len(wanted) == 0 || wanted[string(bucket)]) })
}

// waitingIn returns what waits of the buckets that are wanted, in a pass over all that waits.
func (t *tx) waitingIn(ctx context.Context, windows []openWindow, want func(bucket []byte) bool) (map[string]*waitingUse, error) {
	uses := map[string]*waitingUse{}
	var spare []waitingUse // many are made at once: there may be one for each key
	err := t.waitingQuotas(ctx, want, func(q *keptQuota) {
		use := uses[string(q.bucket)]
		for i, w := range windows {
			if !w.contains(q.minute) {
				continue
			}
			if use == nil {
				if len(spare) == 0 {
					spare = make([]waitingUse, max(1, min(len(uses), 256)))
				}
				use, spare = &spare[0], spare[1:]
				uses[string(q.bucket)] = use
			}
			use.calls[i] += q.calls
			use.limited[i] = use.limited[i] || string(q.period) == string(w.period)
		}
	})
	return uses, err
}

// bucketsOf returns the buckets that q is about; none: all.
func (t *tx) bucketsOf(ctx context.Context, q pierre.UsageQuery) (map[string]bool, error) {
	if q.Key == "" && q.Customer == "" {
		return map[string]bool{}, nil
	}
	rows, err := t.query(ctx, `SELECT family_id FROM api_keys WHERE id = $1 OR user_id = $2`, string(q.Key), string(q.Customer))
	families, err := collect(rows, err, scanKeyID)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{string(pierre.BucketCustomer) + ":" + string(q.Customer): true}
	for _, family := range families {
		wanted[string(family)] = true
	}
	return wanted, nil
}

// A usedCounter is a counter and what it will say when all that waits is folded.
type usedCounter struct {
	counter
	end, used int64
}

// foldedCounters returns the counters of the buckets, in the windows, as they will be when all that waits is folded.
func (t *tx) foldedCounters(ctx context.Context, buckets []string, windows []openWindow, uses map[string]*waitingUse) ([]usedCounter, error) {
	counters, err := t.keptCounters(ctx, buckets, windows)
	if err != nil {
		return nil, err
	}
	have := map[counter]bool{}
	for i, c := range counters {
		have[c.counter] = true
		at := slices.IndexFunc(windows, func(w openWindow) bool { return w.period == c.period })
		counters[i].used += uses[c.bucket].calls[at]
	}
	var missing []usedCounter
	for _, bucket := range buckets {
		for i, w := range windows {
			c := counter{bucket, w.period, w.from}
			if uses[bucket].limited[i] && !have[c] {
				missing = append(missing, usedCounter{c, w.to, uses[bucket].calls[i]})
			}
		}
	}
	for part := range parts(missing) {
		if err := t.countEarlier(ctx, part); err != nil {
			return nil, err
		}
	}
	return append(counters, missing...), nil
}

func (t *tx) keptCounters(ctx context.Context, buckets []string, windows []openWindow) (counters []usedCounter, err error) {
	f := &filter{}
	f.and("key_id IN (" + list(f, buckets) + ")")
	var open []string
	for _, w := range windows {
		open = append(open, "period = "+f.arg(string(w.period))+" AND window_start_us = "+f.arg(w.from))
	}
	f.and("(" + strings.Join(open, " OR ") + ")")
	rows, err := t.query(ctx, `SELECT key_id, period, window_start_us, window_end_us, used FROM quota_counters WHERE `+f.where(), f.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c usedCounter
		if err := rows.Scan(&c.bucket, &c.period, &c.start, &c.end, &c.used); err != nil {
			return nil, err
		}
		counters = append(counters, c)
	}
	return counters, rows.Err()
}

// earlierRows begins with the keys of each bucket, which are few: SQLite keeps to the order of a CROSS JOIN. Beginning with
// roll-ups would read those of all keys.
func earlierRows() *rowsStatement {
	const rolledUp = `SELECT 1 FROM api_keys k CROSS JOIN usage_rollups r WHERE r.key_id = k.id AND r.span_s = 86400
		AND r.start_us >= missing.start_us AND r.start_us < missing.end_us AND `
	const customer = string(pierre.BucketCustomer) + ":"
	return &rowsStatement{
		head:  `WITH missing (bucket, period, start_us, end_us) AS (VALUES `,
		width: 4, first: "TEXT TEXT BIGINT BIGINT",
		tail: `) SELECT bucket, period FROM missing WHERE EXISTS (` + rolledUp + `k.family_id = missing.bucket)
			OR EXISTS (` + rolledUp + `k.user_id = substr(missing.bucket, ` + strconv.Itoa(len(customer)+1) + `) AND '` + customer + `' || k.user_id = missing.bucket)`,
	}
}

// countEarlier counts the calls of those counters whose window has calls that do not wait, as those that had another limit.
func (t *tx) countEarlier(ctx context.Context, missing []usedCounter) error {
	args := make([]any, 0, len(missing)*earlierRows().width)
	for _, c := range missing {
		args = append(args, c.bucket, string(c.period), floor(c.start, daySpan), c.end)
	}
	rows, err := t.query(ctx, earlierRows().text(len(missing)), args...)
	earlier, err := collect(rows, err, func(from scanner) (c counter, err error) { return c, from.Scan(&c.bucket, &c.period) })
	if err != nil {
		return err
	}
	for _, e := range earlier {
		i := slices.IndexFunc(missing, func(c usedCounter) bool { return c.bucket == e.bucket && c.period == e.period })
		c := &missing[i]
		if c.used, err = t.countCalls(ctx, c.bucket, c.start, c.end); err != nil {
			return err
		}
	}
	return nil
}

func foldedRows() *rowsStatement {
	return &rowsStatement{
		head:  `WITH folded (key_id, period, window_start_us, window_end_us, used) AS (VALUES `,
		width: 5, first: "TEXT TEXT BIGINT BIGINT BIGINT", tail: `) `,
	}
}

// listed returns a source that has these counters.
func listed(counters []usedCounter) *counterSource {
	of := &counterSource{with: foldedRows().text(len(counters)), table: "folded"}
	for _, c := range counters {
		of.args = append(of.args, c.bucket, string(c.period), c.start, c.end, c.used)
		if customer, is := strings.CutPrefix(c.bucket, string(pierre.BucketCustomer)+":"); is {
			of.customers = append(of.customers, customer)
		} else {
			of.families = append(of.families, c.bucket)
		}
	}
	return of
}
