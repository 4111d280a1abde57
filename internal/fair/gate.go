// Package fair shares a server's work between its tenants. Each tenant may have a few tasks running at once, and when
// more wait than may run, the tenants take turns: one that asks for much waits for itself, and not the others for it.
//
// It bounds what runs at the same time. How many tasks a tenant may run in all is package limit's.
package fair

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Options configure a [Gate].
type Options struct {
	Running   int           // tasks at a time; 0: twice the processors that the program may use, at least 4
	PerTenant int           // of one tenant; 0: half of Running
	Waiting   int           // tasks of one tenant that may wait; 0: 64
	InFlight  int           // tasks of all tenants that run or wait; 0: 2048
	Patience  time.Duration // how long a task waits; 0: 25 seconds
	Busy      func()        // is told of each task that is refused because of others' tasks; it must not call the Gate. nil: nobody
}

const (
	minRunning      = 4
	defaultWaiting  = 64
	defaultInFlight = 2048
	defaultPatience = 25 * time.Second // hosts give up after a minute

	retryAfter = time.Second
)

// A Gate admits tasks. It is safe for concurrent use.
type Gate struct {
	opts Options

	mu      sync.Mutex
	running int
	waiting int
	tenants map[string]*tenant // those with tasks that run or wait
	turns   []*tenant          // those with tasks that wait, the next one first
	idle    chan struct{}      // closed when nothing runs and nothing waits; nil if nobody asked
}

type tenant struct {
	name    string
	running int
	waiting []chan struct{} // each is closed when its task may run
}

// New returns a Gate.
func New(opts Options) *Gate {
	if opts.Running == 0 {
		opts.Running = max(minRunning, 2*runtime.GOMAXPROCS(0))
	}
	if opts.PerTenant == 0 {
		opts.PerTenant = max(1, opts.Running/2)
	}
	if opts.Waiting == 0 {
		opts.Waiting = defaultWaiting
	}
	if opts.InFlight == 0 {
		opts.InFlight = defaultInFlight
	}
	if opts.Patience == 0 {
		opts.Patience = defaultPatience
	}
	if opts.Busy == nil {
		opts.Busy = func() {}
	}
	return &Gate{opts: opts, tenants: map[string]*tenant{}}
}

// Enter waits until a task of the tenant may run. It fails with [pierre.KindRateLimited] if too many tasks of the tenant
// wait already or take too long, with [pierre.KindUnavailable] if those of others do or if there are too many tasks of all
// tenants, and with ctx's cause if ctx ended.
func (g *Gate) Enter(ctx context.Context, name string) (*Slot, error) {
	g.mu.Lock()
	t := g.tenant(name)
	if g.running < g.opts.Running && t.running < g.opts.PerTenant {
		g.start(t)
		g.mu.Unlock()
		return &Slot{gate: g, tenant: t}, nil
	}
	err := error(nil)
	switch {
	case len(t.waiting) >= g.opts.Waiting:
		err = tooMany()
	case g.running+g.waiting >= g.opts.InFlight:
		err = g.busy()
	}
	if err != nil {
		g.settle(t)
		g.mu.Unlock()
		return nil, err
	}
	turn := make(chan struct{})
	if len(t.waiting) == 0 {
		g.turns = append(g.turns, t)
	}
	t.waiting = append(t.waiting, turn)
	g.waiting++
	g.mu.Unlock()
	return g.wait(ctx, t, turn)
}

func (g *Gate) wait(ctx context.Context, t *tenant, turn chan struct{}) (*Slot, error) {
	patience := time.NewTimer(g.opts.Patience)
	defer patience.Stop()
	var err error
	select {
	case <-turn:
		return &Slot{gate: g, tenant: t}, nil
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-patience.C:
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.remove(t, turn) {
		return &Slot{gate: g, tenant: t}, nil // the turn came at the same moment
	}
	if err == nil && t.running >= g.opts.PerTenant {
		err = tooMany()
	} else if err == nil {
		err = g.busy()
	}
	return nil, err
}

// tenant returns the tenant of that name. g.mu is held.
func (g *Gate) tenant(name string) *tenant {
	t := g.tenants[name]
	if t == nil {
		t = &tenant{name: name}
		g.tenants[name] = t
	}
	return t
}

// tooMany is the refusal of a task that waits for others of its own tenant.
func tooMany() error {
	return &pierre.Error{
		Kind: pierre.KindRateLimited, RetryAfter: retryAfter,
		Msg: "Too many requests of yours are running at the same time; wait for some of them, then try again.",
	}
}

// busy is the refusal of a task that waits for others.
func (g *Gate) busy() error {
	g.opts.Busy()
	return &pierre.Error{Kind: pierre.KindUnavailable, RetryAfter: retryAfter, Msg: "The server is busy; try again in a moment."}
}

// Tasks returns how many tasks run and how many wait.
func (g *Gate) Tasks() (running, waiting int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.running, g.waiting
}

// start counts a task that runs. g.mu is held.
func (g *Gate) start(t *tenant) {
	g.running++
	t.running++
}

// remove takes a waiting task out, and reports whether it still waited. g.mu is held.
func (g *Gate) remove(t *tenant, turn chan struct{}) bool {
	i := slices.Index(t.waiting, turn)
	if i < 0 {
		return false
	}
	t.waiting = slices.Delete(t.waiting, i, i+1)
	g.waiting--
	if len(t.waiting) == 0 {
		g.turns = slices.DeleteFunc(g.turns, func(other *tenant) bool { return other == t })
	}
	g.settle(t)
	return true
}

// admit starts the tasks that may run now, tenant by tenant. g.mu is held.
func (g *Gate) admit() {
	for g.running < g.opts.Running {
		i := slices.IndexFunc(g.turns, func(t *tenant) bool { return t.running < g.opts.PerTenant })
		if i < 0 {
			return
		}
		t := g.turns[i]
		g.turns = slices.Delete(g.turns, i, i+1)
		close(t.waiting[0])
		t.waiting = t.waiting[1:]
		g.waiting--
		g.start(t)
		if len(t.waiting) > 0 {
			g.turns = append(g.turns, t)
		}
	}
}

// settle forgets a tenant without tasks, and tells those who wait for it that nothing runs. g.mu is held.
func (g *Gate) settle(t *tenant) {
	if t.running == 0 && len(t.waiting) == 0 {
		delete(g.tenants, t.name)
	}
	if g.idle != nil && g.running == 0 && len(g.turns) == 0 {
		close(g.idle)
		g.idle = nil
	}
}

// Yield gives way to the tasks of the gate: it returns when none of them runs or waits, when atMost has passed, or when
// ctx ends. Work in the background that consists of many small steps calls it between two of them.
func (g *Gate) Yield(ctx context.Context, atMost time.Duration) {
	g.mu.Lock()
	if g.running == 0 {
		g.mu.Unlock()
		return
	}
	if g.idle == nil {
		g.idle = make(chan struct{})
	}
	idle := g.idle
	g.mu.Unlock()
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
	case <-ctx.Done():
	}
}
