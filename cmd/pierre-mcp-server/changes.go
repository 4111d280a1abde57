package main

import (
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/bus"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// follow returns the bus that tells this server what others change, and others what it changes.
func (a *app) follow(verifier *access.Verifier, keys access.KeyListener) *bus.Bus {
	b := bus.New(a.store, follower{verifier, keys}, bus.Options{Carriers: a.carriers(), Log: a.log})
	a.store.OnChange(b.Announce)
	return b
}

// carriers are what brings news of changes at once.
func (a *app) carriers() []bus.Carrier {
	var carriers []bus.Carrier
	if n, ok := a.store.Notifier(); ok {
		carriers = append(carriers, n)
	}
	if a.redis != nil {
		carriers = append(carriers, bus.NewRedis(a.redis))
	}
	return carriers
}

// A follower is told of changes.
type follower struct {
	verifier *access.Verifier
	keys     access.KeyListener
}

// Apply implements [bus.Listener].
func (f follower) Apply(c pierre.Change) {
	if c.Generation > 0 {
		f.verifier.Expect(pierre.KeyID(c.ID), c.Generation)
	}
	access.Tell(f.keys, c)
}

// Heard implements [bus.Listener].
func (f follower) Heard(ok bool) { f.verifier.Heard(ok) }

// Told implements [bus.Listener].
func (f follower) Told(at time.Time) { f.verifier.Told(at) }

// impaired says, in a sentence each, what of the bus does not work; the server goes on without it.
func impaired(s bus.State) []string {
	var texts []string
	if s.Deaf {
		texts = append(texts, "What other servers change cannot be read; keys are remembered for one second.")
	}
	if s.Silent != nil {
		texts = append(texts, "Nothing is heard from "+strings.Join(s.Silent, " and ")+", so news of changes by other servers may be slow.")
	}
	return texts
}
