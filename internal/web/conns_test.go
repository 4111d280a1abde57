package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"
)

// A fakeConn is a connection from an address.
type fakeConn struct {
	net.Conn

	from   string
	closed bool
}

func (c *fakeConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(c.from), 4000))
}

func (c *fakeConn) Close() error { c.closed = true; return nil }

// open accepts n connections from an address; owner claims them.
func open(table *connTable, from, owner string, n int) []*fakeConn {
	var all []*fakeConn
	for range n {
		c := &fakeConn{from: from}
		ctx := table.accept(context.Background(), c)
		if owner != "" {
			Claim(ctx, owner)
		}
		all = append(all, c)
	}
	table.forgetClosed()
	return all
}

// forgetClosed is what net/http does when a connection was closed.
func (t *connTable) forgetClosed() {
	var closed []net.Conn
	for raw := range t.conns {
		if raw.(*fakeConn).closed {
			closed = append(closed, raw)
		}
	}
	for _, raw := range closed {
		t.state(raw, http.StateClosed)
	}
}

func closedOf(conns []*fakeConn) (n int) {
	for _, c := range conns {
		if c.closed {
			n++
		}
	}
	return n
}

// A client or key with many connections loses its own, not those of others.
func TestConnectionsAreSharedOut(t *testing.T) {
	for _, tt := range []struct{ name, from, owner string }{
		{"one address", "192.0.2.1", ""},
		{"one IPv6 network", "2001:db8::1", ""},
		{"this machine, or a proxy on it", "127.0.0.1", ""},
		{"one key", "127.0.0.1", "key_a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := newConnTable(100, nil)
			others := append(open(table, "192.0.2.7", "", 5), open(table, "192.0.2.8", "key_b", 5)...)
			many := make([]*fakeConn, 0, 400)
			for range 400 {
				many = append(many, open(table, tt.from, tt.owner, 1)...)
			}
			late := open(table, "192.0.2.9", "", 1)
			if len(table.conns) > 100 || closedOf(many) < 300 || closedOf(others) != 0 || closedOf(late) != 0 {
				t.Errorf("%d are open; closed %d of 400, %d of 10 others, %d of the late one",
					len(table.conns), closedOf(many), closedOf(others), closedOf(late))
			}
			if table.groups["client 192.0.2.7/32"] != 5 {
				t.Errorf("groups %v", table.groups)
			}
		})
	}
}

func TestConnectionsOfOneAddressAreBounded(t *testing.T) {
	table := newConnTable(100, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	open(table, "192.0.2.1", "", 90)
	open(table, "10.1.2.3", "", 60)
	if n := table.counts[netip.MustParsePrefix("192.0.2.1/32")]; n > 50 {
		t.Errorf("one address has %d of 100 connections", n)
	}
	if table.groups["client 10.1.2.3"] < 50 {
		t.Errorf("a trusted proxy has %d connections", table.groups["client 10.1.2.3"])
	}
}

// What is being worked on stays; then there is no space for a new connection.
func TestWorkingConnectionsStay(t *testing.T) {
	table := newConnTable(10, nil)
	for _, c := range open(table, "192.0.2.1", "key_a", 5) {
		table.conns[c].work()
	}
	for _, c := range open(table, "192.0.2.2", "key_b", 5) {
		table.conns[c].work()
	}
	if late := open(table, "192.0.2.3", "", 1); !late[0].closed || len(table.conns) != 10 {
		t.Errorf("closed %v, %d are open", late[0].closed, len(table.conns))
	}
}

// Clients that connect and stall, from the address of a good one, do not lock it out.
func TestStalledConnectionsDoNotLockOut(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				Claim(r.Context(), "key_good")
			}
			r.Body.Read(make([]byte, 1))
			w.WriteHeader(http.StatusNoContent)
		}), slog.New(slog.DiscardHandler), Options{MaxConns: 40})
	}()
	var stalled []net.Conn
	for i := range 200 {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		stalled = append(stalled, conn)
		switch i % 3 {
		case 0: // nothing at all
		case 1:
			fmt.Fprint(conn, "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
		case 2:
			fmt.Fprint(conn, "GET /health HTTP/1.1\r\nHost")
		}
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{}}
	for range 20 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+ln.Addr().String()+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer good")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	for _, conn := range stalled {
		conn.Close()
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Serve = %v", err)
	}
}
