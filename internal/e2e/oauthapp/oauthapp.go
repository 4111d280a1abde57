// Package oauthapp is an app that connects to a server through OAuth, for tests: each of its steps may go to another
// server of those that share a database.
package oauthapp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/oauth2"
)

// An App is one that registered itself.
type App struct {
	ID       string
	Redirect string // where it is told the code
	Resource string // the MCP endpoint that it connects to

	verifier string // of the flow that was begun last
}

// Register registers an app at the server of that URL, which serves the resource.
func Register(ctx context.Context, server, redirect, resource string) (*App, error) {
	body, err := json.Marshal(map[string]any{
		"client_name": "e2e", "redirect_uris": []string{redirect}, "grant_types": []string{"authorization_code", "refresh_token"}, "token_endpoint_auth_method": "none",
	})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server+"/oauth/register", strings.NewReader(string(body)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	raw, err := answer(http.DefaultClient, req, http.StatusCreated)
	if err != nil {
		return nil, err
	}
	var registered struct {
		ID string `json:"client_id"`
	}
	if err := json.Unmarshal(raw, &registered); err != nil || registered.ID == "" {
		return nil, fmt.Errorf("registering was answered %s, %w", raw, err)
	}
	return &App{ID: registered.ID, Redirect: redirect, Resource: resource}, nil
}

func (a *App) config(server string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: a.ID, RedirectURL: a.Redirect, Scopes: []string{"training:read", "training:write"},
		Endpoint: oauth2.Endpoint{AuthURL: server + "/oauth/authorize", TokenURL: server + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams},
	}
}

// Begin begins a flow, and returns the address of the page that its person opens.
func (a *App) Begin(server string) string {
	a.verifier = oauth2.GenerateVerifier()
	return a.config(server).AuthCodeURL("state", oauth2.S256ChallengeOption(a.verifier), oauth2.SetAuthURLParam("resource", a.Resource))
}

var requestField = regexp.MustCompile(`name="request" value="([^"]+)"`)

// Consent fills in the page at an address with a key, as its person, sends it to a server, and returns the code.
func (a *App) Consent(ctx context.Context, address, server, key string) (string, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return "", err
	}
	page, err := answer(browser, req, http.StatusOK)
	if err != nil {
		return "", err
	}
	field := requestField.FindSubmatch(page)
	if field == nil {
		return "", fmt.Errorf("there is no form in %s", page)
	}
	form := url.Values{"request": {string(field[1])}, "key": {key}, "decision": {"allow"}}
	if req, err = http.NewRequestWithContext(ctx, http.MethodPost, server+"/oauth/authorize", strings.NewReader(form.Encode())); err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := browser.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		text, _ := io.ReadAll(resp.Body)
		return "", fmt.Errorf("%s: %w: %s", resp.Status, err, text)
	}
	return back.Query().Get("code"), nil
}

// Exchange exchanges the code of the flow that was begun last for tokens.
func (a *App) Exchange(ctx context.Context, server, code string) (*oauth2.Token, error) {
	return a.config(server).Exchange(ctx, code, oauth2.VerifierOption(a.verifier), oauth2.SetAuthURLParam("resource", a.Resource))
}

// Refresh exchanges a refresh token for new tokens.
func (a *App) Refresh(ctx context.Context, server, refresh string) (*oauth2.Token, error) {
	return a.config(server).TokenSource(ctx, &oauth2.Token{RefreshToken: refresh}).Token()
}

// Revoke ends the access that a token of the app gives.
func (a *App) Revoke(ctx context.Context, server, token string) error {
	form := url.Values{"token": {token}, "client_id": {a.ID}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server+"/oauth/revoke", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, err = answer(http.DefaultClient, req, http.StatusOK)
	return err
}

func answer(client *http.Client, req *http.Request, want int) ([]byte, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != want {
		err = fmt.Errorf("%s: %s", resp.Status, raw)
	}
	return raw, err
}
