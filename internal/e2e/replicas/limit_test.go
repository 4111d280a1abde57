//go:build e2e

package replicas

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// times makes so many calls, some at once. One that is refused for a moment is made again.
func (l *load) times(ctx context.Context, calls, atOnce int) {
	var wg sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(calls))
	for range atOnce {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				decided := false
				for !decided && ctx.Err() == nil {
					decided = l.call(ctx)
				}
			}
		})
	}
	wg.Wait()
}

// A limit of 1 000 admits 1 000 calls, however many come at once to however many servers.
func TestALimitHoldsAcrossReplicas(t *testing.T) {
	c := startCluster(t)
	k := c.provision(`"tier":"starter","rate_limit_requests":1000,"rate_limit_period":"month"`)
	l := newLoad(c.balancer.url, k.Text)
	l.times(t.Context(), 5000, 128)
	t.Logf("%d answered, %d over the limit, %d refused, %d unknown", l.answered.Load(), l.limited.Load(), l.refused.Load(), l.unknown.Load())
	if l.answered.Load() != 1000 || l.limited.Load() != 4000 {
		t.Error("want 1000 answered and the others over the limit")
	}
	eventually(t, 15*time.Second, func() error {
		if n, used := c.recorded(k); n != 1000 || used != 1000 {
			return fmt.Errorf("%d calls are in the books, and %d count against the limit", n, used)
		}
		return nil
	})
}
