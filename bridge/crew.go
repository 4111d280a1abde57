package bridge

import (
	"sync"
	"time"
)

// A crew runs functions in goroutines that it keeps for the next ones: a request
// needs a deep stack, and growing one anew costs a tenth of a call's time.
type crew struct {
	idle    chan func()
	dismiss <-chan struct{} // when it is closed, those who are idle leave

	mu      sync.Mutex
	closed  bool
	tasks   sync.WaitGroup
	members sync.WaitGroup
}

func newCrew(dismiss <-chan struct{}) *crew {
	return &crew{idle: make(chan func()), dismiss: dismiss}
}

// run starts f, unless the crew is closed.
func (c *crew) run(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.tasks.Add(1)
	select {
	case c.idle <- f:
	default:
		c.members.Go(func() { c.work(f) })
	}
}

func (c *crew) work(f func()) {
	for {
		f()
		c.tasks.Done()
		select {
		case f = <-c.idle:
		case <-c.dismiss:
			return
		}
	}
}

// close refuses further functions.
func (c *crew) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
}

// waitFor reports whether wg was done within d.
func waitFor(wg *sync.WaitGroup, d time.Duration) bool {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	return within(done, d)
}

// within reports whether done was closed within d.
func within(done <-chan struct{}, d time.Duration) bool {
	timeout := time.NewTimer(d)
	defer timeout.Stop()
	select {
	case <-done:
		return true
	case <-timeout.C:
		return false
	}
}
