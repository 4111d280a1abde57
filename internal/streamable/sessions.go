package streamable

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

	maxGroupSessions = 16384 // of all owners of one group
	maxGroupStreams  = 2048

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
	of        map[string]*holdings
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
		of:        map[string]*holdings{},
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

// holdings returns what the owner's group has open. t.mu is held.
func (t *sessionTable) holdings(o Owner) *holdings {
	h := t.of[o.Group]
	if h == nil {
		h = newHoldings()
		t.of[o.Group] = h
	}
	return h
}

// tidy forgets a group that has nothing open. t.mu is held.
func (t *sessionTable) tidy(group string) {
	if h := t.of[group]; h != nil && h.empty() {
		delete(t.of, group)
	}
}

// get returns the session of that id and owner.
func (t *sessionTable) get(id string, o Owner) (*session, bool) {
	t.mu.Lock()
	var s *session
	var ok bool
	if h := t.of[o.Group]; h != nil {
		s, ok = h.sessions[o.Member][id]
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
func (t *sessionTable) openStream(o Owner) (closeStream func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.holdings(o)
	if h.streams[o.Member] >= maxStreams {
		return nil, tooManyStreams(maxStreams)
	}
	if h.nStreams >= maxGroupStreams {
		return nil, tooManyStreams(maxGroupStreams)
	}
	h.streams[o.Member]++
	h.nStreams++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		h.nStreams--
		if h.streams[o.Member]--; h.streams[o.Member] == 0 {
			delete(h.streams, o.Member)
		}
		t.tidy(o.Group)
	}, nil
}

func tooManyStreams(most int) error {
	return &pierre.Error{
		Kind: pierre.KindRateLimited, RetryAfter: sweepEvery,
		Msg: fmt.Sprintf("%d streams are open for this caller, the most that there may be; close some of them.", most),
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
		if h := t.of[s.owner.Group]; h != nil {
			h.remove(s)
			t.tidy(s.owner.Group)
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

// closeAll ends everything, and what comes later at once.
func (t *sessionTable) closeAll(ctx context.Context) {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.endWhere(ctx, func(Owner) bool { return true })
}

// endWhere ends what is open of the owners that match.
func (t *sessionTable) endWhere(ctx context.Context, match func(Owner) bool) {
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
