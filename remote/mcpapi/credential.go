package mcpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// authenticate returns who calls. The key comes from the Authorization header, X-API-Key or the message's auth member;
// never from the URL, which ends up in the logs of proxies.
func (s *Server) authenticate(ctx context.Context, h http.Header, auth string) (access.Principal, error) {
	if s.opts.Principal != nil {
		return *s.opts.Principal, nil
	}
	key, err := keyOf(h, auth)
	if err != nil {
		return access.Principal{}, err
	}
	return s.opts.Auth.Verify(ctx, key)
}

// keyOf finds the one key of a request.
func keyOf(h http.Header, auth string) (string, error) {
	var key string
	candidates := append(bearerTokens(h), h.Values("X-Api-Key")...)
	for _, candidate := range append(candidates, auth) {
		candidate = strings.TrimSpace(candidate)
		switch {
		case candidate == "" || candidate == key:
		case key == "":
			key = candidate
		default:
			return "", refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "The request carries two different API keys; send one.")
		}
	}
	if key == "" {
		return "", &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: "There is no API key; send it as Authorization: Bearer pk_live_…"}
	}
	return key, nil
}

// bearerTokens returns the tokens of the Authorization headers. Other schemes are for proxies on the way.
func bearerTokens(h http.Header) []string {
	var tokens []string
	for _, value := range h.Values("Authorization") {
		if scheme, token, ok := strings.Cut(value, " "); ok && strings.EqualFold(scheme, "Bearer") {
			tokens = append(tokens, token)
		}
	}
	return tokens
}
