package redistest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// An Address is one that leads to one server after the other, as those do that follow a failover.
type Address struct {
	listener net.Listener

	mu     sync.Mutex
	target string // "": nowhere
	open   map[net.Conn]bool
}

// NewAddress returns an address that leads to the server, until the test ends.
func NewAddress(t testing.TB, s *Server) *Address {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &Address{listener: l, target: s.address, open: map[net.Conn]bool{}}
	var wg sync.WaitGroup
	wg.Go(func() { a.serve(&wg) })
	t.Cleanup(func() {
		l.Close()
		a.lead("")
		wg.Wait()
	})
	return a
}

// URL is the address as redis://HOST:PORT/0.
func (a *Address) URL() string { return "redis://" + a.listener.Addr().String() + "/0" }

// Lead lets the address lead to the server. Connections to the one before are closed.
func (a *Address) Lead(s *Server) { a.lead(s.address) }

func (a *Address) lead(target string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.target = target
	for c := range a.open {
		c.Close()
	}
	clear(a.open)
}

func (a *Address) serve(wg *sync.WaitGroup) {
	for {
		here, err := a.listener.Accept()
		if err != nil {
			return
		}
		a.mu.Lock()
		there, err := net.Dial("tcp", a.target) // without a target there is an error
		if err == nil {
			a.open[here], a.open[there] = true, true
			wg.Go(func() { relay(here, there) })
			wg.Go(func() { relay(there, here) })
		}
		a.mu.Unlock()
		if err != nil {
			here.Close()
		}
	}
}

func relay(to, from net.Conn) {
	io.Copy(to, from)
	to.Close()
	from.Close()
}
