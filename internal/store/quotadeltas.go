package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A quotaDelta is a row of quota_deltas without its number of calls.
type quotaDelta struct {
	bucket string
	minute int64
	period pierre.Period // "": the calls had no limit
}

// quotasOf returns what calls add to the buckets that they count against.
func quotasOf(calls []pierre.Call) map[quotaDelta]int64 {
	sums := map[quotaDelta]int64{}
	for i := range calls {
		minute := floor(calls[i].Started.UnixMicro(), minuteSpan)
		d := quotaDelta{minute: minute}
		for _, b := range calls[i].Buckets { // a burst and a quota of one bucket follow each other
			if name := counterName(b.ID); name != d.bucket {
				if d.bucket != "" {
					sums[d]++
				}
				d = quotaDelta{bucket: name, minute: minute}
			}
			if !b.Limit.Unlimited() {
				d.period = b.Limit.Period
			}
		}
		if d.bucket != "" {
			sums[d]++
		}
	}
	return sums
}

func quotaDeltaRows() *rowsStatement {
	return &rowsStatement{head: `INSERT INTO quota_deltas (bucket, minute_us, calls, period) VALUES `, width: 4}
}

// insertQuotaDeltas keeps what a transaction adds to the counters until it is folded into them.
func (t *tx) insertQuotaDeltas(ctx context.Context, sums map[quotaDelta]int64) error {
	deltas := slices.Collect(maps.Keys(sums))
	for part := range parts(deltas) {
		args := make([]any, 0, len(part)*quotaDeltaRows().width)
		for _, d := range part {
			args = append(args, d.bucket, d.minute, sums[d], string(d.period))
		}
		if _, err := t.exec(ctx, quotaDeltaRows().text(len(part)), args...); err != nil {
			return err
		}
	}
	return nil
}

// foldQuotas adds what the last transactions recorded to the counters.
func (s *Store) foldQuotas(ctx context.Context) error {
	for {
		var found int
		err := s.update(ctx, "folding calls into quotas", func(t *tx) error {
			seqs, err := t.oldestQuotaDeltas(ctx)
			if found = len(seqs); err != nil || found == 0 {
				return err
			}
			sums, err := t.takeQuotaDeltas(ctx, seqs[0], seqs[found-1])
			if err != nil {
				return err
			}
			return t.raiseQuotas(ctx, sums)
		})
		if err != nil || found < foldAtOnce {
			return err
		}
	}
}

// oldestQuotaDeltas returns the numbers of the deltas that are folded next.
func (t *tx) oldestQuotaDeltas(ctx context.Context) ([]int64, error) {
	rows, err := t.query(ctx, `SELECT seq FROM quota_deltas ORDER BY seq LIMIT $1`, foldAtOnce)
	return collect(rows, err, scanSeq)
}

// takeQuotaDeltas takes the deltas from one number to another. A range is found by the index whatever PostgreSQL believes of the size
// of a table whose rows come and go; for a list of numbers it may read the whole table in each step.
func (t *tx) takeQuotaDeltas(ctx context.Context, first, last int64) (map[quotaDelta]int64, error) {
	rows, err := t.query(ctx, `DELETE FROM quota_deltas WHERE seq BETWEEN $1 AND $2 RETURNING bucket, minute_us, calls, period`, first, last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	sums := map[quotaDelta]int64{}
	for rows.Next() {
		var d quotaDelta
		var calls int64
		if err := rows.Scan(&d.bucket, &d.minute, &calls, &d.period); err != nil {
			return nil, err
		}
		sums[d] += calls
	}
	return sums, rows.Err()
}

// raiseQuotas raises every counter whose window contains the calls, whatever its period. Where there is none of a limit that
// calls had, it makes one by counting.
func (t *tx) raiseQuotas(ctx context.Context, sums map[quotaDelta]int64) error {
	rows, missing := make([]raised, 0, len(sums)), map[counter]bool{}
	for _, d := range slices.SortedFunc(maps.Keys(sums), quotaDelta.compare) { // of one bucket and minute there are several if its limit changed
		rows = append(rows, raised{d.bucket, d.minute, sums[d]})
		if d.period != "" {
			start, _ := d.period.Window(time.UnixMicro(d.minute))
			missing[counter{d.bucket, d.period, start.UnixMicro()}] = true
		}
	}
	if err := t.raiseCounters(ctx, rows, missing); err != nil {
		return err
	}
	return t.makeCounters(ctx, slices.SortedFunc(maps.Keys(missing), counter.compare)) // after all are raised: what is made now counts all calls
}
