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

// After a key was revoked, nothing of it stays open.
func TestDrop(t *testing.T) {
	h := start(t, mcpapi.Options{})
	revoked, other := h.initialized(), h.initialized()
	dropped := revoked.Events(revoked.Send(revoked.Request(http.MethodGet, "/mcp", "")))
	stays := other.Send(other.Request(http.MethodGet, "/mcp", ""))
	subscribed := revoked.Events(revoked.Send(revoked.ModernRequest("1", "subscriptions/listen", `"notifications":{"toolsListChanged":true}`)))
	if _, ok := subscribed.Next(); !ok {
		t.Fatal("no acknowledgement")
	}
	act := pierre.Act{Person: "test", At: time.Now().UTC()}
	if _, err := h.Store.RevokeAPIKey(t.Context(), act, revoked.row.ID); err != nil {
		t.Fatal(err)
	}
	h.Keys.Revoked(revoked.row.ID)
	h.API.Revoked(revoked.row.ID)
	if events := dropped.All(); len(events) != 0 {
		t.Errorf("the session's stream had %v", events)
	}
	if events := subscribed.All(); len(events) != 1 || !strings.Contains(events[0].Data, `"result"`) {
		t.Errorf("the subscription ended with %v, want a result", events)
	}
	if resp := revoked.Post(streamabletest.Call("1", "noop", "")); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("the revoked key: %d %s", resp.StatusCode, resp.Text)
	}
	h.mcp.DeleteTools("soft")
	if e, ok := other.Events(stays).Next(); !ok || !strings.Contains(e.Data, "list_changed") {
		t.Errorf("another key's stream has %v", e)
	}
}
