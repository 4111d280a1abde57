package mcpapi_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

// A list shows the tools of the profile that the request asks for, as far as the key's has them; what it leaves out can be
// called.
func TestToolProfiles(t *testing.T) {
	a := &auth{}
	profile := ""
	h := startWith(t, mcpapitest.Parts{Auth: a}, mcpapi.Options{
		ToolProfile: pierre.ProfileDefault,
		Listing: func(p pierre.ToolProfile, tool mcp.Tool) (mcp.Tool, bool) {
			tool.Description = string(p)
			return tool, p == pierre.ProfileFull || tool.Name == "noop" || p == pierre.ProfileDefault && tool.Name == "whoami"
		},
	})
	a.verify = func(ctx context.Context, key string) (access.Principal, error) {
		p, err := h.Keys.Verify(ctx, key)
		p.Profile = profile
		return p, err
	}
	c := h.client(pierre.Limit{})
	const all = "many"
	for _, tt := range []struct{ key, asked, want string }{
		{"", "", "noop whoami"},
		{"", "full", all},
		{"full", "", all},
		{"default", "", "noop whoami"},
		{"minimal", "", "noop"},
		{"unheard-of", "", "noop whoami"},
		{"", "minimal", "noop"},
		{"full", "default", "noop whoami"},
		{"minimal", "full", "noop"},
		{"default", "full", "noop whoami"},
	} {
		profile = tt.key
		for range 2 { // the second is kept from the first
			for _, resp := range []streamabletest.Response{
				c.Post(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, "X-Pierre-Tools", tt.asked),
				c.Modern("1", "tools/list", "", "X-Pierre-Tools", tt.asked),
			} {
				var answer struct {
					Result struct {
						Tools []struct{ Name, Description string }
					}
				}
				streamabletest.Decode(t, resp.Text, &answer)
				var names []string
				for _, tool := range answer.Result.Tools {
					names = append(names, tool.Name)
					if tt.want == all && tool.Description != "full" {
						t.Errorf("key %q, request %q: %s is listed as in %s", tt.key, tt.asked, tool.Name, tool.Description)
					}
				}
				slices.Sort(names)
				if got := strings.Join(names, " "); got != tt.want && (tt.want != all || len(names) < 5) {
					t.Errorf("key %q, request %q: %s, want %s", tt.key, tt.asked, got, tt.want)
				}
			}
		}
	}
	profile = "minimal"
	if got := c.whoami(); got != string(c.row.UserID) {
		t.Errorf("a tool that is not in the list: %s", got)
	}
	if resp := c.Post(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, "X-Pierre-Tools", "most"); resp.StatusCode != http.StatusBadRequest || !strings.Contains(resp.Text, "minimal, default, full") {
		t.Errorf("an unknown profile: %d %s", resp.StatusCode, resp.Text)
	}
}

// A free tool is called at the limit and after it, and costs nothing; a key that may not use it may not.
func TestFreeTools(t *testing.T) {
	h := start(t, mcpapi.Options{Free: func(tool string) bool { return tool == "whoami" }})
	c := h.client(pierre.Limit{Requests: 1, Period: pierre.PeriodMonth})
	for range 3 {
		c.whoami()
	}
	if resp := c.Post(streamabletest.Call("1", "noop", "")); resp.StatusCode != http.StatusOK {
		t.Errorf("the first call that counts: %d %s", resp.StatusCode, resp.Text)
	}
	if resp := c.Post(streamabletest.Call("2", "noop", "")); resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the second: %d %s", resp.StatusCode, resp.Text)
	}
	c.whoami()
	if resp := c.Modern("3", "tools/call", `"name":"whoami"`); resp.StatusCode != http.StatusOK || !strings.Contains(resp.Text, string(c.row.UserID)) {
		t.Errorf("a free call of the newer protocol: %d %s", resp.StatusCode, resp.Text)
	}
	for _, recorded := range c.calls() {
		if recorded.Tool == "whoami" {
			t.Errorf("%+v was recorded", recorded)
		}
	}
	few := h.client(pierre.Limit{}, "noop")
	if resp := few.Post(streamabletest.Call("1", "whoami", "")); !strings.Contains(resp.Text, "no tool of this name") {
		t.Errorf("a free tool that the key may not use: %d %s", resp.StatusCode, resp.Text)
	}
}
