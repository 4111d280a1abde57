//go:build e2e

package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/e2e/oauthapp"
)

func users(t *testing.T, s *server) []user {
	t.Helper()
	app, err := oauthapp.Register(t.Context(), "http://"+s.addr, "http://127.0.0.1:33418/callback", "http://"+s.addr+"/mcp")
	if err != nil {
		t.Fatal(err)
	}
	return []user{
		{"calls of the stateless era", 3, 10 * time.Millisecond, callStateless},
		{"sessions of the older era", 2, 20 * time.Millisecond, session},
		{"imports", 1, 500 * time.Millisecond, importRide},
		{"a key's life", 1, 50 * time.Millisecond, keyLife},
		{"reports", 1, 200 * time.Millisecond, reports},
		{"connected apps", 1, 100 * time.Millisecond, func(ctx context.Context, w *worker) error { return connectApp(ctx, w, app) }},
	}
}

// exchange sends a request and returns the answer, which has to have that status.
func (w *worker) exchange(ctx context.Context, method, path, body string, want int, headers ...string) ([]byte, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+w.addr+path, strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept", "application/json, text/event-stream")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := w.http.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != want {
		err = fmt.Errorf("%s %s: %s, want %d: %.300s", method, path, resp.Status, want, raw)
	}
	return raw, resp.Header, err
}

func statelessCall(tool string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":{},"_meta":{` +
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
}

// use calls a tool in the stateless era.
func (w *worker) use(ctx context.Context, tool, credential string, want int) error {
	raw, _, err := w.exchange(ctx, http.MethodPost, "/mcp", statelessCall(tool), want, append(modern("tools/call", credential), "Mcp-Name", tool)...)
	if err == nil && want == http.StatusOK && (!strings.Contains(string(raw), `"result"`) || strings.Contains(string(raw), `"isError":true`)) {
		err = fmt.Errorf("%s: %.300s", tool, raw)
	}
	return err
}

func callStateless(ctx context.Context, w *worker) error {
	return w.use(ctx, []string{"get_activities", "get_stats", "get_connection_status"}[w.n%3], w.key, http.StatusOK)
}

// session opens one, has a stream in it for a moment, calls tools and ends it.
func session(ctx context.Context, w *worker) error {
	bearer := []string{"Authorization", "Bearer " + w.key}
	_, h, err := w.exchange(ctx, http.MethodPost, "/mcp", `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",`+
		`"capabilities":{},"clientInfo":{"name":"soak","version":"1"}}}`, http.StatusOK, bearer...)
	if err != nil {
		return err
	}
	inSession := append(bearer, "Mcp-Session-Id", h.Get("Mcp-Session-Id"), "Mcp-Protocol-Version", "2025-11-25")
	listening, stop := context.WithTimeout(ctx, 100*time.Millisecond)
	defer stop()
	if _, _, err := w.exchange(listening, http.MethodGet, "/mcp", "", http.StatusOK, inSession...); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	for id, body := range []string{
		`"method":"tools/list","params":{}}`,
		`"method":"tools/call","params":{"name":"get_activities","arguments":{"limit":3}}}`,
		`"method":"tools/call","params":{"name":"get_athlete","arguments":{}}}`,
	} {
		if _, _, err := w.exchange(ctx, http.MethodPost, "/mcp", fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,`, id+1)+body, http.StatusOK, inSession...); err != nil {
			return err
		}
	}
	_, _, err = w.exchange(ctx, http.MethodDelete, "/mcp", "", http.StatusNoContent, inSession...)
	return err
}

// importRide imports one of a year's rides, each again and again.
func importRide(ctx context.Context, w *worker) error {
	return w.http.upload(ctx, time.Date(2026, 1, 1+w.n%100, 7, 0, 0, 0, time.UTC))
}

// keyLife makes a key, changes it, rotates it, uses it and revokes it, after which it is refused.
func keyLife(ctx context.Context, w *worker) error {
	admin := []string{"Authorization", "Bearer " + w.token}
	type key struct {
		Text string `json:"api_key"`
		ID   string `json:"api_key_id"`
	}
	make := func(path, body string) (k key, err error) {
		raw, _, err := w.exchange(ctx, http.MethodPost, path, body, http.StatusCreated, admin...)
		if err != nil {
			return k, err
		}
		return k, json.Unmarshal(raw, &k)
	}
	first, err := make("/admin/provision-api-key", `{"user_email":"bob@example.com","tier":"starter"}`)
	if err != nil {
		return err
	}
	if err := w.use(ctx, "get_connection_status", first.Text, http.StatusOK); err != nil {
		return err
	}
	if _, _, err := w.exchange(ctx, http.MethodPatch, "/admin/api-keys/"+first.ID, `{"rate_limit_requests":50,"rate_limit_period":"day"}`, http.StatusOK, admin...); err != nil {
		return err
	}
	second, err := make("/admin/api-keys/"+first.ID+"/rotate", `{"grace_seconds":0}`)
	if err != nil {
		return err
	}
	if err := w.use(ctx, "get_connection_status", second.Text, http.StatusOK); err != nil {
		return err
	}
	if _, _, err := w.exchange(ctx, http.MethodDelete, "/admin/api-keys/"+second.ID, "", http.StatusOK, admin...); err != nil {
		return err
	}
	return w.use(ctx, "get_connection_status", second.Text, http.StatusUnauthorized)
}

// reports reads what an operator looks at.
func reports(ctx context.Context, w *worker) error {
	for _, path := range []string{"/admin/usage?group_by=day", "/admin/users?limit=20", "/admin/api-keys?limit=20", "/admin/audit?limit=20", "/admin/tiers"} {
		if _, _, err := w.exchange(ctx, http.MethodGet, path, "", http.StatusOK, "Authorization", "Bearer "+w.token); err != nil {
			return err
		}
	}
	_, _, err := w.exchange(ctx, http.MethodGet, "/v1/limits", "", http.StatusOK, "Authorization", "Bearer "+w.key)
	return err
}

// connectApp connects an app, uses and refreshes its token, and ends its access.
func connectApp(ctx context.Context, w *worker, app *oauthapp.App) error {
	server := "http://" + w.addr
	code, err := app.Consent(ctx, app.Begin(server), server, w.key)
	if err != nil {
		return err
	}
	token, err := app.Exchange(ctx, server, code)
	if err != nil {
		return err
	}
	if err := w.use(ctx, "get_stats", token.AccessToken, http.StatusOK); err != nil {
		return err
	}
	next, err := app.Refresh(ctx, server, token.RefreshToken)
	if err != nil {
		return err
	}
	if err := app.Revoke(ctx, server, next.RefreshToken); err != nil {
		return err
	}
	return w.use(ctx, "get_stats", next.AccessToken, http.StatusUnauthorized)
}
