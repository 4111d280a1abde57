package mcpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
)

func TestToolErrors(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.client(pierre.Limit{})
	tests := []struct{ tool, want string }{
		{"soft", `"isError":true`},
		{"invalid", `n must be at least 1; try 20.`},
		{"leak", `"code":-32603`},
		{"panic", `"code":-32603`},
	}
	for _, tt := range tests {
		for _, resp := range []streamabletest.Response{c.Post(streamabletest.Call("1", tt.tool, "")), c.Modern("1", "tools/call", `"name":"`+tt.tool+`"`)} {
			if resp.StatusCode != http.StatusOK || !strings.Contains(resp.Text, tt.want) {
				t.Errorf("%s: %d %s, want %s", tt.tool, resp.StatusCode, resp.Text, tt.want)
			}
			for _, secret := range []string{"SELECT", "vault", "secret state", "goroutine"} {
				if strings.Contains(resp.Text, secret) {
					t.Errorf("%s shows %q to the client: %s", tt.tool, secret, resp.Text)
				}
			}
		}
	}
	for _, logged := range []string{"SELECT secret FROM vault", "secret state", "streamabletest"} {
		if !strings.Contains(h.log.String(), logged) {
			t.Errorf("the log lacks %q", logged)
		}
	}
}
