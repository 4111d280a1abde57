package provider

import (
	"context"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Forget deletes what was fetched from providers that let it be kept for a time only, once that time is over. Of users who are
// not connected any more it deletes all, which a disconnection that was interrupted may have left.
func (s *Service) Forget(ctx context.Context) error {
	for _, p := range s.table {
		if p.KeepFor > 0 {
			if err := s.forget(ctx, p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) forget(ctx context.Context, p Provider) error {
	now := s.now()
	users, err := s.store.FetchedUsers(ctx, p.Name)
	if err != nil {
		return err
	}
	connected, err := s.store.ConnectionsOf(ctx, p.Name) // after the other list: who connects in between keeps everything
	if err != nil {
		return err
	}
	keepFor := map[pierre.UserID]time.Duration{}
	for _, user := range connected {
		keepFor[user] = p.KeepFor
	}
	for _, user := range users {
		if err := s.store.ForgetFetched(ctx, user, p.Name, now.Add(-keepFor[user])); err != nil {
			return err
		}
	}
	return nil
}
