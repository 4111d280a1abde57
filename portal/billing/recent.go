package billing

import (
	"context"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/portal/db"
)

// recentFor is how long what was read of an open month is shown: with many keys, reading takes seconds.
const recentFor = time.Minute

// A recentDraft is an open month as pages show it. It is made anew when prices change.
type recentDraft struct {
	in input
	at time.Time
	draft
}

// recent returns an open month as it was a minute ago at the latest. Who comes while it is read waits, and reads it no more.
func (s *Service) recent(ctx context.Context, month db.Month) (recentDraft, error) {
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	case <-ctx.Done():
		return recentDraft{}, ctx.Err()
	}
	prices, err := s.db.Prices(ctx)
	if err != nil {
		return recentDraft{}, err
	}
	now, was := s.now(), s.last
	fresh := was.in.Month == month && !now.Before(was.at) && now.Sub(was.at) < recentFor
	if fresh && slices.Equal(was.prices, prices) {
		return was, nil
	}
	if !fresh {
		if was.in, err = s.read(ctx, month); err != nil {
			return recentDraft{}, err
		}
		was.at = now
	}
	if was.draft, err = was.in.draft(prices); err != nil {
		return recentDraft{}, err
	}
	s.last = was
	return was, nil
}
