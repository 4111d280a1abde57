//go:build e2e

package replicas

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// A balancer gives requests to the replicas in turn, each to another one, without stickiness. A replica that takes no
// connection is passed over, as load balancers do it.
type balancer struct {
	url  string
	next atomic.Int64

	handshakes atomic.Int64 // initialize requests

	mu       sync.Mutex
	replicas []*replica
	out      map[*replica]bool
}

func newBalancer(t *testing.T, replicas []*replica) *balancer {
	b := &balancer{replicas: replicas, out: map[*replica]bool{}}
	server := httptest.NewServer(b)
	t.Cleanup(func() {
		server.CloseClientConnections() // streams would keep it
		server.Close()
	})
	b.url = server.URL
	return b
}

// take puts a replica out of use, or in again. What runs there goes on.
func (b *balancer) take(r *replica, out bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.out[r] = out
}

func (b *balancer) turn() []*replica {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := int(b.next.Add(1))
	var turn []*replica
	for i := range b.replicas {
		if r := b.replicas[(first+i)%len(b.replicas)]; !b.out[r] {
			turn = append(turn, r)
		}
	}
	return turn
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if bytes.Contains(body, []byte(`"method":"initialize"`)) {
		b.handshakes.Add(1)
	}
	for _, to := range b.turn() {
		if b.forward(w, r, to, body) {
			return
		}
	}
	w.WriteHeader(http.StatusBadGateway)
}

// forward reports whether the replica took the connection.
func (b *balancer) forward(w http.ResponseWriter, r *http.Request, to *replica, body []byte) bool {
	target, err := url.Parse(to.url)
	if err != nil {
		return false
	}
	taken := true
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(pr *httputil.ProxyRequest) { pr.SetURL(target) },
		FlushInterval: -1,
		Transport:     &http.Transport{DisableKeepAlives: true},
		ErrorLog:      nil,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			if isDial(err) {
				taken = false
				return
			}
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	proxy.ServeHTTP(w, again)
	return taken
}
