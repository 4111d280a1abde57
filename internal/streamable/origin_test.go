package streamable_test

import (
	"net/http"
	"testing"

	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
)

func TestOrigins(t *testing.T) {
	keyed := start(t, streamable.Options{AllowedOrigins: []string{"https://app.example"}})
	alone := start(t, streamable.Options{Open: true, AllowedOrigins: []string{"http://localhost:5173"}})
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
				c := h.client()
				for _, path := range []string{"/mcp", "/"} {
					r := c.Request(http.MethodPost, path, streamabletest.Call("1", "noop", ""), "Origin", tt.origin)
					if tt.host != "" {
						r.Host = tt.host
					}
					resp := c.Do(r)
					if resp.StatusCode != want {
						t.Errorf("POST %s: %d, want %d: %s", path, resp.StatusCode, want, resp.Text)
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
	h := start(t, streamable.Options{AllowedOrigins: []string{"https://app.example"}})
	c := &streamabletest.Client{T: t, URL: h.url}
	ask := func(origin string) streamabletest.Response {
		return c.Do(c.Request(http.MethodOptions, "/mcp", "", "Origin", origin, "Access-Control-Request-Method", "POST",
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
