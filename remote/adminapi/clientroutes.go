package adminapi

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An AuditFilter says which entries of the audit log are wanted. The zero AuditFilter is the first page of all.
type AuditFilter struct {
	Actor, Action, Target string    // "": any
	From, To              time.Time // at From or after, and before To; zero: open
	Limit                 int       // of a page; 0: the server's
	Cursor                string    // NextCursor of the page before
}

// Audit returns a page of the audit log, newest first.
func (c *Client) Audit(ctx context.Context, f AuditFilter) (AuditPage, error) {
	q := url.Values{}
	for name, value := range map[string]string{"actor": f.Actor, "action": f.Action, "target": f.Target} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, at := range map[string]time.Time{"from": f.From, "to": f.To} {
		if !at.IsZero() {
			q.Set(name, at.Format(time.RFC3339Nano))
		}
	}
	return call[AuditPage](ctx, c, request{method: http.MethodGet, path: "/admin/audit", query: page(q, f.Limit, f.Cursor)})
}

// TokenInfo says what the client's own token may do.
func (c *Client) TokenInfo(ctx context.Context) (TokenInfo, error) {
	return call[TokenInfo](ctx, c, request{method: http.MethodGet, path: "/admin/token-info"})
}

// Tiers returns all tiers, the lowest first.
func (c *Client) Tiers(ctx context.Context) ([]Tier, error) {
	a, err := call[TierList](ctx, c, request{method: http.MethodGet, path: "/admin/tiers"})
	return a.Tiers, err
}

// Tier returns a tier.
func (c *Client) Tier(ctx context.Context, name pierre.Tier) (Tier, error) {
	a, err := call[TierAnswer](ctx, c, request{method: http.MethodGet, path: tierPath(name)})
	return a.Tier, err
}

// PutTier changes a tier, or makes one, and returns it.
func (c *Client) PutTier(ctx context.Context, name pierre.Tier, req TierRequest) (Tier, error) {
	a, err := call[TierAnswer](ctx, c, request{method: http.MethodPut, path: tierPath(name), body: req})
	return a.Tier, err
}

// RemoveTier removes a tier that has no keys.
func (c *Client) RemoveTier(ctx context.Context, name pierre.Tier) error {
	_, err := call[RemovedTier](ctx, c, request{method: http.MethodDelete, path: tierPath(name)})
	return err
}

func tierPath(name pierre.Tier) string { return "/admin/tiers/" + url.PathEscape(string(name)) }

// A UserFilter says which users are wanted. The zero UserFilter is the first page of all.
type UserFilter struct {
	EmailPart string // of the e-mail address; "": everybody
	Limit     int    // of a page; 0: the server's
	Cursor    string // NextCursor of the page before
}

// Users returns a page of users, newest first.
func (c *Client) Users(ctx context.Context, f UserFilter) (UserList, error) {
	q := url.Values{}
	if f.EmailPart != "" {
		q.Set("email", f.EmailPart)
	}
	return call[UserList](ctx, c, request{method: http.MethodGet, path: "/admin/users", query: page(q, f.Limit, f.Cursor)})
}

// User returns a user.
func (c *Client) User(ctx context.Context, id pierre.UserID) (User, error) {
	a, err := call[UserAnswer](ctx, c, request{method: http.MethodGet, path: userPath(id)})
	return a.User, err
}

// UpdateUser changes a user and returns it.
func (c *Client) UpdateUser(ctx context.Context, id pierre.UserID, req UserUpdate) (User, error) {
	a, err := call[UserAnswer](ctx, c, request{method: http.MethodPatch, path: userPath(id), body: req})
	return a.User, err
}

// DeleteUser deletes a user and all that is theirs.
func (c *Client) DeleteUser(ctx context.Context, id pierre.UserID) (DeletedUser, error) {
	return call[DeletedUser](ctx, c, request{method: http.MethodDelete, path: userPath(id)})
}

func userPath(id pierre.UserID) string { return "/admin/users/" + url.PathEscape(string(id)) }

// Tokens returns all admin tokens, oldest first.
func (c *Client) Tokens(ctx context.Context) ([]Token, error) {
	a, err := call[TokenList](ctx, c, request{method: http.MethodGet, path: "/admin/tokens"})
	return a.Tokens, err
}

// CreateToken makes an admin token. The idempotency key is as for Provision.
func (c *Client) CreateToken(ctx context.Context, req TokenRequest, idempotencyKey string) (FreshToken, error) {
	return call[FreshToken](ctx, c, request{method: http.MethodPost, path: "/admin/tokens", body: req, once: idempotencyKey})
}

// RotateToken makes an admin token in place of one, which ends. The idempotency key is as for Provision.
func (c *Client) RotateToken(ctx context.Context, id pierre.AdminTokenID, idempotencyKey string) (FreshToken, error) {
	return call[FreshToken](ctx, c, request{method: http.MethodPost, path: tokenPath(id) + "/rotate", once: idempotencyKey})
}

// RevokeToken ends an admin token. To revoke it again is no error.
func (c *Client) RevokeToken(ctx context.Context, id pierre.AdminTokenID) (Token, error) {
	a, err := call[TokenAnswer](ctx, c, request{method: http.MethodDelete, path: tokenPath(id)})
	return a.Token, err
}

func tokenPath(id pierre.AdminTokenID) string { return "/admin/tokens/" + url.PathEscape(string(id)) }

// Apps returns the apps that can act with the key now, the newest first.
func (c *Client) Apps(ctx context.Context, id pierre.KeyID) (AppList, error) {
	return call[AppList](ctx, c, request{method: http.MethodGet, path: keyPath(id) + "/grants"})
}

// RevokeApp ends a grant of the key. To revoke it again is no error.
func (c *Client) RevokeApp(ctx context.Context, id pierre.KeyID, grant pierre.GrantID) (App, error) {
	a, err := call[AppAnswer](ctx, c, request{method: http.MethodDelete, path: keyPath(id) + "/grants/" + url.PathEscape(string(grant))})
	return a.Grant, err
}
