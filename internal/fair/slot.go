package fair

import (
	"context"
	"slices"
)

// A Slot is the right to run one task. Its holder, a single goroutine, gives it back with Leave.
type Slot struct {
	gate   *Gate
	tenant *tenant
	lost   bool // in a Pass or Without that was ended
}

// Pass lets tasks of other tenants that wait run first, and returns when the turn of this one has come again; at once if
// nobody else could run. A long task that consists of steps calls it between two of them. It waits without a limit of its
// own, and fails with ctx's cause if ctx ends.
func (s *Slot) Pass(ctx context.Context) error {
	if s.lost { // it does not run
		return context.Canceled
	}
	g, t := s.gate, s.tenant
	g.mu.Lock()
	if !slices.ContainsFunc(g.turns, func(other *tenant) bool { return other != t && other.running < g.opts.PerTenant }) {
		g.mu.Unlock()
		return nil
	}
	g.running--
	t.running--
	return s.again(ctx)
}

// Without calls wait while the task does not run, and returns when its turn has come again, as Pass does. A task that has to
// wait for what another task holds, which may have to wait for its own turn, would otherwise keep that from going on.
func (s *Slot) Without(ctx context.Context, wait func(context.Context) error) error {
	if s.lost {
		return context.Canceled
	}
	s.Leave()
	if err := wait(ctx); err != nil {
		s.lost = true
		return err
	}
	s.gate.mu.Lock()
	s.tenant = s.gate.tenant(s.tenant.name)
	return s.again(ctx)
}

// again waits for the turn of a task that does not run any more. g.mu is held, and is not afterwards.
func (s *Slot) again(ctx context.Context) error {
	g, t := s.gate, s.tenant
	turn := make(chan struct{})
	g.waiting++
	t.waiting = slices.Insert(t.waiting, 0, turn) // before tasks of its tenant that have not begun
	g.turns = append(slices.DeleteFunc(g.turns, func(other *tenant) bool { return other == t }), t)
	g.admit()
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s.lost = g.remove(t, turn)
	return context.Cause(ctx)
}

// Leave ends a task and lets the next one run.
func (s *Slot) Leave() {
	if s.lost {
		return
	}
	g := s.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running--
	s.tenant.running--
	g.admit()
	g.settle(s.tenant)
}
