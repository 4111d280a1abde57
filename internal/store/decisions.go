package store

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/merge"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// MergeActivities makes the user's activity other a part of the activity id, whatever the rule says. It fails for activities
// that are parts of one file, or that no wrong clock can have put so far apart.
func (s *Store) MergeActivities(ctx context.Context, user pierre.UserID, id, other pierre.ActivityID) error {
	return s.decide(ctx, "merging activities", user, func(i importing) error {
		a, b, err := i.two(ctx, id, other)
		if err != nil {
			return err
		}
		if err := mayBeMerged(a, b); err != nil {
			return err
		}
		for _, e := range b {
			e.hidden, e.decided = a[0].hidden, true
		}
		all := slices.Concat(a, b)
		joined(all)
		if err := i.keep(ctx, id, all); err != nil {
			return err
		}
		return i.settle(ctx, all)
	})
}

func mayBeMerged(a, b []*entry) error {
	for _, x := range a {
		for _, y := range b {
			if merge.Conflict(x.Source, y.Source) {
				return pierre.Invalid("other_activity_id", "The two are parts of one file, which holds each activity once: they cannot be merged.")
			}
			if x.Activity.Start.Sub(y.Activity.Start).Abs() > merge.MaxZoneDifference {
				return pierre.Invalid("other_activity_id", "The two begin more than 14 hours apart: they cannot be recordings of one activity.")
			}
		}
	}
	if len(a)+len(b) > maxSources {
		return pierre.Invalid("other_activity_id", "The two have more than %d sources together: they cannot be merged.", maxSources)
	}
	return nil
}

// KeepApart notes that two of the user's activities are not the same, whatever the rule says of their sources.
func (s *Store) KeepApart(ctx context.Context, user pierre.UserID, id, other pierre.ActivityID) error {
	return s.decide(ctx, "keeping activities apart", user, func(i importing) error {
		a, b, err := i.two(ctx, id, other)
		if err != nil {
			return err
		}
		occasion := pierre.NewOccasion()
		for side, all := range [][]*entry{a, b} {
			for _, e := range all {
				e.sides, e.decided = e.sides.with(occasion, side), true
			}
		}
		if err := i.keep(ctx, id, a); err != nil {
			return err
		}
		if err := i.keep(ctx, other, b); err != nil {
			return err
		}
		return i.settle(ctx, slices.Concat(a, b))
	})
}

// SplitActivity makes the user's activity several, which stay apart: one of each source, or of those with the name file alone,
// which is the name of a file or of a provider.
func (s *Store) SplitActivity(ctx context.Context, user pierre.UserID, id pierre.ActivityID, file string) (pierre.Split, error) {
	var done pierre.Split
	err := s.decide(ctx, "splitting an activity", user, func(i importing) error {
		done = pierre.Split{}
		all, err := i.sourcesOf(ctx, id)
		if err != nil {
			return err
		}
		groups, err := split(all, file)
		if err != nil {
			return err
		}
		occasion := pierre.NewOccasion()
		for side, group := range groups {
			of := id
			if side > 0 {
				of = pierre.NewActivityID()
			}
			done.Activities = append(done.Activities, of)
			if richest := slices.MinFunc(group, richerFirst); richest.Samples > 0 && !richest.packed {
				done.Lost = append(done.Lost, richest.Source.File)
			}
			for _, e := range group {
				e.sides, e.decided = e.sides.with(occasion, side), true
			}
			if err := i.keep(ctx, of, group); err != nil {
				return err
			}
		}
		return i.settle(ctx, all)
	})
	return done, err
}

// split puts the sources of an activity into groups, that of the richest in front.
func split(all []*entry, file string) ([][]*entry, error) {
	slices.SortFunc(all, richerFirst)
	var groups [][]*entry
	for _, e := range all {
		groups = append(groups, []*entry{e})
	}
	if file != "" {
		named := func(e *entry) bool { return e.named(file) }
		rest := slices.DeleteFunc(slices.Clone(all), named)
		groups = [][]*entry{rest, slices.DeleteFunc(slices.Clone(all), func(e *entry) bool { return !named(e) })}
	}
	switch {
	case len(all) == 1:
		return nil, pierre.Invalid("activity_id", "This activity was read from one source alone: there is nothing to split.")
	case file != "" && (len(groups[0]) == 0 || len(groups[1]) == 0):
		var names []string
		for _, e := range all {
			names = append(names, fmt.Sprintf("%s (%s)", e.Source.File, e.Source.Provider))
		}
		return nil, pierre.Invalid("source", "source must name some of the activity's sources, and not all: %s.", strings.Join(names, ", "))
	}
	return groups, nil
}

// named reports whether file is the name of e's file, or of its provider.
func (e *entry) named(file string) bool {
	return e.Source.File == file || path.Base(e.Source.File) == file || string(e.Source.Provider) == file
}

// HideActivity takes one of the user's activities out of lists and sums, or back into them. What is imported later as a
// recording of it is hidden, too.
func (s *Store) HideActivity(ctx context.Context, user pierre.UserID, id pierre.ActivityID, hidden bool) error {
	return s.decide(ctx, "hiding an activity", user, func(i importing) error {
		all, err := i.sourcesOf(ctx, id)
		if err != nil {
			return err
		}
		for _, e := range all {
			e.hidden, e.decided = hidden, true
		}
		if err := i.keep(ctx, id, all); err != nil {
			return err
		}
		return i.settle(ctx, all)
	})
}

// decide carries out what the user decided of activities.
func (s *Store) decide(ctx context.Context, what string, user pierre.UserID, do func(importing) error) error {
	return s.update(ctx, what, func(t *tx) error {
		if err := t.lockUser(ctx, user); err != nil {
			return err
		}
		return do(importing{newSources(t, user, s.codec), t})
	})
}

// sourcesOf returns the sources of one of the user's activities.
func (i importing) sourcesOf(ctx context.Context, id pierre.ActivityID) ([]*entry, error) {
	all, err := i.entries(ctx, id)
	if err == nil && len(all) == 0 {
		err = pierre.NotFound("activity " + string(id))
	}
	return all, err
}

func (i importing) two(ctx context.Context, id, other pierre.ActivityID) (a, b []*entry, err error) {
	if id == other {
		return nil, nil, pierre.Invalid("other_activity_id", "activity_id and other_activity_id are the same.")
	}
	if a, err = i.sourcesOf(ctx, id); err != nil {
		return nil, nil, err
	}
	b, err = i.sourcesOf(ctx, other)
	return a, b, err
}
