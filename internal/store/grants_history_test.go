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

// A codeCall is a call of a history: somebody redeems the code, or uses the access token that they would have got.
type codeCall struct {
	who    int
	redeem bool
}

// A codeState is an authorization code in the model: who redeemed it first, and whether it was tried again.
type codeState struct {
	winner int // 0: nobody yet
	ended  bool
}

// codeModel says what the answers may be: the first to redeem wins, any other ends what the first was given, and a token
// works for the winner only, and until then.
func codeModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return codeState{} },
		Step: func(state, input, output any) (bool, any) {
			s, in, worked := state.(codeState), input.(codeCall), output.(bool)
			switch {
			case !in.redeem:
				return worked == (s.winner == in.who && !s.ended), s
			case s.winner == 0:
				return worked, codeState{winner: in.who}
			default:
				return !worked, codeState{s.winner, true}
			}
		},
		Equal: func(a, b any) bool { return a == b },
	}
}

// Several clients of several servers redeem one code and use what they get, and the history of their answers is one that
// could have come about one call after the other.
func TestCodeHistoryIsLinearizable(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		k := provisionFor(t, replicas[0], "ana")
		for round := range 10 {
			code := fmt.Sprint("code", round)
			newGrant(t, replicas[0], k.ID, code, parallelDay)
			var mu sync.Mutex
			var history []porcupine.Operation
			began := time.Now()
			call := func(who int, redeem bool, do func() bool) {
				from := time.Since(began)
				worked := do()
				mu.Lock()
				defer mu.Unlock()
				history = append(history, porcupine.Operation{
					ClientId: who, Input: codeCall{who, redeem}, Output: worked, Call: int64(from), Return: int64(time.Since(began)),
				})
			}
			inParallel(replicas, func(s *store.Store, worker int) {
				who, name := worker+1, fmt.Sprint(code, worker)
				for range worker % 2 {
					call(who, false, func() bool { return live(t, s, name) })
				}
				call(who, true, func() bool {
					_, err := s.RedeemCode(t.Context(), hashOf(code), parallelDay, pairOf(name, parallelDay))
					if err != nil && pierre.KindOf(err) != pierre.KindConflict {
						t.Error(err)
					}
					return err == nil
				})
				call(who, false, func() bool { return live(t, s, name) })
			})
			if !porcupine.CheckOperations(codeModel(), history) {
				t.Errorf("no order of these calls explains their answers: %+v", history)
			}
		}
	})
}
