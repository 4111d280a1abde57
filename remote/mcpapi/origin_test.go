package mcpapi_test

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
)

// Only proxies that are trusted can say where a request comes from.
func TestClientAddress(t *testing.T) {
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	tests := []struct {
		name    string
		trusted []netip.Prefix
		forward []string
		want    string
	}{
		{"no proxy", nil, nil, "127.0.0.1"},
		{"a header of an untrusted peer", nil, []string{"9.9.9.9"}, "127.0.0.1"},
		{"a proxy", loopback, []string{"9.9.9.9"}, "9.9.9.9"},
		{"made up on the left", loopback, []string{"1.1.1.1, 9.9.9.9"}, "9.9.9.9"},
		{"two proxies", loopback, []string{"1.1.1.1, 9.9.9.9, 10.1.2.3"}, "9.9.9.9"},
		{"two headers", loopback, []string{"9.9.9.9", "10.1.2.3"}, "9.9.9.9"},
		{"with ports", loopback, []string{"[2001:db8::1]:1234, 10.1.2.3:80"}, "2001:db8::1"},
		{"IPv4 in IPv6", loopback, []string{"::ffff:9.9.9.9"}, "9.9.9.9"},
		{"nonsense", loopback, []string{"9.9.9.9, unknown, 10.1.2.3"}, "10.1.2.3"},
		{"only proxies", loopback, []string{"10.1.2.3"}, "10.1.2.3"},
		{"silent proxy", loopback, nil, "127.0.0.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got netip.Addr
			h := start(t, mcpapi.Options{TrustedProxies: tt.trusted, Clients: &watched{addr: func(a netip.Addr) { got = a }}})
			c := h.client(pierre.Limit{})
			r := c.Request(http.MethodPost, "/mcp", streamabletest.Call("1", "noop", ""))
			r.Header["X-Forwarded-For"] = tt.forward
			c.Do(r)
			if got.String() != tt.want {
				t.Errorf("address %s, want %s", got, tt.want)
			}
		})
	}
}
