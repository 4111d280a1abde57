package provider

import "context"

// Forget deletes what was fetched from providers that let it be kept for a time only, once that time is over.
func (s *Service) Forget(ctx context.Context) error {
	for _, p := range s.table {
		if p.KeepFor == 0 {
			continue
		}
		users, err := s.store.ConnectionsOf(ctx, p.Name)
		if err != nil {
			return err
		}
		for _, user := range users {
			if err := s.store.ForgetFetched(ctx, user, p.Name, s.now().Add(-p.KeepFor)); err != nil {
				return err
			}
		}
	}
	return nil
}
