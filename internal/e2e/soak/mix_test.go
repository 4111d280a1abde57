//go:build e2e

package soak

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pgtest"
	"github.com/pierre-mcp/pierre/internal/redistest"
)

// TestMix does everything that a server is there for at once, for SOAK (ten minutes by `make soak`; otherwise 20 s, and
// 45 s with CI set), on both kinds of database. Whatever is asked is answered, and what the server holds stays the same.
func TestMix(t *testing.T) {
	lasts := 20 * time.Second
	if os.Getenv("CI") != "" {
		lasts = 45 * time.Second
	}
	if text := os.Getenv("SOAK"); text != "" {
		var err error
		if lasts, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		mix(t, startServer(t, "OAUTH=true"), lasts)
	})
	t.Run("postgres and redis", func(t *testing.T) {
		t.Parallel()
		mix(t, startServer(t, "OAUTH=true", "DATABASE_URL="+pgtest.URL(t), "REDIS_URL="+redistest.Start(t).URL(),
			"JWT_SECRET=qL0zvWmT9hXe4KcJ2rUyB7nGd5sPaF1i", "ENCRYPTION_KEY=Zt8oNvR3wQxE6yHjM0uKbC4gLf9kDs2p"), lasts)
	})
}

// A user is one kind of client at work. do is called again and again; it returns what went wrong.
type user struct {
	name    string
	workers int
	every   time.Duration // between the end of one and the next
	do      func(ctx context.Context, w *worker) error
}

// A worker is one of them.
type worker struct {
	*server
	key  string // enterprise
	http *goodClient
	n    int // how often it was done
}

// tally counts what users did.
type tally struct {
	mu     sync.Mutex
	done   map[string]int
	faults []string
}

func (c *tally) add(name string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done[name]++
	if err != nil {
		c.faults = append(c.faults, fmt.Sprintf("%s: %v", name, err))
	}
}

func mix(t *testing.T, s *server, lasts time.Duration) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	counts := &tally{done: map[string]int{}}
	var wg sync.WaitGroup
	for _, u := range users(t, s) {
		for i := range u.workers {
			key := s.provision(fmt.Sprintf("ana%d@example.com", i), "enterprise", "")
			w := &worker{server: s, key: key, http: newGoodClient(s.addr, key, i%2 == 0)}
			wg.Go(func() {
				for ; ctx.Err() == nil; w.n++ {
					// What has begun is let end: only what was cut off by us would fail.
					counts.add(u.name, u.do(context.WithoutCancel(ctx), w))
					pause(ctx, u.every)
				}
			})
		}
	}
	stopSlow := s.slow(ctx)
	seen := s.observe(ctx, lasts)
	stop()
	stopSlow()
	wg.Wait()
	t.Logf("in %v: %v", lasts, counts.done)
	for i, fault := range counts.faults[:min(len(counts.faults), 5)] {
		t.Errorf("failure %d of %d: %s", i+1, len(counts.faults), fault)
	}
	flat(t, seen)
}

// slow lets slow clients hold connections, as many all the time.
func (s *server) slow(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	a := &attacker{addr: s.addr, key: s.provision("mallory@example.com", "enterprise", "")}
	var wg sync.WaitGroup
	for _, b := range slowClients() {
		for range 2 {
			wg.Go(func() {
				for ctx.Err() == nil {
					b.do(ctx, a)
					pause(ctx, time.Second)
				}
			})
		}
	}
	return func() { cancel(); wg.Wait() }
}

// observe notes what the server holds, again and again.
func (s *server) observe(ctx context.Context, lasts time.Duration) []footprint {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, lasts)
	defer cancel()
	var seen []footprint
	for ctx.Err() == nil {
		if f, err := s.footprint(); err == nil {
			seen = append(seen, f)
		}
		pause(ctx, 500*time.Millisecond)
	}
	if len(seen) < 8 {
		s.t.Fatalf("the server said only %d times what it holds", len(seen))
	}
	return seen
}

// flat demands that in the last quarter of the time the server holds no more than in the second. The margins are those of
// garbage collection, and of connections that come and go.
func flat(t *testing.T, seen []footprint) {
	t.Helper()
	quarter := len(seen) / 4
	second, last := mean(seen[quarter:2*quarter]), mean(seen[len(seen)-quarter:])
	t.Logf("second quarter: %v", second)
	t.Logf("last quarter:   %v", last)
	for _, what := range []struct {
		name            string
		before, after   float64
		percent, beside float64
	}{
		{"memory", second.memory, last.memory, 20, 150e6},
		{"heap", second.heap, last.heap, 20, 50e6},
		{"goroutines", second.goroutines, last.goroutines, 10, 25},
		{"descriptors", second.descriptors, last.descriptors, 10, 20},
		{"connections to the database", second.connections, last.connections, 0, 4},
	} {
		if what.after > what.before*(1+what.percent/100)+what.beside {
			t.Errorf("%s: %.0f in the last quarter, %.0f in the second", what.name, what.after, what.before)
		}
	}
	if runtime.GOOS == "linux" && last.descriptors == 0 {
		t.Error("the server does not say how many descriptors it has")
	}
}

func mean(seen []footprint) (m footprint) {
	n := float64(len(seen))
	for _, f := range seen {
		m.memory += f.memory / n
		m.heap += f.heap / n
		m.goroutines += f.goroutines / n
		m.descriptors += f.descriptors / n
		m.connections += f.connections / n
	}
	return m
}
