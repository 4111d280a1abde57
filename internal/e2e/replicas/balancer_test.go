//go:build e2e

package replicas

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A balancer gives requests to the replicas in turn, each to another one, without stickiness. A replica that takes no
// connection is passed over, as load balancers do it.
type balancer struct {
	url string

	handshakes atomic.Int64 // initialize requests

	mu       sync.Mutex
	replicas []*replica
	next     int
	out      map[*replica]bool
	running  map[*replica]int // requests
}

func newBalancer(t *testing.T) *balancer {
	b := &balancer{out: map[*replica]bool{}, running: map[*replica]int{}}
	server := httptest.NewServer(b)
	t.Cleanup(func() {
		server.CloseClientConnections() // streams would keep it
		server.Close()
	})
	b.url = server.URL
	return b
}

// serve lets it give requests to the replicas.
func (b *balancer) serve(replicas []*replica) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.replicas = replicas
}

// drain puts a replica out of use, and returns when the requests that it had are answered.
func (b *balancer) drain(t *testing.T, r *replica) {
	t.Helper()
	b.mu.Lock()
	b.out[r] = true
	b.mu.Unlock()
	eventually(t, 20*time.Second, func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if n := b.running[r]; n > 0 {
			return fmt.Errorf("%d requests run at %s", n, r.url)
		}
		return nil
	})
}

// use puts a replica in use again.
func (b *balancer) use(r *replica) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.out, r)
}

// pick returns the next replica in turn that is in use and was not tried, nil if there is none; done says that its request
// has ended.
func (b *balancer) pick(tried map[*replica]bool) (r *replica, done func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.replicas {
		b.next++
		r := b.replicas[b.next%len(b.replicas)]
		if b.out[r] || tried[r] {
			continue
		}
		b.running[r]++
		return r, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.running[r]--
		}
	}
	return nil, nil
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if bytes.Contains(body, []byte(`"method":"initialize"`)) {
		b.handshakes.Add(1)
	}
	for tried := map[*replica]bool{}; ; {
		to, done := b.pick(tried)
		if to == nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		tried[to] = true
		taken := b.forward(w, r, to, body)
		if done(); taken {
			return
		}
	}
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
