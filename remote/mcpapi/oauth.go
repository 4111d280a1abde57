package mcpapi

import (
	"net/http"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/web"
)

// Challenge implements [streamable.Callers]: it tells a client of /mcp that was refused with 401 where it finds out how to get an access token (RFC 9728,
// section 5.1). One that sent an API key is told what is wrong with it instead: it would not show its person a login.
func (cs *callers) Challenge(h http.Header, r *http.Request, err error) {
	if cs.resource == "" || r.URL.Path != "/mcp" || web.Status(err) != http.StatusUnauthorized || sentKey(r.Header) {
		return
	}
	challenge := h.Get("WWW-Authenticate")
	if challenge == "Bearer" { // no parameters so far
		challenge += " "
	} else {
		challenge += ", "
	}
	h.Set("WWW-Authenticate", challenge+`scope="`+strings.Join(pierre.Scopes(), " ")+`", resource_metadata="`+cs.resource+`"`)
}

func sentKey(h http.Header) bool {
	key, err := access.FromHeader(h)
	return err != nil || strings.HasPrefix(key.Reveal(), "pk_")
}

// checkScope refuses a call that the caller's access token is not for.
func (s *Server) checkScope(x *streamable.Exchange, p access.Principal, tool mcp.Tool) error {
	if hint := tool.Annotations.ReadOnlyHint; !p.ReadOnly || hint != nil && *hint {
		return nil
	}
	x.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+strings.Join(pierre.Scopes(), " ")+
		`", resource_metadata="`+s.opts.ResourceMetadata+`"`)
	return streamable.Refuse(http.StatusForbidden, http.StatusForbidden, "This app was given access to tools that change nothing; connect it again to allow it more.")
}
