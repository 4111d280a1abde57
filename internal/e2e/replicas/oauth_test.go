//go:build e2e

package replicas

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/browser"
	"github.com/pierre-mcp/pierre/internal/e2e/oauthapp"
	"github.com/pierre-mcp/pierre/internal/pgtest"
)

// An app connects through three servers: the page comes from one and is sent to another, the code is exchanged at the
// third, and the tokens are good everywhere, until they are no longer.
func TestOAuthAcrossReplicas(t *testing.T) {
	postgres := pgtest.Start(t, false)
	c := startClusterOn(t, postgres.URL(t), "OAUTH=true")
	one, two, three := c.replicas[0].url, c.replicas[1].url, c.replicas[2].url
	k := c.provision(`"tier":"enterprise"`)
	app, err := oauthapp.Register(t.Context(), one, "http://127.0.0.1:33418/callback", c.balancer.url+"/mcp")
	if err != nil {
		t.Fatal(err)
	}
	connect := func() (token *oauth2.Token, code string) {
		t.Helper()
		code, err := app.Consent(t.Context(), app.Begin(one), two, k.Text)
		if err != nil {
			t.Fatal(err)
		}
		if token, err = app.Exchange(t.Context(), three, code); err != nil {
			t.Fatal(err)
		}
		return token, code
	}
	token, _ := connect()
	c.accepts(t, token.AccessToken)
	next, err := app.Refresh(t.Context(), two, token.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	c.accepts(t, next.AccessToken)
	last, err := app.Refresh(t.Context(), three, next.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	c.accepts(t, last.AccessToken)
	if err := app.Revoke(t.Context(), one, last.RefreshToken); err != nil {
		t.Fatal(err)
	}
	c.refuses(t, last.AccessToken)
	if _, err := app.Refresh(t.Context(), two, last.RefreshToken); err == nil {
		t.Error("a revoked refresh token was exchanged")
	}

	stolen, code := connect()
	c.accepts(t, stolen.AccessToken)
	if _, err := app.Exchange(t.Context(), one, code); err == nil {
		t.Error("a code was exchanged twice")
	}
	c.refuses(t, stolen.AccessToken)

	again, _ := connect()
	c.accepts(t, again.AccessToken)
	if status, raw := c.admin(1, "DELETE", "/admin/api-keys/"+k.ID, ""); status != http.StatusOK {
		t.Fatalf("revoking the key: %d %s", status, raw)
	}
	c.refuses(t, again.AccessToken)
	if _, err := app.Refresh(t.Context(), three, again.RefreshToken); err == nil {
		t.Error("a refresh token of a revoked key was exchanged")
	}
	t.Run("in a browser", func(t *testing.T) { consentInABrowser(t, c) })
}

// consentInABrowser lets a person give access with Chromium, through the load balancer, which gives each request to another
// server. A mistyped key can be corrected.
func consentInABrowser(t *testing.T, c *cluster) {
	k := c.provision(`"tier":"enterprise"`)
	codes := make(chan string, 1)
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(`<!doctype html><html lang="en"><title>App</title><link rel="icon" href="data:,"><h1>You are connected.</h1>`))
		if code := r.URL.Query().Get("code"); code != "" {
			codes <- code
		}
	}))
	t.Cleanup(host.Close)
	app, err := oauthapp.Register(t.Context(), c.balancer.url, host.URL+"/callback", c.balancer.url+"/mcp")
	if err != nil {
		t.Fatal(err)
	}
	tab := browser.New(t, browser.Options{})
	if status := tab.Open(app.Begin(c.balancer.url)); status != http.StatusOK {
		t.Fatalf("the page: %d\n%s", status, tab.Text())
	}
	if faults := tab.Axe(); len(faults) > 0 {
		t.Error(strings.Join(faults, "\n"))
	}
	tab.Type("#key", strings.TrimSuffix(k.Text, k.Text[len(k.Text)-1:]))
	tab.Click("button.main")
	tab.See("#problem")
	tab.Type("#key", k.Text)
	tab.Click("button.main")
	tab.SeeText("You are connected.")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	select {
	case code := <-codes:
		token, err := app.Exchange(ctx, c.replicas[2].url, code)
		if err != nil {
			t.Fatal(err)
		}
		c.accepts(t, token.AccessToken)
	case <-ctx.Done():
		t.Fatal("the app was told no code")
	}
}

// accepts demands that every server takes the token.
func (c *cluster) accepts(t *testing.T, token string) {
	t.Helper()
	for _, r := range c.replicas {
		if l := newLoad(r.url, token); !l.call(t.Context()) || l.answered.Load() != 1 {
			t.Errorf("%s does not take the token: %+v", r.url, l)
		}
	}
}

// refuses demands that soon no server takes the token.
func (c *cluster) refuses(t *testing.T, token string) {
	t.Helper()
	for _, r := range c.replicas {
		eventually(t, promise+time.Second, func() error {
			l := newLoad(r.url, token)
			if l.call(t.Context()); l.answered.Load() > 0 {
				return errors.New(r.url + " still takes the token")
			}
			return nil
		})
	}
}
