package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/pierre-mcp/pierre/internal/merge"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/series"
)

// How much of what a user has is compared with a recording that comes in. Few
// athletes have two sources that start in the same minute; an upload that was
// made to have thousands is compared with the nearest.
const (
	maxNearby = 32 // sources that start before, and as many that start after
	maxNamed  = 16 // sources of the same content or the same entry of an account
	maxTracks = 8  // activities of which the tracks are compared
)

// A querier reads: the store, or a transaction.
type querier interface {
	query(ctx context.Context, q string, args ...any) (*sql.Rows, error)
	row(ctx context.Context, q string, args ...any) *sql.Row
}

// A sources reads the sources of one user's activities.
type sources struct {
	db      querier
	user    pierre.UserID
	codec   *series.Codec
	damaged map[string]bool // the files of which the kept samples could not be read
}

func newSources(db querier, user pierre.UserID, codec *series.Codec) sources {
	return sources{db, user, codec, map[string]bool{}}
}

// track unpacks the samples of a source. Damaged ones are noted and have no track: a disk's fault in one recording does not keep
// others out.
func (s sources) track(e *entry, packed []byte) (track pierre.Series, ok bool) {
	track, err := s.codec.Decode(packed)
	if err != nil {
		s.damaged[e.Source.File] = true
	}
	return track, err == nil
}

// A match says what there is to do with a recording.
type match struct {
	nearby      []sourceKey         // by which it was found
	activities  []pierre.ActivityID // that it is a recording of, in the order of candidates
	nothingToDo bool                // it is known, or the activity has as many sources as one may have
	others      []pierre.Source     // if there is nothing to do: those of the activity
}

func (m *match) unchanged() pierre.Addition {
	return pierre.Addition{Activity: m.activities[0], Outcome: pierre.OutcomeUnchanged, Others: m.others}
}

// match looks for the activities that in is a recording of. There is more than
// one if only in shows that they are the same.
func (s sources) match(ctx context.Context, in *entry) (m match, err error) {
	if m.nearby, err = s.nearby(ctx, in.Facts); err != nil {
		return m, err
	}
	known, err := s.known(ctx, in.Source)
	if err != nil {
		return m, err
	}
	if known != nil {
		return m, s.again(ctx, &m, in, known)
	}
	if into, err := s.into(ctx, in); err != nil || into != "" {
		m.activities = []pierre.ActivityID{into}
		return m, err
	}
	var found []*entry
	tracks := maxTracks
	for _, id := range candidates(m.nearby, in.Source) {
		all, err := s.entries(ctx, id)
		if err != nil {
			return m, err
		}
		same, err := s.isRecordingOf(ctx, in, all, &tracks)
		if err != nil {
			return m, err
		}
		switch {
		case !same || conflict(found, all):
		case len(found)+len(all) < maxSources:
			found = append(found, all...)
			m.activities = append(m.activities, id)
		case len(found) == 0:
			m.activities, m.nothingToDo, m.others = []pierre.ActivityID{id}, true, sourcesOf(all)
			return m, nil
		}
	}
	return m, nil
}

// into returns the activity that an export has in in, whatever the rule says; "" if there is none, or none that in can be a part of.
func (s sources) into(ctx context.Context, in *entry) (pierre.ActivityID, error) {
	if in.Source.Copy == nil || in.Source.Copy.Into == "" {
		return "", nil
	}
	all, err := s.entries(ctx, in.Source.Copy.Into)
	one := []*entry{in}
	if err != nil || len(all) == 0 || conflict(one, all) || mayBeMerged(all, one) != nil {
		return "", err
	}
	return in.Source.Copy.Into, nil
}

// again completes m for a source that is known.
func (s sources) again(ctx context.Context, m *match, in, known *entry) error {
	m.activities = []pierre.ActivityID{known.activity}
	if m.nothingToDo = known.says(in); !m.nothingToDo {
		return nil
	}
	all, err := s.entries(ctx, known.activity)
	if known.samples == nil && in.Samples > 0 && needs(all, in) {
		m.nothingToDo = false // they were given up when its activity had them of a richer source, from which it was split since
		return err
	}
	m.others = sourcesOf(slices.DeleteFunc(all, func(e *entry) bool { return sameKey(e.Source, in.Source) }))
	return err
}

// needs reports whether the samples of in, one of an activity's sources, are of use to it.
func needs(all []*entry, in *entry) bool {
	slices.SortFunc(all, richerFirst)
	ranked := factsOf(all)
	at := slices.IndexFunc(all, func(e *entry) bool { return sameKey(e.Source, in.Source) })
	return at >= 0 && merge.Needed(ranked)[at]
}

func richerFirst(a, b *entry) int { return merge.RicherFirst(a.Facts, b.Facts) }

func factsOf(all []*entry) []merge.Facts {
	facts := make([]merge.Facts, len(all))
	for n, e := range all {
		facts[n] = e.Facts
	}
	return facts
}

func sourcesOf(all []*entry) []pierre.Source {
	var list []pierre.Source
	for _, e := range all {
		list = append(list, e.Source)
	}
	return list
}

// candidates returns the activities of the sources, those of the same content or entry of an account in front, and then the
// one that was imported first, without those that hold another part of the same file.
func candidates(nearby []sourceKey, src pierre.Source) []pierre.ActivityID {
	excluded := map[pierre.ActivityID]bool{}
	for _, k := range nearby {
		if k.sha256 == src.SHA256 && k.part != src.Part {
			excluded[k.activity] = true
		}
	}
	same := func(k sourceKey) int {
		if k.named || k.sha256 == src.SHA256 {
			return 1
		}
		return 0
	}
	inOrder := slices.Clone(nearby)
	slices.SortStableFunc(inOrder, func(a, b sourceKey) int {
		return cmp.Or(-cmp.Compare(same(a), same(b)), cmp.Compare(a.imported, b.imported), cmp.Compare(a.activity, b.activity))
	})
	var ids []pierre.ActivityID
	for _, k := range inOrder {
		if !excluded[k.activity] {
			excluded[k.activity] = true // once is enough
			ids = append(ids, k.activity)
		}
	}
	return ids
}

// isRecordingOf applies the duplicate rule to in and the sources of one
// activity. Tracks are compared as long as there are any left of the number in tracks.
func (s sources) isRecordingOf(ctx context.Context, in *entry, all []*entry, tracks *int) (bool, error) {
	if conflict([]*entry{in}, all) {
		return false, nil
	}
	compared := map[comparison]bool{}
	for _, e := range all {
		verdict := merge.Compare(in.Facts, e.Facts)
		switch verdict {
		case merge.Same:
			return true, nil
		case merge.SameIfTracksAgree, merge.SameIfTracksCoincide:
			other := withTrack(append([]*entry{e}, all...))
			if other == nil {
				continue
			}
			c := comparison{other, merge.Shift(other.Facts, e.Facts) + merge.Shift(e.Facts, in.Facts), verdict}
			if compared[c] {
				continue
			}
			if *tracks--; *tracks < 0 {
				return false, nil
			}
			compared[c] = true
			agree, err := s.tracksAgree(ctx, in, c)
			if err != nil || agree {
				return agree, err
			}
		case merge.Different:
		}
	}
	return false, nil
}

// A comparison is of a recording's track with that of a source.
type comparison struct {
	with    *entry
	shift   float64 // s that the recording started after the source, by one clock
	verdict merge.Verdict
}

// withTrack returns the first source whose track is kept, nil if there is none: that of others was superfluous beside it.
func withTrack(all []*entry) *entry {
	for _, e := range all {
		if e.packed && e.Columns&merge.HasPosition != 0 {
			return e
		}
	}
	return nil
}

func (s sources) tracksAgree(ctx context.Context, in *entry, c comparison) (bool, error) {
	packed, err := s.samples(ctx, c.with.Source)
	if errors.Is(err, sql.ErrNoRows) || err == nil && len(packed) == 0 {
		return false, nil // another import came between, which will be noticed
	}
	if err != nil {
		return false, err
	}
	track, ok := s.track(c.with, packed)
	if !ok {
		return false, nil
	}
	if c.verdict == merge.SameIfTracksCoincide {
		return merge.TracksCoincide(in.series, track, c.shift), nil
	}
	return merge.TracksAgree(in.series, track, c.shift), nil
}

func conflict(a, b []*entry) bool {
	return slices.ContainsFunc(a, func(x *entry) bool {
		return slices.ContainsFunc(b, func(y *entry) bool { return merge.Conflict(x.Source, y.Source) || x.sides.apart(y.sides) })
	})
}
