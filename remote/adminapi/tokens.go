package adminapi

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// A Token is what the API shows of an admin token.
type Token struct {
	TokenID     pierre.AdminTokenID `json:"token_id"`
	Service     string              `json:"service"`
	Description string              `json:"description"`
	Permissions []pierre.Permission `json:"permissions"`
	Status      pierre.KeyStatus    `json:"status"`
	CreatedAt   time.Time           `json:"created_at"`
	ExpiresAt   *time.Time          `json:"expires_at"`
	RevokedAt   *time.Time          `json:"revoked_at"`
	LastUsedAt  *time.Time          `json:"last_used_at"`
}

// A TokenList is all admin tokens, oldest first.
type TokenList struct {
	Success bool    `json:"success"`
	Tokens  []Token `json:"tokens"`
}

// A TokenAnswer is one admin token.
type TokenAnswer struct {
	Success bool  `json:"success"`
	Token   Token `json:"token"`
}

// A FreshToken answers the making and the rotation of an admin token. It is the only answer that ever holds one.
type FreshToken struct {
	Success    bool                 `json:"success"`
	AdminToken ClearKey             `json:"admin_token"`
	Token      Token                `json:"token"`
	Replaces   *pierre.AdminTokenID `json:"replaces,omitempty"` // of a rotation
}

// A TokenRequest asks for a new admin token. Its permissions must be among those of the request's own token.
type TokenRequest struct {
	Service       string              `json:"service"`
	Description   string              `json:"description,omitempty"`
	Permissions   []pierre.Permission `json:"permissions"`
	ExpiresInDays Nullable[int64]     `json:"expires_in_days,omitzero"` // null: never; a year if it is not given
}

const (
	maxService       = 100 // characters
	defaultTokenDays = 365
)

// Validate reports the first mistake.
func (q TokenRequest) Validate() error {
	_, err := q.row(time.Unix(0, 0))
	return err
}

// row returns the new token's row. Its times are whole seconds, as in the token.
func (q TokenRequest) row(now time.Time) (pierre.AdminToken, error) {
	row := pierre.AdminToken{
		ID: pierre.NewAdminTokenID(), Service: strings.TrimSpace(q.Service), Description: strings.TrimSpace(q.Description),
		Created: now.UTC().Truncate(time.Second),
	}
	if row.Service == "" {
		return row, pierre.Invalid("service", "service is required: who will use the token?")
	}
	if err := checkText("service", row.Service, maxService); err != nil {
		return row, err
	}
	if err := checkText("description", row.Description, maxDescription); err != nil {
		return row, err
	}
	names := make([]string, len(q.Permissions))
	for n, p := range q.Permissions {
		names[n] = string(p)
	}
	var err error
	if row.Permissions, err = pierre.ParsePermissions(strings.Join(names, ",")); err != nil {
		return row, err
	}
	row.Expires, err = q.end(row.Created)
	return row, err
}

func (q TokenRequest) end(now time.Time) (time.Time, error) {
	days := int64(defaultTokenDays)
	if q.ExpiresInDays.Given && q.ExpiresInDays.Value == nil {
		return time.Time{}, nil
	}
	if q.ExpiresInDays.Given {
		days = *q.ExpiresInDays.Value
	}
	if days < 1 || days > pierre.MaxLifetimeDays {
		return time.Time{}, pierre.Invalid("expires_in_days", "expires_in_days must be between 1 and %d, or null for never.", pierre.MaxLifetimeDays)
	}
	return now.AddDate(0, 0, int(days)), nil
}

// within refuses permissions that the caller does not have: otherwise manage_admin_tokens would be all of them.
func within(permissions []pierre.Permission, caller pierre.AdminToken) error {
	for _, p := range permissions {
		if !slices.Contains(caller.Permissions, p) {
			return &pierre.Error{Kind: pierre.KindDenied, Msg: "This admin token does not have the permission " + string(p) + ", so it cannot give it."}
		}
	}
	return nil
}

func viewOfToken(a pierre.AdminToken, now time.Time) Token {
	return Token{
		TokenID: a.ID, Service: a.Service, Description: a.Description, Permissions: a.Permissions,
		Status:    pierre.StatusAt(a.Revoked, a.Expires, now),
		CreatedAt: a.Created.Truncate(time.Second), ExpiresAt: instant(a.Expires), RevokedAt: instant(a.Revoked), LastUsedAt: instant(a.LastUsed),
	}
}

func (s *Server) listTokens(w http.ResponseWriter, r *http.Request, _ pierre.AdminToken) error {
	rows, err := s.store.AdminTokens(r.Context())
	if err != nil {
		return err
	}
	answer := TokenList{Success: true, Tokens: make([]Token, len(rows))}
	for n, row := range rows {
		answer.Tokens[n] = viewOfToken(row, s.now())
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

func (s *Server) createToken(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	req, err := web.Decode[TokenRequest](w, r)
	if err != nil {
		return err
	}
	act, err := s.actOnce(r, caller, req)
	if err != nil {
		return err
	}
	row, err := req.row(act.At)
	if err != nil {
		return err
	}
	if err := within(row.Permissions, caller); err != nil {
		return err
	}
	sealed, repeated, err := s.store.CreateAdminTokenOnce(r.Context(), act, row, func() ([]byte, error) {
		return s.sealToken(act, row, nil)
	})
	if err != nil {
		return err
	}
	return s.answerOnce(w, act, sealed, repeated)
}

func (s *Server) sealToken(act pierre.Act, row pierre.AdminToken, replaces *pierre.AdminTokenID) ([]byte, error) {
	token, err := s.auth.Sign(row)
	if err != nil {
		return nil, err
	}
	return s.seal(act, FreshToken{true, ClearKey(token.Reveal()), viewOfToken(row, act.At), replaces})
}

// rotateToken makes a successor with the same service and permissions, and a lifetime as long. The old token ends at once.
func (s *Server) rotateToken(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	id, err := tokenID(r)
	if err != nil {
		return err
	}
	act, err := s.actOnce(r, caller, struct{}{})
	if err != nil {
		return err
	}
	sealed, repeated, err := s.store.RotateAdminTokenOnce(r.Context(), act, id, func(old pierre.AdminToken) (pierre.AdminToken, error) {
		if err := within(old.Permissions, caller); err != nil {
			return old, err
		}
		return old.Successor(act.At)
	}, func(next pierre.AdminToken) ([]byte, error) { return s.sealToken(act, next, &id) })
	if err != nil {
		return err
	}
	return s.answerOnce(w, act, sealed, repeated)
}

// revokeToken may be repeated: the answer stays the same.
func (s *Server) revokeToken(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error {
	id, err := tokenID(r)
	if err != nil {
		return err
	}
	act, err := s.act(r, caller)
	if err != nil {
		return err
	}
	row, err := s.store.RevokeAdminToken(r.Context(), act, id)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, TokenAnswer{true, viewOfToken(row, s.now())})
}

// tokenID returns the id in the path. What cannot be one is not repeated: it may be a token that was put in the place of its id.
func tokenID(r *http.Request) (pierre.AdminTokenID, error) {
	id := r.PathValue("id")
	if !isID(id, "admin_token_") {
		return "", &pierre.Error{Kind: pierre.KindNotFound, Msg: "There is no admin token with this id. Ids begin with admin_token_; GET /admin/tokens lists them."}
	}
	return pierre.AdminTokenID(id), nil
}
