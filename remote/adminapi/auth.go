package adminapi

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// notedEvery is how often a token's last use is written at most.
const notedEvery = time.Minute

// guard lets in whoever holds an admin token with the route's permission.
func (s *Server) guard(rt route) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		token, err := bearer(r)
		if err != nil {
			return err
		}
		caller, err := s.auth.Verify(r.Context(), token)
		if err != nil {
			return err
		}
		if rt.permission != "" && !slices.Contains(caller.Permissions, rt.permission) {
			return &pierre.Error{
				Kind: pierre.KindDenied,
				Msg:  "This admin token does not have the permission " + string(rt.permission) + ", which this route needs.",
			}
		}
		s.noteUse(r, caller)
		return rt.serve(w, r, caller)
	}
}

// bearer returns the token of the Authorization header (RFC 6750, section 2.1). It is read from nowhere else.
func bearer(r *http.Request) (string, error) {
	header := r.Header.Get("Authorization")
	scheme, token, _ := strings.Cut(header, " ")
	switch {
	case header == "":
		return "", unauthenticated("Send an admin token: Authorization: Bearer TOKEN.")
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		return "", unauthenticated("The Authorization header must be: Bearer TOKEN.")
	}
	return strings.TrimSpace(token), nil
}

func unauthenticated(msg string) error {
	return &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: msg}
}

// noteUse does not fail the request: a full disk must not keep an operator from looking.
func (s *Server) noteUse(r *http.Request, caller pierre.AdminToken) {
	now := s.opts.Now()
	if now.Sub(caller.LastUsed) < notedEvery {
		return
	}
	if err := s.store.TouchAdminToken(r.Context(), caller.ID, now); err != nil {
		s.opts.Log.WarnContext(r.Context(), "noting the last use of an admin token failed", slog.Any("err", err))
	}
}

// act says who makes the request's change, and when.
func (s *Server) act(caller pierre.AdminToken) pierre.Act {
	return pierre.Act{Actor: string(caller.ID), At: s.now()}
}

// now has the precision that times are kept with.
func (s *Server) now() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }
