package streamable_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
)

// Every notification arrives, in order and before the answer, however fast the tool is. mcp-go's own transport loses
// the last one of most calls.
func TestNoNotificationIsLost(t *testing.T) {
	h := start(t, streamable.Options{})
	legacy, session, modern := h.client(), h.initialized(`{}`), h.client()
	for i := range 200 {
		for name, resp := range map[string]*http.Response{
			"without a session": legacy.Send(legacy.Request(http.MethodPost, "/mcp", streamabletest.Call("1", "progress", ""))),
			"in a session":      session.Send(session.Request(http.MethodPost, "/mcp", streamabletest.Call("1", "progress", ""))),
			"modern":            modern.Send(modern.ModernRequest("1", "tools/call", `"name":"progress"`)),
		} {
			events := legacy.Events(resp).All()
			if len(events) != 4 {
				t.Fatalf("call %d %s: %d messages, want 4: %v", i, name, len(events), events)
			}
			for n, e := range events[:3] {
				if !strings.Contains(e.Data, fmt.Sprintf(`"progress":%d`, n)) {
					t.Fatalf("call %d %s: message %d is %s", i, name, n, e.Data)
				}
			}
			if !strings.Contains(events[3].Data, `"result"`) {
				t.Fatalf("call %d %s: the last message is %s", i, name, events[3].Data)
			}
		}
	}
}

// More notifications than any channel holds: the tool waits for its client.
func TestManyNotifications(t *testing.T) {
	const n = 5000
	c := start(t, streamable.Options{}).client()
	resp := c.Send(c.Request(http.MethodPost, "/mcp", streamabletest.Call("1", "progress", fmt.Sprintf(`"n":%d`, n))))
	if got := len(c.Events(resp).All()); got != n+1 {
		t.Errorf("%d messages, want %d", got, n+1)
	}
}

func TestProgressTokensStayAsSent(t *testing.T) {
	c := start(t, streamable.Options{}).client()
	for _, token := range []string{`9007199254740993`, `"a"`} {
		resp := c.Send(c.Request(http.MethodPost, "/mcp", streamabletest.Call(token, "progress", `"n":1`)))
		if e, _ := c.Events(resp).Next(); !strings.Contains(e.Data, `"progressToken":`+token) {
			t.Errorf("%s came back in %s", token, e.Data)
		}
	}
}

// A client whose connection breaks gets the rest of the stream, the answer included, on a new one.
func TestResumption(t *testing.T) {
	h := start(t, streamable.Options{})
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
	events := c.Events(c.Send(c.Request(http.MethodPost, "/mcp", streamabletest.Call("1", "slow", "")).WithContext(ctx)))
	first, _ := events.Next()
	if first.ID == "" {
		t.Fatal("events have no ids")
	}
	hangUp()
	close(release)
	for range 2 { // as often as it likes
		var got []string
		for _, e := range c.Events(c.Send(c.Request(http.MethodGet, "/mcp", "", "Last-Event-ID", first.ID))).All() {
			got = append(got, e.Data)
		}
		if len(got) != 3 || !strings.Contains(got[0], `"progress":1`) || !strings.Contains(got[1], `"progress":2`) || !strings.Contains(got[2], "at last") {
			t.Errorf("resumed: %v", got)
		}
	}
	other := h.initialized(`{}`)
	if resp := other.Do(other.Request(http.MethodGet, "/mcp", "", "Last-Event-ID", first.ID)); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("another session resumes the stream: %d %s", resp.StatusCode, resp.Text)
	}
	if resp := c.Do(c.Request(http.MethodGet, "/mcp", "", "Last-Event-ID", "nonsense")); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a wrong Last-Event-ID: %d %s", resp.StatusCode, resp.Text)
	}
}

// A session keeps its newest finished streams, and the running ones.
func TestFinishedStreamsAreBounded(t *testing.T) {
	h := start(t, streamable.Options{})
	c := h.initialized(`{}`)
	for range 30 {
		c.Post(streamabletest.Call("1", "progress", ""))
	}
	for stream, want := range map[int]int{1: http.StatusBadRequest, 13: http.StatusBadRequest, 14: http.StatusOK, 30: http.StatusOK} {
		resp := c.Do(c.Request(http.MethodGet, "/mcp", "", "Last-Event-ID", fmt.Sprintf("%d-3", stream)))
		if resp.StatusCode != want || want == http.StatusOK && !strings.Contains(resp.Text, "done") {
			t.Errorf("stream %d: %d %s, want %d", stream, resp.StatusCode, resp.Text, want)
		}
	}
}

// The stream begins with an event id, so that a client can come back even before there is a message.
func TestPriming(t *testing.T) {
	h := start(t, streamable.Options{})
	c := h.initialized(`{}`)
	if resp := c.Post(streamabletest.Call("1", "progress", "")); !strings.HasPrefix(resp.Text, "id: 1-0\nretry: ") {
		t.Errorf("the stream begins with %.40q", resp.Text)
	}
	old := h.client()
	old.Session = old.Post(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`).
		Header.Get("Mcp-Session-Id")
	if resp := old.Post(streamabletest.Call("1", "progress", "")); !strings.HasPrefix(resp.Text, "event: message\n") {
		t.Errorf("an older client, which cannot parse it, gets %.40q", resp.Text)
	}
}

func TestStandaloneStream(t *testing.T) {
	h := start(t, streamable.Options{})
	c := h.initialized(`{}`)
	events := c.Events(c.Send(c.Request(http.MethodGet, "/mcp", "")))
	h.mcp.DeleteTools("soft")
	e, ok := events.Next()
	if !ok || !strings.Contains(e.Data, "notifications/tools/list_changed") || e.ID == "" {
		t.Fatalf("event %v", e)
	}
	// A second connection takes over; the first one ends.
	second := c.Events(c.Send(c.Request(http.MethodGet, "/mcp", "")))
	if rest := events.All(); len(rest) != 0 {
		t.Errorf("the first stream went on with %v", rest)
	}
	h.mcp.DeleteTools("leak")
	if e, ok := second.Next(); !ok || !strings.Contains(e.Data, "list_changed") {
		t.Errorf("the second stream has %v", e)
	}
	// What happens without a connection is told to the next one.
	if resp := c.Do(c.Request(http.MethodDelete, "/mcp", "")); resp.StatusCode != http.StatusNoContent {
		t.Errorf("DELETE: %d", resp.StatusCode)
	}
	if rest := second.All(); len(rest) != 0 {
		t.Errorf("the stream of an ended session went on with %v", rest)
	}
}

// Proxies may keep headers back until there is a body: a stream has one before the first event.
func TestAStreamBeginsAtOnce(t *testing.T) {
	h := start(t, streamable.Options{})
	c := h.initialized(`{}`)
	gone, leave := context.WithCancel(t.Context())
	leave()
	w := <-h.answer(c.Request(http.MethodGet, "/mcp", "").WithContext(gone))
	if body := w.Body.String(); w.Code != http.StatusOK || !w.Flushed || !strings.HasPrefix(body, ": ") {
		t.Errorf("it begins with %d %q, sent: %v", w.Code, body, w.Flushed)
	}
}

func TestNotificationsWaitForTheStream(t *testing.T) {
	h := start(t, streamable.Options{})
	c := h.initialized(`{}`)
	h.mcp.DeleteTools("soft")
	if e, ok := c.Events(c.Send(c.Request(http.MethodGet, "/mcp", ""))).Next(); !ok || !strings.Contains(e.Data, "list_changed") {
		t.Errorf("event %v", e)
	}
}

// A client that never listens costs little memory: of what waits for it only the newest is kept.
func TestWaitingNotificationsAreBounded(t *testing.T) {
	h := start(t, streamable.Options{})
	c := h.initialized(`{}`)
	for n := range 1000 {
		h.mcp.SendNotificationToAllClients("notifications/count", map[string]any{"n": n})
	}
	events := c.Events(c.Send(c.Request(http.MethodGet, "/mcp", "")))
	for n := 744; n < 1000; n++ {
		if e, ok := events.Next(); !ok || !strings.Contains(e.Data, fmt.Sprintf(`"n":%d}`, n)) {
			t.Fatalf("event %v, want number %d", e, n)
		}
	}
}

// A tool asks its client's model: the request goes out on the stream of the call, the response comes in by POST.
func TestSampling(t *testing.T) {
	h := start(t, streamable.Options{})
	c, other := h.initialized(`{"sampling":{}}`), h.initialized(`{"sampling":{}}`)
	for _, tt := range []struct{ member, want string }{
		{`"result":{"role":"assistant","content":{"type":"text","text":"yes"},"model":"m"}`, "the model says yes"},
		{`"error":{"code":-1,"message":"the user said no"}`, "the user said no"},
		{`"result":[]`, "reading the client's result"},
	} {
		events := c.Events(c.Send(c.Request(http.MethodPost, "/mcp", streamabletest.Call("1", "sample", ""))))
		e, _ := events.Next()
		var asked struct {
			ID     int64
			Method string
			Params struct{ MaxTokens int }
		}
		streamabletest.Decode(t, e.Data, &asked)
		if asked.Method != "sampling/createMessage" || asked.Params.MaxTokens != 10 {
			t.Fatalf("asked: %s", e.Data)
		}
		reply := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,%s}`, asked.ID, tt.member)
		if resp := other.Post(reply); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("another session may answer: %d %s", resp.StatusCode, resp.Text)
		}
		if resp := c.Post(reply); resp.StatusCode != http.StatusAccepted {
			t.Errorf("the response: %d %s", resp.StatusCode, resp.Text)
		}
		if resp := c.Post(reply); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("a second response: %d %s", resp.StatusCode, resp.Text)
		}
		if e, _ := events.Next(); !strings.Contains(e.Data, tt.want) {
			t.Errorf("the answer: %s, want %s", e.Data, tt.want)
		}
	}
}

// A client that takes no stream in response to its call is asked on the session's own stream.
func TestSamplingOnTheStandaloneStream(t *testing.T) {
	h := start(t, streamable.Options{})
	c := h.initialized(`{"sampling":{}}`)
	events := c.Events(c.Send(c.Request(http.MethodGet, "/mcp", "")))
	answered := make(chan streamabletest.Response)
	go func() { answered <- c.Post(streamabletest.Call("1", "sample", ""), "Accept", "application/json") }()
	e, _ := events.Next()
	var asked struct{ ID int64 }
	streamabletest.Decode(t, e.Data, &asked)
	c.Post(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{"role":"assistant","content":{"type":"text","text":"yes"},"model":"m"}}`, asked.ID))
	if resp := <-answered; !strings.Contains(resp.Text, "the model says yes") {
		t.Errorf("answer %s", resp.Text)
	}
}

func TestSamplingIsNotPossible(t *testing.T) {
	h := start(t, streamable.Options{})
	incapable := h.initialized(`{}`)
	if resp := incapable.Post(streamabletest.Call("1", "sample", "")); !strings.Contains(resp.Text, "sampling") || !strings.Contains(resp.Text, `"isError":true`) {
		t.Errorf("without the capability: %s", resp.Text)
	}
	silent := h.initialized(`{"sampling":{}}`)
	if resp := silent.Post(streamabletest.Call("1", "sample", ""), "Accept", "application/json"); !strings.Contains(resp.Text, `"isError":true`) {
		t.Errorf("without a stream: %s", resp.Text)
	}
	stateless := h.client()
	if resp := stateless.Modern("1", "tools/call", `"name":"sample"`); !strings.Contains(resp.Text, `"isError":true`) {
		t.Errorf("modern: %s", resp.Text)
	}
	// The session ends while the tool waits.
	events := silent.Events(silent.Send(silent.Request(http.MethodPost, "/mcp", streamabletest.Call("1", "sample", ""))))
	events.Next()
	silent.Do(silent.Request(http.MethodDelete, "/mcp", ""))
	if e, _ := events.Next(); !strings.Contains(e.Data, "session has ended") {
		t.Errorf("after DELETE: %s", e.Data)
	}
}
