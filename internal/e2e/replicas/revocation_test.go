//go:build e2e

package replicas

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// promise is when, after a revocation was confirmed, every server refuses the key.
const promise = time.Second

// A use is a call with a key at one server, or the key's revocation.
type use struct {
	replica string
	revokes bool
}

// history checks what was seen of one key at each server: there is a moment, from the request that revokes the key until
// a second after its answer, before which every call is accepted and after which none is.
func history() porcupine.Model {
	return porcupine.Model{
		Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
			byReplica := map[string][]porcupine.Operation{}
			for _, op := range all {
				r := op.Input.(use).replica
				byReplica[r] = append(byReplica[r], op)
			}
			var parts [][]porcupine.Operation
			for _, part := range byReplica {
				parts = append(parts, part)
			}
			return parts
		},
		Init: func() any { return false },
		Step: func(revoked, input, output any) (bool, any) {
			if input.(use).revokes {
				return true, true
			}
			return output.(bool) == !revoked.(bool), revoked
		},
	}
}

// watch uses a key at a server, again and again, until it is refused or the time is over, and then a few times more.
func watch(ctx context.Context, r *replica, k key, began time.Time) []porcupine.Operation {
	l := newLoad(r.url, k.Text)
	var ops []porcupine.Operation
	for refused := 0; refused < 5 && ctx.Err() == nil; {
		before := l.answered.Load()
		call := time.Since(began)
		l.call(ctx)
		accepted := l.answered.Load() > before
		if !accepted {
			refused++
		}
		ops = append(ops, porcupine.Operation{
			Input: use{replica: r.url}, Output: accepted, Call: int64(call), Return: int64(time.Since(began)),
		})
	}
	return ops
}

// Revocation by one server is a revocation at all of them, for calls as for open streams.
func TestRevocationReachesEveryReplica(t *testing.T) {
	c := startCluster(t)
	var delays []time.Duration
	for round := range 30 {
		k := c.provision(fmt.Sprintf(`"tier":"enterprise","name":"key %d"`, round))
		ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
		began := time.Now()
		var wg sync.WaitGroup
		seen := make([][]porcupine.Operation, len(c.replicas))
		for i, r := range c.replicas {
			warm := newLoad(r.url, k.Text) // the server remembers the key
			if warm.call(ctx); warm.answered.Load() != 1 {
				t.Fatalf("%s refuses a new key", r.url)
			}
			wg.Go(func() { seen[i] = watch(ctx, r, k, began) })
		}
		call := time.Since(began)
		if status, raw := c.admin(round%len(c.replicas), "DELETE", "/admin/api-keys/"+k.ID, ""); status != http.StatusOK {
			t.Fatalf("revoking: %d %s", status, raw)
		}
		confirmed := time.Since(began)
		wg.Wait()
		stop()
		var ops []porcupine.Operation
		for i, of := range seen {
			ops = append(ops, of...)
			ops = append(ops, porcupine.Operation{
				Input: use{replica: c.replicas[i].url, revokes: true}, Call: int64(call), Return: int64(confirmed + promise),
			})
			delays = append(delays, max(0, lastAccepted(of)-confirmed))
		}
		if !porcupine.CheckOperations(history(), ops) {
			t.Errorf("key %d was accepted more than %v after its revocation, or refused before it", round, promise)
		}
	}
	slices.Sort(delays)
	t.Logf("of %d: the last call accepted began after the revocation was confirmed: p50 %v, p99 %v, at most %v", len(delays),
		delays[len(delays)/2].Round(time.Microsecond), delays[len(delays)*99/100].Round(time.Microsecond), delays[len(delays)-1].Round(time.Microsecond))
}

// lastAccepted returns when the last call began that was accepted.
func lastAccepted(ops []porcupine.Operation) time.Duration {
	var last time.Duration
	for _, op := range ops {
		if op.Output.(bool) {
			last = max(last, time.Duration(op.Call))
		}
	}
	return last
}
