package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/adminapi/adminapitest"
)

const (
	fewer = 20 // keys, which the race detector makes slow
	more  = 100 * fewer
)

// crowdedPages are the pages whose lists and sums are over all keys, or over all that one key did.
func crowdedPages(busy pierre.APIKey) []string {
	key, customer := "/admin/keys/"+string(busy.ID), "/admin/customers/"+string(busy.UserID)
	return []string{
		"/admin", "/admin/keys", "/admin/keys?sort=-use", "/admin/keys?sort=email", "/admin/keys?q=club42", key, key + "?days=365",
		"/admin/customers", "/admin/customers?q=c42", customer, "/admin/tiers",
	}
}

// year records a year of calls of a key.
func (s *site) year(k pierre.APIKey) {
	s.t.Helper()
	now := s.server.Now()
	for at := now.AddDate(-1, 0, 0); at.Before(now); at = at.Add(24 * time.Hour) {
		s.server.Record(s.t, adminapitest.Calls{Key: k.ID, At: at, N: 24, Status: pierre.CallSucceeded})
	}
	if err := s.server.Store.FoldUsage(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// cpu returns the processor time that the process has used.
func cpu(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A cost is what a page takes.
type cost struct {
	asked int64 // requests to the server
	bytes int64 // of its answers
	page  int64 // bytes
	cpu   time.Duration
}

// TestPagesCostTheSameWithManyKeys: with a hundred times the keys, a page asks the server as often, gets and shows a page of
// rows at most, and takes less than a third of a hundred times the work.
func TestPagesCostTheSameWithManyKeys(t *testing.T) {
	s := start(t)
	var asked, bytes atomic.Int64
	target, err := url.Parse(s.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	counting := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { asked.Add(1); r.SetURL(target) },
		ModifyResponse: func(r *http.Response) error {
			r.Body = struct {
				io.Reader
				io.Closer
			}{io.TeeReader(r.Body, counter{&bytes}), r.Body}
			return nil
		},
	})
	t.Cleanup(counting.Close)
	s.server.URL = counting.URL
	s.serve(s.server.ClientWith(t, time.Time{}, pierre.Permissions()...))

	busy := s.server.Crowd(t, 0, fewer)[0]
	s.year(busy)
	measure := func(path string) (c cost) {
		t.Helper()
		for range 3 {
			asked.Store(0)
			bytes.Store(0)
			before := cpu(t)
			a := s.get(path)
			took := cpu(t) - before
			if a.status != http.StatusOK {
				t.Fatalf("%s: %d", path, a.status)
			}
			if c.cpu == 0 || took < c.cpu {
				c.cpu = took
			}
			c.asked, c.bytes, c.page = asked.Load(), bytes.Load(), int64(len(a.body))
		}
		return c
	}
	few := map[string]cost{}
	for _, path := range crowdedPages(busy) {
		few[path] = measure(path)
	}
	s.server.Crowd(t, fewer, more)
	for _, path := range crowdedPages(busy) {
		a, b := few[path], measure(path)
		t.Logf("%-60s %d → %d requests, %d → %d bytes from the server, %d → %d bytes, %v → %v of a processor", path, a.asked, b.asked, a.bytes, b.bytes, a.page, b.page, a.cpu, b.cpu)
		const (
			most    = more / fewer / 3 // as often the work
			largest = 80_000           // bytes
		)
		if b.asked != a.asked || b.bytes > largest || b.page > largest || b.cpu > most*a.cpu {
			t.Errorf("%s costs %+v with %d keys and %+v with %d", path, a, fewer, b, more)
		}
	}
}

// A counter counts what is written to it.
type counter struct{ n *atomic.Int64 }

// Write implements [io.Writer].
func (c counter) Write(p []byte) (int, error) { c.n.Add(int64(len(p))); return len(p), nil }
