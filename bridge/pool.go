package bridge

import (
	"sync"
	"time"
)

// A pool runs functions in goroutines that it keeps for the next ones: a request
// needs a deep stack, and growing one anew costs a tenth of a call's time.
type pool struct {
	idle chan func()
	stop <-chan struct{} // when it is closed, idle goroutines end

	mu      sync.Mutex
	closed  bool
	tasks   sync.WaitGroup
	workers sync.WaitGroup
}

func newPool(stop <-chan struct{}) *pool {
	return &pool{idle: make(chan func()), stop: stop}
}

// run starts f and reports whether it did: a pool that is closed starts nothing.
func (p *pool) run(f func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.tasks.Add(1)
	select {
	case p.idle <- f:
	default:
		p.workers.Go(func() { p.work(f) })
	}
	return true
}

func (p *pool) work(f func()) {
	for {
		f()
		p.tasks.Done()
		select {
		case f = <-p.idle:
		case <-p.stop:
			return
		}
	}
}

// close refuses further functions.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
}

// done returns a channel that is closed when all that wg counts is done.
func done(wg *sync.WaitGroup) <-chan struct{} {
	c := make(chan struct{})
	go func() {
		wg.Wait()
		close(c)
	}()
	return c
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
