package streamable_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
)

// What a client says about itself is kept only as far as it is used.
func TestSessionsKeepLittle(t *testing.T) {
	h := start(t, streamable.Options{})
	var kept server.SessionWithClientInfo
	h.mcp.AddTool(mcp.NewTool("look"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		kept, _ = server.ClientSessionFromContext(ctx).(server.SessionWithClientInfo)
		return mcp.NewToolResultText("ok"), nil
	})
	c := h.client()
	long := strings.Repeat("x", 10_000)
	resp := c.Post(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"sampling":{"context":{}},` +
		`"experimental":{"a":[1,2,3]},"extensions":{"b":{}}},"clientInfo":{"name":"` + long + `","version":"1","description":"` + long + `","icons":[{"src":"x"}]}}}`)
	c.Session = resp.Header.Get("Mcp-Session-Id")
	c.Post(streamabletest.Call("1", "look", ""))
	can, info := kept.GetClientCapabilities(), kept.GetClientInfo()
	if can.Sampling == nil || can.Elicitation != nil || can.Experimental != nil || can.Extensions != nil {
		t.Errorf("capabilities %+v", can)
	}
	if len(info.Name) > 256 || info.Version != "1" || info.Description != "" || info.Icons != nil {
		t.Errorf("client %+v", info)
	}
	large := strings.Replace(streamabletest.Hello, `"capabilities":{}`, `"capabilities":{"experimental":{"a":"`+strings.Repeat("x", 64<<10)+`"}}`, 1)
	if resp := c.Post(large); resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a large initialize: %d %.200s", resp.StatusCode, resp.Text)
	}
}

// The limit of sessions holds for sessions that are in use as well, and the limit of streams beside it.
func TestSessionsInUseAreBounded(t *testing.T) {
	h := start(t, streamable.Options{})
	c := h.client()
	var sessions []string
	open, refused := 0, 0
	for range 200 {
		c.Session = ""
		c.Session = c.Post(streamabletest.Hello).Header.Get("Mcp-Session-Id")
		sessions = append(sessions, c.Session)
		switch resp := c.Send(c.Request(http.MethodGet, "/mcp", "")); resp.StatusCode {
		case http.StatusOK:
			open++
		case http.StatusTooManyRequests:
			refused++
			if resp.Header.Get("Retry-After") == "" {
				t.Fatal("no Retry-After")
			}
		default:
			t.Fatalf("GET: %s", resp.Status)
		}
	}
	live := 0
	for _, session := range sessions {
		c.Session = session
		if c.Post(streamabletest.Ping).StatusCode == http.StatusOK {
			live++
		}
	}
	if live != 128 || open < 64 || refused == 0 {
		t.Errorf("%d of 200 sessions live, %d streams opened, %d refused", live, open, refused)
	}
	if _, streams := h.transport.Sessions(); streams > 64 {
		t.Errorf("%d streams are open", streams)
	}
	other := h.initialized(`{}`)
	if resp := other.Send(other.Request(http.MethodGet, "/mcp", "")); resp.StatusCode != http.StatusOK {
		t.Errorf("another key's stream: %s", resp.Status)
	}
}

// Subscriptions count as streams, and are given back when they end.
func TestSubscriptionsAreBounded(t *testing.T) {
	h := start(t, streamable.Options{})
	c := h.client()
	ctx, hangUp := context.WithCancel(t.Context())
	listen := func(ctx context.Context) int {
		return c.Send(c.ModernRequest("1", "subscriptions/listen", `"notifications":{"toolsListChanged":true}`).WithContext(ctx)).StatusCode
	}
	for i := range 64 {
		if status := listen(ctx); status != http.StatusOK {
			t.Fatalf("subscription %d: %d", i, status)
		}
	}
	if status := listen(ctx); status != http.StatusTooManyRequests {
		t.Errorf("one too many: %d", status)
	}
	hangUp()
	streamabletest.Eventually(t, func() bool { _, streams := h.transport.Sessions(); return streams == 0 })
	if status := listen(t.Context()); status != http.StatusOK {
		t.Errorf("after the others ended: %d", status)
	}
}

// Two requests with one id cannot run in a session at a time.
func TestRequestIDsInUse(t *testing.T) {
	h := start(t, streamable.Options{})
	c := h.initialized(`{}`)
	first := make(chan streamabletest.Response, 1)
	go func() { first <- c.Post(streamabletest.Call("7", "block", `"name":"x"`)) }()
	ended := h.tools.Blocking("x")
	resp := c.Post(streamabletest.Call("7.0", "noop", ""))
	if e := streamabletest.ErrorOf(t, resp.Text); resp.StatusCode != http.StatusBadRequest || e.Code != mcp.INVALID_REQUEST {
		t.Errorf("%d %s", resp.StatusCode, resp.Text)
	}
	if err := <-ended; err != nil {
		t.Errorf("the first request ended with %v", err)
	}
	if resp := <-first; !strings.Contains(resp.Text, "released") {
		t.Errorf("the first request: %s", resp.Text)
	}
	if resp := c.Post(streamabletest.Call("7", "noop", "")); resp.StatusCode != http.StatusOK {
		t.Errorf("the id once it is free: %d %s", resp.StatusCode, resp.Text)
	}
}

// mcp-go asks a session for its channel exactly once for each notification, and sends at once. exchange, session and
// listener rely on it: each call of NotificationChannel reserves a place in a stream, which waits for what follows.
func TestNotificationChannelIsAskedForOncePerNotification(t *testing.T) {
	m := server.NewMCPServer("test", "1", server.WithToolCapabilities(true), server.WithLogging(), server.WithResourceCapabilities(true, true))
	s := &counting{}
	if err := m.RegisterSession(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	ctx := m.WithContext(t.Context(), s)
	for name, notify := range map[string]func(){
		"to the client": func() { m.SendNotificationToClient(ctx, "notifications/progress", nil) },
		"to one client": func() { m.SendNotificationToSpecificClient(s.SessionID(), "notifications/progress", nil) },
		"to all":        func() { m.SendNotificationToAllClients("notifications/progress", nil) },
		"a changed list": func() {
			m.AddTool(mcp.NewTool("new"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				return &mcp.CallToolResult{}, nil
			})
		},
	} {
		s.channels = nil
		notify()
		if len(s.channels) != 1 || len(s.channels[0]) != 1 {
			t.Errorf("%s: the channel was asked for %d times", name, len(s.channels))
		}
	}
}

// A counting session keeps the channels that it gave out.
type counting struct {
	channels []chan mcp.JSONRPCNotification
}

func (*counting) SessionID() string { return "counting" }
func (*counting) Initialize()       {}
func (*counting) Initialized() bool { return true }

func (s *counting) NotificationChannel() chan<- mcp.JSONRPCNotification {
	c := make(chan mcp.JSONRPCNotification, 1)
	s.channels = append(s.channels, c)
	return c
}
