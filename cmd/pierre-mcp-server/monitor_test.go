package main

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestMetricsAreForThisMachineOnly(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", newMonitor().localHandler(slog.New(slog.DiscardHandler)))
	for name, tc := range map[string]struct {
		peer, host string
		header     http.Header
		want       int
	}{
		"from here":                 {"127.0.0.1:4000", "127.0.0.1:8081", nil, http.StatusOK},
		"from here by name":         {"127.0.0.1:4000", "localhost:8081", nil, http.StatusOK},
		"from here, IPv6":           {"[::1]:4000", "[::1]:8081", nil, http.StatusOK},
		"from here, without a port": {"[::1]:4000", "[::1]", nil, http.StatusOK},
		"from elsewhere":            {"192.0.2.1:4000", "127.0.0.1:8081", nil, http.StatusNotFound},
		"proxy with header":         {"127.0.0.1:4000", "127.0.0.1:8081", http.Header{"X-Forwarded-For": {"192.0.2.1"}}, http.StatusNotFound},
		"proxy with RFC 7239":       {"127.0.0.1:4000", "127.0.0.1:8081", http.Header{"Forwarded": {"for=192.0.2.1"}}, http.StatusNotFound},
		"proxy with other header":   {"127.0.0.1:4000", "127.0.0.1:8081", http.Header{"X-Real-Ip": {"192.0.2.1"}}, http.StatusNotFound},
		"proxy that keeps Host":     {"127.0.0.1:4000", "pierre.example.com", nil, http.StatusNotFound},
		"rebound domain":            {"127.0.0.1:4000", "evil.example:8081", nil, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
			r.RemoteAddr, r.Host = tc.peer, tc.host
			maps.Copy(r.Header, tc.header)
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			if w.Code != tc.want {
				t.Errorf("status = %d, want %d", w.Code, tc.want)
			}
		})
	}
}
