package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// reconcileQuotas compares the counters of the windows that are open at now with the calls in them.
func (s *Store) reconcileQuotas(ctx context.Context, now time.Time, repair bool, r *pierre.Reconciliation) error {
	var counters []openCounter
	err := s.view(ctx, "reading quota counters", func(t *tx) (err error) {
		counters, err = t.openCounters(ctx, now)
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range counters {
		r.Quotas++
		d := pierre.Difference{Where: "quota", From: time.UnixMicro(c.start).UTC(), Key: c.bucket, Field: "used", Of: "calls", Period: c.period}
		check := func(t *tx) (err error) {
			if d.Is, err = t.countedCalls(ctx, counter{c.bucket, c.period, c.start}, c.end); err != nil {
				return err
			}
			d.Should, err = t.countCalls(ctx, c.bucket, c.start, c.end)
			return err
		}
		if err := s.view(ctx, "comparing a quota", check); err != nil {
			if pierre.KindOf(err) == pierre.KindNotFound {
				continue // its window was over
			}
			return err
		}
		if d.Is == d.Should {
			continue
		}
		if repair {
			if err := s.repairQuota(ctx, c); err != nil {
				return fmt.Errorf("of %s: %w", c.bucket, err)
			}
			d.Mended = true
		}
		r.Differences = append(r.Differences, d)
	}
	return nil
}

type openCounter struct {
	bucket     string
	period     pierre.Period
	start, end int64
}

func (t *tx) openCounters(ctx context.Context, now time.Time) (list []openCounter, err error) {
	f := &filter{}
	openCounters(f, now)
	rows, err := t.query(ctx, `SELECT c.key_id, c.period, c.window_start_us, c.window_end_us FROM quota_counters c WHERE `+f.where(), f.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c openCounter
		if err := rows.Scan(&c.bucket, &c.period, &c.start, &c.end); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// repairQuota sets a counter to what the calls say.
func (s *Store) repairQuota(ctx context.Context, c openCounter) error {
	return s.update(ctx, "repairing a quota", func(t *tx) error {
		should, err := t.countCalls(ctx, c.bucket, c.start, c.end)
		if err != nil {
			return err
		}
		pending, err := t.pendingCalls(ctx, c.bucket, c.start, c.end)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE quota_counters SET used = $4 WHERE key_id = $1 AND period = $2 AND window_start_us = $3`, c.bucket, c.period, c.start, should-pending)
		return err
	})
}
