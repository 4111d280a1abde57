//go:build e2e

package soak

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"sync"
	"testing"
	"time"
)

// What the server may hold at most while it is attacked, beyond what it held before, and after. The bounds
// are for a leak or a lost limit, not for a slow machine.
const (
	memoryUnderAttack      = 1000e6
	goroutinesUnderAttack  = 3000
	descriptorsUnderAttack = 1200

	memoryAfter      = 400e6
	goroutinesAfter  = 60
	descriptorsAfter = 30
	settlesWithin    = 3 * time.Minute // the longest of the server's timeouts, and some
)

// TestSoak runs good clients in a calm phase, then beside all bad clients at once, then watches the server
// settle. PIERRE_SOAK is how long the attack lasts; the default is 30 s, with CI set a minute.
// PIERRE_SOAK_ONLY is a regular expression for the names of the bad clients that take part.
func TestSoak(t *testing.T) {
	attack := 30 * time.Second
	if os.Getenv("CI") != "" {
		attack = time.Minute
	}
	if text := os.Getenv("PIERRE_SOAK"); text != "" {
		var err error
		if attack, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	s := startServer(t)
	clients := s.goodClients(6)
	a := newAttacker(s.addr, s.provision("mallory@example.com", "enterprise", ""),
		s.provision("trudy@example.com", "trial", `,"rate_limit_requests":1,"rate_limit_period":"month"`))

	converse(t.Context(), clients, 3*time.Second) // whatever is slow only once
	start := s.mustFootprint()
	calm := converse(t.Context(), clients, attack/4)
	t.Logf("calm:    %v; %v", calm, start)

	watch, stopWatching := s.watch()
	stopAttack := launch(t.Context(), a)
	storm := converse(t.Context(), clients, attack)
	began := time.Now()
	stopAttack()
	t.Logf("all bad clients were gone %v after they were told to", time.Since(began).Round(time.Millisecond))
	stopWatching()
	t.Logf("attack:  %v; at most %v; %d kB of log", storm, *watch, s.stderr.size()>>10)

	check(t, calm, storm)
	within(t, "under attack", *watch, start, footprint{memory: memoryUnderAttack, goroutines: goroutinesUnderAttack, descriptors: descriptorsUnderAttack})
	s.settles(start)
	after := converse(t.Context(), clients, attack/4)
	t.Logf("after:   %v; %v", after, s.mustFootprint())
	if len(after.faults) > 0 {
		t.Errorf("%d calls failed after the attack, the first: %v", len(after.faults), after.faults[0])
	}
}

// goodClients returns clients, each with a key and some activities; half of them open a connection for each call.
func (s *server) goodClients(n int) []*goodClient {
	s.t.Helper()
	var all []*goodClient
	for i := range n {
		c := newGoodClient(s.addr, s.provision(fmt.Sprintf("ana%d@example.com", i), "enterprise", ""), i%2 == 0)
		for day := range 5 {
			if err := c.upload(s.t.Context(), time.Date(2026, 10, 1+day, 7, 0, 0, 0, time.UTC)); err != nil {
				s.t.Fatal(err)
			}
		}
		all = append(all, c)
	}
	return all
}

// launch starts all bad clients; stop returns when they have ended.
func launch(ctx context.Context, a *attacker) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	only := regexp.MustCompile(os.Getenv("PIERRE_SOAK_ONLY"))
	for _, b := range badClients() {
		if !only.MatchString(b.name) {
			continue
		}
		for range b.workers {
			wg.Go(func() {
				for ctx.Err() == nil {
					b.do(ctx, a)
					pause(ctx, b.every+time.Millisecond)
				}
			})
		}
	}
	return func() {
		cancel()
		wg.Wait()
		a.http.CloseIdleConnections()
	}
}

// watch notes the most that the server holds, until stop is called.
func (s *server) watch() (most *footprint, stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	most = &footprint{}
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			if f, err := s.footprint(); err == nil {
				most.memory = max(most.memory, f.memory)
				most.heap = max(most.heap, f.heap)
				most.goroutines = max(most.goroutines, f.goroutines)
				most.descriptors = max(most.descriptors, f.descriptors)
			}
			pause(ctx, 250*time.Millisecond)
		}
	})
	return most, func() { cancel(); wg.Wait() }
}

func (s *server) mustFootprint() footprint {
	s.t.Helper()
	f, err := s.footprint()
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

// settles waits until the server has let go of what the attack took.
func (s *server) settles(start footprint) {
	s.t.Helper()
	began := time.Now()
	s.eventually(settlesWithin, func() error {
		f, err := s.footprint()
		if err != nil {
			return err
		}
		if f.memory > start.memory+memoryAfter || f.goroutines > start.goroutines+goroutinesAfter || f.descriptors > start.descriptors+descriptorsAfter {
			return fmt.Errorf("the server holds %v, before the attack %v", f, start)
		}
		return nil
	})
	s.t.Logf("settled after %v", time.Since(began).Round(100*time.Millisecond))
}

// check demands that every good call succeeded, and that the usual one was not out of all proportion slower.
func check(t *testing.T, calm, storm *measurements) {
	t.Helper()
	if len(calm.faults) > 0 {
		t.Errorf("%d calls failed before the attack, the first: %v", len(calm.faults), calm.faults[0])
	}
	for i, err := range storm.faults[:min(len(storm.faults), 5)] {
		t.Errorf("under attack, failed call %d of %d: %v", i+1, len(storm.faults), err)
	}
	if bound := 100*calm.quantile(0.5) + time.Second; storm.quantile(0.5) > bound {
		t.Errorf("half of the calls took over %v under attack, %v before", storm.quantile(0.5), calm.quantile(0.5))
	}
	if len(storm.took) == 0 {
		t.Error("no call succeeded under attack")
	}
}

func within(t *testing.T, when string, got, start, most footprint) {
	t.Helper()
	if got.memory > start.memory+most.memory || got.goroutines > start.goroutines+most.goroutines || got.descriptors > start.descriptors+most.descriptors {
		t.Errorf("%s the server held %v; before, %v", when, got, start)
	}
}
