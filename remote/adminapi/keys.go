package adminapi

import (
	"net/http"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

func (s *Server) list(w http.ResponseWriter, r *http.Request, _ pierre.AdminToken) error {
	q, err := s.keyQuery(r)
	if err != nil {
		return err
	}
	page, err := s.store.APIKeys(r.Context(), q)
	if err != nil {
		return err
	}
	answer := keyListAnswer{Success: true, APIKeys: make([]keyView, len(page.Keys)), NextCursor: orNull(page.NextCursor)}
	now := s.now()
	for i, k := range page.Keys {
		answer.APIKeys[i] = viewOf(k, now)
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

func (s *Server) keyQuery(r *http.Request) (pierre.KeyQuery, error) {
	params, err := query(r, "user_email", "active_only", "limit", "cursor")
	if err != nil {
		return pierre.KeyQuery{}, err
	}
	q := pierre.KeyQuery{Cursor: params.Get("cursor")}
	if email := params.Get("user_email"); params.Has("user_email") {
		// An unencoded + arrives as a space, which no address has.
		if q.Email, err = pierre.NormalizeEmail(strings.ReplaceAll(email, " ", "+")); err != nil {
			return q, err
		}
	}
	switch v := params.Get("active_only"); v {
	case "true":
		q.ActiveAt = s.now()
	case "", "false":
	default:
		return q, pierre.Invalid("active_only", "active_only must be true or false, not %q.", v)
	}
	q.Limit, err = pageSize(params)
	return q, err
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, _ pierre.AdminToken) error {
	k, err := s.store.APIKey(r.Context(), pierre.KeyID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, keyAnswer{true, viewOf(k, s.now())})
}

// revoke may be repeated: the answer stays the same.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	k, err := s.store.RevokeAPIKey(r.Context(), s.act(caller), pierre.KeyID(r.PathValue("id")))
	if err != nil {
		return err
	}
	s.opts.Keys.Revoked(k.ID)
	return web.WriteJSON(w, http.StatusOK, revokeAnswer{true, k.ID, instant(k.Revoked)})
}
