package main

import (
	"net/http"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/monitor"
	"github.com/pierre-mcp/pierre/remote/mcpapi"
	"github.com/pierre-mcp/pierre/remote/oauthapi"
)

// callers verify what callers of the MCP endpoint and of /v1/ show: API keys, and with --oauth also the tokens that stand for them.
func (c *config) callers(a *app, keys *access.Verifier) mcpapi.Authenticator {
	if !c.oauth {
		return keys
	}
	return access.NewGrants(keys, a.store, oauthapi.Resource(c.publicURL))
}

// resourceMetadata returns where clients without a key are sent, "" without --oauth.
func (c *config) resourceMetadata() string {
	if !c.oauth {
		return ""
	}
	return oauthapi.ResourceMetadata(c.publicURL)
}

// mountOAuth adds the OAuth front, if the operator wants it.
func (a *app) mountOAuth(mux *http.ServeMux, c *config, m *monitor.Monitor, keys *access.Verifier, ring *keyring.Ring, changes access.KeyListener) error {
	if !c.oauth {
		return nil
	}
	front, err := oauthapi.New(c.publicURL, a.store, keys, ring, oauthapi.Options{Changes: changes, TrustedProxies: c.trustedProxies, Log: a.log})
	if err != nil {
		return err
	}
	counted := m.Requests("oauth", front)
	for _, path := range oauthapi.Routes() {
		mux.Handle(path, counted)
	}
	return nil
}
