package adminapi

import (
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// notedEvery is how often a token's last use is written at most.
const notedEvery = time.Minute

// guard serves a route to requests with an admin token that has its permission.
func (s *Server) guard(rt route) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		token, err := access.FromHeader(r.Header)
		if err != nil {
			return err
		}
		caller, err := s.auth.Verify(r.Context(), token.Reveal())
		if err != nil {
			return err
		}
		web.Claim(r.Context(), string(caller.ID))
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

// personHeader names the person for whom the token's holder makes a change, such as a member of staff at the admin site.
const personHeader = "On-Behalf-Of"

// act says who makes the request's change, and when.
func (s *Server) act(r *http.Request, caller pierre.AdminToken) (pierre.Act, error) {
	act := pierre.Act{Token: caller.ID, At: s.now()}
	named := r.Header.Values(personHeader)
	if len(named) == 0 {
		return act, nil
	}
	var err error
	if act.Person, err = pierre.NormalizeEmail(named[0]); err != nil || len(named) > 1 {
		return act, pierre.Invalid(personHeader, "%s must be the e-mail address of one person.", personHeader)
	}
	return act, nil
}

// now has the precision that times are kept with.
func (s *Server) now() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }
