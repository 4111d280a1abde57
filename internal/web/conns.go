package web

import (
	"context"
	"math"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxConns       = 4096 // that Options.MaxConns stands for if the process may have so many
	minConns       = 16
	keptForFiles   = 64 // descriptors that are left to the database, uploads and logs
	sharePerClient = 2  // an address may have 1/sharePerClient of the connections
	networkBits    = 64 // of an IPv6 address: one client has all that follow
)

// A connTable holds the open connections, and bounds their number. When there is no space for a new one, a connection
// is closed that makes the server wait for its client: of those, the one that has waited for longest, from the client or
// key that has the most connections. So one client with hundreds of connections loses its own, and a connection whose
// request is being worked on, or that carries a stream, is never closed.
type connTable struct {
	max, maxPerClient int
	proxies           []netip.Prefix

	mu     sync.Mutex
	conns  map[net.Conn]*conn
	groups map[string]int       // number of connections by owner, or by client while they have none
	counts map[netip.Prefix]int // number of connections by client
}

// A conn is what the table knows of a connection.
type conn struct {
	raw    net.Conn
	client netip.Prefix // zero for a proxy, this machine and memory: such a peer stands for many
	group  string
	table  *connTable

	renewed time.Time // when the write deadline was set last; of HTTP/1, where one request follows the other

	working atomic.Int32 // requests that are not waiting for the client
	since   atomic.Int64 // when the last of them began to wait, in nanoseconds
	evicted atomic.Bool
}

func newConnTable(limit int, proxies []netip.Prefix) *connTable {
	if limit == 0 {
		limit = max(minConns, min(maxConns, descriptors()-keptForFiles))
	}
	return &connTable{
		max:          limit,
		maxPerClient: max(1, limit/sharePerClient),
		proxies:      proxies,
		conns:        map[net.Conn]*conn{},
		groups:       map[string]int{},
		counts:       map[netip.Prefix]int{},
	}
}

type connKey struct{}

// accept is [http.Server.ConnContext].
func (t *connTable) accept(ctx context.Context, raw net.Conn) context.Context {
	c := &conn{raw: raw, table: t}
	addr := peer(raw)
	c.group = "client " + addr.String()
	if addr.IsValid() && !addr.IsLoopback() && !contains(t.proxies, addr) {
		c.client = network(addr)
		c.group = "client " + c.client.String()
	}
	c.since.Store(time.Now().UnixNano())
	t.mu.Lock()
	victim := t.makeSpace(c)
	t.conns[raw] = c
	t.groups[c.group]++
	t.counts[c.client]++
	t.mu.Unlock()
	if victim != nil {
		victim.evict()
	}
	return context.WithValue(ctx, connKey{}, c)
}

// makeSpace returns the connection that has to go for the new one c: nil if there is space, and c itself if none can go.
// t.mu is held.
func (t *connTable) makeSpace(c *conn) *conn {
	perClient := c.client.IsValid() && t.counts[c.client] >= t.maxPerClient
	if !perClient && len(t.conns) < t.max {
		return nil
	}
	victim, most, longest := c, 0, int64(math.MaxInt64)
	for _, other := range t.conns {
		if other.working.Load() > 0 || other.evicted.Load() || perClient && other.client != c.client {
			continue
		}
		if n, since := t.groups[other.group], other.since.Load(); n > most || n == most && since < longest {
			victim, most, longest = other, n, since
		}
	}
	return victim
}

// evict closes the connection without a word, not even one of TLS: that could wait for the client again.
func (c *conn) evict() {
	c.evicted.Store(true)
	raw := c.raw
	if wrapped, ok := raw.(interface{ NetConn() net.Conn }); ok { // of TLS
		raw = wrapped.NetConn()
	}
	_ = raw.Close() // it is given up
}

// state is [http.Server.ConnState].
func (t *connTable) state(raw net.Conn, s http.ConnState) {
	if s != http.StateClosed && s != http.StateHijacked {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c, ok := t.conns[raw]
	if !ok {
		return
	}
	delete(t.conns, raw)
	t.leave(c)
	if t.counts[c.client]--; t.counts[c.client] == 0 {
		delete(t.counts, c.client)
	}
}

func (t *connTable) leave(c *conn) {
	if t.groups[c.group]--; t.groups[c.group] == 0 {
		delete(t.groups, c.group)
	}
}

// Claim says whose the request's connection is, once its credential was accepted: connections are shared out fairly
// between owners, and between clients as long as nobody has claimed theirs.
func Claim(ctx context.Context, owner string) {
	if r := requestFrom(ctx); r != nil {
		r.owner = owner
	}
	c, ok := ctx.Value(connKey{}).(*conn)
	if !ok {
		return
	}
	group := "owner " + owner
	c.table.mu.Lock()
	defer c.table.mu.Unlock()
	if c.group == group {
		return
	}
	c.table.leave(c)
	c.group = group
	c.table.groups[group]++
}

// work notes that a request of the connection is being worked on, wait that it waits for the client.
func (c *conn) work() {
	if c != nil {
		c.working.Add(1)
	}
}

func (c *conn) wait(now time.Time) {
	if c != nil && c.working.Add(-1) == 0 {
		c.since.Store(now.UnixNano())
	}
}

// ambiguous reports whether two servers could read the length of r's body in two ways. Where that cannot be known, under
// TLS, the connection serves no other request. Neither does one of HTTP/1.0, which knows no Transfer-Encoding: net/http
// takes it away unseen (RFC 9112, section 6.1).
func (c *conn) ambiguous(r *http.Request) bool {
	if c != nil && !r.ProtoAtLeast(1, 1) {
		requestFrom(r.Context()).respond.Header().Set("Connection", "close")
		return false
	}
	if c == nil || r.ProtoMajor != 1 || len(r.TransferEncoding) == 0 {
		return false
	}
	if plain, ok := c.raw.(*headerConn); ok {
		return !plain.onlyCoding(r)
	}
	requestFrom(r.Context()).respond.Header().Set("Connection", "close")
	return false
}

func (c *conn) next() {
	if c == nil {
		return
	}
	if plain, ok := c.raw.(*headerConn); ok {
		plain.next()
	}
}

// peer returns the address of the other side, the zero Addr if it is in this process.
func peer(raw net.Conn) netip.Addr {
	if raw.RemoteAddr() == nil {
		return netip.Addr{}
	}
	addr, err := netip.ParseAddrPort(raw.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return addr.Addr().Unmap()
}

// network returns what one client is counted by.
func network(addr netip.Addr) netip.Prefix {
	addr = addr.WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = networkBits
	}
	return netip.PrefixFrom(addr, bits).Masked()
}

func contains(networks []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(addr) })
}
