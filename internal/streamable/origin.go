package streamable

import (
	"net"
	"net/http"
	"net/url"

	"github.com/pierre-mcp/pierre/internal/web"
)

// checkOrigin keeps web pages out that were not invited, and lets the invited ones read answers (CORS).
//
// A page that rebinds its own domain to 127.0.0.1 is of the same origin as a local server, so the same origin counts
// only on other addresses. Its Host header gives it away, too, but a reverse proxy on this machine sends a foreign Host
// as well: Host is checked only where no credential is asked for.
func (s *Server) checkOrigin(w http.ResponseWriter, r *http.Request) error {
	local := onLoopback(r)
	if local && s.opts.Open && !web.Loopback(r.Host) {
		return Refuse(http.StatusForbidden, http.StatusForbidden, "This server answers only to localhost.")
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil // not a browser
	}
	if !s.allowed(origin, r.Host, local) {
		return Refuse(http.StatusForbidden, http.StatusForbidden, "Web pages of this origin may not call this server; its operator can add it to the allowed origins.")
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id")
	return nil
}

// allowed reports whether pages of the origin may call. Where no credential is asked for, a page of another local port is as
// foreign as any: only the origins that the operator named may call.
func (s *Server) allowed(origin, host string, local bool) bool {
	if s.origins[origin] {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || s.opts.Open {
		return false
	}
	return web.Loopback(u.Host) || !local && u.Host == host
}

// preflight answers a browser that asks before it calls; checkOrigin has let it in.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "POST, GET, DELETE")
	// The headers of a request depend on tools (Mcp-Param-*): all that are asked for are fine.
	h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
	h.Set("Access-Control-Max-Age", "7200")
	w.WriteHeader(http.StatusNoContent)
}

// onLoopback reports whether the request came in on a loopback address.
func onLoopback(r *http.Request) bool {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && web.Loopback(addr.String())
}
