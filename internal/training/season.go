package training

import (
	"context"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A season is all of an athlete's activities, the oldest first, with what is kept of each one's samples.
type season struct {
	state string // of the activities; see [DigestStore]
	read  time.Time
	all   []seasonRow
	whole bool // each row has a digest
}

// A seasonRow is an activity and its digest, which is decoded when it is needed.
type seasonRow struct {
	pierre.Activity

	packed []byte // nil: there is none
	stamp  string
}

// season returns the user's season: the one that was read before, if nothing has changed since.
func (s *Service) season(ctx context.Context, user pierre.UserID) (*season, error) {
	state, err := s.data.ActivityState(ctx, user)
	if err != nil {
		return nil, err
	}
	if kept, ok := s.seasons.get(user); ok && kept.state == state && s.now().Sub(kept.read) < seasonAge {
		return kept, nil
	}
	list, err := s.data.DigestedActivities(ctx, user, digestVersion)
	if err != nil {
		return nil, err
	}
	read := &season{state: state, read: s.now(), all: make([]seasonRow, len(list)), whole: true}
	for i, a := range list {
		row := seasonRow{Activity: a.Activity, stamp: a.Stamp}
		if a.Data != nil {
			if row.Activity, row.packed, err = decodeActivity(a.Data); err != nil {
				return nil, err
			}
		}
		row.UserID = user
		read.all[i] = row
		read.whole = read.whole && row.packed != nil
	}
	if read.whole {
		s.seasons.put(user, read, len(read.all))
	}
	return read, nil
}

// seasonAge is how long a season counts that is of the present state: servers of a version that does not note each change may
// work on the same database.
const seasonAge = 5 * time.Minute

// mostKept is how many activities are kept in memory, of all users together; each takes about a kilobyte.
const mostKept = 60_000

// rows returns the activities that count and match a query by its sources, sports and times, in the order of the query.
func (s *Service) rows(ctx context.Context, user pierre.UserID, q pierre.ActivityQuery) ([]seasonRow, error) {
	season, err := s.season(ctx, user)
	if err != nil {
		return nil, err
	}
	from := map[pierre.ActivityID]bool{}
	for _, p := range q.Providers {
		some, err := s.data.ActivitiesFrom(ctx, user, p)
		if err != nil {
			return nil, err
		}
		for id := range some {
			from[id] = true
		}
	}
	var rows []seasonRow
	for _, r := range season.all {
		if (len(q.Providers) == 0 || from[r.ID]) && (len(q.Sports) == 0 || slices.Contains(q.Sports, r.Sport)) &&
			!r.Start.Before(q.After) && (q.Before.IsZero() || r.Start.Before(q.Before)) {
			rows = append(rows, r)
		}
	}
	if !q.Ascending {
		slices.Reverse(rows)
	}
	return rows, nil
}
