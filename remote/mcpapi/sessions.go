package mcpapi

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	maxSessions = 128         // of one owner; a new one ends the one that was not used for longest
	maxStreams  = 64          // of one owner: GET streams and subscriptions
	sweepEvery  = time.Minute // expired sessions are looked for no more often
)

// A sessionTable holds the sessions, and the streams of subscriptions, which have none. A session is found only by its
// id together with its owner: there is no way to another owner's. The table needs no goroutine: opening a
// session removes the expired ones.
type sessionTable struct {
	mcp  *server.MCPServer
	idle time.Duration
	now  func() time.Time

	mu        sync.Mutex
	byOwner   map[pierre.KeyID]map[string]*session
	listeners map[*listener]struct{}
	streams   map[pierre.KeyID]int
	swept     time.Time
	closed    bool
}

func newSessionTable(m *server.MCPServer, idle time.Duration, now func() time.Time) *sessionTable {
	t := &sessionTable{
		mcp:       m,
		idle:      idle,
		now:       now,
		byOwner:   map[pierre.KeyID]map[string]*session{},
		listeners: map[*listener]struct{}{},
		streams:   map[pierre.KeyID]int{},
	}
	return t
}

// add makes a session reachable that was initialized.
func (t *sessionTable) add(ctx context.Context, s *session) error {
	if err := t.mcp.RegisterSession(ctx, s); err != nil {
		return err
	}
	now := t.now()
	t.mu.Lock()
	ended := t.expired(now)
	if t.closed {
		ended = append(ended, s)
	}
	if t.byOwner[s.owner] == nil {
		t.byOwner[s.owner] = map[string]*session{}
	}
	t.byOwner[s.owner][s.id] = s
	if len(t.byOwner[s.owner]) > maxSessions {
		ended = append(ended, t.leastUsed(s))
	}
	t.mu.Unlock()
	t.end(ctx, ended...)
	return nil
}

// get returns the session of that id and owner.
func (t *sessionTable) get(id string, owner pierre.KeyID) (*session, bool) {
	t.mu.Lock()
	s, ok := t.byOwner[owner][id]
	t.mu.Unlock()
	return s, ok && !t.isExpired(s, t.now())
}

func (t *sessionTable) isExpired(s *session, now time.Time) bool {
	seen, idle := s.idleSince()
	return idle && now.Sub(seen) > t.idle
}

// expired returns the expired sessions if it was not asked lately. t.mu is held.
func (t *sessionTable) expired(now time.Time) []*session {
	if now.Sub(t.swept) < sweepEvery {
		return nil
	}
	t.swept = now
	var old []*session
	for _, sessions := range t.byOwner {
		for _, s := range sessions {
			if t.isExpired(s, now) {
				old = append(old, s)
			}
		}
	}
	return old
}

// leastUsed returns the session of added's owner that has gone without a new request for the longest time. One that is in
// use, be it only by a stream, goes only if all are. t.mu is held.
func (t *sessionTable) leastUsed(added *session) *session {
	var least *session
	var since time.Time
	var wasIdle bool
	for _, s := range t.byOwner[added.owner] {
		seen, idle := s.idleSince()
		if s != added && (least == nil || idle && !wasIdle || idle == wasIdle && seen.Before(since)) {
			least, since, wasIdle = s, seen, idle
		}
	}
	return least
}

// openStream counts a stream of the owner, and refuses one too many.
func (t *sessionTable) openStream(owner pierre.KeyID) (closeStream func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.streams[owner] >= maxStreams {
		return nil, &pierre.Error{
			Kind: pierre.KindRateLimited, RetryAfter: sweepEvery,
			Msg: fmt.Sprintf("%d streams of this API key are open, the most that it may have; close some of them.", maxStreams),
		}
	}
	t.streams[owner]++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.streams[owner]--; t.streams[owner] == 0 {
			delete(t.streams, owner)
		}
	}, nil
}

// size returns how many sessions and streams there are.
func (t *sessionTable) size() (sessions, streams int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, of := range t.byOwner {
		sessions += len(of)
	}
	for _, n := range t.streams {
		streams += n
	}
	return sessions, streams
}

// end removes sessions and ends their streams.
func (t *sessionTable) end(ctx context.Context, sessions ...*session) {
	for _, s := range sessions {
		t.mu.Lock()
		delete(t.byOwner[s.owner], s.id)
		if len(t.byOwner[s.owner]) == 0 {
			delete(t.byOwner, s.owner)
		}
		t.mu.Unlock()
		t.mcp.UnregisterSession(ctx, s.id)
		s.close()
	}
}

// listen makes a subscription reachable for notifications, until stop.
func (t *sessionTable) listen(ctx context.Context, l *listener) (stop func(), err error) {
	closeStream, err := t.openStream(l.owner)
	if err != nil {
		return nil, err
	}
	if err := t.mcp.RegisterSession(ctx, l); err != nil {
		closeStream()
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.listeners[l] = struct{}{}
	if t.closed {
		l.stop()
	}
	return func() {
		t.mcp.UnregisterSession(ctx, l.SessionID())
		closeStream()
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.listeners, l)
	}, nil
}

// drop ends what a key has open.
func (t *sessionTable) drop(ctx context.Context, key pierre.KeyID) {
	t.endWhere(ctx, func(owner pierre.KeyID) bool { return owner == key })
}

// closeAll ends everything, and what comes later at once.
func (t *sessionTable) closeAll(ctx context.Context) {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.endWhere(ctx, func(pierre.KeyID) bool { return true })
}

func (t *sessionTable) endWhere(ctx context.Context, match func(owner pierre.KeyID) bool) {
	var ended []*session
	t.mu.Lock()
	for owner, sessions := range t.byOwner {
		if !match(owner) {
			continue
		}
		for _, s := range sessions {
			ended = append(ended, s)
		}
	}
	for l := range t.listeners {
		if match(l.owner) {
			l.stop()
		}
	}
	t.mu.Unlock()
	t.end(ctx, ended...)
}
