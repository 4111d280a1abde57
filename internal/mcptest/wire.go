package mcptest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"
)

// NewServer returns a server on a real TCP port. At the end of the test it checks that
// every session was deleted, which shows that the last request carried the key, too.
func NewServer(t *testing.T) *Server {
	t.Helper()
	s := newServer(t)
	port := &tcpWire{t: t, handler: s, addr: "127.0.0.1:0", conns: map[net.Conn]bool{}}
	s.wire, s.Late = port, 1500*time.Millisecond
	port.up()
	s.Host, s.URL = port.addr, "http://"+port.addr
	t.Cleanup(func() {
		if n := s.Open(); n != s.Leak {
			t.Errorf("%d sessions left on the server, want %d", n, s.Leak)
		}
		port.down()
	})
	return s
}

// A tcpWire is a TCP port.
type tcpWire struct {
	t       testing.TB
	handler http.Handler
	addr    string

	mu    sync.Mutex
	srv   *http.Server // nil while nobody listens
	ln    net.Listener
	conns map[net.Conn]bool
}

func (w *tcpWire) up() {
	var ln net.Listener
	var err error
	for deadline := time.Now().Add(5 * time.Second); ; <-time.After(10 * time.Millisecond) { // somebody's connection may have the port
		if ln, err = net.Listen("tcp", w.addr); err == nil || time.Now().After(deadline) {
			break
		}
	}
	if err != nil {
		w.t.Errorf("listening: %v", err)
		return
	}
	srv := &http.Server{Handler: w.handler, ConnState: func(c net.Conn, state http.ConnState) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch state {
		case http.StateNew:
			w.conns[c] = true
		case http.StateClosed, http.StateHijacked:
			delete(w.conns, c)
		default:
		}
	}}
	w.mu.Lock()
	w.srv, w.ln, w.addr = srv, ln, ln.Addr().String()
	w.mu.Unlock()
	go srv.Serve(ln)
}

// down returns when the client has closed its ends of the connections too: a call that it
// sends into a connection whose end it has not noticed yet may have been carried out, and
// is rightly not repeated.
func (w *tcpWire) down() {
	w.mu.Lock()
	srv := w.srv
	w.srv = nil
	if srv != nil {
		w.ln.Close()
	}
	for c := range w.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			tcp.CloseWrite()
		}
	}
	w.mu.Unlock()
	if srv == nil {
		return
	}
	for deadline := time.Now().Add(5 * time.Second); w.connections() > 0 && time.Now().Before(deadline); {
		<-time.After(time.Millisecond)
	}
	srv.Close()
}

func (w *tcpWire) connections() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.conns)
}

// A MemoryServer is a server behind an in-memory network. In a bubble of testing/synctest
// it has the real timing without the waiting.
type MemoryServer struct {
	*Server
	memory *memoryWire
}

// NewMemoryServer returns a server that is called http://server.example.
func NewMemoryServer(t *testing.T) *MemoryServer {
	s := newServer(t)
	m := &memoryWire{accept: make(chan net.Conn), closed: make(chan struct{})}
	s.wire, s.Host, s.URL = m, "server.example", "http://server.example"
	srv := &http.Server{Handler: s}
	served := make(chan struct{})
	go func() {
		defer close(served)
		srv.Serve(m)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-served
	})
	return &MemoryServer{s, m}
}

// Dial connects to the server.
func (s *MemoryServer) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return s.memory.dial(ctx)
}

// Swallow makes the network lose every packet to the server.
func (s *MemoryServer) Swallow() { s.memory.set(false, true) }

// A memoryWire is a network of one server. It is that server's [net.Listener].
type memoryWire struct {
	accept chan net.Conn
	closed chan struct{}

	mu    sync.Mutex
	away  bool
	lossy bool // what is sent to the server never arrives
	conns []net.Conn
}

func (m *memoryWire) up() { m.set(false, false) }

func (m *memoryWire) down() { m.set(true, false) }

// set changes the state of the network; if the server cannot be reached in it, the connections end.
func (m *memoryWire) set(away, lossy bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away, m.lossy = away, lossy
	if !away && !lossy {
		return
	}
	for _, c := range m.conns {
		c.Close()
	}
	m.conns = nil
}

func (m *memoryWire) dial(ctx context.Context) (net.Conn, error) {
	m.mu.Lock()
	away, lossy := m.away, m.lossy
	m.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	switch {
	case lossy:
		<-ctx.Done()
		return nil, ctx.Err()
	case away:
		return nil, refused
	}
	near, far := net.Pipe()
	select {
	case m.accept <- far:
		return near, nil
	case <-m.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements [net.Listener].
func (m *memoryWire) Accept() (net.Conn, error) {
	var c net.Conn
	select {
	case c = <-m.accept:
	case <-m.closed:
		return nil, net.ErrClosed
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away { // dialed just before
		c.Close()
	}
	m.conns = append(m.conns, c)
	return c, nil
}

// Close implements [net.Listener].
func (m *memoryWire) Close() error {
	close(m.closed)
	return nil
}

// Addr implements [net.Listener].
func (m *memoryWire) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }
