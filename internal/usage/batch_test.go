package usage

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// slow is a store that tells of each transaction and waits for leave.
type slow struct{ sizes, leave chan int }

func (s slow) RecordCalls(_ context.Context, calls []pierre.Call) error {
	s.sizes <- len(calls)
	<-s.leave
	return nil
}

func TestCallersWaitForOneTransactionTogether(t *testing.T) {
	s := slow{make(chan int), make(chan int)}
	r := NewRecorder(s, Options{})
	done := make(chan error)
	record := func() { done <- r.Record(t.Context(), pierre.Call{}) }
	go record()
	if n := <-s.sizes; n != 1 {
		t.Fatalf("the first transaction has %d calls, want 1", n)
	}
	const waiting = maxBatch + 10
	for range waiting {
		go record()
	}
	for deadline := time.Now().Add(10 * time.Second); len(r.slots) <= waiting || r.lastBatch() != 10; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d callers wait, %d in the last batch; want %d, 10", len(r.slots), r.lastBatch(), waiting+1)
		}
	}
	s.leave <- 0
	sizes := map[int]bool{}
	for range 2 {
		sizes[<-s.sizes] = true
		s.leave <- 0
	}
	if !sizes[maxBatch] || !sizes[10] {
		t.Errorf("the waiting calls went in transactions of %v, want %d and 10", sizes, maxBatch)
	}
	for range waiting + 1 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func (r *Recorder) lastBatch() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		return 0
	}
	return len(r.open.calls)
}

func TestTheQueueIsBoundedAndDropsNothing(t *testing.T) {
	s := slow{make(chan int), make(chan int)}
	r := NewRecorder(s, Options{})
	r.slots = make(chan struct{}, 1)
	done := make(chan error)
	go func() { done <- r.Record(t.Context(), pierre.Call{}) }()
	<-s.sizes
	impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := r.Record(impatient, pierre.Call{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Record with a full queue = %v, want to wait until its deadline", err)
	}
	go func() { done <- r.Record(t.Context(), pierre.Call{}) }()
	s.leave <- 0
	if n := <-s.sizes; n != 1 {
		t.Errorf("%d calls in the second transaction, want 1", n)
	}
	s.leave <- 0
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
