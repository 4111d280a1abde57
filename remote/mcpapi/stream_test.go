package mcpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
)

// Every notification arrives, in order and before the answer, however fast the tool is. mcp-go's own transport loses
// the last one of most calls.
func TestNoNotificationIsLost(t *testing.T) {
	h := start(t, mcpapi.Options{})
	legacy, session, modern := h.client(pierre.Limit{}), h.initialized(`{}`), h.client(pierre.Limit{})
	for i := range 200 {
		for name, resp := range map[string]*http.Response{
			"without a session": legacy.send(legacy.request(http.MethodPost, "/mcp", call("1", "progress", ""))),
			"in a session":      session.send(session.request(http.MethodPost, "/mcp", call("1", "progress", ""))),
			"modern":            modern.send(modern.modernRequest("1", "tools/call", `"name":"progress"`)),
		} {
			events := legacy.events(resp).all()
			if len(events) != 4 {
				t.Fatalf("call %d %s: %d messages, want 4: %v", i, name, len(events), events)
			}
			for n, e := range events[:3] {
				if !strings.Contains(e.data, fmt.Sprintf(`"progress":%d`, n)) {
					t.Fatalf("call %d %s: message %d is %s", i, name, n, e.data)
				}
			}
			if !strings.Contains(events[3].data, `"result"`) {
				t.Fatalf("call %d %s: the last message is %s", i, name, events[3].data)
			}
		}
	}
}

// More notifications than any channel holds: the tool waits for its client.
func TestManyNotifications(t *testing.T) {
	const n = 5000
	c := start(t, mcpapi.Options{}).client(pierre.Limit{})
	resp := c.send(c.request(http.MethodPost, "/mcp", call("1", "progress", fmt.Sprintf(`"n":%d`, n))))
	if got := len(c.events(resp).all()); got != n+1 {
		t.Errorf("%d messages, want %d", got, n+1)
	}
}

func TestProgressTokensStayAsSent(t *testing.T) {
	c := start(t, mcpapi.Options{}).client(pierre.Limit{})
	for _, token := range []string{`9007199254740993`, `"a"`} {
		resp := c.send(c.request(http.MethodPost, "/mcp", call(token, "progress", `"n":1`)))
		if e, _ := c.events(resp).next(); !strings.Contains(e.data, `"progressToken":`+token) {
			t.Errorf("%s came back in %s", token, e.data)
		}
	}
}

// A client whose connection breaks gets the rest of the stream, the answer included, on a new one.
func TestResumption(t *testing.T) {
	h := start(t, mcpapi.Options{})
	release := make(chan struct{})
	h.mcp.AddTool(mcp.NewTool("slow"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for i := range 3 {
			if i == 2 {
				<-release
			}
			if err := h.mcp.SendNotificationToClient(ctx, "notifications/progress", map[string]any{"progressToken": 1, "progress": i}); err != nil {
				return nil, err
			}
		}
		return mcp.NewToolResultText("at last"), ctx.Err()
	})
	c := h.initialized(`{}`)
	ctx, hangUp := context.WithCancel(t.Context())
	events := c.events(c.send(c.request(http.MethodPost, "/mcp", call("1", "slow", "")).WithContext(ctx)))
	first, _ := events.next()
	if first.id == "" {
		t.Fatal("events have no ids")
	}
	hangUp()
	close(release)
	for range 2 { // as often as it likes
		var got []string
		for _, e := range c.events(c.send(c.request(http.MethodGet, "/mcp", "", "Last-Event-ID", first.id))).all() {
			got = append(got, e.data)
		}
		if len(got) != 3 || !strings.Contains(got[0], `"progress":1`) || !strings.Contains(got[1], `"progress":2`) || !strings.Contains(got[2], "at last") {
			t.Errorf("resumed: %v", got)
		}
	}
	other := h.initialized(`{}`)
	if resp := other.do(other.request(http.MethodGet, "/mcp", "", "Last-Event-ID", first.id)); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("another session resumes the stream: %d %s", resp.StatusCode, resp.body)
	}
	if resp := c.do(c.request(http.MethodGet, "/mcp", "", "Last-Event-ID", "nonsense")); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a wrong Last-Event-ID: %d %s", resp.StatusCode, resp.body)
	}
}

// A session keeps its newest finished streams, and the running ones.
func TestFinishedStreamsAreBounded(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.initialized(`{}`)
	for range 30 {
		c.post(call("1", "progress", ""))
	}
	for stream, want := range map[int]int{1: http.StatusBadRequest, 13: http.StatusBadRequest, 14: http.StatusOK, 30: http.StatusOK} {
		resp := c.do(c.request(http.MethodGet, "/mcp", "", "Last-Event-ID", fmt.Sprintf("%d-3", stream)))
		if resp.StatusCode != want || want == http.StatusOK && !strings.Contains(resp.body, "done") {
			t.Errorf("stream %d: %d %s, want %d", stream, resp.StatusCode, resp.body, want)
		}
	}
}

// The stream begins with an event id, so that a client can come back even before there is a message.
func TestPriming(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.initialized(`{}`)
	if resp := c.post(call("1", "progress", "")); !strings.HasPrefix(resp.body, "id: 1-0\nretry: ") {
		t.Errorf("the stream begins with %.40q", resp.body)
	}
	old := h.client(pierre.Limit{})
	old.session = old.post(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`).
		Header.Get("Mcp-Session-Id")
	if resp := old.post(call("1", "progress", "")); !strings.HasPrefix(resp.body, "event: message\n") {
		t.Errorf("an older client, which cannot parse it, gets %.40q", resp.body)
	}
}

func TestStandaloneStream(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.initialized(`{}`)
	events := c.events(c.send(c.request(http.MethodGet, "/mcp", "")))
	h.mcp.DeleteTools("soft")
	e, ok := events.next()
	if !ok || !strings.Contains(e.data, "notifications/tools/list_changed") || e.id == "" {
		t.Fatalf("event %v", e)
	}
	// A second connection takes over; the first one ends.
	second := c.events(c.send(c.request(http.MethodGet, "/mcp", "")))
	if rest := events.all(); len(rest) != 0 {
		t.Errorf("the first stream went on with %v", rest)
	}
	h.mcp.DeleteTools("leak")
	if e, ok := second.next(); !ok || !strings.Contains(e.data, "list_changed") {
		t.Errorf("the second stream has %v", e)
	}
	// What happens without a connection is told to the next one.
	if resp := c.do(c.request(http.MethodDelete, "/mcp", "")); resp.StatusCode != http.StatusNoContent {
		t.Errorf("DELETE: %d", resp.StatusCode)
	}
	if rest := second.all(); len(rest) != 0 {
		t.Errorf("the stream of an ended session went on with %v", rest)
	}
}

func TestNotificationsWaitForTheStream(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.initialized(`{}`)
	h.mcp.DeleteTools("soft")
	if e, ok := c.events(c.send(c.request(http.MethodGet, "/mcp", ""))).next(); !ok || !strings.Contains(e.data, "list_changed") {
		t.Errorf("event %v", e)
	}
}

// A client that never listens costs little memory: of what waits for it only the newest is kept.
func TestWaitingNotificationsAreBounded(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.initialized(`{}`)
	for n := range 1000 {
		h.mcp.SendNotificationToAllClients("notifications/count", map[string]any{"n": n})
	}
	events := c.events(c.send(c.request(http.MethodGet, "/mcp", "")))
	for n := 744; n < 1000; n++ {
		if e, ok := events.next(); !ok || !strings.Contains(e.data, fmt.Sprintf(`"n":%d}`, n)) {
			t.Fatalf("event %v, want number %d", e, n)
		}
	}
}

// A tool asks its client's model: the request goes out on the stream of the call, the response comes in by POST.
func TestSampling(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c, other := h.initialized(`{"sampling":{}}`), h.initialized(`{"sampling":{}}`)
	for _, tt := range []struct{ member, want string }{
		{`"result":{"role":"assistant","content":{"type":"text","text":"yes"},"model":"m"}`, "the model says yes"},
		{`"error":{"code":-1,"message":"the user said no"}`, "the user said no"},
		{`"result":[]`, "reading the client's result"},
	} {
		events := c.events(c.send(c.request(http.MethodPost, "/mcp", call("1", "sample", ""))))
		e, _ := events.next()
		var asked struct {
			ID     int64
			Method string
			Params struct{ MaxTokens int }
		}
		decode(t, e.data, &asked)
		if asked.Method != "sampling/createMessage" || asked.Params.MaxTokens != 10 {
			t.Fatalf("asked: %s", e.data)
		}
		reply := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,%s}`, asked.ID, tt.member)
		if resp := other.post(reply); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("another session may answer: %d %s", resp.StatusCode, resp.body)
		}
		if resp := c.post(reply); resp.StatusCode != http.StatusAccepted {
			t.Errorf("the response: %d %s", resp.StatusCode, resp.body)
		}
		if resp := c.post(reply); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("a second response: %d %s", resp.StatusCode, resp.body)
		}
		if e, _ := events.next(); !strings.Contains(e.data, tt.want) {
			t.Errorf("the answer: %s, want %s", e.data, tt.want)
		}
	}
}

// A client that takes no stream in response to its call is asked on the session's own stream.
func TestSamplingOnTheStandaloneStream(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.initialized(`{"sampling":{}}`)
	events := c.events(c.send(c.request(http.MethodGet, "/mcp", "")))
	answered := make(chan response)
	go func() { answered <- c.post(call("1", "sample", ""), "Accept", "application/json") }()
	e, _ := events.next()
	var asked struct{ ID int64 }
	decode(t, e.data, &asked)
	c.post(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{"role":"assistant","content":{"type":"text","text":"yes"},"model":"m"}}`, asked.ID))
	if resp := <-answered; !strings.Contains(resp.body, "the model says yes") {
		t.Errorf("answer %s", resp.body)
	}
}

func TestSamplingIsNotPossible(t *testing.T) {
	h := start(t, mcpapi.Options{})
	incapable := h.initialized(`{}`)
	if resp := incapable.post(call("1", "sample", "")); !strings.Contains(resp.body, "sampling") || !strings.Contains(resp.body, `"isError":true`) {
		t.Errorf("without the capability: %s", resp.body)
	}
	silent := h.initialized(`{"sampling":{}}`)
	if resp := silent.post(call("1", "sample", ""), "Accept", "application/json"); !strings.Contains(resp.body, `"isError":true`) {
		t.Errorf("without a stream: %s", resp.body)
	}
	stateless := h.client(pierre.Limit{})
	if resp := stateless.modern("1", "tools/call", `"name":"sample"`); !strings.Contains(resp.body, `"isError":true`) {
		t.Errorf("modern: %s", resp.body)
	}
	// The session ends while the tool waits.
	events := silent.events(silent.send(silent.request(http.MethodPost, "/mcp", call("1", "sample", ""))))
	events.next()
	silent.do(silent.request(http.MethodDelete, "/mcp", ""))
	if e, _ := events.next(); !strings.Contains(e.data, "session has ended") {
		t.Errorf("after DELETE: %s", e.data)
	}
}
