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

// lookedAt is how many activities are read at once to find two that overlap.
const lookedAt = 100

// firstOverlap returns the span of the first two activities that overlap, of those that start at from or later.
func (i importing) firstOverlap(ctx context.Context, from int64) (last merge.Span, found bool, err error) {
	place, id := from, pierre.ActivityID("") // where the part before ended
	for {
		n := 0
		err := i.spans(ctx, &place, &id, func(span merge.Span) bool {
			n++
			if found = span.From.Before(last.To); found {
				last = span.And(last)
				return false
			}
			last = span
			return true
		})
		if err != nil || found || n < lookedAt {
			return last, found, err
		}
	}
}

// spans hands the spans of the next activities after a start and an id, which it moves on, to visit until that wants no more.
func (i importing) spans(ctx context.Context, from *int64, id *pierre.ActivityID, visit func(merge.Span) bool) error {
	rows, err := i.tx.query(ctx, `SELECT start_us, id, elapsed_seconds, duration_seconds FROM activities
		WHERE user_id = $1 AND (start_us, id) > ($2, $3) AND NOT hidden ORDER BY start_us, id LIMIT $4`, i.user, *from, *id, lookedAt)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var a pierre.Activity
		if err := rows.Scan(from, id, &a.ElapsedSeconds, &a.DurationSeconds); err != nil {
			return err
		}
		a.Start = time.UnixMicro(*from).UTC()
		if !visit(merge.SpanOf(a)) {
			break
		}
	}
	return rows.Err()
}
