package store

import (
	"context"

	"github.com/pierre-mcp/pierre/internal/merge"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxOverlapping bounds how many activities at the same time are compared with each other.
const maxOverlapping = 16

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
	at, err := i.outings(ctx, span)
	if err != nil {
		return err
	}
	twins, err := i.twins(ctx, at)
	if err != nil {
		return err
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
			return err
		}
	}
	return nil
}

// outings returns the activities of the span and those that overlap with them, and so on.
func (i importing) outings(ctx context.Context, span merge.Span) ([]*outing, error) {
	for {
		at, err := i.overlapping(ctx, span)
		if err != nil {
			return nil, err
		}
		wider := span
		for _, o := range at {
			wider = wider.And(o.Span)
		}
		if wider == span || len(at) >= maxOverlapping {
			return at, nil
		}
		span = wider
	}
}

func (i importing) overlapping(ctx context.Context, span merge.Span) ([]*outing, error) {
	rows, err := i.tx.query(ctx, `SELECT id, start_us, elapsed_seconds, duration_seconds, sport, multisport_id, twin_id FROM activities
		WHERE user_id = $1 AND start_us >= $2 AND start_us < $3 AND NOT hidden ORDER BY start_us, id LIMIT $4`,
		i.user, span.From.Add(-merge.LongestSpan).UnixMicro(), span.To.UnixMicro(), 4*maxOverlapping)
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
		if o.Outing = merge.NewOuting(a); o.Span.To.After(span.From) && len(at) < maxOverlapping {
			at = append(at, &o)
		}
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
	tracks := 2 * maxTracks
	twins := merge.Twins(list, func(a, b int) bool {
		same, err := i.mayBeSame(ctx, at[a], at[b], &tracks)
		if err != nil {
			failed = err
		}
		return same
	})
	return twins, failed
}

// mayBeSame decides what the times and sports of two activities leave open: what the athlete said of them, and their tracks,
// as long as there are any left of the number in tracks.
func (i importing) mayBeSame(ctx context.Context, a, b *outing, tracks *int) (bool, error) {
	if conflict(a.sources, b.sources) {
		return false, nil
	}
	x, y := tracked(a.sources), tracked(b.sources)
	if x == nil || y == nil {
		return true, nil
	}
	if *tracks--; *tracks < 0 {
		return false, nil
	}
	packed, err := i.samples(ctx, x.Source)
	if err != nil || len(packed) == 0 {
		return false, err
	}
	track, err := i.codec.Decode(packed)
	if err != nil {
		return false, err
	}
	own := *x
	own.series = track
	return i.tracksAgree(ctx, &own, comparison{y, merge.Shift(y.Facts, x.Facts), merge.SameIfTracksAgree})
}

// tracked returns a source whose track is kept.
func tracked(all []*entry) *entry {
	for _, e := range all {
		if e.packed && e.Columns&merge.HasPosition != 0 {
			return e
		}
	}
	return nil
}
