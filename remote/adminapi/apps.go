package adminapi

import (
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// An App is a grant by which an app acts with a key.
type App struct {
	GrantID    pierre.GrantID `json:"grant_id"`
	KeyID      pierre.KeyID   `json:"api_key_id"`
	ClientID   string         `json:"client_id"`   // of a registration, or the URL of the app's metadata document
	ClientName string         `json:"client_name"` // as the app calls itself; nobody checked it
	Scopes     []string       `json:"scopes"`
	CreatedAt  time.Time      `json:"created_at"`
	LastUsedAt *time.Time     `json:"last_used_at"` // when it got its latest tokens; nil: not yet
	ExpiresAt  *time.Time     `json:"expires_at"`   // unless it refreshes its tokens before
	RevokedAt  *time.Time     `json:"revoked_at"`   // nil: it is not
}

// An AppList is the apps that can act with a key now, the newest first.
type AppList struct {
	Success bool  `json:"success"`
	Grants  []App `json:"grants"`
	More    bool  `json:"more"` // there are older ones
}

// An AppAnswer is one app.
type AppAnswer struct {
	Success bool `json:"success"`
	Grant   App  `json:"grant"`
}

// maxApps bounds the apps of an answer. A person has a handful.
const maxApps = 200

func viewOfApp(a pierre.ConnectedApp) App {
	return App{
		GrantID: a.ID, KeyID: a.KeyID, ClientID: a.ClientID, ClientName: a.ClientName, Scopes: a.Scopes, CreatedAt: a.Created.Truncate(time.Second),
		LastUsedAt: instant(a.Used), ExpiresAt: instant(a.Expires), RevokedAt: instant(a.Ended),
	}
}

func (s *Server) listApps(w http.ResponseWriter, r *http.Request, _ pierre.AdminToken) error {
	id, err := keyID(r)
	if err != nil {
		return err
	}
	if _, err := s.store.APIKey(r.Context(), id); err != nil {
		return err
	}
	apps, err := s.store.ConnectedApps(r.Context(), id, s.now(), maxApps+1)
	if err != nil {
		return err
	}
	answer := AppList{Success: true, Grants: []App{}, More: len(apps) > maxApps}
	for _, a := range apps[:min(len(apps), maxApps)] {
		answer.Grants = append(answer.Grants, viewOfApp(a))
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

// revokeApp may be repeated: the answer stays the same.
func (s *Server) revokeApp(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	id, err := keyID(r)
	if err != nil {
		return err
	}
	grant := r.PathValue("grant")
	if !isID(grant, "grant_") {
		return &pierre.Error{Kind: pierre.KindNotFound, Msg: "This key has no grant with this id. Ids begin with grant_; GET /admin/api-keys/{id}/grants lists them."}
	}
	act, err := s.act(r, caller)
	if err != nil {
		return err
	}
	a, err := s.store.RevokeGrant(r.Context(), act, id, pierre.GrantID(grant))
	if err != nil {
		return err
	}
	s.opts.Keys.Revoked(id)
	return web.WriteJSON(w, http.StatusOK, AppAnswer{true, viewOfApp(a)})
}
