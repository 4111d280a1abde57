//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/e2e/node"
)

// startOAuthServer starts a server with the OAuth front.
func startOAuthServer(t *testing.T) *server {
	t.Helper()
	s := startServer(t)
	if err := s.stop(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "OAUTH=true", "PUBLIC_URL="+s.url)
	s.start()
	return s
}

// A person gives access with a key, in a browser.
type person struct {
	t    *testing.T
	key  string
	seen []string // the pages
}

var requestField = regexp.MustCompile(`name="request" value="([^"]+)"`)

// consent is an [auth.AuthorizationCodeFetcher].
func (p *person) consent(_ context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
	back, err := p.allow(args.URL)
	if err != nil {
		return nil, err
	}
	q := back.Query()
	return &auth.AuthorizationResult{Code: q.Get("code"), State: q.Get("state"), Iss: q.Get("iss")}, nil
}

// allow fills in the page at address, and returns where the person is sent then.
func (p *person) allow(address string) (*url.URL, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page, err := browser.Get(address)
	if err != nil {
		return nil, err
	}
	defer page.Body.Close()
	body, err := io.ReadAll(page.Body)
	if err != nil {
		return nil, err
	}
	p.seen = append(p.seen, string(body))
	field := requestField.FindSubmatch(body)
	if field == nil {
		return nil, fmt.Errorf("the page is %s: %s", page.Status, body)
	}
	sent, err := browser.PostForm(strings.SplitN(address, "?", 2)[0], url.Values{"request": {string(field[1])}, "key": {p.key}, "decision": {"allow"}})
	if err != nil {
		return nil, err
	}
	defer sent.Body.Close()
	back, err := sent.Location()
	if err != nil {
		answer, _ := io.ReadAll(sent.Body)
		return nil, fmt.Errorf("the form was answered %s: %s", sent.Status, answer)
	}
	return back, nil
}

// TestOAuthWithGoSDK connects as hosts do that cannot send a key: from the 401 to the metadata, the registration, the
// person's consent and the tool; then with a refreshed token; and not any more when the key is revoked.
func TestOAuthWithGoSDK(t *testing.T) {
	s := startOAuthServer(t)
	k := s.provision(`{"user_email":"ana@example.com","tier":"professional"}`)
	ana := &person{t: t, key: k.APIKey}
	var tokens []*oauth2.Token
	handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{Metadata: &oauthex.ClientRegistrationMetadata{
			ClientName: "foreign-go", RedirectURIs: []string{"http://localhost:33418/callback"}, GrantTypes: []string{"authorization_code", "refresh_token"},
			TokenEndpointAuthMethod: "none",
		}},
		AuthorizationCodeFetcher: ana.consent,
		RequestRefreshToken:      true,
		NewTokenSource: func(ctx context.Context, c *oauth2.Config, token *oauth2.Token) (oauth2.TokenSource, error) {
			tokens = append(tokens, token)
			worn := *token
			worn.Expiry = time.Now().Add(-time.Minute) // so that it refreshes at once
			return c.TokenSource(ctx, &worn), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "foreign-go", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: s.url + "/mcp", OAuthHandler: handler}, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, s.stderr)
	}
	defer session.Close()
	call := func() error {
		r, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "get_activities", Arguments: map[string]any{"limit": 1}})
		if err == nil && r.IsError {
			err = fmt.Errorf("%+v", r.Content)
		}
		return err
	}
	if err := call(); err != nil {
		t.Fatalf("%v\n%s", err, s.stderr)
	}
	source, err := handler.TokenSource(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if now, err := source.Token(); err != nil || len(tokens) != 1 || now.AccessToken == tokens[0].AccessToken || now.RefreshToken == tokens[0].RefreshToken {
		t.Errorf("the token was not refreshed: %v, %d", err, len(tokens))
	}
	if now, err := source.Token(); err == nil {
		if status, body := s.do("GET", "/v1/limits", "", "Authorization", "Bearer "+now.AccessToken); status != http.StatusOK || !bytes.Contains(body, []byte(k.APIKeyID)) {
			t.Errorf("the limits of the app's key: %d %s", status, body)
		}
	}
	if len(ana.seen) != 1 || !strings.Contains(ana.seen[0], "foreign-go") || !strings.Contains(ana.seen[0], "a program on this computer (localhost:33418)") {
		t.Errorf("the person saw %q", ana.seen)
	}
	status, usage := s.do("GET", "/admin/api-keys/"+k.APIKeyID+"/usage", "", "Authorization", "Bearer "+s.adminToken())
	if !bytes.Contains(usage, []byte(`"requests":1`)) {
		t.Errorf("the call is not in the key's usage: %d %s", status, usage)
	}
	if status, body := s.do("GET", "/admin/api-keys/"+k.APIKeyID, "", "Authorization", "Bearer "+s.adminToken()); !bytes.Contains(body, []byte(`"connected_apps":1`)) {
		t.Errorf("the key's view does not count the app: %d %s", status, body)
	}
	if status, body := s.do("DELETE", "/admin/api-keys/"+k.APIKeyID, "", "Authorization", "Bearer "+s.adminToken()); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	if err := call(); err == nil || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("with a revoked key: %v", err)
	}
	if len(ana.seen) != 2 {
		t.Errorf("after the revocation the host asked %d times for access", len(ana.seen)-1)
	}
	if log := s.stderr.String(); strings.Contains(log, k.APIKey) || strings.Contains(log, tokens[0].AccessToken) || strings.Contains(log, "poc_") {
		t.Errorf("the log holds a credential:\n%s", log)
	}
}

// TestOAuthConformance lets the official suite judge the authorization server: its metadata, and a code grant, in which the
// suite waits for a person.
func TestOAuthConformance(t *testing.T) {
	tools := node.Install(t)
	s := startOAuthServer(t)
	k := s.provision(`{"user_email":"ana@example.com","tier":"professional"}`)
	port := freePort(t)
	_, raw := s.do("POST", "/oauth/register", `{"client_name":"conformance","redirect_uris":["http://127.0.0.1/callback"]}`)
	client := decode[struct {
		ID string `json:"client_id"`
	}](t, raw)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	suite := exec.CommandContext(ctx, tools.Node, filepath.Join(tools.Modules, "@modelcontextprotocol", "conformance", "dist", "index.js"), "authorization",
		"--url", s.url, "--client-id", client.ID, "--resource", s.url+"/mcp", "--port", port, "-o", t.TempDir())
	stdout, err := suite.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := suite.Start(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	ana := &person{t: t, key: k.APIKey}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		fmt.Fprintln(&out, lines.Text())
		if !strings.HasPrefix(lines.Text(), s.url+"/oauth/authorize?") {
			continue
		}
		back, err := ana.allow(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, 15*time.Second, func() error { // the suite opens its port after it has printed the address
			resp, err := http.Get(back.String())
			if err == nil {
				resp.Body.Close()
			}
			return err
		})
	}
	if err := suite.Wait(); err != nil || !strings.Contains(out.String(), "Total: 3 passed, 0 failed") {
		t.Errorf("%v\n%s\n%s", err, &out, s.stderr)
	}
}

// The official TypeScript clients do the same.
func TestOAuthWithTypeScript(t *testing.T) {
	tools := node.Install(t)
	s := startOAuthServer(t)
	k := s.provision(`{"user_email":"ana@example.com","tier":"professional"}`)
	for _, version := range []string{"v1", "v2"} {
		t.Run(version, func(t *testing.T) {
			cmd := tools.Script(t, "client_oauth.mjs", version, s.url+"/mcp", k.APIKey)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s%s\n%s", err, out, &stderr, s.stderr)
			}
			got := decode[struct {
				Scope     string `json:"scope"`
				Total     *int   `json:"total"`
				Refreshed bool   `json:"refreshed"`
				Saved     int    `json:"saved"`
			}](t, out)
			if got.Scope != "training:read training:write" || got.Total == nil || !got.Refreshed || got.Saved != 2 {
				t.Errorf("%s", out)
			}
		})
	}
}
