package providerapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/remote/providerapi"
)

// What is longer than a limit is refused before it is looked at; what is as long is looked at, and found wanting.
func TestLimits(t *testing.T) {
	t.Parallel()
	apps := map[pierre.Provider]provider.App{pierre.ProviderWahoo: {ClientID: "id", WebhookSecret: secret.New("a word")}}
	pages, err := providerapi.New(provider.New(provider.Table(), nil, nil, nil, provider.Options{Apps: apps}), providerapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	call := func(n int) *http.Request {
		return httptest.NewRequest(http.MethodPost, "/hooks/wahoo", strings.NewReader(`{"a":"`+strings.Repeat("a", n-len(`{"a":""}`))+`"}`))
	}
	back := func(n int) *http.Request {
		return httptest.NewRequest(http.MethodGet, "/connect/callback/wahoo?code="+strings.Repeat("a", n), http.NoBody)
	}
	for _, tt := range []struct {
		name string
		r    *http.Request
		want int
	}{
		{"a call", call(64 << 10), http.StatusUnauthorized},
		{"a call that is too long", call(64<<10 + 1), http.StatusRequestEntityTooLarge},
		{"an answer", back(2048), http.StatusForbidden},
		{"an answer that is too long", back(2049), http.StatusBadRequest},
	} {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, tt.r)
		if w.Code != tt.want {
			t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
		}
	}
}

// A link that lost its end, or got something more, leads to a page that says so.
func TestLinksThatAreNotWhole(t *testing.T) {
	t.Parallel()
	pages, err := providerapi.New(provider.New(provider.Table(), nil, nil, nil, provider.Options{}), providerapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/connect/", "/connect/callback/", "/connect/A/B", "/connect/callback/oura/x"} {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "This link is not as your assistant gave it") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
