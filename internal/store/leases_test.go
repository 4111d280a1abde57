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
		acquire := func(owner string, lasts time.Duration, want bool) {
			t.Helper()
			if mine, err := s.Acquire(t.Context(), "fold", owner, lasts); mine != want || err != nil {
				t.Fatalf("%s has the lease: %v, %v", owner, mine, err)
			}
		}
		free := func(gone string) {
			t.Helper()
			if err := s.Free(t.Context(), func(owner string) bool { return owner == gone }); err != nil {
				t.Fatal(err)
			}
		}
		acquire("a", time.Minute, true)
		free("b")
		acquire("b", time.Minute, false)
		acquire("a", 0, true)
		acquire("b", 0, true)
		if err := s.Renew(t.Context(), "b", time.Hour); err != nil {
			t.Fatal(err)
		}
		acquire("a", time.Minute, false)
		free("b")
		acquire("b", time.Minute, true)
		if s.Shared() {
			return
		}
		if err := s.BeginServing(); err != nil {
			t.Fatal(err)
		}
		free("")
		acquire("c", time.Minute, true)
	})
}
