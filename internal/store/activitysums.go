package store

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// SumActivities adds up the user's activities that match q, by sport, those with the most activities first.
func (s *Store) SumActivities(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery) ([]pierre.ActivitySum, error) {
	var sums []pierre.ActivitySum
	err := s.view(ctx, "adding up activities", func(t *tx) (err error) {
		if sums, err = sumActivities(ctx, t, newFilter(user, q)); err != nil {
			return err
		}
		longest, err := longestActivities(ctx, t, newFilter(user, q))
		for i := range sums {
			sums[i].Longest = longest[sums[i].Sport]
		}
		return err
	})
	return sums, err
}

func sumActivities(ctx context.Context, t *tx, f *filter) ([]pierre.ActivitySum, error) {
	var a pierre.ActivitySum
	columns, into := "", []any{&a.Sport, &a.Activities, &a.WithoutDistance, &a.WithoutDuration, &a.LongestMeters}
	for _, total := range a.Sums() {
		columns += ", sum(a." + total.Name + ")"
		into = append(into, total.Value)
	}
	rows, err := t.query(ctx, `SELECT a.sport, count(*), count(*) - count(a.distance_meters), count(*) - count(a.duration_seconds),
			max(a.distance_meters)`+columns+`
		FROM activities a WHERE `+f.where()+` GROUP BY a.sport ORDER BY 2 DESC, a.sport`, f.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var sums []pierre.ActivitySum
	for rows.Next() {
		a = pierre.ActivitySum{}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		sums = append(sums, a)
	}
	return sums, rows.Err()
}

// longestActivities returns the activity of the longest distance in each sport.
func longestActivities(ctx context.Context, t *tx, f *filter) (map[pierre.Sport]pierre.ActivityID, error) {
	rows, err := t.query(ctx, `SELECT sport, id FROM (
			SELECT a.sport, a.id, row_number() OVER (PARTITION BY a.sport ORDER BY a.distance_meters DESC, a.start_us DESC, a.id DESC) AS place
			FROM activities a WHERE `+f.where()+` AND a.distance_meters IS NOT NULL) ranked
		WHERE place = 1`, f.args...)
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
		return f.arg(time.Date(y, m, n, 0, 0, 0, 0, d.Zone).UnixMicro())
	}
	const shifted = `a.start_us + a.utc_offset_s * 1000000`
	const day = 24 * time.Hour
	f.and(`a.start_us >= ` + f.arg(d.From.Add(-day).UnixMicro()) + ` AND a.start_us < ` + f.arg(next.Add(day).UnixMicro()))
	f.and(`((a.utc_offset_s IS NOT NULL AND ` + shifted + ` >= ` + f.arg(d.From.UnixMicro()) + ` AND ` + shifted + ` < ` + f.arg(next.UnixMicro()) + `)
		OR (a.utc_offset_s IS NULL AND a.start_us >= ` + local(d.From) + ` AND a.start_us < ` + local(next) + `))`)
}
