package limit

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/redis/go-redis/v9"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A hanging Redis takes commands and answers none.
type hanging struct{ asked atomic.Int64 }

func (h *hanging) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, _ redis.Cmder) error {
		h.asked.Add(1)
		<-ctx.Done()
		return ctx.Err()
	}
}

func (h *hanging) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *hanging) ProcessPipelineHook(redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, questions []redis.Cmder) error {
		h.asked.Add(int64(len(questions)))
		<-ctx.Done()
		for _, q := range questions {
			q.SetErr(ctx.Err())
		}
		return ctx.Err()
	}
}

// onHanging returns a Shared in an epoch of a Redis that hangs.
func onHanging(t *testing.T) (*Shared, phase, *hanging) {
	client, h := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"}), &hanging{}
	t.Cleanup(func() { client.Close() })
	client.AddHook(h)
	s := &Shared{
		counter: newCounter(client, nil), hurry: make(chan struct{}, 1), opts: SharedOptions{Block: DefaultBlock},
		blocks: newBlocks(),
	}
	return s, phase{epoch: 1, script: s.counter.script("1-a")}, h
}

// While one caller asks a Redis that is away for a block, others wait; its error is theirs, so that none waits as long again.
func TestWaitersShareAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p, server := onHanging(t)
		buckets := pierre.Limits{Quota: pierre.Limit{Requests: 10, Period: pierre.PeriodDay}}.Buckets("key_a", "user_a", "get_stats")
		failed := make(chan error)
		for range 5 {
			go func() {
				_, err := s.reserveOfBlock(t.Context(), p, buckets)
				failed <- err
			}()
		}
		for range 5 {
			if err := <-failed; !errors.Is(err, errAgain) || errors.Is(err, context.Canceled) {
				t.Errorf("a caller gets %v; want to hear that Redis is away", err)
			}
		}
		if n := server.asked.Load(); n != 1 {
			t.Errorf("five callers asked Redis %d times, want one for all", n)
		}
		if _, err := s.reserveOfBlock(t.Context(), p, buckets); err == nil || server.asked.Load() != 2 {
			t.Errorf("nobody asks again: %v", err)
		}
	})
}

// A Redis that hangs does not keep a server with many customers from ending.
func TestGivingBackToARedisThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p, server := onHanging(t)
		list := make([]block, 100*givenAtOnce)
		for i := range list {
			list[i] = block{phase: p, account: "a"}
		}
		s.giveBackBlocks(t.Context(), list)
		asked := server.asked.Load()
		if asked < 1 || asked > givenAtOnce {
			t.Errorf("Redis was asked %d times, want once at most for each of the %d that are given back at once", asked, givenAtOnce)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		s.giveBackBlocks(gone, list)
		if n := server.asked.Load(); n != asked {
			t.Errorf("who has no time waited for %d blocks", n-asked)
		}
	})
}
