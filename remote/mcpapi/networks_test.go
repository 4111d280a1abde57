package mcpapi_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
)

// A key that is restricted to other networks is refused with 403, in a header and in the body.
func TestKeysOfOtherNetworksAreDenied(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c := h.client(pierre.Limit{})
	act := pierre.Act{Person: "test", At: time.Now().UTC().Truncate(time.Microsecond)}
	_, err := h.Store.UpdateAPIKey(t.Context(), act, c.row.ID, func(k *pierre.APIKey) error {
		k.Networks = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	plain := streamabletest.Call(`"1"`, "whoami", "")
	for name, r := range map[string]*http.Request{
		"header": c.Request(http.MethodPost, "/mcp", plain),
		"body":   c.Request(http.MethodPost, "/", strings.Replace(plain, `{`, `{"auth":"`+c.Key+`",`, 1), "Authorization", ""),
	} {
		resp := c.Do(r)
		if resp.StatusCode != http.StatusForbidden || !strings.Contains(resp.Text, "may not be used from the address") || strings.Contains(resp.Text, "203.0.113") {
			t.Errorf("%s: %d %s; want 403 that does not tell the networks", name, resp.StatusCode, resp.Text)
		}
	}
}
