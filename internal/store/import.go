package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pierre-mcp/pierre/internal/merge"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// maxSources bounds the sources of one activity: every one that comes makes all of them be added up again.
const maxSources = 32

// optimisticTries is how often an import compares tracks outside of its transaction, before it does so inside.
const optimisticTries = 3

// errOutdated says that another import came between finding an activity and writing it.
var errOutdated = errors.New("the user's activities have changed")

// ImportRecording keeps rec, which was read from src: as a new activity of the
// user, or as one more source of the one that it is a recording of (package merge
// has the rule). A source that was imported before and says the same as then
// changes nothing.
//
// What takes time, packing samples and comparing rec's track with others, is done
// before the transaction, which checks that the user's activities are still the
// same, writes, and settles which of those at the same time count.
func (s *Store) ImportRecording(
	ctx context.Context, user pierre.UserID, src pierre.Source, rec pierre.Recording,
) (pierre.Addition, error) {
	in, err := s.newEntry(src, rec)
	if err != nil {
		return pierre.Addition{}, &pierre.Error{
			Kind: pierre.KindInvalid, Err: err, Msg: fmt.Sprintf("Its samples cannot be kept: %v.", err),
		}
	}
	before := newSources(s, user, s.codec)
	if was, err := before.deleted(ctx, src); err != nil || was != "" {
		return pierre.Addition{Activity: was, Outcome: pierre.OutcomeDeleted}, s.classify(err, "looking for deleted recordings")
	}
	if src.Copy != nil {
		in.sides = sides(src.Copy.Sides)
		if e, err := before.known(ctx, src); err != nil || e != nil {
			return unchangedBy(e), s.classify(err, "looking for a recording")
		}
	}
	for range optimisticTries {
		m, err := before.match(ctx, in)
		if err != nil {
			return pierre.Addition{}, s.classify(err, "looking for a recording's activity")
		}
		if m.nothingToDo {
			return m.unchanged(), nil
		}
		added, err := s.keepMatched(ctx, user, in, &m)
		if !errors.Is(err, errOutdated) {
			added.Damaged = slices.Compact(slices.Sorted(slices.Values(append(added.Damaged, slices.Collect(maps.Keys(before.damaged))...))))
			return added, err
		}
	}
	return s.keepMatched(ctx, user, in, nil)
}

// unchangedBy is the outcome for a copy of a source that is known.
func unchangedBy(e *entry) pierre.Addition {
	if e == nil {
		return pierre.Addition{}
	}
	return pierre.Addition{Activity: e.activity, Outcome: pierre.OutcomeUnchanged}
}

// keepMatched writes in as m says. Without an m, it looks for one in its transaction.
func (s *Store) keepMatched(ctx context.Context, user pierre.UserID, in *entry, m *match) (pierre.Addition, error) {
	select { // at most one import waits for the writer, so that calls do not wait behind several
	case s.importing <- struct{}{}:
	case <-ctx.Done():
		return pierre.Addition{}, ctx.Err()
	}
	defer func() { <-s.importing }()
	var added pierre.Addition
	err := s.update(ctx, "importing a recording", func(t *tx) error {
		if err := t.lockUser(ctx, user); err != nil {
			return err
		}
		i := importing{newSources(t, user, s.codec), t}
		err := i.write(ctx, in, m, &added)
		added.Damaged = slices.Sorted(maps.Keys(i.damaged))
		return err
	})
	return added, err
}

// An importing is a transaction that imports for one user.
type importing struct {
	sources

	tx *tx
}

// write asks again whether the user deleted the recording: that may have been since the import began.
func (i importing) write(ctx context.Context, in *entry, m *match, added *pierre.Addition) error {
	if was, err := i.deleted(ctx, in.Source); err != nil || was != "" {
		*added = pierre.Addition{Activity: was, Outcome: pierre.OutcomeDeleted}
		return err
	}
	if m == nil {
		found, err := i.match(ctx, in)
		if err != nil {
			return err
		}
		m = &found
	} else if now, err := i.nearby(ctx, in.Facts); err != nil {
		return err
	} else if !slices.Equal(now, m.nearby) {
		return errOutdated
	}
	if m.nothingToDo {
		*added = m.unchanged()
		return nil
	}
	before, err := i.entriesOf(ctx, m.activities)
	if err != nil {
		return err
	}
	fresh := *in // keep changes it
	all := []*entry{&fresh}
	*added = pierre.Addition{Activity: pierre.NewActivityID(), Outcome: pierre.OutcomeAdded}
	if len(m.activities) > 0 {
		*added = pierre.Addition{Activity: m.activities[0], Outcome: pierre.OutcomeMerged}
	}
	for _, e := range before {
		if sameKey(e.Source, in.Source) { // in takes its place
			added.Outcome = pierre.OutcomeUpdated
			fresh.hidden, fresh.sides = e.hidden, e.sides
			continue
		}
		all = append(all, e)
		added.Others = append(added.Others, e.Source)
	}
	fresh.said = saidOf(before)
	if err := i.keep(ctx, added.Activity, all); err != nil {
		return err
	}
	return i.settle(ctx, slices.Concat(all, before)) // that whose place was taken may have been at another time
}

// entriesOf returns the sources of activities that are to be one. It is [errOutdated] if the athlete keeps them apart since, or
// deleted one.
func (i importing) entriesOf(ctx context.Context, ids []pierre.ActivityID) (all []*entry, err error) {
	for _, id := range ids {
		more, err := i.entries(ctx, id)
		if err != nil {
			return nil, err
		}
		if len(more) == 0 || conflict(all, more) {
			return nil, errOutdated
		}
		all = append(all, more...)
	}
	return all, nil
}

// keep makes all the sources of the activity called id, which may be new, and
// removes the activities that are thereby left without a source.
func (i importing) keep(ctx context.Context, id pierre.ActivityID, all []*entry) error {
	slices.SortFunc(all, richerFirst)
	ranked := factsOf(all)
	activity := merge.Activity(ranked)
	activity.ID, activity.UserID = id, i.user
	activity.Hidden = slices.ContainsFunc(all, func(e *entry) bool { return e.hidden })
	saidOf(all).Apply(&activity)
	if err := i.upsertActivity(ctx, activity); err != nil {
		return err
	}
	if err := i.changed(ctx); err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(e *entry) bool { return e.decided }) { // its digest may be of other sources of the same number
		if _, err := i.tx.exec(ctx, `DELETE FROM activity_digests WHERE user_id = $1 AND activity_id = $2`, i.user, id); err != nil {
			return err
		}
	}
	needed := merge.Needed(ranked)
	for n, e := range all {
		left, primary, samples := e.activity, n == 0, needed[n] || e.keepsSamples()
		if e.stored() && left == id && e.Source.Primary == primary && e.packed == (e.packed && samples) && !e.decided {
			continue // its samples would be written again, which takes time
		}
		e.activity, e.Source.Primary = id, primary
		if err := i.upsertEntry(ctx, e, samples); err != nil {
			return err
		}
		if left == "" || left == id {
			continue
		}
		if _, err := i.tx.exec(ctx, `DELETE FROM activities WHERE user_id = $1 AND id = $2
			AND NOT EXISTS (SELECT 1 FROM activity_sources WHERE user_id = $1 AND activity_id = $2)`, i.user, left); err != nil {
			return err
		}
	}
	return nil
}
