package store_test

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A provisionCall is a request with the one Idempotency-Key: a body, and the key that it would make.
type provisionCall struct {
	body string
	make pierre.KeyID
}

// A provisionAnswer is what it got: a key, or the refusal of another body.
type provisionAnswer struct {
	key      string
	repeated bool
	refused  bool
}

// A provisionState is what is kept for the Idempotency-Key.
type provisionState struct{ body, key string }

// provisionModel says what the answers may be: the first request makes its key, those with the same body get that one, and
// those with another are refused.
func provisionModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return provisionState{} },
		Step: func(state, input, output any) (bool, any) {
			s, in, got := state.(provisionState), input.(provisionCall), output.(provisionAnswer)
			switch {
			case s.key == "":
				return got == provisionAnswer{key: string(in.make)}, provisionState{in.body, string(in.make)}
			case s.body == in.body:
				return got == provisionAnswer{key: s.key, repeated: true}, s
			default:
				return got.refused, s
			}
		},
		Equal: func(a, b any) bool { return a == b },
	}
}

// Clients of several servers repeat a request, and others send another one with its Idempotency-Key. The history of their
// answers is one that could have come about one request after the other, and exactly one key is made.
func TestProvisioningHistoryIsLinearizable(t *testing.T) {
	storetest.RunReplicas(t, func(t *testing.T, replicas []*store.Store) {
		base := adminAct(t, replicas[0])
		for round := range 6 {
			email := fmt.Sprintf("ana%d@example.com", round)
			var mu sync.Mutex
			var history []porcupine.Operation
			began := time.Now()
			inParallel(replicas, func(s *store.Store, worker int) {
				for n := range 3 {
					k := newKey(email)
					act, body := base, fmt.Sprint("body", (worker+n)%5/4) // one of five is another
					act.Once = &pierre.Once{Route: "POST /x", Key: fmt.Sprint("retry-", round), Request: sha256.Sum256([]byte(body))}
					from := time.Since(began)
					first, repeated, err := s.ProvisionAPIKey(t.Context(), act, k, answerID)
					op := porcupine.Operation{
						ClientId: worker, Input: provisionCall{body, k.ID}, Call: from.Nanoseconds(),
						Output: provisionAnswer{string(first), repeated, false}, Return: time.Since(began).Nanoseconds(),
					}
					switch {
					case pierre.KindOf(err) == pierre.KindInvalid && err != nil:
						op.Output = provisionAnswer{refused: true}
					case err != nil:
						t.Error(err)
						return
					}
					mu.Lock()
					history = append(history, op)
					mu.Unlock()
				}
			})
			if result := porcupine.CheckOperationsTimeout(provisionModel(), history, 30*time.Second); result != porcupine.Ok {
				t.Errorf("round %d: the history is %s: %+v", round, result, history)
			}
			page, err := replicas[0].APIKeys(t.Context(), pierre.KeyQuery{Email: email, Limit: 10})
			if err != nil || len(page.Keys) != 1 {
				t.Errorf("round %d: %d keys were made, %v; want one", round, len(page.Keys), err)
			}
		}
	})
}
