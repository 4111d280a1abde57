package mcpapi

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	maxSessions = 128 // of one owner; a new one ends the one that was not used for longest
	maxStreams  = 64  // of one owner: GET streams and subscriptions

	maxKeySessions = 16384 // of all owners of one key, which are an application's athletes
	maxKeyStreams  = 2048

	sweepEvery = time.Minute // expired sessions are looked for no more often
)

// A sessionTable holds the sessions, and the streams of subscriptions, which have none. A session is found only by its
// id together with its owner: there is no way to another owner's. The table needs no goroutine: opening a
// session removes the expired ones.
type sessionTable struct {
	mcp  *server.MCPServer
	idle time.Duration
	now  func() time.Time

	shared Sealer // nil: sessions are of this server alone

	mu        sync.Mutex
	of        map[pierre.KeyID]*holdings
	listeners map[*listener]struct{}
	swept     time.Time
	closed    bool
	buried    graves
}

func newSessionTable(m *server.MCPServer, idle time.Duration, now func() time.Time, shared Sealer) *sessionTable {
	t := &sessionTable{
		shared:    shared,
		mcp:       m,
		idle:      idle,
		now:       now,
		of:        map[pierre.KeyID]*holdings{},
		listeners: map[*listener]struct{}{},
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
	h := t.holdings(s.owner)
	h.add(s)
	if least := h.surplus(s); least != nil {
		ended = append(ended, least)
	}
	t.mu.Unlock()
	t.end(ctx, ended...)
	return nil
}

// holdings returns what the owner's key has open. t.mu is held.
func (t *sessionTable) holdings(o owner) *holdings {
	h := t.of[o.key]
	if h == nil {
		h = newHoldings()
		t.of[o.key] = h
	}
	return h
}

// tidy forgets a key that has nothing open. t.mu is held.
func (t *sessionTable) tidy(key pierre.KeyID) {
	if h := t.of[key]; h != nil && h.empty() {
		delete(t.of, key)
	}
}

// get returns the session of that id and owner.
func (t *sessionTable) get(id string, o owner) (*session, bool) {
	t.mu.Lock()
	var s *session
	var ok bool
	if h := t.of[o.key]; h != nil {
		s, ok = h.sessions[o.user][id]
	}
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
	for s := range t.all() {
		if t.isExpired(s, now) {
			old = append(old, s)
		}
	}
	return old
}

// all are the sessions. t.mu is held.
func (t *sessionTable) all() iter.Seq[*session] {
	return func(yield func(*session) bool) {
		for _, h := range t.of {
			for _, of := range h.sessions {
				for _, s := range of {
					if !yield(s) {
						return
					}
				}
			}
		}
	}
}

// leastUsed is, of the sessions that it considered, the one that has gone without a new request for the longest time. One
// that is in use, be it only by a stream, is it only if all are.
type leastUsed struct {
	session *session
	since   time.Time
	idle    bool
}

func (l *leastUsed) consider(s, added *session) {
	seen, idle := s.idleSince()
	if s != added && (l.session == nil || idle && !l.idle || idle == l.idle && seen.Before(l.since)) {
		*l = leastUsed{s, seen, idle}
	}
}

// openStream counts a stream of the owner, and refuses one too many.
func (t *sessionTable) openStream(o owner) (closeStream func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.holdings(o)
	if h.streams[o.user] >= maxStreams {
		return nil, tooManyStreams(maxStreams)
	}
	if h.nStreams >= maxKeyStreams {
		return nil, tooManyStreams(maxKeyStreams)
	}
	h.streams[o.user]++
	h.nStreams++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		h.nStreams--
		if h.streams[o.user]--; h.streams[o.user] == 0 {
			delete(h.streams, o.user)
		}
		t.tidy(o.key)
	}, nil
}

func tooManyStreams(most int) error {
	return &pierre.Error{
		Kind: pierre.KindRateLimited, RetryAfter: sweepEvery,
		Msg: fmt.Sprintf("%d streams of this API key are open, the most that it may have; close some of them.", most),
	}
}

// size returns how many sessions and streams there are.
func (t *sessionTable) size() (sessions, streams int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, h := range t.of {
		sessions += h.nSessions
		streams += h.nStreams
	}
	return sessions, streams
}

// end removes sessions and ends their streams.
func (t *sessionTable) end(ctx context.Context, sessions ...*session) {
	for _, s := range sessions {
		t.mu.Lock()
		if h := t.of[s.owner.key]; h != nil {
			h.remove(s)
			t.tidy(s.owner.key)
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
	t.endWhere(ctx, func(o owner) bool { return o.key == key })
}

// dropUser ends what is open for a user.
func (t *sessionTable) dropUser(ctx context.Context, user pierre.UserID) {
	t.endWhere(ctx, func(o owner) bool { return o.user == user })
}

// closeAll ends everything, and what comes later at once.
func (t *sessionTable) closeAll(ctx context.Context) {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.endWhere(ctx, func(owner) bool { return true })
}

func (t *sessionTable) endWhere(ctx context.Context, match func(owner) bool) {
	var ended []*session
	t.mu.Lock()
	for s := range t.all() {
		if match(s.owner) {
			ended = append(ended, s)
		}
	}
	for l := range t.listeners {
		if match(l.owner) {
			l.stop()
		}
	}
	t.mu.Unlock()
	t.bury(ctx, ended...)
}
