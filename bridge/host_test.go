package bridge_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/bridge"
	"github.com/pierre-mcp/pierre/internal/mcptest"
)

// Shorter names of what the tests say most.
const (
	key          = mcptest.Key
	initialize   = mcptest.Initialize
	initialized  = mcptest.Initialized
	listTools    = mcptest.ListTools
	done         = mcptest.Done
	cancelOne    = mcptest.CancelOne
	toolsChanged = mcptest.ToolsChanged
)

type (
	remote = mcptest.MemoryServer
	stream = mcptest.Stream
)

func newRemote(t *testing.T) *remote { return mcptest.NewMemoryServer(t) }

// client is what the bridge reaches the server with.
func client(t *testing.T, s *remote) *http.Client {
	transport := bridge.NewTransport()
	transport.DialContext = s.Dial
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// order returns the methods of the requests that came, in order.
func order(s *remote) string { return strings.Join(s.Order(), " ") }

// A host is the other end of the bridge.
type host struct {
	*mcptest.Host
	t      *testing.T
	broken io.Closer // the reading end of the bridge's output
	done   chan error
	stop   context.CancelFunc
}

// newHost starts a bridge to s.
func newHost(t *testing.T, s *remote, opts bridge.Options) *host {
	opts.HTTP = client(t, s)
	b, err := bridge.New(s.URL+"/mcp", key, opts)
	if err != nil {
		t.Fatal(err)
	}
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	h := &host{Host: mcptest.NewHost(t, inW, outR), t: t, broken: outR, done: make(chan error, 1), stop: stop}
	go func() {
		err := b.Run(ctx, inR, outW)
		outW.Close()
		h.done <- err
	}()
	t.Cleanup(func() {
		inW.Close()
		for range h.Lines { // until the bridge is gone
		}
	})
	return h
}

// silent fails if the bridge has said anything that was not asked for.
func (h *host) silent() {
	h.t.Helper()
	synctest.Wait()
	for len(h.Lines) > 0 {
		h.Seen = append(h.Seen, <-h.Lines)
	}
	for _, l := range h.Seen {
		h.t.Errorf("unexpected %s", l.Raw)
	}
}

// call is a tools/call in the earlier era.
func call(id any, tool string) string { return mcptest.Call(id, tool) }

// modern is a request in the later era. Params are members of the params object.
func modern(id any, method, params string) string { return mcptest.Modern(id, method, params) }

// callWithProgress is request 1.
func callWithProgress(token any) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write","_meta":{"progressToken":%v}}}`, token)
}

// within fails if more than d went by since start.
func within(t *testing.T, start time.Time, d time.Duration) {
	t.Helper()
	if took := time.Since(start); took > d {
		t.Errorf("took %v, want at most %v", took, d)
	}
}
