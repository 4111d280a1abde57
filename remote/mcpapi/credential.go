package mcpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// authenticate returns who calls. The key comes from the headers or the message's auth member.
func (s *Server) authenticate(ctx context.Context, h http.Header, auth string) (access.Principal, error) {
	if s.opts.Principal != nil {
		return *s.opts.Principal, nil
	}
	key, err := access.FromHeader(h)
	if err == nil {
		key, err = access.Same(key, secret.New(strings.TrimSpace(auth)))
	}
	if err != nil {
		return access.Principal{}, err
	}
	return s.opts.Auth.Verify(ctx, key.Reveal())
}
