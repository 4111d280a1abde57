package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A refreshCall is a call of a history: somebody refreshes with the same token, or uses the access token that they got.
type refreshCall struct {
	who     int
	refresh bool
	late    bool // after the time in which a refresh may be repeated
}

// A refreshState is a refresh token in the model.
type refreshState struct {
	used   int // 0: not yet; 1: early; 2: late
	issued int // a bit for each who
	ended  bool
}

// refreshModel says what the answers may be: the token is exchanged, also repeatedly by those who come early, but who
// comes late after an early exchange ends all that it gave.
func refreshModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return refreshState{} },
		Step: func(state, input, output any) (bool, any) {
			s, in, worked := state.(refreshState), input.(refreshCall), output.(bool)
			switch {
			case !in.refresh:
				return worked == (s.issued&(1<<in.who) != 0 && !s.ended), s
			case s.ended:
				return !worked, s
			case s.used == 1 && in.late:
				s.ended = true
				return !worked, s
			}
			if s.used == 0 {
				if s.used = 1; in.late {
					s.used = 2
				}
			}
			s.issued |= 1 << in.who
			return worked, s
		},
		Equal: func(a, b any) bool { return a == b },
	}
}

// Several clients of several servers refresh with one token, one of them again when it is late, and use what they get, and the history of their
// answers is one that could have come about one call after the other.
func TestRefreshHistoryIsLinearizable(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		k := provisionFor(t, replicas[0], "ana")
		for round := range 10 {
			first := fmt.Sprint("refreshed", round)
			newGrant(t, replicas[0], k.ID, first, parallelDay)
			if _, err := replicas[0].RedeemCode(t.Context(), hashOf(first), parallelDay, pairOf(first, parallelDay)); err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			var history []porcupine.Operation
			began := time.Now()
			call := func(in refreshCall, do func() bool) {
				from := time.Since(began)
				worked := do()
				mu.Lock()
				defer mu.Unlock()
				history = append(history, porcupine.Operation{
					ClientId: in.who, Input: in, Output: worked, Call: int64(from), Return: int64(time.Since(began)),
				})
			}
			inParallel(replicas, func(s *store.Store, worker int) {
				who, name := worker+1, fmt.Sprint(first, "-", worker)
				refresh := func(late bool, name string, now time.Time) {
					call(refreshCall{who, true, late}, func() bool {
						_, err := s.RefreshTokens(t.Context(), hashOf(first+"-refresh"), now, pairOf(name, now))
						if kind := pierre.KindOf(err); err != nil && (kind == pierre.KindInternal || kind == pierre.KindUnavailable) {
							t.Error(err)
						}
						return err == nil
					})
				}
				refresh(false, name, parallelDay)
				if worker == 0 {
					refresh(true, name+"-late", parallelDay.Add(20*time.Second))
				}
				call(refreshCall{who, false, false}, func() bool { return live(t, s, name) })
			})
			if !porcupine.CheckOperations(refreshModel(), history) {
				t.Errorf("no order of these calls explains their answers: %+v", history)
			}
		}
	})
}
