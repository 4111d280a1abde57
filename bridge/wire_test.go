package bridge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/bridge"
)

// A remote is an MCP server of both eras behind an in-memory network. It does what
// a test tells it to do wrong, and remembers what reached it. Everything in it is
// real but the wire, so that a test in a synctest bubble has the real timing
// without the waiting.
type remote struct {
	t *testing.T

	mu       sync.Mutex
	down     bool
	lost     bool // what is sent to the server never arrives
	conns    []net.Conn
	faults   []*fault
	sessions map[string]bool
	made     int            // sessions so far
	runs     map[string]int // tool runs by tool
	requests []string       // "POST tools/call", "GET", …, in order of arrival
	headers  map[string]http.Header
	bodies   map[string]string // of the last request, by method

	accept  chan net.Conn
	closed  chan struct{}
	streams chan *stream // the listening streams, as they are opened
	started chan string  // tools, as they begin
	stopped chan string  // tools that were cancelled
}

// A fault is what the server does to a request instead of serving it.
type fault struct {
	method string // the JSON-RPC method, or GET or DELETE; "" is any
	times  int    // how often; -1 is always
	do     http.HandlerFunc
}

// A stream is an open stream of events to the bridge.
type stream struct {
	lastID string
	write  func(text string)
	end    chan struct{} // of a listening stream
}

func (s *stream) send(id, data string) {
	text := "data: " + data + "\n\n"
	if id != "" {
		text = "id: " + id + "\n" + text
	}
	s.write(text)
}

// rpc is a message as the server sees it.
type rpc struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
		RequestID json.RawMessage `json:"requestId"`
		Meta      struct {
			Token   json.RawMessage `json:"progressToken"`
			Version string          `json:"io.modelcontextprotocol/protocolVersion"`
		} `json:"_meta"`
	} `json:"params"`
}

func newRemote(t *testing.T) *remote {
	s := &remote{
		t: t, sessions: map[string]bool{}, runs: map[string]int{}, headers: map[string]http.Header{}, bodies: map[string]string{},
		accept: make(chan net.Conn), closed: make(chan struct{}), streams: make(chan *stream, 16), started: make(chan string, 64), stopped: make(chan string, 64),
	}
	srv := &http.Server{Handler: s}
	served := make(chan struct{})
	go func() {
		defer close(served)
		srv.Serve(s)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-served
	})
	return s
}

// client is what the bridge reaches the remote with.
func (s *remote) client() *http.Client {
	transport := bridge.NewTransport()
	transport.DialContext = s.dial
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func (s *remote) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	s.mu.Lock()
	down, lost := s.down, s.lost
	s.mu.Unlock()
	if lost {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	if down {
		return nil, refused
	}
	near, far := net.Pipe()
	select {
	case s.accept <- far:
		return near, nil
	case <-s.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept, Close and Addr make the remote a net.Listener.
func (s *remote) Accept() (net.Conn, error) {
	var c net.Conn
	select {
	case c = <-s.accept:
	case <-s.closed:
		return nil, net.ErrClosed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down { // dialed just before
		c.Close()
	}
	s.conns = append(s.conns, c)
	return c, nil
}

func (s *remote) Close() error {
	close(s.closed)
	return nil
}

func (s *remote) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

// crash cuts every connection and refuses new ones; restart accepts them again.
func (s *remote) crash() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = true
	for _, c := range s.conns {
		c.Close()
	}
	s.conns = nil
}

// swallow makes the network lose every packet to the server.
func (s *remote) swallow() {
	s.crash()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = true
}

// restart lets connections in again. The sessions are lost, as in most servers.
func (s *remote) restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = false
	clear(s.sessions)
}

// outage takes the server away for d.
func (s *remote) outage(d time.Duration, after func()) {
	s.crash()
	time.AfterFunc(d, after)
}

// up ends an outage that cost no sessions.
func (s *remote) up() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = false
}

// forget loses the sessions and nothing else.
func (s *remote) forget() { s.up(); s.restart() }

// misbehave makes the next requests of a method meet do. Times -1 means all of them.
func (s *remote) misbehave(method string, times int, do http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &fault{method, times, do})
}

// behave ends all misbehaviour.
func (s *remote) behave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (s *remote) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	m := rpc{Method: req.Method}
	if req.Method == http.MethodPost {
		m.Method = "response"
		if err := json.Unmarshal(body, &m); err != nil {
			s.t.Errorf("the server got %q: %v", body, err)
		}
	}
	if do := s.note(req, m, body); do != nil {
		do(w, req)
		return
	}
	s.serve(w, req, m, body)
}

// note records a request and returns the fault that it meets.
func (s *remote) note(req *http.Request, m rpc, body []byte) http.HandlerFunc {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, m.Method)
	s.headers[m.Method] = req.Header
	s.bodies[m.Method] = string(body)
	for _, f := range s.faults {
		if (f.method == "" || f.method == m.Method) && f.times != 0 {
			f.times--
			return f.do
		}
	}
	return nil
}

func (s *remote) serve(w http.ResponseWriter, req *http.Request, m rpc, body []byte) {
	modern := m.Params.Meta.Version >= "2026-07-28"
	session := req.Header.Get("Mcp-Session-Id")
	s.mu.Lock()
	known := s.sessions[session]
	s.mu.Unlock()
	switch {
	case modern || m.Method == "initialize":
	case !known:
		http.Error(w, "session not found", http.StatusNotFound)
		return
	}
	switch m.Method {
	case http.MethodGet, "subscriptions/listen":
		s.listen(w, req)
	case http.MethodDelete:
		s.mu.Lock()
		delete(s.sessions, session)
		s.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	case "initialize":
		s.mu.Lock()
		s.made++
		id := fmt.Sprintf("session-%d", s.made)
		s.sessions[id] = true
		s.mu.Unlock()
		w.Header().Set("Mcp-Session-Id", id)
		s.answer(w, m, `{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"remote","version":"1"}}`)
	case "tools/list":
		s.answer(w, m, toolList)
	case "tools/call":
		s.tool(w, req, m)
	default:
		if m.ID == nil || m.Method == "response" {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		s.answer(w, m, fmt.Sprintf(`{"echo":%s}`, body))
	}
}

const toolList = `{"tools":[
	{"name":"write","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":false}},
	{"name":"read","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},
	{"name":"put","inputSchema":{"type":"object"},"annotations":{"idempotentHint":true}}]}`

func (s *remote) answer(w http.ResponseWriter, m rpc, result string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
}

// tool runs a tool: "wait" until it is cancelled, the others at once.
func (s *remote) tool(w http.ResponseWriter, req *http.Request, m rpc) {
	s.ran(m.Params.Name)
	if m.Params.Name == "wait" {
		s.started <- m.Params.Name
		<-req.Context().Done()
		s.stopped <- m.Params.Name
		return
	}
	s.answer(w, m, fmt.Sprintf(`{"content":[],"structuredContent":%s}`, orNull(m.Params.Arguments)))
}

func orNull(v json.RawMessage) string {
	if v == nil {
		return "null"
	}
	return string(v)
}

func (s *remote) ran(tool string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs[tool]++
}

// listen opens a stream of events for as long as the test and the bridge want it.
func (s *remote) listen(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	w.(http.Flusher).Flush()
	texts := make(chan string, 16)
	st := &stream{lastID: req.Header.Get("Last-Event-ID"), write: func(text string) { texts <- text }, end: make(chan struct{})}
	s.streams <- st
	write := func(text string) {
		io.WriteString(w, text)
		w.(http.Flusher).Flush()
	}
	for {
		select {
		case text := <-texts:
			write(text)
		case <-st.end:
			for len(texts) > 0 {
				write(<-texts)
			}
			return
		case <-req.Context().Done():
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

// order returns the methods of the requests that came, in order.
func (s *remote) order() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.requests, " ")
}

func (s *remote) header(method string) http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.headers[method]
}

func (s *remote) body(method string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bodies[method]
}

// runsOf returns how often a tool ran.
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

// respond is a fault: an answer with a status, headers as "Name: value", and a body.
func respond(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// hangUp is a fault: the connection is reset after the request was read.
func hangUp(http.ResponseWriter, *http.Request) {
	panic(http.ErrAbortHandler) //nolint:forbidigo // that is how net/http spells it
}
