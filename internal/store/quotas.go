package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// quota_counters has a row per bucket and window that has been asked for. Its invariant: used, and what usage_batches and
// quota_deltas hold of the bucket in the window, is the number of the bucket's calls in the window that are kept. Where there is no row, the calls
// say it. Its column key_id names the bucket: a family of keys by itself, as it did when there were no other buckets, and
// everything else by the bucket's id.

// A counter is a row of quota_counters.
type counter struct {
	bucket string // as in the column key_id
	period pierre.Period
	start  int64
}

// raised says how many new calls of one minute count against a bucket: they are in the same windows, whatever the period.
type raised struct {
	bucket string
	minute int64
	calls  int64
}

func counterName(bucket string) string {
	return strings.TrimPrefix(bucket, string(pierre.BucketKey)+":")
}

func (c counter) compare(other counter) int {
	return cmp.Or(cmp.Compare(c.bucket, other.bucket), cmp.Compare(c.period, other.period), cmp.Compare(c.start, other.start))
}

// raisedRows raises the counters whose windows contain the new calls. It raises a row once, whatever it is told of it.
var raisedRows = rowsStatement{ //nolint:gochecknoglobals // nothing changes it
	head:  `WITH added (bucket, minute_us, calls) AS (VALUES `,
	width: 3, first: "TEXT BIGINT BIGINT",
	tail: `) UPDATE quota_counters SET used = used + added.calls FROM added
		WHERE key_id = added.bucket AND window_start_us <= added.minute_us AND window_end_us > added.minute_us
		RETURNING key_id, period, window_start_us`,
}

// raiseCounters raises the counters that exist, and takes them out of missing.
func (t *tx) raiseCounters(ctx context.Context, rows []raised, missing map[counter]bool) error {
	for len(rows) > 0 {
		var once, later []raised
		for i, r := range rows {
			if i > 0 && rows[i-1].bucket == r.bucket {
				later = append(later, r)
			} else {
				once = append(once, r)
			}
		}
		for part := range parts(once) {
			if err := t.raiseOnce(ctx, part, missing); err != nil {
				return err
			}
		}
		rows = later
	}
	return nil
}

func (t *tx) raiseOnce(ctx context.Context, rows []raised, missing map[counter]bool) error {
	args := make([]any, 0, len(rows)*raisedRows.width)
	for _, r := range rows {
		args = append(args, r.bucket, r.minute, r.calls)
	}
	found, err := t.query(ctx, raisedRows.text(len(rows)), args...)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		var c counter
		if err := found.Scan(&c.bucket, &c.period, &c.start); err != nil {
			return err
		}
		delete(missing, c)
	}
	return found.Err()
}

// A bucketFilter restricts calls to those that count against a bucket.
type bucketFilter struct {
	keys  string // SELECT of their keys
	owner string // its argument
	tool  string // "": any
}

func bucketCalls(name string) bucketFilter {
	// The first key of a family may be one that the database does not have, as a personal server's.
	const family = `SELECT CAST($1 AS TEXT) UNION SELECT id FROM api_keys WHERE family_id = $1`
	id, err := pierre.ParseBucketID(name)
	switch {
	case err != nil:
		return bucketFilter{keys: family, owner: name}
	case id.Kind == pierre.BucketTool:
		return bucketFilter{family, id.Owner, id.Tool}
	default:
		return bucketFilter{keys: `SELECT id FROM api_keys WHERE user_id = $1`, owner: id.Owner}
	}
}

// conditions returns what its calls must meet.
func (b bucketFilter) conditions() *filter {
	f := &filter{args: []any{b.owner}}
	f.and("key_id IN (" + b.keys + ")")
	if b.tool != "" {
		f.and("tool = " + f.arg(b.tool))
	}
	return f
}

// countCalls counts the calls of the bucket that started in [from, to), a window of late, and were admitted.
func (t *tx) countCalls(ctx context.Context, bucket string, from, to int64) (n int64, err error) {
	return t.countAdmitted(ctx, bucketCalls(bucket), from, to)
}

// pendingCalls returns how many calls of the bucket in [from, to) are to be added to its counters.
func (t *tx) pendingCalls(ctx context.Context, bucket string, from, to int64) (n int64, err error) {
	if n, err = t.waitingCalls(ctx, bucket, from, to); err != nil {
		return 0, err
	}
	var more int64
	err = t.row(ctx, `SELECT COALESCE(sum(calls), 0) FROM quota_deltas WHERE bucket = $1 AND minute_us >= $2 AND minute_us < $3`, bucket, from, to).Scan(&more)
	return n + more, err
}

// QuotaUsed returns how many calls of the bucket with that id count in the period's window that starts at windowStart,
// without those that are among running, whether they are stored by now or not.
func (s *Store) QuotaUsed(
	ctx context.Context, bucket string, period pierre.Period, windowStart time.Time, running []pierre.RunningCall,
) (int64, error) {
	start, end := period.Window(windowStart)
	name := s.storedText(counterName(bucket))
	var used int64
	err := s.view(ctx, "reading the used quota", func(t *tx) (err error) {
		if used, err = t.countedCalls(ctx, counter{name, period, start.UnixMicro()}, end.UnixMicro()); errors.Is(err, sql.ErrNoRows) {
			used, err = t.countCalls(ctx, name, start.UnixMicro(), end.UnixMicro())
		}
		if err != nil {
			return err
		}
		for part := range parts(running) {
			kept, err := t.countRunning(ctx, name, part)
			if err != nil {
				return err
			}
			used -= kept
		}
		return nil
	})
	return used, err
}

// countedCalls returns what a counter says, with what is to be added to it; [sql.ErrNoRows] if there is none.
func (t *tx) countedCalls(ctx context.Context, c counter, end int64) (used int64, err error) {
	if err := t.row(ctx, `SELECT used FROM quota_counters WHERE key_id = $1 AND period = $2 AND window_start_us = $3`, c.bucket, c.period, c.start).
		Scan(&used); err != nil {
		return 0, err
	}
	pending, err := t.pendingCalls(ctx, c.bucket, c.start, end)
	return used + pending, err
}

// countRunning counts those of the running calls of the bucket that are kept by now.
func (t *tx) countRunning(ctx context.Context, bucket string, running []pierre.RunningCall) (n int64, err error) {
	f := bucketCalls(bucket).conditions()
	first, last := running[0].At, running[0].At
	ids := make([]string, 0, len(running))
	for _, c := range running {
		if c.At.Before(first) {
			first = c.At
		}
		if c.At.After(last) {
			last = c.At
		}
		ids = append(ids, f.arg(c.ID))
	}
	f.and("id IN (" + strings.Join(ids, ", ") + ")")
	f.and("started_us >= " + f.arg(first.UnixMicro()))
	f.and("started_us <= " + f.arg(last.UnixMicro()))
	err = t.row(ctx, `SELECT count(*) FROM calls WHERE `+f.where(), f.args...).Scan(&n)
	return n, err
}
