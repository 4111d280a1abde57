package store_test

import (
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A lease is its owner's until it ends, is renewed, or is freed because the owner is gone; the only server waits for nobody.
func TestLeases(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)
		acquire := func(owner string, at time.Time, want bool) {
			t.Helper()
			if mine, err := s.Acquire(t.Context(), "fold", owner, at, at.Add(time.Minute)); mine != want || err != nil {
				t.Fatalf("%s has the lease: %v, %v", owner, mine, err)
			}
		}
		free := func(gone string) {
			t.Helper()
			if err := s.Free(t.Context(), func(owner string) bool { return owner == gone }); err != nil {
				t.Fatal(err)
			}
		}
		acquire("a", now, true)
		free("b")
		acquire("b", now, false)
		if err := s.Renew(t.Context(), "a", now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		acquire("b", now.Add(59*time.Minute), false)
		free("a")
		acquire("b", now, true)
		if s.Shared() {
			return
		}
		if err := s.BeginServing(); err != nil {
			t.Fatal(err)
		}
		free("")
		acquire("c", now, true)
	})
}
