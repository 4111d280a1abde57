package mcpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
)

// full is a server that can take no further tool calls.
type full struct{}

func (full) Admit(time.Time) error {
	return &pierre.Error{Kind: pierre.KindUnavailable, RetryAfter: 2 * time.Second, Msg: "The server is overloaded; try again in a moment."}
}

// An overloaded server refuses tool calls before they cost anything, and says when to come back; all else goes on.
func TestOverloadShedsToolCalls(t *testing.T) {
	h := start(t, mcpapi.Options{Overload: full{}})
	c := h.client(pierre.Limit{Requests: 1, Period: pierre.PeriodMonth})
	for range 3 { // none of them counts
		for _, resp := range []streamabletest.Response{c.Post(streamabletest.Call("7", "noop", "")), c.Modern("7", "tools/call", `"name":"noop"`)} {
			if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "2" || resp.Header.Get("RateLimit") != "" {
				t.Errorf("status %d, headers %v; want 503 with Retry-After and no limit", resp.StatusCode, resp.Header)
			}
			if e := streamabletest.ErrorOf(t, resp.Text); e.Code != http.StatusServiceUnavailable || !strings.Contains(resp.Text, `"id":7`) {
				t.Errorf("answered %s", resp.Text)
			}
		}
	}
	if resp := c.Modern("1", "tools/list", ""); resp.StatusCode != http.StatusOK {
		t.Errorf("tools/list was answered %d %s", resp.StatusCode, resp.Text)
	}
}
