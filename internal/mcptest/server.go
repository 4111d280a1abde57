// Package mcptest has both ends that a bridge stands between: an MCP server that does
// what a test tells it to do wrong, on a real port or in memory, and a host that speaks
// MCP in lines. The table of what can go wrong between the two is written once, and run
// by whoever has a bridge to put there: in virtual time or with the built program.
package mcptest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Key is the key that the server wants on every request.
const Key = "pk_live_0123456789abcdefghijklmnop"

// A Server is an MCP server of both eras. It does what a test tells it to do wrong, and
// remembers what reached it. Everything else about it is real.
//
// Its tools: write changes things, read is read-only, put is idempotent, wait runs until it
// is cancelled. Of other names it takes any, as tools that it did not list.
type Server struct {
	URL  string        // without a path
	Host string        // and port
	Leak int           // sessions that nobody can delete at the end: their owner was killed
	Late time.Duration // what a loaded machine may add to what a test aims at

	Streams   chan *Stream // opened with GET or subscriptions/listen
	Started   chan string  // tools that wait, as they begin
	Stopped   chan string  // tools that wait, as they are cancelled
	Responses chan string  // the host's answers to requests of the server

	t    testing.TB
	wire wire

	mu       sync.Mutex
	faults   []*fault
	sessions map[string]bool
	made     int                    // sessions so far
	runs     map[string]int         // by tool
	requests []string               // "tools/call", "GET", "response", …, in order of arrival
	headers  map[string]http.Header // of the last request, by method
	bodies   map[string]string      // of the last request, by method
}

// A wire is how a server can be reached, or not.
type wire interface {
	up()
	down()
}

// A fault is what the server does to a request instead of serving it.
type fault struct {
	method string
	times  int // how often; -1 is always
	do     http.HandlerFunc
}

func newServer(t testing.TB) *Server {
	return &Server{
		t: t, sessions: map[string]bool{}, runs: map[string]int{}, headers: map[string]http.Header{}, bodies: map[string]string{},
		Streams: make(chan *Stream, 64), Started: make(chan string, 64), Stopped: make(chan string, 64), Responses: make(chan string, 64),
	}
}

// Down takes the server away: connections end and new ones are refused.
func (s *Server) Down() { s.wire.down() }

// Up brings it back. Its sessions have outlived the outage, unless Forget ended them.
func (s *Server) Up() { s.wire.up() }

// Outage takes the server away for d. Then it does what is given, or only comes back.
func (s *Server) Outage(d time.Duration, then ...func()) {
	s.Down()
	time.AfterFunc(d, func() {
		for _, f := range then {
			f()
		}
		s.Up()
	})
}

// Forget loses the sessions, as a restart does in most servers.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sessions)
}

// Misbehave makes the next requests of a method meet do. Times -1 means all of them.
func (s *Server) Misbehave(method string, times int, do http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &fault{method, times, do})
}

// Behave ends all misbehaviour.
func (s *Server) Behave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// A Request is a JSON-RPC message as the server sees it.
type Request struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
		Meta      struct {
			Version string `json:"io.modelcontextprotocol/protocolVersion"`
		} `json:"_meta"`
	} `json:"params"`
}

type requestKey struct{}

// MessageOf returns the message that r carries.
func MessageOf(r *http.Request) Request {
	m, _ := r.Context().Value(requestKey{}).(Request)
	return m
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	m := Request{Method: r.Method}
	if r.Method == http.MethodPost {
		m.Method = "response"
		if err := json.Unmarshal(body, &m); err != nil {
			s.t.Errorf("the server got %q: %v", body, err)
		}
	}
	if r.Header.Get("Authorization") != "Bearer "+Key {
		s.t.Errorf("%s came with Authorization %q", m.Method, r.Header.Get("Authorization"))
	}
	r = r.WithContext(context.WithValue(r.Context(), requestKey{}, m))
	if do := s.note(r, m, body); do != nil {
		do(w, r)
		return
	}
	s.serve(w, r, m, body)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, m Request, body []byte) {
	session := r.Header.Get("Mcp-Session-Id")
	if m.Params.Meta.Version < "2026-07-28" && m.Method != "initialize" && !s.knows(session) {
		http.Error(w, "session not found", http.StatusNotFound)
		return
	}
	switch m.Method {
	case http.MethodGet, "subscriptions/listen":
		s.Listen(w, r)
	case http.MethodDelete:
		s.mu.Lock()
		delete(s.sessions, session)
		s.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	case "initialize":
		w.Header().Set("Mcp-Session-Id", s.Begin())
		Answer(w, m, `{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"remote","version":"1"}}`)
	case "tools/list":
		Answer(w, m, toolList)
	case "tools/call":
		s.tool(w, r, m)
	case "response":
		s.Responses <- string(body)
		w.WriteHeader(http.StatusAccepted)
	default:
		if m.ID == nil {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		Answer(w, m, fmt.Sprintf(`{"echo":%s}`, body))
	}
}

const toolList = `{"tools":[
	{"name":"write","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":false}},
	{"name":"read","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},
	{"name":"put","inputSchema":{"type":"object"},"annotations":{"idempotentHint":true}}]}`

func (s *Server) knows(session string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[session]
}

// Begin opens a session and returns its id.
func (s *Server) Begin() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	id := fmt.Sprintf("session-%d", s.made)
	s.sessions[id] = true
	return id
}

func (s *Server) tool(w http.ResponseWriter, r *http.Request, m Request) {
	s.Ran(m.Params.Name)
	if m.Params.Name != "wait" {
		Answer(w, m, `{"content":[]}`)
		return
	}
	s.Started <- m.Params.Name
	<-r.Context().Done()
	s.Stopped <- m.Params.Name
}

// Within fails if more went by since start than the aim and what a loaded machine may add.
func (s *Server) Within(what string, start time.Time, aim time.Duration) {
	s.t.Helper()
	took := time.Since(start)
	s.t.Logf("%s: %v (aim %v)", what, took.Round(100*time.Microsecond), aim)
	if took > aim+s.Late {
		s.t.Errorf("%s took %v, aim %v", what, took, aim)
	}
}

// Receive takes from what the server tells.
func Receive[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(5 * time.Minute):
		t.Fatalf("no %s", what)
		panic("unreachable") //nolint:forbidigo // Fatalf does not return
	}
}
