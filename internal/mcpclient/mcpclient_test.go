package mcpclient_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/mcpclient"
)

func endpoint(t *testing.T, h http.Handler) connection.Endpoint {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	e, err := (&connection.Settings{URL: srv.URL}).Endpoint(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A conversation with a server that is not ours.
func TestConversation(t *testing.T) {
	m := server.NewMCPServer("notes", "2", server.WithToolCapabilities(true), server.WithPaginationLimit(1))
	for _, name := range []string{"first", "second"} {
		m.AddTool(mcp.NewTool(name, mcp.WithString("text", mcp.Required())), func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText(name + r.GetString("text", "")), nil
		})
	}
	e := endpoint(t, server.NewStreamableHTTPServer(m, server.WithDisableLocalhostProtection(true)))
	c, err := mcpclient.Connect(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := c.Server(); got.Name != "notes" || got.Version != "2" || got.ProtocolVersion == "" {
		t.Errorf("the server is %+v", got)
	}
	tools, raw, err := c.Tools(t.Context())
	if err != nil || len(tools) != 2 || len(raw) != 2 || tools[1].Name != "second" || !slices.Contains(tools[1].InputSchema.Required, "text") {
		t.Errorf("tools %+v, %v", tools, err)
	}
	result, err := c.Request(t.Context(), "tools/call", map[string]any{"name": "first", "arguments": map[string]string{"text": "!"}})
	if err != nil || !strings.Contains(string(result), "first!") {
		t.Errorf("result %s, %v", result, err)
	}
	if _, err := c.Request(t.Context(), "nothing/like/it", nil); err == nil {
		t.Error("an unknown method was answered")
	}
}

// A list whose cursor never ends is given up.
func TestToolsGivesUp(t *testing.T) {
	pages := 0
	e := endpoint(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(body, &m) != nil || m.ID == nil {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		result := `{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"x","version":"1"}}`
		if m.Method == "tools/list" {
			pages++
			result = `{"tools":[],"nextCursor":"again"}`
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
	}))
	c, err := mcpclient.Connect(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if tools, _, err := c.Tools(t.Context()); err != nil || len(tools) != 0 || pages != 1000 {
		t.Errorf("%d tools, %v, after %d pages", len(tools), err, pages)
	}
}

// A server that asks its client for something hears that nobody answers; what it tells is passed over.
func TestServerAsks(t *testing.T) {
	answers := make(chan string, 1)
	e := endpoint(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(body, &m) != nil {
			return
		}
		switch m.Method {
		case "initialize":
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"x","version":"1"}}}`, m.ID)
		case "tools/call":
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}\n\n")
			io.WriteString(w, "data: {\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"elicitation/create\",\"params\":{}}\n\n")
			http.NewResponseController(w).Flush()
			fmt.Fprintf(w, "data: {\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"heard\":%s}}\n\n", m.ID, <-answers)
		case "":
			answers <- string(body)
			w.WriteHeader(http.StatusAccepted)
		default:
			w.WriteHeader(http.StatusAccepted)
		}
	}))
	c, err := mcpclient.Connect(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	result, err := c.Request(t.Context(), "tools/call", map[string]any{"name": "x"})
	if err != nil || !strings.Contains(string(result), "-32601") || !strings.Contains(string(result), `"q"`) {
		t.Errorf("result %s, %v", result, err)
	}
}

// Failures come in the words of the bridge, with what to do.
func TestRefusal(t *testing.T) {
	e := endpoint(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	_, err := mcpclient.Connect(t.Context(), e)
	if err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("err = %v", err)
	}
	if _, err := mcpclient.Discover(t.Context(), e); err == nil {
		t.Error("a refused discovery succeeded")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := mcpclient.Connect(ctx, e); err == nil {
		t.Error("a conversation began after its end")
	}
}
