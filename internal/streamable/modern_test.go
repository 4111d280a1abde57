package streamable_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
)

func TestModernMetaIsRequired(t *testing.T) {
	c := start(t, streamable.Options{}).client()
	const version, capabilities = `"io.modelcontextprotocol/protocolVersion":"2026-07-28"`, `"io.modelcontextprotocol/clientCapabilities":{}`
	tests := []struct {
		name, meta, header string
		code               int
	}{
		{"complete", version + "," + capabilities, "2026-07-28", 0},
		{"no capabilities", version, "2026-07-28", -32602},
		{"wrong capabilities", version + `,"io.modelcontextprotocol/clientCapabilities":[]`, "2026-07-28", -32602},
		{"no version", capabilities, "2026-07-28", -32602},
		{"number as version", `"io.modelcontextprotocol/protocolVersion":7,` + capabilities, "2026-07-28", -32602},
		{"a later version", `"io.modelcontextprotocol/protocolVersion":"2031-01-01",` + capabilities, "2031-01-01", -32022},
		{"a legacy version in _meta", `"io.modelcontextprotocol/protocolVersion":"2025-11-25"`, "2025-11-25", -32601},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp := c.Post(`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{`+tt.meta+`}}}`,
				"Mcp-Protocol-Version", tt.header, "Mcp-Method", "server/discover")
			if tt.code == 0 {
				if resp.StatusCode != http.StatusOK || !strings.Contains(resp.Text, `"cacheScope":"private"`) || !strings.Contains(resp.Text, `"2024-11-05"`) {
					t.Errorf("%d %s", resp.StatusCode, resp.Text)
				}
				return
			}
			e := streamabletest.ErrorOf(t, resp.Text)
			if e.Code != tt.code {
				t.Errorf("%s, want %d", resp.Text, tt.code)
			}
			if tt.code == -32022 && (e.Data["requested"] != "2031-01-01" || e.Data["supported"] == nil) {
				t.Errorf("data of %s", resp.Text)
			}
		})
	}
}

func TestModernHasNoSessions(t *testing.T) {
	c := start(t, streamable.Options{}).initialized(`{}`)
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		resp := c.Do(c.Request(method, "/mcp", "", "MCP-Protocol-Version", "2026-07-28"))
		if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "POST" {
			t.Errorf("%s: %d, Allow %q", method, resp.StatusCode, resp.Header.Get("Allow"))
		}
	}
	resp := c.Post(`{"jsonrpc":"2.0","id":1,"result":{}}`, "MCP-Protocol-Version", "2026-07-28")
	if resp.StatusCode != http.StatusBadRequest || streamabletest.ErrorOf(t, resp.Text).Code != -32600 {
		t.Errorf("a response: %d %s", resp.StatusCode, resp.Text)
	}
}

func TestSubscription(t *testing.T) {
	h := start(t, streamable.Options{})
	c := h.client()
	const id = `9007199254740993`
	listen := func(filter string) *streamabletest.Reader {
		return c.Events(c.Send(c.ModernRequest(id, "subscriptions/listen", `"notifications":{`+filter+`}`)))
	}
	tools, prompts := listen(`"toolsListChanged":true`), listen(`"promptsListChanged":true`)
	for _, events := range []*streamabletest.Reader{tools, prompts} {
		if e, ok := events.Next(); !ok || !strings.Contains(e.Data, "notifications/subscriptions/acknowledged") || e.ID != "" {
			t.Fatalf("the first message is %v", e)
		}
	}
	h.mcp.DeleteTools("soft")
	h.mcp.AddPrompt(mcp.NewPrompt("p"), nil)
	for name, events := range map[string]*streamabletest.Reader{"tools": tools, "prompts": prompts} {
		e, _ := events.Next()
		if !strings.Contains(e.Data, "notifications/"+name+"/list_changed") || !strings.Contains(e.Data, `"io.modelcontextprotocol/subscriptionId":`+id) {
			t.Errorf("a subscriber to %s gets %s", name, e.Data)
		}
	}
	if events := listen("").All(); len(events) != 2 || !strings.Contains(events[1].Data, `"result"`) {
		t.Errorf("a subscription to nothing: %v", events)
	}
	// The server stops: the subscription ends with a result.
	ctx, cancel := context.WithTimeout(t.Context(), streamabletest.Patience)
	defer cancel()
	if err := h.transport.Close(ctx); err != nil {
		t.Fatal(err)
	}
	rest := tools.All()
	if len(rest) != 1 || !strings.Contains(rest[0].Data, `"io.modelcontextprotocol/subscriptionId":`+id) || !strings.Contains(rest[0].Data, `"result"`) {
		t.Errorf("at the end: %v", rest)
	}
}

// Close waits for a running call, and no longer than its context allows.
func TestCloseWaits(t *testing.T) {
	bubble(t, streamable.Options{}, func(t *testing.T, h *harness) {
		c := h.client()
		answered := h.answer(c.Request(http.MethodPost, "/mcp", streamabletest.Call("1", "block", `"name":"stuck"`)))
		ended := h.tools.Blocking("stuck")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		if err := h.transport.Close(ctx); err == nil || time.Since(began) != time.Hour {
			t.Errorf("Close = %v after %v while a call was running", err, time.Since(began))
		}
		<-ended
		<-answered
	})
}
