package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/jobs"
)

// memory is a table of leases.
type memory struct {
	mu     sync.Mutex
	leases map[string]lease
	err    error
}

type lease struct {
	owner string
	until time.Time
}

func (m *memory) Acquire(_ context.Context, job, owner string, lasts time.Duration) (bool, error) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return false, m.err
	}
	if l, held := m.leases[job]; held && l.owner != owner && now.Before(l.until) {
		return false, nil
	}
	if m.leases == nil {
		m.leases = map[string]lease{}
	}
	m.leases[job] = lease{owner, now.Add(lasts)}
	return true, nil
}

func (m *memory) Renew(_ context.Context, owner string, lasts time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for job, l := range m.leases {
		if l.owner == owner {
			m.leases[job] = lease{owner, time.Now().Add(lasts)}
		}
	}
	return m.err
}

func (m *memory) Free(_ context.Context, gone func(owner string) bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.leases, func(_ string, l lease) bool { return gone(l.owner) })
	return m.err
}

// counter is a job that counts its runs.
func counter(runs *atomic.Int32, j jobs.Job) jobs.Job {
	j.Do = func(context.Context) error { runs.Add(1); return nil }
	return j
}

var silent = slog.New(slog.DiscardHandler)

// start runs jobs, and returns what ends them and waits for it.
func start(t *testing.T, leases jobs.Leases, list ...jobs.Job) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		jobs.Run(ctx, leases, silent, list...)
	}()
	return func() { cancel(); <-done }
}

func TestJobsRunAtTheirIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var each, last atomic.Int32
		stop := start(t, &memory{},
			counter(&each, jobs.Job{Name: "each", Every: time.Minute}),
			counter(&last, jobs.Job{Name: "last", Every: time.Hour, Last: true}))
		<-time.After(10*time.Minute + 10*time.Second)
		synctest.Wait()
		if each.Load() != 11 || last.Load() != 1 {
			t.Errorf("after ten minutes %d and %d runs, want 11 of the minute's and 1 of the hour's", each.Load(), last.Load())
		}
		stop()
		if each.Load() != 11 || last.Load() != 2 {
			t.Errorf("at the end %d and %d runs, want one more of that which is run last", each.Load(), last.Load())
		}
		<-time.After(time.Hour)
		if each.Load() != 11 || last.Load() != 2 {
			t.Error("a job ran after the end")
		}
	})
}

func TestOneReplicaDoesTheFleetsJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var first, second, third, elsewhere atomic.Int32
		leases, j := &memory{}, jobs.Job{Name: "tidy", Every: time.Minute, Fleet: true}
		stopFirst := start(t, leases, counter(&first, j))
		<-time.After(10 * time.Second) // it has the lease
		j.Elsewhere = func() { elsewhere.Add(1) }
		stopSecond := start(t, leases, counter(&second, j))
		<-time.After(time.Hour)
		synctest.Wait()
		if first.Load() < 60 || second.Load() != 0 {
			t.Errorf("%d and %d runs in an hour, want all of the first replica", first.Load(), second.Load())
		}
		if n := elsewhere.Load(); n < 60 {
			t.Errorf("the second replica heard %d times in an hour that another does the job", n)
		}
		stopFirst()
		<-time.After(5 * time.Minute)
		synctest.Wait()
		if second.Load() < 2 {
			t.Errorf("the second replica ran %d times after the first had gone", second.Load())
		}
		if heard := elsewhere.Load(); heard > 62 {
			t.Errorf("the second replica heard %d times that another does the job, also after that had gone", heard)
		}
		stopSecond()

		leases.err = errors.New("the database is gone")
		stopThird := start(t, leases, counter(&third, j))
		<-time.After(time.Hour)
		stopThird()
		if third.Load() != 0 {
			t.Errorf("without a lease the job ran %d times", third.Load())
		}
	})
}

// A replica that dies holds a job up for half a minute, one that ends not at all, and a long run keeps its lease.
func TestALeaseEndsSoonAfterItsOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int32
		j := jobs.Job{Name: "fold", Every: time.Second, Fleet: true}
		leases := &memory{leases: map[string]lease{"fold": {"one that was killed", time.Now().Add(30 * time.Second)}}}
		stop := start(t, leases, counter(&runs, j))
		<-time.After(29 * time.Second)
		if runs.Load() != 0 {
			t.Errorf("%d runs beside a replica that may live", runs.Load())
		}
		<-time.After(3 * time.Second)
		synctest.Wait()
		if runs.Load() == 0 {
			t.Error("no run after the lease had ended")
		}
		stop()
		if len(leases.leases) != 0 {
			t.Errorf("after the end the leases %v are left", leases.leases)
		}

		long := jobs.Job{Name: "long", Every: time.Minute, Within: time.Hour, Fleet: true, Do: func(ctx context.Context) error { <-ctx.Done(); return nil }}
		stopFirst := start(t, leases, long)
		<-time.After(20 * time.Second)
		var second atomic.Int32
		stopSecond := start(t, leases, counter(&second, jobs.Job{Name: "long", Every: time.Minute, Fleet: true}))
		<-time.After(50 * time.Minute)
		synctest.Wait()
		if second.Load() != 0 {
			t.Error("a second replica ran a job that was running")
		}
		stopFirst()
		stopSecond()
	})
}

func TestARunIsBoundedAndItsFailureLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		runs, overlap := 0, 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			jobs.Run(ctx, &memory{}, slog.New(slog.NewTextHandler(&text, nil)), jobs.Job{
				Name: "stuck", Every: time.Second, Do: func(ctx context.Context) error {
					runs++
					overlap++
					defer func() { overlap-- }()
					if overlap > 1 {
						t.Error("two runs of a job at once")
					}
					<-ctx.Done()
					return ctx.Err()
				},
			})
		}()
		<-time.After(10 * time.Minute)
		cancel()
		<-done
		if runs < 9 || runs > 11 {
			t.Errorf("a job that hangs ran %d times in ten minutes, want once a minute", runs)
		}
		if !strings.Contains(text.String(), "job=stuck") || !strings.Contains(text.String(), "deadline exceeded") {
			t.Errorf("the log says %q", text.String())
		}
	})
}

// A run has a minute, or as long as the job says.
func TestLongRunsAreCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var short, long atomic.Int64
		until := func(took *atomic.Int64) func(context.Context) error {
			return func(ctx context.Context) error {
				began := time.Now()
				<-ctx.Done()
				took.CompareAndSwap(0, int64(time.Since(began)))
				return nil
			}
		}
		stop := start(t, &memory{},
			jobs.Job{Name: "short", Every: time.Hour, Do: until(&short)},
			jobs.Job{Name: "long", Every: time.Hour, Within: 30 * time.Minute, Do: until(&long)})
		<-time.After(2 * time.Hour)
		stop()
		if time.Duration(short.Load()) != time.Minute || time.Duration(long.Load()) != 30*time.Minute {
			t.Errorf("runs were cancelled after %v and %v", time.Duration(short.Load()), time.Duration(long.Load()))
		}
	})
}
