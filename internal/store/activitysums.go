package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// SumActivities adds up the user's activities that match q, by sport, those with the most activities first.
func (s *Store) SumActivities(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery) ([]pierre.ActivitySum, error) {
	var sums []pierre.ActivitySum
	err := s.kept(ctx, user, q, func(t *tx) (err error) {
		sums, err = sumKept(ctx, t, user, q)
		return err
	})
	if !errors.Is(err, errNotSummed) {
		return sums, err
	}
	err = s.view(ctx, "adding up activities", func(t *tx) (err error) {
		if sums, err = sumActivities(ctx, t, countedOf(user, q)); err != nil {
			return err
		}
		longest, err := longestActivities(ctx, t, countedOf(user, q))
		for i := range sums {
			sums[i].Longest = longest[sums[i].Sport]
		}
		return err
	})
	return sums, err
}

// countedOf is the filter of what adds up: an activity that seems to be another once more does not.
func countedOf(user pierre.UserID, q pierre.ActivityQuery) *filter {
	f := newFilter(user, q)
	f.and(`a.twin_id = ''`)
	return f
}

// A sumSelection is what a query selects to fill an ActivitySum.
type sumSelection struct {
	names string
	into  []any
}

func columnsOfSum(a *pierre.ActivitySum) sumSelection {
	c := sumSelection{"count(*), max(a.distance_meters)", []any{&a.Activities, &a.LongestMeters}}
	totals := a.Sums()
	a.Recorded = make([]int, len(totals))
	for n, total := range totals {
		c.names += ", sum(a." + total.Name + "), count(a." + total.Name + ")"
		c.into = append(c.into, total.Value, &a.Recorded[n])
	}
	return c
}

func sumActivities(ctx context.Context, t *tx, f *filter) ([]pierre.ActivitySum, error) {
	return sumsOf(ctx, t, `SELECT a.sport, `+columnsOfSum(&pierre.ActivitySum{}).names+`
		FROM activities a WHERE `+f.where()+` GROUP BY a.sport ORDER BY 2 DESC, a.sport`, f.args, columnsOfSum)
}

// sumsOf reads sums by a query of sports and what columns are selected of each.
func sumsOf(ctx context.Context, t *tx, q string, args []any, columns func(*pierre.ActivitySum) sumSelection) ([]pierre.ActivitySum, error) {
	rows, err := t.query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var sums []pierre.ActivitySum
	for rows.Next() {
		var a pierre.ActivitySum
		if err := rows.Scan(append([]any{&a.Sport}, columns(&a).into...)...); err != nil {
			return nil, err
		}
		sums = append(sums, a)
	}
	return sums, rows.Err()
}

// SumActivityGroups adds up the user's activities that match q, by groups of the athlete's days, the first group first. The
// day of an activity is that of its own offset from UTC, else that of the zone of q.
func (s *Store) SumActivityGroups(
	ctx context.Context, user pierre.UserID, q pierre.ActivityQuery, by pierre.Grouping,
) ([]pierre.GroupSum, error) {
	var kept []pierre.GroupSum
	err := s.kept(ctx, user, q, func(t *tx) (err error) {
		kept, err = keptGroups(ctx, t, user, q, by)
		return err
	})
	if !errors.Is(err, errNotSummed) {
		return kept, err
	}
	f := countedOf(user, q)
	rows, err := s.query(ctx, `SELECT `+ownDay+`, CASE WHEN a.utc_offset_s IS NULL THEN a.start_us END, `+
		columnsOfSum(&pierre.ActivitySum{}).names+`
		FROM activities a WHERE `+f.where()+` GROUP BY 1, 2`, f.args...)
	if err != nil {
		return nil, s.classify(err, "adding up activities by day")
	}
	defer rows.Close()
	groups := groupSums{by: by}
	for rows.Next() {
		var sum pierre.ActivitySum
		var own, start sql.NullInt64
		if err := rows.Scan(append([]any{&own, &start}, columnsOfSum(&sum).into...)...); err != nil {
			return nil, s.classify(err, "adding up activities by day")
		}
		groups.add(localDay(own, start, q.Days.Location()), sum)
	}
	return groups.sorted(), s.classify(rows.Err(), "adding up activities by day")
}

// FirstActivityDay returns the first of the athlete's days with an activity that matches q, midnight UTC, or zero if there
// is none.
func (s *Store) FirstActivityDay(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery) (time.Time, error) {
	var first time.Time
	err := s.kept(ctx, user, q, func(t *tx) (err error) {
		first, err = firstKept(ctx, t, user, q)
		return err
	})
	if !errors.Is(err, errNotSummed) {
		return first, err
	}
	f := countedOf(user, q)
	var own, start sql.NullInt64
	err = s.row(ctx, `SELECT min(`+ownDay+`), min(CASE WHEN a.utc_offset_s IS NULL THEN a.start_us END)
		FROM activities a WHERE `+f.where(), f.args...).Scan(&own, &start)
	if err != nil || !own.Valid && !start.Valid {
		return time.Time{}, s.classify(err, "looking for the first activity")
	}
	zone := q.Days.Location()
	first = localDay(own, start, zone)
	if start.Valid {
		if day := localDay(sql.NullInt64{}, start, zone); day.Before(first) {
			first = day
		}
	}
	return first, nil
}

// ownDay is the day of an activity by its own offset, NULL without one: only Go knows the days of zones. Days count from the
// year 1, as before 1970 a division would round up.
const ownDay = `(a.start_us + a.utc_offset_s * 1000000 + 62135596800000000) / 86400000000`

// localDay returns the day of that number, or the day of a start in the zone.
func localDay(own, start sql.NullInt64, zone *time.Location) time.Time {
	if own.Valid {
		return time.Date(1, 1, 1+int(own.Int64), 0, 0, 0, 0, time.UTC)
	}
	y, m, n := fromMicros(start).In(zone).Date()
	return time.Date(y, m, n, 0, 0, 0, 0, time.UTC)
}

// groupSums puts sums together by groups of days.
type groupSums struct {
	by  pierre.Grouping
	all map[time.Time]*pierre.GroupSum
}

func (g *groupSums) add(day time.Time, sum pierre.ActivitySum) {
	if g.all == nil {
		g.all = map[time.Time]*pierre.GroupSum{}
	}
	start := g.by.Start(day)
	if g.all[start] == nil {
		g.all[start] = &pierre.GroupSum{Start: start}
	}
	g.all[start].Add(sum)
}

func (g *groupSums) sorted() []pierre.GroupSum {
	list := make([]pierre.GroupSum, 0, len(g.all))
	for _, sum := range g.all {
		list = append(list, *sum)
	}
	slices.SortFunc(list, func(a, b pierre.GroupSum) int { return a.Start.Compare(b.Start) })
	return list
}

// longestActivities returns the activity of the longest distance in each sport.
func longestActivities(ctx context.Context, t *tx, f *filter) (map[pierre.Sport]pierre.ActivityID, error) {
	return longestOf(ctx, t, `SELECT sport, id FROM (
			SELECT a.sport, a.id, row_number() OVER (PARTITION BY a.sport ORDER BY a.distance_meters DESC, a.start_us DESC, a.id DESC) AS place
			FROM activities a WHERE `+f.where()+` AND a.distance_meters IS NOT NULL) ranked
		WHERE place = 1`, f.args)
}

func longestOf(ctx context.Context, t *tx, q string, args []any) (map[pierre.Sport]pierre.ActivityID, error) {
	rows, err := t.query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	longest := map[pierre.Sport]pierre.ActivityID{}
	for rows.Next() {
		var sport pierre.Sport
		var id pierre.ActivityID
		if err := rows.Scan(&sport, &id); err != nil {
			return nil, err
		}
		longest[sport] = id
	}
	return longest, rows.Err()
}

// days adds the condition that an activity started on one of the days. The first part of it, which the index of the starts
// answers, is a day wider: offsets go to 14 hours.
func (f *filter) days(d pierre.LocalDays) {
	if d.From.IsZero() && d.To.IsZero() {
		return
	}
	next := d.To.AddDate(0, 0, 1)
	local := func(day time.Time) string {
		y, m, n := day.Date()
		return f.arg(time.Date(y, m, n, 0, 0, 0, 0, d.Location()).UnixMicro())
	}
	const shifted = `a.start_us + a.utc_offset_s * 1000000`
	const day = 24 * time.Hour
	f.and(`a.start_us >= ` + f.arg(d.From.Add(-day).UnixMicro()) + ` AND a.start_us < ` + f.arg(next.Add(day).UnixMicro()))
	f.and(`((a.utc_offset_s IS NOT NULL AND ` + shifted + ` >= ` + f.arg(d.From.UnixMicro()) + ` AND ` + shifted + ` < ` + f.arg(next.UnixMicro()) + `)
		OR (a.utc_offset_s IS NULL AND a.start_us >= ` + local(d.From) + ` AND a.start_us < ` + local(next) + `))`)
}
