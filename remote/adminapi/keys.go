package adminapi

import (
	"net/http"
	"net/url"
	"slices"
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
	answer := KeyList{Success: true, APIKeys: make([]Key, len(page.Keys)), NextCursor: orNull(page.NextCursor)}
	now := s.now()
	for i, k := range page.Keys {
		answer.APIKeys[i] = viewOf(k, now)
		answer.APIKeys[i].Used = &page.Used[i]
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

// keyQuery also returns what is wrong with the e-mail address: users of older versions may have one that is not plain
// any more, which is looked for exactly as it is.
func (s *Server) keyQuery(r *http.Request) (q pierre.KeyQuery, notPlain, err error) {
	params, err := web.Query(r, "user_email", "user", "search", "tier", "status", "sort", "active_only", "limit", "cursor")
	if err != nil {
		return q, nil, err
	}
	q = pierre.KeyQuery{
		User: pierre.UserID(params.Get("user")), Tier: pierre.Tier(params.Get("tier")), At: s.now(), Cursor: params.Get("cursor"),
	}
	if err := chooseKeys(&q, params); err != nil {
		return q, nil, err
	}
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
	q.Limit, err = web.PageSize(params)
	return q, notPlain, err
}

const maxSearch = 254 // bytes: of the longest address

// chooseKeys reads the parameters that have few values, or a limit.
func chooseKeys(q *pierre.KeyQuery, params url.Values) error {
	if q.Text = strings.TrimSpace(params.Get("search")); len(q.Text) > maxSearch {
		return pierre.Invalid("search", "search must have at most %d bytes.", maxSearch)
	}
	for _, id := range []string{"user", "tier"} {
		if len(params.Get(id)) > maxIDLength {
			return pierre.Invalid(id, "%s must have at most %d bytes.", id, maxIDLength)
		}
	}
	switch status := pierre.KeyStatus(params.Get("status")); status {
	case "", pierre.KeyActive, pierre.KeyExpired, pierre.KeyRevoked:
		q.Status = status
	default:
		return pierre.Invalid("status", "status must be active, expired or revoked, not %.40q.", status)
	}
	name, down := strings.CutPrefix(params.Get("sort"), "-")
	switch sort := pierre.KeySort(name); {
	case name == "" && !down:
	case slices.Contains(pierre.KeySorts(), sort):
		q.Sort, q.Upwards = sort, !down
	default:
		return pierre.Invalid("sort", "sort must be created, name, email, expires, last_used or use, with - before it for the largest first.")
	}
	return nil
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, _ pierre.AdminToken) error {
	id, err := keyID(r)
	if err != nil {
		return err
	}
	k, err := s.store.APIKey(r.Context(), id)
	if err != nil {
		return err
	}
	apps, err := s.store.LiveGrants(r.Context(), id, s.now())
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, KeyAnswer{true, viewOf(k, s.now()), &apps})
}

// revoke may be repeated: the answer stays the same.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	id, err := keyID(r)
	if err != nil {
		return err
	}
	act, err := s.act(r, caller)
	if err != nil {
		return err
	}
	k, err := s.store.RevokeAPIKey(r.Context(), act, id)
	if err != nil {
		return err
	}
	s.opts.Keys.Revoked(k.ID)
	return web.WriteJSON(w, http.StatusOK, RevokedKey{true, k.ID, instant(k.Revoked)})
}

// keyID returns the id in the path. What cannot be one is not repeated: it may be a key that was put in the place of its id.
func keyID(r *http.Request) (pierre.KeyID, error) {
	id := r.PathValue("id")
	if !isID(id, "key_") {
		return "", &pierre.Error{Kind: pierre.KindNotFound, Msg: "There is no API key with this id. Ids begin with key_; GET /admin/api-keys lists them."}
	}
	return pierre.KeyID(id), nil
}

const maxIDLength = 64

// isID reports whether text may be an id that begins with prefix.
func isID(text, prefix string) bool {
	random, ok := strings.CutPrefix(text, prefix)
	return ok && len(text) <= maxIDLength && !strings.ContainsFunc(random, func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
}
