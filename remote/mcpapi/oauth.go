package mcpapi

import (
	"net/http"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// setChallenge tells a client of /mcp that was refused with 401 where it finds out how to get an access token (RFC 9728,
// section 5.1). One that sent an API key is told what is wrong with it instead: it would not show its person a login.
func (s *Server) setChallenge(w http.ResponseWriter, r *http.Request, err error) {
	if s.opts.ResourceMetadata == "" || r.URL.Path != "/mcp" || web.Status(err) != http.StatusUnauthorized || sentKey(r.Header) {
		return
	}
	h := w.Header()
	challenge := h.Get("WWW-Authenticate")
	if challenge == "Bearer" { // no parameters so far
		challenge += " "
	} else {
		challenge += ", "
	}
	h.Set("WWW-Authenticate", challenge+`scope="`+strings.Join(pierre.Scopes(), " ")+`", resource_metadata="`+s.opts.ResourceMetadata+`"`)
}

func sentKey(h http.Header) bool {
	key, err := access.FromHeader(h)
	return err != nil || strings.HasPrefix(key.Reveal(), "pk_")
}

// checkScope refuses a call that the caller's access token is not for.
func (s *Server) checkScope(x *exchange, p access.Principal, tool mcp.Tool) error {
	if hint := tool.Annotations.ReadOnlyHint; !p.ReadOnly || hint != nil && *hint {
		return nil
	}
	x.w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+strings.Join(pierre.Scopes(), " ")+
		`", resource_metadata="`+s.opts.ResourceMetadata+`"`)
	return refuse(http.StatusForbidden, http.StatusForbidden, "This app was given access to tools that change nothing; connect it again to allow it more.")
}
