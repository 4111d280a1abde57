package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/internal/web"
)

// Wrong keys are counted by the client that a trusted proxy names, not by the proxy.
func TestWrongKeysAreCountedBehindAProxy(t *testing.T) {
	verifier := access.NewVerifier(storetest.New(t), time.Now)
	handler := withClient(web.Handle(slog.New(slog.DiscardHandler), func(_ http.ResponseWriter, r *http.Request) error {
		_, err := verifier.Verify(r.Context(), access.GenerateKey(pierre.ModeLive).Reveal())
		return err
	}), []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	try := func(client string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", http.NoBody)
		r.RemoteAddr = "10.1.2.3:4000"
		r.Header.Set("X-Forwarded-For", client)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	for range 60 {
		if w := try("192.0.2.1"); w.Code != http.StatusUnauthorized {
			t.Fatalf("status = %d, want 401", w.Code)
		}
	}
	if w := try("192.0.2.1"); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("status = %d, Retry-After %q; want 429 with one", w.Code, w.Header().Get("Retry-After"))
	}
	if w := try("192.0.2.2"); w.Code != http.StatusUnauthorized {
		t.Errorf("status = %d, want 401 for another client", w.Code)
	}
}
