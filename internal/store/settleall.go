package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pierre-mcp/pierre/internal/merge"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// SettleActivities finds out which of the user's activities count, where that was not done when they were imported. Those at
// one time are settled in one transaction, and if ctx ends, the next call goes on after them.
func (s *Store) SettleActivities(ctx context.Context, user pierre.UserID) error {
	for {
		from, err := unsettled(ctx, s, user)
		if err != nil || from == nil {
			return s.classify(err, "looking for activities that are not settled")
		}
		err = s.decide(ctx, "settling activities", user, func(i importing) error { return i.settleNext(ctx) })
		if pierre.KindOf(err) == pierre.KindNotFound {
			return nil // the user is gone
		}
		if err != nil {
			return err
		}
	}
}

// unsettled returns from which start on, in µs, the user's activities are not settled, nil if all are.
func unsettled(ctx context.Context, db querier, user pierre.UserID) (from *int64, err error) {
	err = db.row(ctx, `SELECT unsettled_us FROM activity_states WHERE user_id = $1`, user).Scan(&from)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return from, err
}

// settleNext settles the first activities that are not and that overlap.
func (i importing) settleNext(ctx context.Context) error {
	from, err := unsettled(ctx, i.tx, i.user)
	if err != nil || from == nil {
		return err
	}
	span, found, err := i.firstOverlap(ctx, *from)
	if err != nil {
		return err
	}
	var next *int64
	if found {
		if span, err = i.settleSpan(ctx, span); err != nil {
			return err
		}
		if err := i.changed(ctx); err != nil {
			return err
		}
		next = new(span.To.Add(time.Microsecond - 1).UnixMicro()) // nothing that starts then was at that time
	}
	_, err = i.tx.exec(ctx, `UPDATE activity_states SET unsettled_us = $2 WHERE user_id = $1`, i.user, next)
	return err
}

// firstOverlap returns the span of the first two activities that overlap, of those that start at from or later.
func (i importing) firstOverlap(ctx context.Context, from int64) (last merge.Span, found bool, err error) {
	rows, err := i.tx.query(ctx, `SELECT start_us, elapsed_seconds, duration_seconds FROM activities
		WHERE user_id = $1 AND start_us >= $2 AND NOT hidden ORDER BY start_us`, i.user, from)
	if err != nil {
		return last, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var a pierre.Activity
		if err := rows.Scan(instant{&a.Start}, &a.ElapsedSeconds, &a.DurationSeconds); err != nil {
			return last, false, err
		}
		span := merge.SpanOf(a)
		if span.From.Before(last.To) {
			return span.And(last), true, nil
		}
		last = span
	}
	return last, false, rows.Err()
}
