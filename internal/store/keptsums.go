package store

import (
	"context"
	"database/sql"
	"errors"
	"reflect"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// summable reports whether activity_sums can answer q: they know sports and days.
func summable(q pierre.ActivityQuery) bool {
	q.Sports, q.Days = nil, pierre.LocalDays{}
	return reflect.ValueOf(q).IsZero()
}

// kept runs read over the user's activity_sums, and is [errNotSummed] if these cannot answer q. Sums of an older state, or by
// the days of another zone, are brought up to date first.
func (s *Store) kept(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery, read func(*tx) error) error {
	if !summable(q) {
		return errNotSummed
	}
	zone := q.Days.Location()
	current := func() error {
		return s.view(ctx, "adding up activities", func(t *tx) error {
			state, err := stateOf(ctx, t, user)
			if err != nil {
				return err
			}
			if !state.summed(zone) {
				return errNotSummed
			}
			return read(t)
		})
	}
	err := current()
	if !errors.Is(err, errNotSummed) {
		return err
	}
	err = s.sumAgain(ctx, user, zone)
	if k := pierre.KindOf(err); k == pierre.KindUnavailable || k == pierre.KindStorageFull {
		return errNotSummed // adding up the activities themselves may still do
	}
	if err != nil {
		return err
	}
	return current()
}

// A sumRange is the rows of a span from one time on and before another.
type sumRange struct {
	span     int
	from, to int64 // µs
}

// rangesOf returns the rows whose sum is that of the days: whole years and months, and the days that are left. None coarser
// than a span are taken.
func rangesOf(d pierre.LocalDays, coarsest int) []sumRange {
	if d.From.IsZero() && d.To.IsZero() {
		const ever = int64(1) << 62
		return []sumRange{{coarsest, -ever, ever}}
	}
	next := d.To.AddDate(0, 0, 1)
	var ranges []sumRange
	var divide func(from, to time.Time, span int)
	divide = func(from, to time.Time, span int) {
		first, last := firstOf(span, from.Add(-1)), firstOf(span, to)
		if span != spanDay {
			first = nextOf(span, first)
		} else {
			first, last = from, to
		}
		if !first.Before(last) {
			if span > spanDay && from.Before(to) {
				divide(from, to, span-1)
			}
			return
		}
		ranges = append(ranges, sumRange{span, first.UnixMicro(), last.UnixMicro()})
		if from.Before(first) {
			divide(from, first, span-1)
		}
		if last.Before(to) {
			divide(last, to, span-1)
		}
	}
	divide(d.From, next, coarsest)
	return ranges
}

// firstOf returns when the month or year of a day began, as midnight UTC.
func firstOf(span int, day time.Time) time.Time {
	y, m, d := day.Date()
	switch span {
	case spanYear:
		m, d = 1, 1
	case spanMonth:
		d = 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// nextOf returns when the next month or year begins.
func nextOf(span int, first time.Time) time.Time {
	if span == spanYear {
		return first.AddDate(1, 0, 0)
	}
	return first.AddDate(0, 1, 0)
}

// condition is that of rows of the user in the ranges, of the sports if there are any.
func condition(f *filter, user pierre.UserID, sports []pierre.Sport, ranges []sumRange) string {
	f.and(`user_id = ` + f.arg(user))
	parts := make([]string, len(ranges))
	for i, r := range ranges {
		parts[i] = `span = ` + f.arg(r.span) + ` AND at_us >= ` + f.arg(r.from) + ` AND at_us < ` + f.arg(r.to)
	}
	f.and(`(` + strings.Join(parts, ` OR `) + `)`)
	if len(sports) > 0 {
		f.and(`sport IN (` + list(f, sports) + `)`)
	}
	return f.where()
}

// sumKept adds up rows of activity_sums by sport, those with the most activities first.
func sumKept(ctx context.Context, t *tx, user pierre.UserID, q pierre.ActivityQuery) ([]pierre.ActivitySum, error) {
	f := &filter{}
	ranges := rangesOf(q.Days, spanYear)
	if len(ranges) == 0 {
		return nil, nil
	}
	where := condition(f, user, q.Sports, ranges)
	sums, err := sumsOf(ctx, t, `SELECT sport, `+keptColumns(&pierre.ActivitySum{}).names+`
		FROM activity_sums WHERE `+where+` GROUP BY sport ORDER BY 2 DESC, sport`, f.args, keptColumns)
	if err != nil {
		return nil, err
	}
	longest, err := longestOf(ctx, t, `SELECT sport, longest_id FROM (
			SELECT sport, longest_id, row_number() OVER (PARTITION BY sport ORDER BY longest_meters DESC, longest_us DESC, longest_id DESC) AS place
			FROM activity_sums WHERE `+where+` AND longest_meters IS NOT NULL) ranked
		WHERE place = 1`, f.args)
	for i := range sums {
		sums[i].Longest = longest[sums[i].Sport]
	}
	return sums, err
}

// keptColumns is what a query of activity_sums selects to fill an ActivitySum.
func keptColumns(a *pierre.ActivitySum) sumSelection {
	c := sumSelection{"CAST(sum(activities) AS BIGINT), max(longest_meters)", []any{&a.Activities, &a.LongestMeters}}
	totals := a.Sums()
	a.Recorded = make([]int, len(totals))
	for n, total := range totals {
		c.names += ", sum(" + total.Name + "), CAST(sum(" + total.Name + "_count) AS BIGINT)"
		c.into = append(c.into, total.Value, &a.Recorded[n])
	}
	return c
}

// keptGroups adds up rows of activity_sums by group of days, of all sports together.
func keptGroups(ctx context.Context, t *tx, user pierre.UserID, q pierre.ActivityQuery, by pierre.Grouping) ([]pierre.GroupSum, error) {
	coarsest, group := spanDay, `at_us`
	switch by {
	case pierre.ByDay:
	case pierre.ByWeek: // of seven days from the first of the year 1, a Monday
		group = `(at_us + 62135596800000000) / 604800000000 * 604800000000 - 62135596800000000`
	case pierre.ByMonth:
		coarsest = spanMonth
	case pierre.ByYear:
		coarsest = spanYear
	}
	f := &filter{}
	ranges := rangesOf(q.Days, coarsest)
	if len(ranges) == 0 {
		return nil, nil
	}
	where := condition(f, user, q.Sports, ranges)
	rows, err := t.query(ctx, `SELECT `+group+`, `+keptColumns(&pierre.ActivitySum{}).names+` FROM activity_sums WHERE `+where+` GROUP BY 1`, f.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	groups := groupSums{by: by}
	for rows.Next() {
		var at int64
		var sum pierre.ActivitySum
		if err := rows.Scan(append([]any{&at}, keptColumns(&sum).into...)...); err != nil {
			return nil, err
		}
		groups.add(time.UnixMicro(at).UTC(), sum)
	}
	return groups.sorted(), rows.Err()
}

// firstKept returns the first day with an activity, zero if there is none.
func firstKept(ctx context.Context, t *tx, user pierre.UserID, q pierre.ActivityQuery) (time.Time, error) {
	f := &filter{}
	ranges := rangesOf(q.Days, spanDay)
	if len(ranges) == 0 {
		return time.Time{}, nil
	}
	where := condition(f, user, q.Sports, ranges)
	var at int64
	err := t.row(ctx, `SELECT at_us FROM activity_sums WHERE `+where+` ORDER BY at_us LIMIT 1`, f.args...).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return time.UnixMicro(at).UTC(), err
}
