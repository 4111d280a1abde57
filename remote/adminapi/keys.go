package adminapi

import (
	"net/http"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

func (s *Server) list(w http.ResponseWriter, r *http.Request, _ pierre.AdminToken) error {
	q, notPlain, err := s.keyQuery(r)
	if err != nil {
		return err
	}
	page, err := s.store.APIKeys(r.Context(), q)
	if err != nil {
		return err
	}
	if len(page.Keys) == 0 && notPlain != nil {
		return notPlain
	}
	answer := keyListAnswer{Success: true, APIKeys: make([]keyView, len(page.Keys)), NextCursor: orNull(page.NextCursor)}
	now := s.now()
	for i, k := range page.Keys {
		answer.APIKeys[i] = viewOf(k, now)
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

// keyQuery also returns what is wrong with the e-mail address: users of older versions may have one that is not plain
// any more, which is looked for exactly as it is.
func (s *Server) keyQuery(r *http.Request) (q pierre.KeyQuery, notPlain, err error) {
	params, err := query(r, "user_email", "active_only", "limit", "cursor")
	if err != nil {
		return q, nil, err
	}
	q = pierre.KeyQuery{Cursor: params.Get("cursor")}
	if params.Has("user_email") {
		// An unencoded + arrives as a space, which no address has.
		address := strings.ReplaceAll(params.Get("user_email"), " ", "+")
		if q.Email, notPlain = pierre.NormalizeEmail(address); notPlain != nil {
			if q.Email = address; address == "" {
				return q, nil, notPlain
			}
		}
	}
	switch v := params.Get("active_only"); v {
	case "true":
		q.ActiveAt = s.now()
	case "", "false":
	default:
		return q, nil, pierre.Invalid("active_only", "active_only must be true or false, not %.40q.", v)
	}
	q.Limit, err = pageSize(params)
	return q, notPlain, err
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
