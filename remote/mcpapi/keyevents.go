package mcpapi

import (
	"context"
	"sync"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable"
)

// Revoked implements [access.KeyListener]: it ends the sessions and streams of the key, which would outlive it otherwise.
func (s *Server) Revoked(key pierre.KeyID) {
	s.transport.End(context.Background(), func(o streamable.Owner) bool { return o.Group == string(key) })
}

// Changed implements [access.KeyListener]: sessions and streams stay. Each request verifies its key anew; open streams do
// it now, because the key may end earlier than it did.
func (s *Server) Changed(pierre.KeyID) { s.callers.changes.announce() }

// AthleteDeleted implements [access.KeyListener]: it ends the athlete's sessions and streams.
func (s *Server) AthleteDeleted(id pierre.UserID) {
	s.transport.End(context.Background(), func(o streamable.Owner) bool { return o.Member == string(id) })
}

// AllChanged implements [access.KeyListener]: open streams verify their keys anew.
func (s *Server) AllChanged() { s.callers.changes.announce() }

// keyChanges wakes those who wait for a change of any key. The zero value is ready.
type keyChanges struct {
	mu   sync.Mutex
	wake chan struct{}
}

// next returns a channel that is closed at the next change.
func (k *keyChanges) next() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.wake == nil {
		k.wake = make(chan struct{})
	}
	return k.wake
}

func (k *keyChanges) announce() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.wake != nil {
		close(k.wake)
		k.wake = nil
	}
}
