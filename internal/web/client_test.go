package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/pierre-mcp/pierre/internal/web"
)

// What is limited by network is limited by the address of a client, or of its site in IPv6, whatever the client says it is.
func TestClientNetwork(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, tt := range []struct{ peer, forwarded, want string }{
		{"192.0.2.7:1234", "", "192.0.2.7/32"},
		{"192.0.2.7:1234", "198.51.100.1", "192.0.2.7/32"}, // no proxy of ours
		{"[::ffff:192.0.2.7]:1234", "", "192.0.2.7/32"},
		{"[2001:db8:0:1ff::1]:1234", "", "2001:db8:0:100::/56"},
		{"[2001:db8:0:100:ffff::9]:1234", "", "2001:db8:0:100::/56"},
		{"[2001:db8:0:200::1]:1234", "", "2001:db8:0:200::/56"},
		{"10.1.2.3:1234", "198.51.100.1", "198.51.100.1/32"},
		{"10.1.2.3:1234", "203.0.113.9, 198.51.100.1, 10.9.9.9", "198.51.100.1/32"}, // what stands before was typed by the visitor
		{"10.1.2.3:1234", "::ffff:198.51.100.1", "198.51.100.1/32"},
		{"[::1]:1234", "2001:db8::1", "2001:db8::/56"},
		{"10.1.2.3:1234", "", "10.1.2.3/32"},
		{"10.1.2.3:1234", "198.51.100.1, nonsense", "10.1.2.3/32"},
		{"@", "198.51.100.1", "unknown"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = tt.peer
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := web.ClientNetwork(r, proxies); got != tt.want {
			t.Errorf("%s for %q is of %s, want %s", tt.peer, tt.forwarded, got, tt.want)
		}
	}
}
