package usage_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
)

// slow is a store that tells of each transaction and waits for leave.
type slow struct {
	usage.EventStore

	sizes, leave chan int
}

func (s slow) RecordCalls(_ context.Context, calls []pierre.Call) error {
	s.sizes <- len(calls)
	<-s.leave
	return nil
}

// recording starts callers of r and returns where they say how it ended.
func recording(t *testing.T, r *usage.Recorder, callers int) chan error {
	done := make(chan error, callers)
	for range callers {
		go func() { done <- r.Record(t.Context(), limit.Reservation{}, pierre.Call{}) }()
	}
	synctest.Wait()
	return done
}

func TestCallersWaitForOneTransactionTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow{sizes: make(chan int), leave: make(chan int)}
		r := usage.NewRecorder(s)
		first := recording(t, r, 1)
		if n := <-s.sizes; n != 1 {
			t.Fatalf("the first transaction has %d calls, want 1", n)
		}
		const maxBatch, waiting = 512, 512 + 10
		others := recording(t, r, waiting)
		s.leave <- 0
		sizes := map[int]bool{}
		for range 2 {
			sizes[<-s.sizes] = true
			s.leave <- 0
		}
		if !sizes[maxBatch] || !sizes[10] {
			t.Errorf("the waiting calls went in transactions of %v, want %d and 10", sizes, maxBatch)
		}
		for range waiting {
			if err := <-others; err != nil {
				t.Error(err)
			}
		}
		if err := <-first; err != nil {
			t.Error(err)
		}
	})
}

func TestTheQueueIsBoundedAndDropsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow{sizes: make(chan int), leave: make(chan int)}
		r := usage.NewRecorder(s)
		const queue = 4096
		done := recording(t, r, queue)
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Record(impatient, limit.Reservation{}, pierre.Call{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Record with a full queue = %v, want to wait until its deadline", err)
		}
		written := 0
		for written < queue {
			written += <-s.sizes
			s.leave <- 0
		}
		for range queue {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if written != queue {
			t.Errorf("%d calls were written, want %d", written, queue)
		}
	})
}
