package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A session is what a server of the earlier era knows a conversation by.
type session struct {
	gen     int    // counts the sessions of this conversation; 0: none yet
	id      string // Mcp-Session-Id; "" if the server keeps no sessions
	version string // the negotiated protocol revision
	lists   []string
	renewed bool // made by the bridge because the listening stream was refused
}

// unknown reports whether s is no session yet.
func (s session) unknown() bool { return s.gen == 0 }

// isLost reports whether x means that the server does not know the session s (any more).
func (s session) isLost(x *exchange) bool {
	if s.id == "" || x.buf == nil {
		return false
	}
	if x.StatusCode != http.StatusNotFound && x.StatusCode != http.StatusBadRequest {
		return false
	}
	m, err := parse(x.body())
	if x.StatusCode == http.StatusNotFound { // Streamable HTTP, "Session management", rule 3
		return err != nil || errorOf(m).Code != codeMethodNotFound
	}
	// 400 is not what the specification says, but what several servers do.
	answers := err == nil && m.ID != nil && string(m.ID) != "null"
	return !answers && bytes.Contains(bytes.ToLower(x.body()), []byte("session"))
}

// sessions holds the current session and what is needed to make it anew.
type sessions struct {
	mu          sync.Mutex
	cur         session
	initialize  *message           // the host's, for the next session
	initialized *message           // the same
	quit        context.CancelFunc // ends the listening stream of cur

	revival *revival     // that is under way
	revived time.Time    // when the last one ended
	pace    pace         // of revivals
	failed  error        // why the last one failed; nil: it did not
	next    time.Time    // no new one before that, if the last one failed
	proven  atomic.Int64 // the generation in which something went well at last
}

// A revival is a re-initialization that any number of calls wait for.
type revival struct {
	done chan struct{}
	session
	err error
}

func (s *sessions) current() session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cur
}

// begin makes the session of header and result, the answer to initialize, the current
// one, and returns it and the one before.
func (s *sessions) begin(initialize *message, header http.Header, result []byte) (now, before session) {
	var v struct {
		ProtocolVersion string                     `json:"protocolVersion"`
		Capabilities    map[string]json.RawMessage `json:"capabilities"`
	}
	if json.Unmarshal(result, &v) != nil {
		v.ProtocolVersion = "" // the host will say what is wrong with this result
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before = s.cur
	s.cur = session{gen: before.gen + 1, id: header.Get(headerSession), version: v.ProtocolVersion}
	for _, kind := range []string{"tools", "prompts", "resources"} {
		if _, ok := v.Capabilities[kind]; ok {
			s.cur.lists = append(s.cur.lists, kind)
		}
	}
	s.initialize = initialize
	return s.cur, before
}

// confirm remembers the notifications/initialized of the host.
func (s *sessions) confirm(initialized *message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.initialized = initialized
}

// listening registers the listening stream of the current session and ends the one before.
func (s *sessions) listening(quit context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.quit != nil {
		s.quit()
	}
	s.quit = quit
}

func (s *sessions) stopListening() { s.listening(nil) }

// join returns the revival of the session of generation gen. If carry is true, the
// caller must carry it out, after a wait: a server that loses its sessions again and
// again is asked for new ones less and less often. If there is a newer session
// already, or the last revival has just failed, the revival is over.
func (s *sessions) join(gen int) (r *revival, wait time.Duration, carry bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cur.gen != gen {
		r = &revival{done: make(chan struct{}), session: s.cur}
		close(r.done)
		return r, 0, false
	}
	if s.revival != nil {
		return s.revival, 0, false
	}
	if s.failed != nil && time.Now().Before(s.next) {
		r = &revival{done: make(chan struct{}), err: s.failed}
		close(r.done)
		return r, 0, false
	}
	s.revival = &revival{done: make(chan struct{})}
	kept := s.failed == nil && time.Since(s.revived) > stableAfter
	if kept || s.failed == nil && s.proven.Load() == int64(gen) {
		s.pace.succeeded()
	}
	wait, _ = s.pace.wait(streamRhythm(), 0)
	if kept || s.failed != nil {
		wait = 0
	}
	return s.revival, wait, true
}

// prove notes that the server has done something in the session of generation gen.
func (s *sessions) prove(gen int) { s.proven.Store(int64(gen)) }

// replay returns the host's messages that a new session begins with.
func (s *sessions) replay() (initialize, initialized *message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.initialize, s.initialized
}

// finish publishes the outcome of r.
func (s *sessions) finish(r *revival, now session, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.session, r.err = now, err
	s.revival, s.revived, s.failed = nil, time.Now(), err
	if err != nil {
		pause, _ := s.pace.wait(streamRhythm(), 0)
		s.next = s.revived.Add(pause)
	}
	close(r.done)
}
