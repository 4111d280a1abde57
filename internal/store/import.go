package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/pierre-mcp/pierre/internal/merge"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/series"
)

// ImportRecording keeps rec, which was read from src, in one transaction: as a
// new activity of the user, or as one more source of the one that it is a
// recording of (package merge has the rule). A source that was imported before
// and says the same as then changes nothing.
func (s *Store) ImportRecording(
	ctx context.Context, user pierre.UserID, src pierre.Source, rec pierre.Recording,
) (pierre.Addition, error) {
	in, err := s.newEntry(src, rec) // outside of the transaction: packing is the longest part
	if err != nil {
		return pierre.Addition{}, &pierre.Error{
			Kind: pierre.KindInvalid, Err: err, Msg: fmt.Sprintf("Its samples cannot be kept: %v.", err),
		}
	}
	var added pierre.Addition
	err = s.update(ctx, "importing a recording", func(t *tx) error {
		if err := t.lockUser(ctx, user); err != nil {
			return err
		}
		i, fresh := importing{t, user, s.codec}, *in // add changes what it keeps, and may run again
		var err error
		added, err = i.add(ctx, &fresh)
		return err
	})
	return added, err
}

// An importing is a transaction that imports for one user.
type importing struct {
	*tx

	user  pierre.UserID
	codec *series.Codec
}

func (i importing) add(ctx context.Context, in *entry) (pierre.Addition, error) {
	known, err := i.known(ctx, in.Source)
	if err != nil {
		return pierre.Addition{}, err
	}
	if known != nil {
		return i.again(ctx, in, known)
	}
	matches, err := i.matches(ctx, in)
	if err != nil {
		return pierre.Addition{}, err
	}
	added := pierre.Addition{Activity: pierre.NewActivityID(), Outcome: pierre.OutcomeAdded}
	all := []*entry{in}
	if len(matches) > 0 {
		added = pierre.Addition{Activity: matches[0][0].activity, Outcome: pierre.OutcomeMerged}
	}
	for _, m := range matches {
		all = append(all, m...)
		for _, e := range m {
			added.Others = append(added.Others, e.Source)
		}
	}
	return added, i.keep(ctx, added.Activity, all)
}

// again imports what is in as one source that is known.
func (i importing) again(ctx context.Context, in, known *entry) (pierre.Addition, error) {
	added := pierre.Addition{Activity: known.activity, Outcome: pierre.OutcomeUnchanged}
	all, err := i.entries(ctx, known.activity)
	if err != nil {
		return added, err
	}
	all = slices.DeleteFunc(all, func(e *entry) bool { return sameKey(e.Source, in.Source) })
	for _, e := range all {
		added.Others = append(added.Others, e.Source)
	}
	if known.says(in) {
		return added, nil
	}
	added.Outcome = pierre.OutcomeUpdated
	return added, i.keep(ctx, known.activity, append(all, in))
}

// keep makes all the sources of the activity called id, which may be new, and
// removes the activities that are thereby left without a source.
func (i importing) keep(ctx context.Context, id pierre.ActivityID, all []*entry) error {
	slices.SortFunc(all, func(a, b *entry) int { return merge.RicherFirst(a.Facts, b.Facts) })
	ranked := make([]merge.Facts, len(all))
	for n, e := range all {
		ranked[n] = e.Facts
	}
	activity := merge.Activity(ranked)
	activity.ID, activity.UserID = id, i.user
	if err := i.upsertActivity(ctx, activity); err != nil {
		return err
	}
	needed := merge.Needed(ranked)
	for n, e := range all {
		left := e.activity
		e.activity, e.Source.Primary = id, n == 0
		if err := i.upsertEntry(ctx, e, needed[n]); err != nil {
			return err
		}
		if left == "" || left == id {
			continue
		}
		if _, err := i.exec(ctx, `DELETE FROM activities WHERE user_id = $1 AND id = $2
			AND NOT EXISTS (SELECT 1 FROM activity_sources WHERE user_id = $1 AND activity_id = $2)`, i.user, left); err != nil {
			return err
		}
	}
	return nil
}

// matches returns the sources of each activity that in is a recording of, the
// activity that was imported first in front. There is more than one activity if
// only in shows that they are the same.
func (i importing) matches(ctx context.Context, in *entry) ([][]*entry, error) {
	ids, err := i.nearby(ctx, in)
	if err != nil {
		return nil, err
	}
	var found [][]*entry
	for _, id := range ids {
		sources, err := i.entries(ctx, id)
		if err != nil {
			return nil, err
		}
		same, err := i.isRecordingOf(ctx, in, sources)
		if err != nil {
			return nil, err
		}
		if same && !slices.ContainsFunc(found, func(other []*entry) bool { return conflict(other, sources) }) {
			found = append(found, sources)
		}
	}
	return found, nil
}

// isRecordingOf applies the duplicate rule to in and the sources of one activity.
func (i importing) isRecordingOf(ctx context.Context, in *entry, sources []*entry) (bool, error) {
	if conflict([]*entry{in}, sources) {
		return false, nil
	}
	for _, e := range sources {
		switch merge.Compare(in.Facts, e.Facts) {
		case merge.Same:
			return true, nil
		case merge.SameIfTracksAgree:
			agree, err := i.tracksAgree(ctx, in, e, sources)
			if err != nil || agree {
				return agree, err
			}
		case merge.Different:
		}
	}
	return false, nil
}

// tracksAgree compares in's track with e's, or, if a richer source made e's
// samples superfluous, with that one's.
func (i importing) tracksAgree(ctx context.Context, in, e *entry, sources []*entry) (bool, error) {
	for _, other := range append([]*entry{e}, sources...) {
		packed, err := i.samples(ctx, other.Source)
		if err != nil {
			return false, err
		}
		if len(packed) == 0 || other.Columns&merge.HasPosition == 0 {
			continue
		}
		track, err := i.codec.Decode(packed)
		if err != nil {
			return false, err
		}
		return merge.TracksAgree(in.series, track, -merge.Shift(in.Facts, other.Facts)), nil
	}
	return false, nil
}

func conflict(a, b []*entry) bool {
	return slices.ContainsFunc(a, func(x *entry) bool {
		return slices.ContainsFunc(b, func(y *entry) bool { return merge.Conflict(x.Source, y.Source) })
	})
}
