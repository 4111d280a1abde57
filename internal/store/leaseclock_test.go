package store_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// withClock runs f on the database of s in a server whose clock stands at another time, by which the leases of the others' are
// long over, or far from it.
func withClock(t *testing.T, s *store.Store, ahead time.Duration, f func(ctx context.Context, s *store.Store)) {
	t.Helper()
	right := time.Now().Add(ahead)
	synctest.Test(t, func(t *testing.T) { // clocks begin in the year 2000 here, and nothing waits
		<-time.After(time.Until(right))
		away, err := store.OpenPostgres(store.URL(s))
		if err != nil {
			t.Fatal(err)
		}
		f(t.Context(), away)
		if err := away.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A server whose clock is wrong neither takes what another one has, nor gives what it has away, nor waits for what is over.
func TestLeasesGoByTheClockOfTheDatabase(t *testing.T) {
	t.Parallel()
	s := storetest.On(t, "postgres")
	user := storetest.Users(t, s, connectionsNow, "ana@example.com")[0]
	c := connected(t, s, user, "7")
	type right struct {
		name string
		take func(ctx context.Context, s *store.Store, owner string, lasts time.Duration) (bool, error)
	}
	for _, r := range []right{
		{"job", func(ctx context.Context, s *store.Store, owner string, lasts time.Duration) (bool, error) {
			return s.Acquire(ctx, "fold", owner, lasts)
		}},
		{"renewed job", func(ctx context.Context, s *store.Store, owner string, lasts time.Duration) (bool, error) {
			mine, err := s.Acquire(ctx, "tidy", owner, time.Minute)
			if err == nil && mine {
				err = s.Renew(ctx, owner, lasts)
			}
			return mine, err
		}},
		{"fetching", func(ctx context.Context, s *store.Store, owner string, lasts time.Duration) (bool, error) {
			return s.BeginSync(ctx, c, owner, lasts)
		}},
		{"fetching on", func(ctx context.Context, s *store.Store, owner string, lasts time.Duration) (bool, error) {
			mine, err := s.BeginSync(ctx, c, owner, time.Minute)
			if err == nil && mine {
				mine, err = s.SaveSync(ctx, c, owner, connectionsNow, lasts)
			}
			return mine, err
		}},
		{"new credentials", func(ctx context.Context, s *store.Store, owner string, lasts time.Duration) (bool, error) {
			return s.BeginRefresh(ctx, c, owner, lasts)
		}},
	} {
		for _, ahead := range []time.Duration{-time.Hour, time.Hour} {
			take := func(ctx context.Context, s *store.Store, owner string, lasts time.Duration, want bool) {
				t.Helper()
				if mine, err := r.take(ctx, s, owner, lasts); err != nil || mine != want {
					t.Errorf("%s, %v ahead: %s has it: %v, %v", r.name, ahead, owner, mine, err)
				}
			}
			due := func(ctx context.Context, s *store.Store, want int) {
				t.Helper()
				if list, err := s.DueConnections(ctx, connectionsNow, []pierre.Provider{pierre.ProviderPolar}, 2); err != nil || len(list) != want {
					t.Errorf("%s, %v ahead: %d are due, %v", r.name, ahead, len(list), err)
				}
			}
			fetched := map[bool]int{true: 0, false: 1}[strings.HasPrefix(r.name, "fetching")]
			take(t.Context(), s, "right", time.Minute, true)
			withClock(t, s, ahead, func(ctx context.Context, away *store.Store) {
				take(ctx, away, "wrong", time.Minute, false)
				due(ctx, away, fetched)
			})
			if r.name != "new credentials" { // which nobody asks for twice
				take(t.Context(), s, "right", 0, true)
			} else if err := s.DropRefresh(t.Context(), c, "right"); err != nil {
				t.Fatal(err)
			}
			withClock(t, s, ahead, func(ctx context.Context, away *store.Store) {
				take(ctx, away, "wrong", time.Minute, true)
			})
			take(t.Context(), s, "right", time.Minute, false)
			due(t.Context(), s, fetched)
			withClock(t, s, ahead, func(ctx context.Context, away *store.Store) {
				if r.name != "new credentials" {
					take(ctx, away, "wrong", 0, true)
				} else if err := away.DropRefresh(ctx, c, "wrong"); err != nil {
					t.Error(err)
				}
			})
			take(t.Context(), s, "right", 0, true)
		}
	}
}
