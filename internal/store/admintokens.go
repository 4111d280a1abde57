package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const adminColumns = `id, service, description, permissions, created_us, expires_us, revoked_us, last_used_us`

// AdminToken returns the admin token with that id, whatever its status.
func (s *Store) AdminToken(ctx context.Context, id pierre.AdminTokenID) (pierre.AdminToken, error) {
	a, err := scanAdminToken(s.row(ctx, `SELECT `+adminColumns+` FROM admin_tokens WHERE id = $1`, id))
	return a, s.classify(err, "admin token "+string(id))
}

// AdminTokens returns all admin tokens, oldest first.
func (s *Store) AdminTokens(ctx context.Context) ([]pierre.AdminToken, error) {
	rows, err := s.query(ctx, `SELECT `+adminColumns+` FROM admin_tokens ORDER BY created_us, id`)
	if err != nil {
		return nil, s.classify(err, "listing admin tokens")
	}
	defer rows.Close()
	var tokens []pierre.AdminToken
	for rows.Next() {
		a, err := scanAdminToken(rows)
		if err != nil {
			return nil, s.classify(err, "listing admin tokens")
		}
		tokens = append(tokens, a)
	}
	return tokens, s.classify(rows.Err(), "listing admin tokens")
}

// CreateAdminToken keeps a new admin token.
func (s *Store) CreateAdminToken(ctx context.Context, act pierre.Act, a pierre.AdminToken) error {
	_, _, err := s.CreateAdminTokenOnce(ctx, act, a, func() ([]byte, error) { return nil, nil })
	return err
}

// CreateAdminTokenOnce keeps a new admin token. Answers and repetitions are as for [Store.ProvisionAPIKey].
func (s *Store) CreateAdminTokenOnce(
	ctx context.Context, act pierre.Act, a pierre.AdminToken, answer func() ([]byte, error),
) (first []byte, repeated bool, err error) {
	return s.changeOnce(ctx, act, "keeping admin token "+string(a.ID), func(t *tx) ([]byte, error) {
		if err := t.insertAdminToken(ctx, a); err != nil {
			return nil, err
		}
		if err := t.audit(ctx, act, "admin_token.generate", string(a.ID), adminTokenDetails(a)); err != nil {
			return nil, err
		}
		return answer()
	})
}

// RotateAdminToken lets replace make the successor of the token with that id, keeps it and revokes the old one.
func (s *Store) RotateAdminToken(
	ctx context.Context, act pierre.Act, id pierre.AdminTokenID, replace func(old pierre.AdminToken) (pierre.AdminToken, error),
) (pierre.AdminToken, error) {
	var next pierre.AdminToken
	_, _, err := s.RotateAdminTokenOnce(ctx, act, id, replace, func(made pierre.AdminToken) ([]byte, error) {
		next = made
		return nil, nil
	})
	return next, err
}

// RotateAdminTokenOnce is RotateAdminToken with answers and repetitions as for [Store.ProvisionAPIKey].
func (s *Store) RotateAdminTokenOnce(
	ctx context.Context, act pierre.Act, id pierre.AdminTokenID, replace func(old pierre.AdminToken) (pierre.AdminToken, error),
	answer func(pierre.AdminToken) ([]byte, error),
) (first []byte, repeated bool, err error) {
	return s.changeOnce(ctx, act, "rotating admin token "+string(id), func(t *tx) ([]byte, error) {
		old, err := t.adminToken(ctx, id)
		if err != nil {
			return nil, err
		}
		next, err := replace(old)
		if err != nil {
			return nil, err
		}
		if err := t.insertAdminToken(ctx, next); err != nil {
			return nil, err
		}
		if err := t.revokeAdminToken(ctx, id, act.At); err != nil {
			return nil, err
		}
		if err := t.audit(ctx, act, "admin_token.rotate", string(id), map[string]pierre.AdminTokenID{"successor": next.ID}); err != nil {
			return nil, err
		}
		return answer(next)
	})
}

// RevokeAdminToken revokes the token with that id, and returns it. Of a token that is revoked already nothing changes.
func (s *Store) RevokeAdminToken(ctx context.Context, act pierre.Act, id pierre.AdminTokenID) (pierre.AdminToken, error) {
	var a pierre.AdminToken
	err := s.update(ctx, "revoking admin token "+string(id), func(t *tx) error {
		var err error
		if a, err = t.adminToken(ctx, id); err != nil || !a.Revoked.IsZero() {
			return err
		}
		a.Revoked = act.At
		if err := t.revokeAdminToken(ctx, id, act.At); err != nil {
			return err
		}
		return t.audit(ctx, act, "admin_token.revoke", string(id), struct{}{})
	})
	return a, err
}

// TouchAdminToken notes when an admin token was last used; it never moves the time back.
func (s *Store) TouchAdminToken(ctx context.Context, id pierre.AdminTokenID, at time.Time) error {
	return s.update(ctx, "noting the last use of admin token "+string(id), func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE admin_tokens SET last_used_us = $2
			WHERE id = $1 AND (last_used_us IS NULL OR last_used_us < $2)`, id, at.UnixMicro())
		return err
	})
}

func (t *tx) adminToken(ctx context.Context, id pierre.AdminTokenID) (pierre.AdminToken, error) {
	a, err := scanAdminToken(t.row(ctx, `SELECT `+adminColumns+` FROM admin_tokens WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return a, pierre.NotFound("admin token " + string(id))
	}
	return a, err
}

func (t *tx) insertAdminToken(ctx context.Context, a pierre.AdminToken) error {
	_, err := t.exec(ctx, `INSERT INTO admin_tokens (id, service, description, permissions, created_us, expires_us)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		a.ID, a.Service, a.Description, joinPermissions(a), a.Created.UnixMicro(), micros(a.Expires))
	return err
}

func (t *tx) revokeAdminToken(ctx context.Context, id pierre.AdminTokenID, at time.Time) error {
	if _, err := t.exec(ctx, `UPDATE admin_tokens SET revoked_us = $2 WHERE id = $1`, id, at.UnixMicro()); err != nil {
		return err
	}
	return t.changed(ctx, at, pierre.Change{Kind: pierre.ChangeAdminToken, ID: string(id)})
}

func scanAdminToken(row scanner) (pierre.AdminToken, error) {
	var a pierre.AdminToken
	var permissions string
	var created int64
	var expires, revoked, lastUsed sql.NullInt64
	err := row.Scan(&a.ID, &a.Service, &a.Description, &permissions, &created, &expires, &revoked, &lastUsed)
	if err != nil {
		return pierre.AdminToken{}, err
	}
	a.Permissions, a.Unknown = pierre.SplitPermissions(permissions)
	a.Created = time.UnixMicro(created).UTC()
	a.Expires, a.Revoked, a.LastUsed = fromMicros(expires), fromMicros(revoked), fromMicros(lastUsed)
	return a, nil
}

// joinPermissions keeps the unknown ones too: a token that is rotated by an older version loses nothing.
func joinPermissions(a pierre.AdminToken) string {
	names := make([]string, 0, len(a.Permissions)+len(a.Unknown))
	for _, p := range a.Permissions {
		names = append(names, string(p))
	}
	return strings.Join(append(names, a.Unknown...), ",")
}

func adminTokenDetails(a pierre.AdminToken) any {
	return struct {
		Service     string              `json:"service"`
		Permissions []pierre.Permission `json:"permissions"`
		Expires     time.Time           `json:"expires_at,omitzero"`
	}{a.Service, a.Permissions, a.Expires}
}
