package streamable_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
)

func newRing(t testing.TB) *keyring.Ring {
	t.Helper()
	ring, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// startTwo starts two servers with the same secrets.
func startTwo(t *testing.T, opts streamable.Options) (here, there *harness) {
	t.Helper()
	opts.Sessions = newRing(t)
	here = start(t, opts)
	there = start(t, opts)
	return here, there
}

// at returns the client with its requests to another server.
func at(c *streamabletest.Client, h *harness) *streamabletest.Client {
	other := *c
	other.URL = h.url
	return &other
}

// Any server goes on with a session, and knows what its client negotiated.
func TestSessionsAreContinuedByOtherServers(t *testing.T) {
	here, there := startTwo(t, streamable.Options{})
	c := here.initialized(`{"sampling":{},"roots":{"listChanged":true}}`)
	if len(c.Session) > 400 {
		t.Errorf("the session's id has %d bytes", len(c.Session))
	}
	for _, h := range []*harness{there, here, there} {
		if resp := at(c, h).Post(streamabletest.Ping); resp.StatusCode != http.StatusOK {
			t.Fatalf("ping: %d %s", resp.StatusCode, resp.Text)
		}
		if resp := at(c, h).Post(streamabletest.Call("2", "noop", "")); resp.StatusCode != http.StatusOK || !strings.Contains(resp.Text, `"ok"`) {
			t.Errorf("a call: %d %s", resp.StatusCode, resp.Text)
		}
	}
	if n, _ := there.transport.Sessions(); n != 1 {
		t.Errorf("the other server has %d sessions, want 1", n)
	}
	// The client's capabilities came along: a tool of the other server can ask it.
	resp := at(c, there).Send(at(c, there).Request(http.MethodPost, "/mcp", streamabletest.Call("3", "sample", "")))
	events := c.Events(resp)
	asked, ok := events.Next()
	if !ok || !strings.Contains(asked.Data, "sampling/createMessage") {
		t.Fatalf("the tool asked %q", asked.Data)
	}
	var question struct{ ID int64 }
	streamabletest.Decode(t, asked.Data, &question)
	answer := `{"jsonrpc":"2.0","id":` + strconv.FormatInt(question.ID, 10) +
		`,"result":{"role":"assistant","model":"m","content":{"type":"text","text":"hello"}}}`
	if resp := at(c, here).Post(answer); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("the response at a server that asked nothing: %d %s", resp.StatusCode, resp.Text)
	}
	if resp := at(c, there).Post(answer); resp.StatusCode != http.StatusAccepted {
		t.Errorf("the response at the server that asked: %d %s", resp.StatusCode, resp.Text)
	}
	for {
		e, ok := events.Next()
		if !ok {
			t.Fatal("the call was not answered")
		}
		if strings.Contains(e.Data, `"result"`) {
			break
		}
	}
}

// The id of a session is its owner's, and nobody can make one up.
func TestSharedSessionsAreTheirOwners(t *testing.T) {
	here, there := startTwo(t, streamable.Options{})
	a, b := here.initialized(`{}`), here.initialized(`{}`)
	foreign, cut, long := *at(b, there), *at(a, there), *at(a, there)
	foreign.Session, cut.Session, long.Session = a.Session, a.Session[:len(a.Session)-2], strings.Repeat(a.Session, 10)
	for name, c := range map[string]*streamabletest.Client{"another key's": &foreign, "cut off": &cut, "long": &long} {
		if resp := c.Post(streamabletest.Ping); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d %s", name, resp.StatusCode, resp.Text)
		}
	}
	stranger := start(t, streamable.Options{Sessions: newRing(t)})
	if resp := stranger.client().Post(streamabletest.Ping, "Mcp-Session-Id", a.Session); resp.StatusCode != http.StatusNotFound {
		t.Errorf("with other secrets: %d %s", resp.StatusCode, resp.Text)
	}
}

// A session that was ended is not opened again where it ended, and nowhere after a week.
func TestSharedSessionsEnd(t *testing.T) {
	var clock atomic.Int64
	clock.Store(time.Now().Unix())
	here, there := startTwo(t, streamable.Options{SessionIdleTimeout: time.Minute, Now: func() time.Time { return time.Unix(clock.Load(), 0) }})
	c := here.initialized(`{}`)
	clock.Add(3600) // it was idle for long: it is merely opened again
	for _, h := range []*harness{here, there} {
		if resp := at(c, h).Post(streamabletest.Ping); resp.StatusCode != http.StatusOK {
			t.Errorf("after an hour: %d %s", resp.StatusCode, resp.Text)
		}
	}
	gone := here.initialized(`{}`)
	if resp := at(gone, there).Do(at(gone, there).Request(http.MethodDelete, "/mcp", "")); resp.StatusCode != http.StatusNoContent {
		t.Errorf("DELETE: %d %s", resp.StatusCode, resp.Text)
	}
	if resp := at(gone, there).Post(streamabletest.Ping); resp.StatusCode != http.StatusNotFound {
		t.Errorf("after DELETE: %d %s", resp.StatusCode, resp.Text)
	}
	clock.Add(7 * 24 * 3600)
	if resp := c.Post(streamabletest.Ping); resp.StatusCode != http.StatusNotFound {
		t.Errorf("after a week: %d %s", resp.StatusCode, resp.Text)
	}
}

// Requests that reach a server at once with the same new session share it.
func TestASharedSessionIsOpenedOnce(t *testing.T) {
	here, there := startTwo(t, streamable.Options{})
	c := at(here.initialized(`{}`), there)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if resp := c.Post(`{"jsonrpc":"2.0","id":` + strconv.Itoa(i) + `,"method":"ping"}`); resp.StatusCode != http.StatusOK {
				t.Errorf("%d %s", resp.StatusCode, resp.Text)
			}
		})
	}
	wg.Wait()
	if n, _ := there.transport.Sessions(); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
}

// A stream stays with its server: another one does not take an event of it for one of its own.
func TestEventsOfOtherServersAreNotMistaken(t *testing.T) {
	here, there := startTwo(t, streamable.Options{})
	c := here.initialized(`{}`)
	streamed := c.Events(c.Send(c.Request(http.MethodPost, "/mcp", streamabletest.Call("3", "progress", `"n":2`))))
	last := streamed.All()
	if len(last) == 0 || last[0].ID == "" {
		t.Fatalf("events = %+v", last)
	}
	other := at(c, there)
	if resp := other.Do(other.Request(http.MethodGet, "/mcp", "", "Last-Event-ID", last[0].ID)); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("the stream of a call, resumed at another server: %d %s", resp.StatusCode, resp.Text)
	}
	if resp := c.Do(c.Request(http.MethodGet, "/mcp", "", "Last-Event-ID", last[0].ID)); resp.StatusCode != http.StatusOK {
		t.Errorf("resumed at its own server: %d %s", resp.StatusCode, resp.Text)
	}
	// The stream for GET is begun anew.
	listening := c.Send(c.Request(http.MethodGet, "/mcp", ""))
	here.mcp.DeleteTools("soft")
	e, ok := c.Events(listening).Next()
	if !ok || !strings.Contains(e.Data, "list_changed") {
		t.Fatalf("heard %+v", e)
	}
	resumed := other.Send(other.Request(http.MethodGet, "/mcp", "", "Last-Event-ID", e.ID))
	if resumed.StatusCode != http.StatusOK {
		t.Fatalf("the stream for GET at another server: %d", resumed.StatusCode)
	}
	there.mcp.DeleteTools("soft")
	if e, ok := other.Events(resumed).Next(); !ok || !strings.Contains(e.Data, "list_changed") {
		t.Errorf("heard %+v there", e)
	}
}

func FuzzSharedSessionID(f *testing.F) {
	ring, err := keyring.Load(f.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("x")
	f.Add("AgAAAAAAAAAA")
	f.Add(strings.Repeat("A", 3000))
	f.Fuzz(func(t *testing.T, id string) {
		if streamable.OpensSession(ring, id) {
			t.Errorf("the made-up id %q opens a session", id)
		}
	})
}
