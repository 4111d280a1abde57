package bridge

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
)

// A session is what a server of the earlier era knows a conversation by.
type session struct {
	gen     int    // counts the sessions of this conversation; 0: none yet
	id      string // Mcp-Session-Id; "" if the server keeps no sessions
	version string // the negotiated protocol revision
	lists   []string
}

// sessions holds the current session and what is needed to make it anew.
type sessions struct {
	mu          sync.Mutex
	cur         session
	initialize  []byte // the host's message, for replay
	initialized []byte // the same
	revival     *revival
	quit        context.CancelFunc // of the listening stream of cur
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

// begin makes the session that resp, the answer to initialize, stands for the
// current one, and returns it and the one before.
func (s *sessions) begin(initialize []byte, header http.Header, result []byte) (now, before session) {
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

// confirm remembers that the host has said notifications/initialized.
func (s *sessions) confirm(initialized []byte) {
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

// join returns the revival of the session of generation gen, and whether the
// caller must carry it out. If there is a newer session already, the revival is over.
func (s *sessions) join(gen int) (r *revival, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cur.gen != gen {
		r = &revival{done: make(chan struct{}), session: s.cur}
		close(r.done)
		return r, false
	}
	if s.revival == nil {
		s.revival = &revival{done: make(chan struct{})}
		return s.revival, true
	}
	return s.revival, false
}

// replay returns the host's messages that a new session begins with.
func (s *sessions) replay() (initialize, initialized []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.initialize, s.initialized
}

// finish publishes the outcome of r.
func (s *sessions) finish(r *revival, now session, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.session, r.err = now, err
	s.revival = nil
	close(r.done)
}
