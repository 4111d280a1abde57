package mcpapi_test

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

func TestOrigins(t *testing.T) {
	keyed := start(t, mcpapi.Options{AllowedOrigins: []string{"https://app.example"}})
	alone := startWith(t, mcpapitest.Parts{Personal: &access.Principal{UserID: "user_me"}}, mcpapi.Options{AllowedOrigins: []string{"http://localhost:5173"}})
	tests := []struct {
		name         string
		origin, host string
		keyed, alone int
	}{
		{"no browser", "", "", 200, 200},
		{"a page of another local port", "http://localhost:6274", "", 200, 403},
		{"a page of the server's own port", "http://127.0.0.1:8080", "127.0.0.1:8080", 200, 403},
		{"a page of another local port that is allowed", "http://localhost:5173", "", 200, 200},
		{"loopback addresses", "http://[::1]:80", "127.0.0.1", 200, 403},
		{"allowed", "https://app.example", "", 200, 403},
		{"not allowed", "https://evil.example", "", 403, 403},
		{"allowed with another port", "https://app.example:8443", "", 403, 403},
		{"opaque", "null", "", 403, 403},
		{"nonsense", "://", "", 403, 403},
		{"a name that begins like it", "http://localhost.evil.example", "", 403, 403},
		{"rebound domain", "http://evil.example", "evil.example", 403, 403},
		{"rebound domain without Origin", "", "evil.example", 200, 403},
		{"behind a proxy", "", "fitness.example", 200, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for h, want := range map[*harness]int{keyed: tt.keyed, alone: tt.alone} {
				c := h.client(pierre.Limit{})
				for _, path := range []string{"/mcp", "/"} {
					r := c.request(http.MethodPost, path, call("1", "noop", ""), "Origin", tt.origin)
					if tt.host != "" {
						r.Host = tt.host
					}
					resp := c.do(r)
					if resp.StatusCode != want {
						t.Errorf("POST %s: %d, want %d: %s", path, resp.StatusCode, want, resp.body)
					}
					if cors := resp.Header.Get("Access-Control-Allow-Origin"); want == 200 && cors != tt.origin || want != 200 && cors != "" {
						t.Errorf("POST %s: Access-Control-Allow-Origin = %q", path, cors)
					}
				}
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	h := start(t, mcpapi.Options{AllowedOrigins: []string{"https://app.example"}})
	c := &client{h: h}
	ask := func(origin string) response {
		return c.do(c.request(http.MethodOptions, "/mcp", "", "Origin", origin, "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", "authorization,mcp-param-region"))
	}
	if resp := ask("https://app.example"); resp.StatusCode != http.StatusNoContent ||
		resp.Header.Get("Access-Control-Allow-Headers") != "authorization,mcp-param-region" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	if resp := ask("https://evil.example"); resp.StatusCode != http.StatusForbidden || resp.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

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
			r := c.request(http.MethodPost, "/mcp", call("1", "noop", ""))
			r.Header["X-Forwarded-For"] = tt.forward
			c.do(r)
			if got.String() != tt.want {
				t.Errorf("address %s, want %s", got, tt.want)
			}
		})
	}
}
