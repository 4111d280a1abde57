package mcpapi_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

const pingMessage = `{"jsonrpc":"2.0","id":1,"method":"ping"}`

func newRing(t testing.TB) *keyring.Ring {
	t.Helper()
	ring, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// startTwo starts two servers with the same keys, secrets and books.
func startTwo(t *testing.T, opts mcpapi.Options) (here, there *harness) {
	t.Helper()
	opts.Sessions = newRing(t)
	here = start(t, opts)
	there = startWith(t, mcpapitest.Parts{Auth: here.Keys, Recorder: here.Recorder}, opts)
	return here, there
}

// at returns the client with its requests to another server.
func (c *client) at(h *harness) *client {
	other := *c
	other.h = h
	return &other
}

// Any server goes on with a session, and knows what its client negotiated.
func TestSessionsAreContinuedByOtherServers(t *testing.T) {
	here, there := startTwo(t, mcpapi.Options{})
	c := here.initialized(`{"sampling":{},"roots":{"listChanged":true}}`)
	if len(c.session) > 400 {
		t.Errorf("the session's id has %d bytes", len(c.session))
	}
	for _, h := range []*harness{there, here, there} {
		if resp := c.at(h).post(pingMessage); resp.StatusCode != http.StatusOK {
			t.Fatalf("ping: %d %s", resp.StatusCode, resp.body)
		}
		if resp := c.at(h).post(call("2", "noop", "")); resp.StatusCode != http.StatusOK || !strings.Contains(resp.body, `"ok"`) {
			t.Errorf("a call: %d %s", resp.StatusCode, resp.body)
		}
	}
	if n, _ := there.API.Sessions(); n != 1 {
		t.Errorf("the other server has %d sessions, want 1", n)
	}
	// The client's capabilities came along: a tool of the other server can ask it.
	resp := c.at(there).send(c.at(there).request(http.MethodPost, "/mcp", call("3", "sample", "")))
	events := c.events(resp)
	asked, ok := events.next()
	if !ok || !strings.Contains(asked.data, "sampling/createMessage") {
		t.Fatalf("the tool asked %q", asked.data)
	}
	var question struct{ ID int64 }
	decode(t, asked.data, &question)
	answer := `{"jsonrpc":"2.0","id":` + strconv.FormatInt(question.ID, 10) +
		`,"result":{"role":"assistant","model":"m","content":{"type":"text","text":"hello"}}}`
	if resp := c.at(here).post(answer); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("the response at a server that asked nothing: %d %s", resp.StatusCode, resp.body)
	}
	if resp := c.at(there).post(answer); resp.StatusCode != http.StatusAccepted {
		t.Errorf("the response at the server that asked: %d %s", resp.StatusCode, resp.body)
	}
	for {
		e, ok := events.next()
		if !ok {
			t.Fatal("the call was not answered")
		}
		if strings.Contains(e.data, `"result"`) {
			break
		}
	}
}

// The id of a session is its owner's, and nobody can make one up.
func TestSharedSessionsAreTheirOwners(t *testing.T) {
	here, there := startTwo(t, mcpapi.Options{})
	a, b := here.initialized(`{}`), here.initialized(`{}`)
	foreign, cut, long := *b.at(there), *a.at(there), *a.at(there)
	foreign.session, cut.session, long.session = a.session, a.session[:len(a.session)-2], strings.Repeat(a.session, 10)
	for name, c := range map[string]*client{"another key's": &foreign, "cut off": &cut, "long": &long} {
		if resp := c.post(pingMessage); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d %s", name, resp.StatusCode, resp.body)
		}
	}
	stranger := start(t, mcpapi.Options{Sessions: newRing(t)})
	if resp := stranger.client(pierre.Limit{}).post(pingMessage, "Mcp-Session-Id", a.session); resp.StatusCode != http.StatusNotFound {
		t.Errorf("with other secrets: %d %s", resp.StatusCode, resp.body)
	}
}

// A session that was ended is not opened again where it ended, and nowhere after a week.
func TestSharedSessionsEnd(t *testing.T) {
	var clock atomic.Int64
	clock.Store(time.Now().Unix())
	here, there := startTwo(t, mcpapi.Options{SessionIdleTimeout: time.Minute, Now: func() time.Time { return time.Unix(clock.Load(), 0) }})
	c := here.initialized(`{}`)
	clock.Add(3600) // it was idle for long: it is merely opened again
	for _, h := range []*harness{here, there} {
		if resp := c.at(h).post(pingMessage); resp.StatusCode != http.StatusOK {
			t.Errorf("after an hour: %d %s", resp.StatusCode, resp.body)
		}
	}
	gone := here.initialized(`{}`)
	if resp := gone.at(there).do(gone.at(there).request(http.MethodDelete, "/mcp", "")); resp.StatusCode != http.StatusNoContent {
		t.Errorf("DELETE: %d %s", resp.StatusCode, resp.body)
	}
	if resp := gone.at(there).post(pingMessage); resp.StatusCode != http.StatusNotFound {
		t.Errorf("after DELETE: %d %s", resp.StatusCode, resp.body)
	}
	clock.Add(7 * 24 * 3600)
	if resp := c.post(pingMessage); resp.StatusCode != http.StatusNotFound {
		t.Errorf("after a week: %d %s", resp.StatusCode, resp.body)
	}
}

// Requests that reach a server at once with the same new session share it.
func TestASharedSessionIsOpenedOnce(t *testing.T) {
	here, there := startTwo(t, mcpapi.Options{})
	c := here.initialized(`{}`).at(there)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if resp := c.post(`{"jsonrpc":"2.0","id":` + strconv.Itoa(i) + `,"method":"ping"}`); resp.StatusCode != http.StatusOK {
				t.Errorf("%d %s", resp.StatusCode, resp.body)
			}
		})
	}
	wg.Wait()
	if n, _ := there.API.Sessions(); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
}

// A stream stays with its server: another one does not take an event of it for one of its own.
func TestEventsOfOtherServersAreNotMistaken(t *testing.T) {
	here, there := startTwo(t, mcpapi.Options{})
	c := here.initialized(`{}`)
	streamed := c.events(c.send(c.request(http.MethodPost, "/mcp", call("3", "progress", `"n":2`))))
	last := streamed.all()
	if len(last) == 0 || last[0].id == "" {
		t.Fatalf("events = %+v", last)
	}
	other := c.at(there)
	if resp := other.do(other.request(http.MethodGet, "/mcp", "", "Last-Event-ID", last[0].id)); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("the stream of a call, resumed at another server: %d %s", resp.StatusCode, resp.body)
	}
	if resp := c.do(c.request(http.MethodGet, "/mcp", "", "Last-Event-ID", last[0].id)); resp.StatusCode != http.StatusOK {
		t.Errorf("resumed at its own server: %d %s", resp.StatusCode, resp.body)
	}
	// The stream for GET is begun anew.
	listening := c.send(c.request(http.MethodGet, "/mcp", ""))
	here.mcp.DeleteTools("soft")
	e, ok := c.events(listening).next()
	if !ok || !strings.Contains(e.data, "list_changed") {
		t.Fatalf("heard %+v", e)
	}
	resumed := other.send(other.request(http.MethodGet, "/mcp", "", "Last-Event-ID", e.id))
	if resumed.StatusCode != http.StatusOK {
		t.Fatalf("the stream for GET at another server: %d", resumed.StatusCode)
	}
	there.mcp.DeleteTools("soft")
	if e, ok := other.events(resumed).next(); !ok || !strings.Contains(e.data, "list_changed") {
		t.Errorf("heard %+v there", e)
	}
}
