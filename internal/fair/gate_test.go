package fair

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func enter(t *testing.T, g *Gate, tenant string) *Slot {
	t.Helper()
	s, err := g.Enter(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A tenant with many tasks runs no more of them than its share, whatever it asks for.
func TestTenantRunsItsShare(t *testing.T) {
	g := New(Options{Running: 4, PerTenant: 2, Waiting: 100})
	var running, most atomic.Int32
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			s, err := g.Enter(t.Context(), "a")
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Leave()
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			running.Add(-1)
		})
	}
	wg.Wait()
	if most.Load() > 2 {
		t.Errorf("%d tasks ran at once, want at most 2", most.Load())
	}
	if len(g.tenants) != 0 || g.running != 0 {
		t.Errorf("%d tenants and %d tasks are left", len(g.tenants), g.running)
	}
}

// A tenant whose tasks all run and wait does not keep another one waiting.
func TestOthersDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Running: 4, PerTenant: 2})
		a := []*Slot{enter(t, g, "a"), enter(t, g, "a")}
		waited := make(chan *Slot, 32)
		for range 32 {
			go func() {
				s, _ := g.Enter(t.Context(), "a")
				waited <- s
			}()
		}
		synctest.Wait()
		b := enter(t, g, "b") // at once: in this test nothing else could end the wait
		b.Leave()
		for _, s := range a {
			s.Leave()
		}
		for range 32 {
			(<-waited).Leave()
		}
	})
}

func TestTenantsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Running: 1, PerTenant: 1})
		first := enter(t, g, "a")
		var order []string
		done := make(chan struct{})
		for _, name := range []string{"a", "a", "a", "b", "c", "b"} {
			go func() {
				s, err := g.Enter(t.Context(), name)
				if err != nil {
					t.Error(err)
					return
				}
				order = append(order, name) // one runs at a time
				s.Leave()
				done <- struct{}{}
			}()
			synctest.Wait()
		}
		first.Leave()
		for range 6 {
			<-done
		}
		if want := []string{"a", "b", "c", "a", "b", "a"}; !slices.Equal(order, want) {
			t.Errorf("ran %v, want %v", order, want)
		}
	})
}

func TestWaitingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Running: 2, PerTenant: 1, Waiting: 1, Patience: time.Minute})
		s := enter(t, g, "a")
		began := time.Now()
		ended := make(chan error, 1)
		go func() {
			_, err := g.Enter(t.Context(), "a")
			ended <- err
		}()
		synctest.Wait()
		if _, err := g.Enter(t.Context(), "a"); pierre.KindOf(err) != pierre.KindRateLimited {
			t.Errorf("one too many: %v, want rate limited", err)
		}
		if err := <-ended; pierre.KindOf(err) != pierre.KindRateLimited || time.Since(began) != time.Minute {
			t.Errorf("waited in vain for its own: %v after %v, want rate limited after a minute", err, time.Since(began))
		}
		other := enter(t, g, "b")
		if _, err := g.Enter(t.Context(), "c"); pierre.KindOf(err) != pierre.KindUnavailable {
			t.Errorf("waited in vain for others: %v, want unavailable", err)
		}
		other.Leave()
		s.Leave()
		enter(t, g, "a").Leave()
		if len(g.tenants) != 0 || len(g.turns) != 0 {
			t.Errorf("left over: %v, %v", g.tenants, g.turns)
		}
	})
}

func TestCancelledTaskGivesItsTurnAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Running: 1, PerTenant: 1})
		s := enter(t, g, "a")
		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := g.Enter(ctx, "b")
			ended <- err
		}()
		synctest.Wait()
		cancel(gone)
		if err := <-ended; !errors.Is(err, gone) {
			t.Errorf("Enter = %v, want %v", err, gone)
		}
		s.Leave()
		enter(t, g, "c").Leave()
	})
}

func TestYieldWaitsForTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{})
		began := time.Now()
		g.Yield(t.Context(), time.Second)
		if time.Since(began) != 0 {
			t.Errorf("yielded for %v to nobody", time.Since(began))
		}
		s := enter(t, g, "a")
		g.Yield(t.Context(), time.Second)
		if time.Since(began) != time.Second {
			t.Errorf("yielded for %v, want a second", time.Since(began))
		}
		time.AfterFunc(time.Second, s.Leave)
		g.Yield(t.Context(), time.Hour)
		if time.Since(began) != 2*time.Second {
			t.Errorf("yielded until %v, want the end of the task", time.Since(began))
		}
	})
}

// A task that passes lets others go first, and goes on before the tasks of its own tenant that have not begun.
func TestPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Running: 1, PerTenant: 1})
		long := enter(t, g, "a")
		if err := long.Pass(t.Context()); err != nil { // nobody waits
			t.Fatal(err)
		}
		var order []string
		done := make(chan struct{})
		for _, name := range []string{"a", "b", "c"} {
			go func() {
				s, err := g.Enter(t.Context(), name)
				if err != nil {
					t.Error(err)
					return
				}
				order = append(order, name)
				s.Leave()
				done <- struct{}{}
			}()
			synctest.Wait()
		}
		if err := long.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		order = append(order, "long")
		long.Leave()
		for range 3 {
			<-done
		}
		if want := []string{"b", "c", "long", "a"}; !slices.Equal(order, want) {
			t.Errorf("ran %v, want %v", order, want)
		}
		if len(g.tenants) != 0 || g.running != 0 {
			t.Errorf("%d tenants and %d tasks are left", len(g.tenants), g.running)
		}
	})
}

func TestPassEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Running: 1, PerTenant: 1})
		long := enter(t, g, "a")
		got := make(chan *Slot)
		go func() {
			s, err := g.Enter(t.Context(), "b")
			if err != nil {
				t.Error(err)
			}
			got <- s
		}()
		synctest.Wait()
		ctx, cancel := context.WithCancelCause(t.Context())
		gone := errors.New("gone")
		time.AfterFunc(time.Second, func() { cancel(gone) })
		other := make(chan *Slot, 1)
		go func() { other <- <-got }()
		if err := long.Pass(ctx); !errors.Is(err, gone) {
			t.Errorf("Pass = %v, want the context's cause", err)
		}
		long.Leave()
		(<-other).Leave()
		if len(g.tenants) != 0 || g.running != 0 {
			t.Errorf("%d tenants and %d tasks are left", len(g.tenants), g.running)
		}
	})
}

// Others run while a task waits for something else, and it goes on when it may run again.
func TestWithout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Running: 1, PerTenant: 1})
		long := enter(t, g, "a")
		other := make(chan *Slot, 1)
		if err := long.Without(t.Context(), func(context.Context) error {
			s := enter(t, g, "b")
			time.AfterFunc(time.Second, s.Leave)
			other <- s
			return nil
		}); err != nil || len(other) != 1 {
			t.Errorf("Without = %v, %d others ran", err, len(other))
		}
		if running, waiting := g.Tasks(); running != 1 || waiting != 0 {
			t.Errorf("%d tasks run and %d wait, want this one alone", running, waiting)
		}
		gone := errors.New("gone")
		if err := long.Without(t.Context(), func(context.Context) error { return gone }); !errors.Is(err, gone) {
			t.Errorf("Without = %v, want what the wait says", err)
		}
		long.Leave()
		if len(g.tenants) != 0 || g.running != 0 {
			t.Errorf("%d tenants and %d tasks are left", len(g.tenants), g.running)
		}
	})
}

// However many tenants there are, only so many tasks wait.
func TestTasksOfAllTenantsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := 0
		g := New(Options{Running: 2, PerTenant: 1, Waiting: 10, InFlight: 5, Busy: func() { refused++ }})
		running := []*Slot{enter(t, g, "a"), enter(t, g, "b")}
		admitted := make(chan *Slot, 3)
		for _, tenant := range []string{"a", "c", "d"} {
			go func() { admitted <- enter(t, g, tenant) }()
		}
		synctest.Wait()
		if running, waiting := g.Tasks(); running != 2 || waiting != 3 {
			t.Errorf("%d tasks run and %d wait, want 2 and 3", running, waiting)
		}
		for _, tenant := range []string{"a", "e"} {
			if _, err := g.Enter(t.Context(), tenant); pierre.KindOf(err) != pierre.KindUnavailable || pierre.RetryAfterOf(err, 0) <= 0 {
				t.Errorf("one task too many of %s: %v", tenant, err)
			}
		}
		if refused != 2 {
			t.Errorf("told of %d refused tasks, want 2", refused)
		}
		for _, s := range running {
			s.Leave()
		}
		for range 3 {
			(<-admitted).Leave()
		}
		if running, waiting := g.Tasks(); running != 0 || waiting != 0 || len(g.tenants) != 0 {
			t.Errorf("%d tasks run, %d wait and %d tenants are left", running, waiting, len(g.tenants))
		}
	})
}
