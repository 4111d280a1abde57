package store

import (
	"context"
	"slices"

	"github.com/pierre-mcp/pierre/internal/merge"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxOverlapping bounds how many activities at the same time are compared with each other. Those beyond it count.
const maxOverlapping = 16

// maxTrack is of how many samples the tracks of these are compared: 36 hours of one a second.
const maxTrack = 1 << 17

// An outing is an activity that may be the same as another one.
type outing struct {
	merge.Outing

	id, twin pierre.ActivityID
	sources  []*entry // once they are wanted
}

// settle finds out anew which activities count, among those at the time of the sources, see [merge.Twins].
func (i importing) settle(ctx context.Context, changed []*entry) error {
	span := merge.SpanOf(changed[0].Activity)
	for _, e := range changed {
		span = span.And(merge.SpanOf(e.Activity))
	}
	_, err := i.settleSpan(ctx, span)
	return err
}

// settleSpan does so for the activities of the span and those that overlap with them, and returns the span of them all.
func (i importing) settleSpan(ctx context.Context, span merge.Span) (merge.Span, error) {
	at, span, err := i.outings(ctx, span)
	if err != nil {
		return span, err
	}
	twins, err := i.twins(ctx, at)
	if err != nil {
		return span, err
	}
	for n, o := range at {
		twin := pierre.ActivityID("")
		if twins[n] >= 0 {
			twin = at[twins[n]].id
		}
		if twin == o.twin {
			continue
		}
		if _, err := i.tx.exec(ctx, `UPDATE activities SET twin_id = $3 WHERE user_id = $1 AND id = $2`, i.user, o.id, twin); err != nil {
			return span, err
		}
	}
	if len(at) < maxOverlapping {
		return span, nil
	}
	f := &filter{args: i.inSpan(span)}
	ids := make([]pierre.ActivityID, len(at))
	for n, o := range at {
		ids[n] = o.id
	}
	_, err = i.tx.exec(ctx, `UPDATE activities SET twin_id = '' WHERE `+inSpan+` AND twin_id <> '' AND id NOT IN (`+list(f, ids)+`)`, f.args...)
	return span, err
}

// outings returns the activities of the span and those that overlap with them, and so on, and the span of them all.
func (i importing) outings(ctx context.Context, span merge.Span) ([]*outing, merge.Span, error) {
	for {
		at, err := i.overlapping(ctx, span)
		if err != nil {
			return nil, span, err
		}
		wider := span
		for _, o := range at {
			wider = wider.And(o.Span)
		}
		if wider == span || len(at) >= maxOverlapping {
			return at, wider, nil
		}
		span = wider
	}
}

// inSpan is the condition of the activities that overlap with a span, as [merge.SpanOf] says when they were.
const inSpan = `user_id = $1 AND start_us >= $2 AND start_us < $3 AND start_us + 1000000 * (
	CASE WHEN elapsed_seconds > 1.5 * duration_seconds THEN 1.5 * duration_seconds
		ELSE COALESCE(elapsed_seconds, duration_seconds, 0) END) > $4`

// inSpan returns the arguments of the condition.
func (i importing) inSpan(span merge.Span) []any {
	return []any{i.user, span.From.Add(-merge.LongestSpan).UnixMicro(), span.To.UnixMicro(), float64(span.From.UnixMicro())}
}

func (i importing) overlapping(ctx context.Context, span merge.Span) ([]*outing, error) {
	rows, err := i.tx.query(ctx, `SELECT id, start_us, elapsed_seconds, duration_seconds, sport, multisport_id, twin_id FROM activities
		WHERE `+inSpan+` AND NOT hidden ORDER BY start_us, id LIMIT $5`, append(i.inSpan(span), maxOverlapping)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var at []*outing
	for rows.Next() {
		var o outing
		var a pierre.Activity
		if err := rows.Scan(&o.id, instant{&a.Start}, &a.ElapsedSeconds, &a.DurationSeconds, &a.Sport, &a.MultisportID, &o.twin); err != nil {
			return nil, err
		}
		o.Outing = merge.NewOuting(a)
		at = append(at, &o)
	}
	return at, rows.Err()
}

// twins returns for each activity the one that counts in its place, -1 if it counts.
func (i importing) twins(ctx context.Context, at []*outing) ([]int, error) {
	list := make([]merge.Outing, len(at))
	for n, o := range at {
		if len(at) > 1 {
			var err error
			if o.sources, err = i.entries(ctx, o.id); err != nil {
				return nil, err
			}
			o.Outing = o.Ranked(factsOf(o.sources))
		}
		list[n] = o.Outing
	}
	var failed error
	twins := merge.Twins(list, func(a, b int) bool {
		same, err := i.mayBeSame(ctx, at[a], at[b])
		if err != nil {
			failed = err
		}
		return same
	})
	return twins, failed
}

// mayBeSame decides what the times and sports of two activities leave open: what the athlete said of them, and their tracks.
func (i importing) mayBeSame(ctx context.Context, a, b *outing) (bool, error) {
	x, y := withTrack(a.sources), withTrack(b.sources)
	switch {
	case conflict(a.sources, b.sources):
		return false, nil
	case x == nil || y == nil:
		return true, nil
	}
	for _, e := range []*entry{x, y} {
		if ok, err := i.readTrack(ctx, e); err != nil || !ok {
			return err == nil, err // as if there were none
		}
	}
	return merge.TracksAgree(x.series, y.series, merge.Shift(y.Facts, x.Facts)), nil
}

// readTrack gives e its track, once: an activity is compared with several. It reports whether there is one that can be read.
func (i importing) readTrack(ctx context.Context, e *entry) (bool, error) {
	if len(e.series.Time) > 0 {
		return true, nil
	}
	packed, err := i.samples(ctx, e.Source)
	if err != nil {
		return false, err
	}
	all, ok := i.track(e, packed)
	if !ok {
		return false, nil
	}
	head := func(column []float64) []float64 { return slices.Clone(column[:min(len(column), maxTrack)]) }
	e.series = pierre.Series{Time: head(all.Time), Latitude: head(all.Latitude), Longitude: head(all.Longitude)}
	return true, nil
}
