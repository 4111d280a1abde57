package oauthapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/clientdoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestMetadata(t *testing.T) {
	h := start(t, nil)
	for path, resource := range map[string]string{"": h.url, "/mcp": h.url + "/mcp"} {
		a := h.get("/.well-known/oauth-protected-resource" + path)
		if a.status != http.StatusOK || a.member("resource") != resource || !strings.Contains(a.body, `"authorization_servers":["`+h.url+`"]`) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	for _, name := range []string{"oauth-authorization-server", "openid-configuration"} {
		a := h.get("/.well-known/" + name)
		if a.status != http.StatusOK || a.member("issuer") != h.url || a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		for _, want := range []string{
			`"code_challenge_methods_supported":["S256"]`, `"token_endpoint_auth_methods_supported":["none"]`, `"client_id_metadata_document_supported":true`,
			`"authorization_response_iss_parameter_supported":true`, `"response_types_supported":["code"]`, `"grant_types_supported":["authorization_code","refresh_token"]`,
		} {
			if !strings.Contains(a.body, want) {
				t.Errorf("%s lacks %s: %s", name, want, a.body)
			}
		}
		for _, endpoint := range []string{"authorization", "token", "registration", "revocation"} {
			if !strings.HasPrefix(a.member(endpoint+"_endpoint"), h.url+"/oauth/") {
				t.Errorf("%s: %q", endpoint, a.member(endpoint+"_endpoint"))
			}
		}
	}
	preflight := h.request(http.MethodOptions, h.url+"/oauth/token", "", "")
	preflight.Header.Set("Origin", "https://inspector.example")
	if a := h.do(h.browser, preflight); a.status != http.StatusNoContent || a.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("preflight: %d %v", a.status, a.header)
	}
}

// Who comes without a credential is told where to get one. Who comes with a key hears what is wrong with the key, as
// without OAuth.
func TestChallenge(t *testing.T) {
	h := start(t, nil)
	pointer := `resource_metadata="` + h.url + `/.well-known/oauth-protected-resource/mcp"`
	for name, tt := range map[string]struct {
		credential string
		points     bool
	}{
		"none":           {"", true},
		"a wrong token":  {"pot_nonsense", true},
		"something else": {"x", true},
		"a wrong key":    {h.key[:len(h.key)-1] + "!", false},
	} {
		a := h.call("whoami", tt.credential)
		challenge := a.header.Get("WWW-Authenticate")
		if a.status != http.StatusUnauthorized || !strings.HasPrefix(challenge, "Bearer ") || strings.Contains(challenge, pointer) != tt.points ||
			strings.Contains(challenge, "invalid_token") != (tt.credential != "") {
			t.Errorf("%s: %d %s", name, a.status, challenge)
		}
	}
	guide := h.request(http.MethodPost, h.url+"/", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, "application/json")
	if a := h.do(h.browser, guide); a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("the guide's route: %d %v", a.status, a.header)
	}
}

func (h *harness) registering(body, from string) answer {
	h.t.Helper()
	r := h.request(http.MethodPost, h.url+"/oauth/register", body, "application/json")
	r.Header.Set("X-Test-Client", from)
	return h.do(h.browser, r)
}

func TestRegister(t *testing.T) {
	h := start(t, nil)
	const redirect = `"redirect_uris":["https://app.example/cb"]`
	for name, tt := range map[string]struct{ body, want string }{
		"least":              {`{` + redirect + `}`, ""},
		"what is not known":  {`{` + redirect + `,"x":{"y":[1]},"token_endpoint_auth_method":"client_secret_basic","scope":"a b"}`, ""},
		"all grants":         {`{` + redirect + `,"grant_types":["authorization_code","refresh_token","implicit"],"response_types":["code","token"]}`, ""},
		"native":             {`{"redirect_uris":["http://localhost:33418/","http://127.0.0.1/","http://[::1]:8/","cursor://a/b","com.example.app:/cb"]}`, ""},
		"no redirects":       {`{}`, "invalid_redirect_uri"},
		"eleven redirects":   {`{"redirect_uris":["https://a.example/"` + strings.Repeat(`,"https://a.example/"`, 10) + `]}`, "invalid_redirect_uri"},
		"http":               {`{"redirect_uris":["http://app.example/cb"]}`, "invalid_redirect_uri"},
		"script":             {`{"redirect_uris":["javascript://app.example/%0aalert(1)"]}`, "invalid_redirect_uri"},
		"data":               {`{"redirect_uris":["data:text/html,x"]}`, "invalid_redirect_uri"},
		"fragment":           {`{"redirect_uris":["https://app.example/cb#x"]}`, "invalid_redirect_uri"},
		"user":               {`{"redirect_uris":["https://app.example@evil.example/cb"]}`, "invalid_redirect_uri"},
		"no scheme":          {`{"redirect_uris":["//app.example/cb"]}`, "invalid_redirect_uri"},
		"no host":            {`{"redirect_uris":["https:///cb"]}`, "invalid_redirect_uri"},
		"another alphabet":   {`{"redirect_uris":["https://cl%D0%B0ude.ai/cb"]}`, "invalid_redirect_uri"},
		"backwards":          {`{"redirect_uris":["https://%E2%80%AEia.edualc/cb"]}`, "invalid_redirect_uri"},
		"no letter at all":   {`{"redirect_uris":["https://%80/cb"]}`, "invalid_redirect_uri"},
		"punycode":           {`{"redirect_uris":["https://xn--bcher-kva.example/cb"]}`, ""},
		"a space":            {`{"redirect_uris":["https://app.example/c b"]}`, "invalid_redirect_uri"},
		"too long":           {`{"redirect_uris":["https://app.example/` + strings.Repeat("x", 2000) + `"]}`, "invalid_redirect_uri"},
		"no code grant":      {`{` + redirect + `,"grant_types":["client_credentials"]}`, "invalid_client_metadata"},
		"no code response":   {`{` + redirect + `,"response_types":["token"]}`, "invalid_client_metadata"},
		"not JSON":           {`x`, "invalid_client_metadata"},
		"a list":             {`[]`, "invalid_client_metadata"},
		"too large":          {`{` + redirect + `,"client_name":"` + strings.Repeat("x", 17<<10) + `"}`, "invalid_client_metadata"},
		"redirects, no list": {`{"redirect_uris":"https://app.example/cb"}`, "invalid_client_metadata"},
	} {
		a := h.registering(tt.body, "192.0.2.1")
		if tt.want != "" {
			if a.status != http.StatusBadRequest || a.member("error") != tt.want {
				t.Errorf("%s: %d %s, want %s", name, a.status, a.body, tt.want)
			}
			continue
		}
		if a.status != http.StatusCreated || !strings.HasPrefix(a.member("client_id"), "client_") || a.member("token_endpoint_auth_method") != "none" ||
			a.member("client_name") == "" || strings.Contains(a.body, "client_secret") || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	r := h.request(http.MethodPost, h.url+"/oauth/register", `{`+redirect+`}`, "text/plain")
	if a := h.do(h.browser, r); a.status != http.StatusBadRequest {
		t.Errorf("text/plain: %d %s", a.status, a.body)
	}
}

// One network cannot register without end, and does not keep others from it.
func TestRegistrationsAreBounded(t *testing.T) {
	h := start(t, nil)
	const body = `{"redirect_uris":["https://app.example/cb"]}`
	for n := range 100 {
		if a := h.registering(body, fmt.Sprintf("2001:db8::%x", n+1)); a.status != http.StatusCreated {
			t.Fatalf("%d: %d %s", n, a.status, a.body)
		}
	}
	if a := h.registering(body, "2001:db8::ffff"); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("one more: %d %s", a.status, a.body)
	}
	if a := h.registering(body, "2001:db8:0:1::1"); a.status != http.StatusCreated {
		t.Errorf("another network: %d %s", a.status, a.body)
	}
}

// A name cannot break out of the page, or make the rest look otherwise.
func TestNamesAreShownAsText(t *testing.T) {
	h := start(t, nil)
	name, err := json.Marshal("<script>alert(1)</script>\u202e\u200b\n\"Claude\" " + strings.Repeat("long ", 40))
	if err != nil {
		t.Fatal(err)
	}
	a := h.registering(`{"client_name":`+string(name)+`,"redirect_uris":["https://app.example/cb"]}`, "192.0.2.1")
	page := h.get("/oauth/authorize?" + asking(a.member("client_id")).Encode())
	if page.status != http.StatusOK || strings.Contains(page.body, "<script>") || strings.ContainsAny(page.body, "\u202e\u200b") ||
		!strings.Contains(page.body, "&lt;script&gt;") || strings.Contains(page.body, strings.Repeat("long ", 30)) {
		t.Errorf("%d %s", page.status, page.body)
	}
	if !strings.Contains(page.body, "<strong>app.example</strong>") || !strings.Contains(page.body, "nobody checked the name") {
		t.Errorf("the page does not say where the answer goes: %s", page.body)
	}
}

// documents are those of a test.
type documents map[string]clientdoc.Document

func (d documents) Fetch(_ context.Context, id string) (clientdoc.Document, error) {
	doc, ok := d[id]
	if !ok {
		return doc, pierre.Invalid("client_id", "The app's description could not be read.")
	}
	return doc, nil
}

// An app that is described at its client id's URL needs no registration; people see whose it is.
func TestDescribedClient(t *testing.T) {
	const id = "https://app.example/client.json"
	h := start(t, documents{id: {Name: "An app", RedirectURIs: []string{callback, "javascript:alert(1)"}}})
	page := h.get("/oauth/authorize?" + asking(id).Encode())
	if !strings.Contains(page.body, "of <strong>app.example</strong>") || strings.Contains(page.body, "nobody checked") {
		t.Errorf("the page: %s", page.body)
	}
	got := h.connect(id, h.key)
	if a := h.call("whoami", got.access); a.status != http.StatusOK {
		t.Errorf("calling: %d %s", a.status, a.body)
	}
	h.exchange(refreshing(id, got.refresh))
	for name, v := range map[string]url.Values{
		"not registered": with(asking(id), "redirect_uri", "https://app.example/other"),
		"script":         with(asking(id), "redirect_uri", "javascript:alert(1)"),
		"no document":    with(asking(id), "client_id", id+"x"),
	} {
		if a := h.get("/oauth/authorize?" + v.Encode()); a.status < 400 || a.header.Get("Location") != "" {
			t.Errorf("%s: %d %v", name, a.status, a.header)
		}
	}
}
