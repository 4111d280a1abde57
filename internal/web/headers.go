package web

import (
	"bytes"
	"net"
	"net/http"
	"strings"
	"sync"
)

// A headerConn looks at the headers that pass through it for what net/http does not tell: whether a request with
// Transfer-Encoding has a Content-Length, too. A proxy in front that goes by the other one of them would take a part of
// the body for the next request (RFC 9112, section 11.2); such a request is refused.
type headerConn struct {
	net.Conn

	mu                   sync.Mutex
	name                 [len("transfer-encoding:")]byte // the beginning of the line, in lower case
	n                    int                             // length of the line so far
	first                string                          // the beginning of the request's line, once it is over
	done                 bool                            // the headers are over
	hasLength, hasCoding bool
}

// Read implements [net.Conn].
func (c *headerConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scan(b[:n])
	return n, err
}

func (c *headerConn) scan(b []byte) {
	for len(b) > 0 && !c.done {
		line, rest, ended := bytes.Cut(b, []byte("\n"))
		for _, char := range line[:min(len(line), max(0, len(c.name)-c.n))] {
			if 'A' <= char && char <= 'Z' {
				char += 'a' - 'A'
			}
			c.name[c.n] = char
			c.n++
		}
		b = rest
		if ended {
			c.endLine()
		}
	}
}

func (c *headerConn) endLine() {
	line := c.name[:c.n]
	switch {
	case c.first == "" && len(line) > 1:
		c.first = strings.TrimSuffix(string(line), "\r")
	case len(line) == 0 || len(line) == 1 && line[0] == '\r':
		c.done = true
	case bytes.HasPrefix(line, []byte("content-length:")):
		c.hasLength = true
	case bytes.HasPrefix(line, []byte("transfer-encoding:")):
		c.hasCoding = true
	}
	c.n = 0
}

// onlyCoding reports whether r, the request that began, has a Transfer-Encoding and no Content-Length. Of a request that
// was sent together with the one before it, be it in part, that is not known.
func (c *headerConn) onlyCoding(r *http.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hasCoding && !c.hasLength && c.sawStart(r)
}

// sawStart reports whether the headers were seen from r's first line on. Its first letter may be missing, because net/http
// reads that far while it handles the request before. No line of a header looks like it: a name holds no space.
func (c *headerConn) sawStart(r *http.Request) bool {
	line := strings.ToLower(r.Method + " " + r.RequestURI + " " + r.Proto)
	return len(c.first) >= min(len(c.name), len(line)-1) && (strings.HasPrefix(line, c.first) || strings.HasPrefix(line[1:], c.first))
}

// next expects the headers of the next request.
func (c *headerConn) next() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done, c.hasLength, c.hasCoding, c.n, c.first = false, false, false, 0, ""
}

// CloseWrite lets net/http end a connection without losing the answer.
func (c *headerConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// A headerListener accepts connections whose headers are looked at. What TLS carries it leaves alone.
type headerListener struct{ net.Listener }

// Accept implements [net.Listener].
func (l headerListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if _, encrypted := c.(interface{ NetConn() net.Conn }); encrypted {
		return c, nil
	}
	return &headerConn{Conn: c}, nil
}
