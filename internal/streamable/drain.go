package streamable

import (
	"context"
	"sync"
)

// A drain counts the requests in progress and can be closed to new ones. A WaitGroup cannot: nothing may be added to one
// that is being waited for.
type drain struct {
	mu     sync.Mutex
	inside int
	closed bool
	empty  chan struct{} // closed when no request is in progress and none may begin
}

func newDrain() *drain { return &drain{empty: make(chan struct{})} }

// enter reports whether a request may begin; it must leave then.
func (d *drain) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.inside++
	return true
}

func (d *drain) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inside--
	d.settle()
}

func (d *drain) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.settle()
}

// settle announces that no request is in progress and none will be.
func (d *drain) settle() {
	if !d.closed || d.inside > 0 {
		return
	}
	select {
	case <-d.empty:
	default:
		close(d.empty)
	}
}

// wait returns when the closed drain is empty, or when ctx ends.
func (d *drain) wait(ctx context.Context) error {
	select {
	case <-d.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
