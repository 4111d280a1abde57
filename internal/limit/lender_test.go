package limit

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// While one caller asks a Redis that is away for a block, others wait; its error is theirs, so that none waits as long again.
func TestWaitersShareAnError(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1})
	defer client.Close()
	s := &Shared{counter: newCounter(client, nil), hurry: make(chan struct{}, 1)}
	p := phase{epoch: 1, script: s.counter.script("1-a")}
	l, now := &lender{}, time.Now()
	_, asks, wait := l.spend(p, now)
	if asks != 1 || wait != nil {
		t.Fatalf("the first caller asks for %d and waits for %v", asks, wait)
	}
	_, asks, wait = l.spend(p, now)
	if asks != 0 || wait == nil {
		t.Fatalf("the second caller asks for %d and waits for %v", asks, wait)
	}
	buckets := pierre.Limits{Quota: pierre.Limit{Requests: 10, Period: pierre.PeriodDay}}.Buckets("key_a", "user_a", "get_stats")
	_, err := s.askForBlock(t.Context(), p, l, block{phase: p, account: "a", limited: limitedOf(buckets)}, 2)
	select {
	case <-wait.done:
	case <-t.Context().Done():
		t.Fatal("the second caller waits on")
	}
	if err == nil || !errors.Is(wait.err, errAgain) || errors.Is(wait.err, context.Canceled) {
		t.Errorf("the first caller gets %v, who waited %v; want both to hear that Redis is away", err, wait.err)
	}
	if _, asks, _ := l.spend(p, now); asks < 1 {
		t.Error("nobody asks again")
	}
}
