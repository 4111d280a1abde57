package mcpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable/streamabletest"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/mcpapi/mcpapitest"
)

func TestCredentials(t *testing.T) {
	h := start(t, mcpapi.Options{})
	c, other := h.client(pierre.Limit{}), h.client(pierre.Limit{})
	unknown := access.GenerateKey(pierre.ModeLive).Reveal()
	plain := streamabletest.Call(`"1"`, "whoami", "")
	withAuth := func(key string) string { return strings.Replace(plain, `{`, `{"auth":"`+key+`",`, 1) }
	tests := []struct {
		name, path, body string
		header           []string
		status           int
		want             string
		challenge        string // of WWW-Authenticate; "" is one that calls the token invalid
	}{
		{name: "bearer", body: plain, header: []string{"Authorization", "bearer " + c.Key}, status: 200, want: string(c.row.UserID)},
		{name: "X-API-Key", body: plain, header: []string{"X-API-Key", c.Key}, status: 200, want: string(c.row.UserID)},
		{name: "body", body: withAuth(c.Key), status: 200, want: string(c.row.UserID)},
		{name: "guide", path: "/", body: withAuth(c.Key), status: 200, want: string(c.row.UserID)},
		{name: "guide without content type", path: "/", body: withAuth(c.Key), header: []string{"Content-Type", ""}, status: 200, want: string(c.row.UserID)},
		{name: "guide with a header", path: "/", body: plain, header: []string{"Authorization", "Bearer " + c.Key}, status: 200, want: string(c.row.UserID)},
		{name: "twice the same", body: withAuth(c.Key), header: []string{"Authorization", "Bearer " + c.Key, "X-API-Key", c.Key}, status: 200, want: string(c.row.UserID)},
		{name: "another scheme beside it", body: withAuth(c.Key), header: []string{"Authorization", "Basic Zm9vOmJhcg=="}, status: 200, want: string(c.row.UserID)},
		{name: "two different", body: withAuth(c.Key), header: []string{"Authorization", "Bearer " + other.Key}, status: 400, want: "two different"},
		{name: "two different headers", body: plain, header: []string{"X-API-Key", c.Key, "Authorization", "Bearer " + other.Key}, status: 400, want: "two different"},
		{name: "two different in the body", body: strings.Replace(withAuth(c.Key), `{`, `{"auth":"`+other.Key+`",`, 1), status: 400, want: "auth"},
		{name: "two in the body, one escaped", path: "/", body: strings.Replace(withAuth(c.Key), `{`, `{"\u0061uth":"`+c.Key+`",`, 1), status: 400, want: "auth"},
		{name: "two in the body and a header", body: strings.Replace(withAuth(c.Key), `{`, `{"auth":"`+other.Key+`",`, 1), header: []string{"Authorization", "Bearer " + c.Key}, status: 400, want: "auth"},
		{name: "none", body: plain, status: 401, want: "no API key", challenge: "Bearer"},
		{name: "in the URL", path: "/mcp?auth=" + c.Key + "&api_key=" + c.Key, body: plain, status: 401, want: "no API key", challenge: "Bearer"},
		{name: "empty", body: withAuth(""), header: []string{"Authorization", "Bearer "}, status: 401, want: "no API key"},
		{name: "another scheme", body: plain, header: []string{"Authorization", "Basic " + c.Key}, status: 401, want: "no API key"},
		{name: "mistyped", body: withAuth(c.Key[:39] + "!"), status: 401, want: "mistyped"},
		{name: "unknown", body: withAuth(unknown), status: 401, want: "does not know"},
		{name: "in params", body: streamabletest.Call(`"1"`, "whoami", `"auth":"`+c.Key+`"`), status: 401, want: "no API key", challenge: "Bearer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := tt.path
			if path == "" {
				path = "/mcp"
			}
			resp := c.Do(c.Request(http.MethodPost, path, tt.body, append([]string{"Authorization", ""}, tt.header...)...))
			if resp.StatusCode != tt.status || !strings.Contains(resp.Text, tt.want) {
				t.Errorf("%d %s, want %d with %q", resp.StatusCode, resp.Text, tt.status, tt.want)
			}
			if tt.status == http.StatusUnauthorized {
				if got := resp.Header.Get("WWW-Authenticate"); got != tt.challenge && !strings.HasPrefix(got, `Bearer error="invalid_token", error_description="`) || (tt.challenge != "") != (got == "Bearer") {
					t.Errorf("WWW-Authenticate = %q", got)
				}
				if e := streamabletest.ErrorOf(t, resp.Text); e.Code != 401 || !strings.Contains(resp.Text, `"id":"1"`) {
					t.Errorf("the body is no answer to the request: %s", resp.Text)
				}
			}
			if strings.Contains(h.log.String(), c.Key) {
				t.Error("the key is in the log")
			}
		})
	}
}

func TestWithoutKeyNothingIsKept(t *testing.T) {
	h := start(t, mcpapi.Options{})
	nobody := h.with("", pierre.APIKey{})
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		if resp := nobody.Do(nobody.Request(method, "/mcp", "")); resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", method, resp.StatusCode, resp.Text)
		}
	}
	resp := nobody.Post(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	if resp.StatusCode != http.StatusUnauthorized || strings.Contains(resp.Text, `"id"`) {
		t.Errorf("a notification: %d %s", resp.StatusCode, resp.Text)
	}
}

// In single-tenant mode everybody is the one user, whatever key is sent.
func TestSingleTenant(t *testing.T) {
	h := startWith(t, mcpapitest.Parts{Personal: &access.Principal{UserID: "user_me"}}, mcpapi.Options{})
	for _, key := range []string{"", "nonsense"} {
		c := h.with(key, pierre.APIKey{})
		if resp := c.Post(streamabletest.Call("1", "whoami", "")); !strings.Contains(resp.Text, "user_me") {
			t.Errorf("with key %q: %d %s", key, resp.StatusCode, resp.Text)
		}
	}
	forms := h.with("", pierre.APIKey{})
	resp := forms.Do(forms.Request(http.MethodPost, "/", streamabletest.Call("1", "whoami", ""), "Content-Type", "text/plain"))
	if resp.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("an HTML form can call: %d %s", resp.StatusCode, resp.Text)
	}
}

func TestToolsOfAKey(t *testing.T) {
	h := start(t, mcpapi.Options{})
	few, all := h.client(pierre.Limit{}, "noop", "who*"), h.client(pierre.Limit{})
	list := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	for range 2 { // the second answer is the kept one
		for _, resp := range []streamabletest.Response{few.Post(list), few.Modern("1", "tools/list", "")} {
			var r struct {
				Result struct{ Tools []struct{ Name string } }
			}
			streamabletest.Decode(t, resp.Text, &r)
			if got := r.Result.Tools; len(got) != 2 || got[0].Name != "noop" || got[1].Name != "whoami" {
				t.Errorf("a key of two tools sees %v", got)
			}
		}
		if resp := all.Post(list); !strings.Contains(resp.Text, `"leak"`) {
			t.Errorf("a key of all tools sees %s", resp.Text)
		}
	}
	if resp := few.Post(streamabletest.Call("1", "whoami", "")); !strings.Contains(resp.Text, string(few.row.UserID)) {
		t.Errorf("an allowed tool: %s", resp.Text)
	}
	forbidden, absent := few.Post(streamabletest.Call("1", "soft", "")), few.Post(streamabletest.Call("1", "nosuch", ""))
	if forbidden.Text != absent.Text || streamabletest.ErrorOf(t, forbidden.Text).Code != -32602 {
		t.Errorf("a forbidden tool is told apart from an absent one: %s", forbidden.Text)
	}
	// mcp-go reads names without regard to case, and so does the check.
	other := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"Name":"soft"}}`
	if resp := few.Post(other); streamabletest.ErrorOf(t, resp.Text).Code != -32602 {
		t.Errorf("a name in another case gets past: %s", resp.Text)
	}
	twice := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"noop","Name":"soft"}}`
	if resp := few.Post(twice); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a second name gets past: %s", resp.Text)
	}
}

// The guide's POST / answers in plain JSON even where the tool reports progress, and opens no session.
func TestGuide(t *testing.T) {
	c := start(t, mcpapi.Options{}).client(pierre.Limit{})
	resp := c.Do(c.Request(http.MethodPost, "/", streamabletest.Call(`"1"`, "progress", "")))
	if got := resp.Header.Get("Content-Type"); got != "application/json" || !strings.Contains(resp.Text, `"done"`) {
		t.Errorf("%s: %s", got, resp.Text)
	}
	resp = c.Do(c.Request(http.MethodPost, "/", streamabletest.Hello))
	if resp.Header.Get("Mcp-Session-Id") != "" || !strings.Contains(resp.Text, "serverInfo") {
		t.Errorf("initialize: %v %s", resp.Header, resp.Text)
	}
	for path, want := range map[string]int{"/": http.StatusMethodNotAllowed, "/other": http.StatusNotFound} {
		resp := c.Do(c.Request(http.MethodGet, path, ""))
		if resp.StatusCode != want || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("GET %s: %d %s, want a problem document of status %d", path, resp.StatusCode, resp.Text, want)
		}
	}
}
