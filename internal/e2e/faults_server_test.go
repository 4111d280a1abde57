//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

const faultKey = "pk_live_0123456789abcdefghijklmnop"

// A remote is an MCP server of both eras on a real TCP port. It does what a row
// tells it to do wrong, and remembers what reached it. Whoever comes without the
// key is refused, so that every row sees the key on every request, the last DELETE
// included.
type remote struct {
	t    *testing.T
	addr string
	url  string

	mu       sync.Mutex
	srv      *http.Server // nil while nobody listens
	conns    map[net.Conn]bool
	ln       net.Listener
	faults   []*fault
	sessions map[string]bool
	made     int            // sessions so far
	leaked   int            // sessions that nobody can delete: their owner was killed
	runs     map[string]int // by tool
	requests []string       // JSON-RPC methods, GET, DELETE or "response", as they came
	bodies   map[string]string

	streams   chan *stream // streams opened with GET or subscriptions/listen
	started   chan string  // tools that wait, as they begin
	stopped   chan string  // tools that were cancelled
	responses chan string  // the host's answers
}

// rpc is a message as the server sees it.
type rpc struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Name string `json:"name"`
		Meta struct {
			Version string `json:"io.modelcontextprotocol/protocolVersion"`
		} `json:"_meta"`
	} `json:"params"`
}

// A stream is an open stream of events to the bridge.
type stream struct {
	lastID string      // that the bridge resumes after
	events chan string // closed when the server has no more to say
}

func (st *stream) send(id, data string) { st.events <- event(id, data) }

func event(id, data string) string {
	if id != "" {
		id = "id: " + id + "\n"
	}
	return id + "data: " + data + "\n\n"
}

func newRemote(t *testing.T) *remote {
	t.Helper()
	s := &remote{
		t: t, conns: map[net.Conn]bool{}, sessions: map[string]bool{}, runs: map[string]int{}, bodies: map[string]string{},
		streams: make(chan *stream, 64), started: make(chan string, 64), stopped: make(chan string, 64), responses: make(chan string, 64),
	}
	s.addr = "127.0.0.1:0"
	s.up()
	s.url = "http://" + s.addr
	t.Cleanup(func() {
		if n := s.open(); n != s.leaked {
			t.Errorf("%d sessions left on the server, want %d", n, s.leaked)
		}
		s.down()
	})
	return s
}

// up listens on the server's port. Sessions outlive an outage unless forget ends them.
func (s *remote) up() {
	var ln net.Listener
	var err error
	for deadline := time.Now().Add(5 * time.Second); ; <-time.After(10 * time.Millisecond) { // somebody's connection may have the port
		if ln, err = net.Listen("tcp", s.addr); err == nil || time.Now().After(deadline) {
			break
		}
	}
	if err != nil {
		s.t.Errorf("listening: %v", err)
		return
	}
	srv := &http.Server{Handler: s, ConnState: func(c net.Conn, state http.ConnState) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch state {
		case http.StateNew:
			s.conns[c] = true
		case http.StateClosed, http.StateHijacked:
			delete(s.conns, c)
		default:
		}
	}}
	s.mu.Lock()
	s.srv, s.ln, s.addr = srv, ln, ln.Addr().String()
	s.mu.Unlock()
	go srv.Serve(ln)
}

// down stops listening and ends every connection. It returns when the bridge has
// closed its ends too: a call that it sends into a connection whose end it has not
// noticed yet may have been carried out, and is rightly not repeated.
func (s *remote) down() {
	s.mu.Lock()
	srv := s.srv
	s.srv = nil
	if srv != nil {
		s.ln.Close()
	}
	for c := range s.conns {
		c.(*net.TCPConn).CloseWrite()
	}
	s.mu.Unlock()
	if srv == nil {
		return
	}
	for deadline := time.Now().Add(5 * time.Second); s.connections() > 0 && time.Now().Before(deadline); {
		<-time.After(time.Millisecond)
	}
	srv.Close()
}

func (s *remote) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// outage takes the server away for d.
func (s *remote) outage(d time.Duration) {
	s.down()
	time.AfterFunc(d, s.up)
}

// forget loses the sessions, as a restart does in most servers.
func (s *remote) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sessions)
}

func (s *remote) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	m := rpc{Method: r.Method}
	if r.Method == http.MethodPost {
		m.Method = "response"
		if err := json.Unmarshal(body, &m); err != nil {
			http.Error(w, "not JSON", http.StatusBadRequest)
			return
		}
	}
	if r.Header.Get("Authorization") != "Bearer "+faultKey {
		http.Error(w, "no key", http.StatusUnauthorized)
		return
	}
	if do := s.note(m, body); do != nil {
		do(w, r, m)
		return
	}
	s.serve(w, r, m, body)
}

// note records a request and returns what it meets instead of being served.
func (s *remote) note(m rpc, body []byte) handler {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, m.Method)
	s.bodies[m.Method] = string(body)
	for _, f := range s.faults {
		if f.method == m.Method && f.times != 0 {
			f.times--
			return f.do
		}
	}
	return nil
}

func (s *remote) serve(w http.ResponseWriter, r *http.Request, m rpc, body []byte) {
	session := r.Header.Get("Mcp-Session-Id")
	modern := m.Params.Meta.Version != ""
	if !modern && m.Method != "initialize" && !s.knows(session) {
		http.Error(w, "session not found", http.StatusNotFound)
		return
	}
	switch m.Method {
	case http.MethodGet, "subscriptions/listen":
		s.listen(w, r, m)
	case http.MethodDelete:
		s.mu.Lock()
		delete(s.sessions, session)
		s.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	case "initialize":
		w.Header().Set("Mcp-Session-Id", s.begin())
		answer(w, m, `{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"remote","version":"1"}}`)
	case "tools/list":
		answer(w, m, `{"tools":[
			{"name":"write","inputSchema":{"type":"object"}},
			{"name":"put","inputSchema":{"type":"object"},"annotations":{"idempotentHint":true}},
			{"name":"read","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}]}`)
	case "tools/call":
		s.tool(w, r, m)
	case "response":
		s.responses <- string(body)
		w.WriteHeader(http.StatusAccepted)
	default:
		if m.ID == nil {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		answer(w, m, fmt.Sprintf(`{"echo":%s}`, body))
	}
}

func (s *remote) knows(session string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[session]
}

func (s *remote) begin() (session string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	session = fmt.Sprintf("session-%d", s.made)
	s.sessions[session] = true
	return session
}

// tool runs a tool: "wait" until it is cancelled, the others at once.
func (s *remote) tool(w http.ResponseWriter, r *http.Request, m rpc) {
	s.ran(m.Params.Name)
	if m.Params.Name != "wait" {
		answer(w, m, `{"content":[]}`)
		return
	}
	s.started <- m.Params.Name
	<-r.Context().Done()
	s.stopped <- m.Params.Name
}

func (s *remote) ran(tool string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs[tool]++
}

// listen opens a stream of events for as long as the row and the bridge want it.
func (s *remote) listen(w http.ResponseWriter, r *http.Request, _ rpc) {
	st := &stream{lastID: r.Header.Get("Last-Event-ID"), events: make(chan string, 64)}
	write := events(w)
	s.streams <- st
	for {
		select {
		case text, open := <-st.events:
			if !open {
				return
			}
			write(text)
		case <-r.Context().Done():
			return
		}
	}
}

// count returns how many requests of a method came.
func (s *remote) count(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(s.requests), func(m string) bool { return m != method }))
}

// order returns the requests that came.
func (s *remote) order() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// body returns the last request of a method.
func (s *remote) body(method string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bodies[method]
}

func (s *remote) runsOf(tool string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runs[tool]
}

// open returns how many sessions are open.
func (s *remote) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}
