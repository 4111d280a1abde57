package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// repeatedRefreshFor is how long a refresh token that was exchanged may be exchanged again: its client may not have got
// the answer, or refresh in two processes at once. Later it is a stolen one, or the client's own after a theft.
const repeatedRefreshFor = 10 * time.Second

const (
	accessToken  = "access"
	refreshToken = "refresh"
)

func grantRow(g *pierre.Grant) row {
	return row{
		{"id", &g.ID, false},
		{"key_id", &g.KeyID, false},
		{"client_id", &g.ClientID, false},
		{"client_name", &g.ClientName, false},
		{"redirect_uri", &g.RedirectURI, false},
		{"challenge", &g.Challenge, false},
		{"scopes", jsonText{&g.Scopes, false}, false},
		{"resource", &g.Resource, false},
		{"code_expires_us", instant{&g.CodeExpires}, false},
		{"created_us", instant{&g.Created}, false},
	}
}

// A grantState is a grant as it stands in the database, with what decides whether it may be used.
type grantState struct {
	pierre.Grant

	redeemed, ended, keyRevoked time.Time
}

// grant reads a grant with its key; where is a condition on g, and on t, a token of it, if it is joined.
func (t *tx) grant(ctx context.Context, join, where string, arg any, more ...any) (grantState, error) {
	var g grantState
	r := grantRow(&g.Grant)
	into := append(r.values(), instant{&g.redeemed}, instant{&g.ended}, instant{&g.keyRevoked}, instant{&g.KeyExpires})
	err := t.row(ctx, `SELECT `+r.names("g.")+`, g.redeemed_us, g.ended_us, k.revoked_us, k.expires_us`+columnsOf(join)+`
		FROM oauth_grants g JOIN api_keys k ON k.id = g.key_id `+join+` WHERE `+where, arg).Scan(append(into, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return g, pierre.NotFound("the code or token")
	}
	return g, err
}

const joinTokens = `JOIN oauth_tokens t ON t.grant_id = g.id` //nolint:gosec // it is no credential

// columnsOf returns the columns of a token, if tokens are joined.
func columnsOf(join string) string {
	if join == "" {
		return ""
	}
	return `, t.kind, t.expires_us, t.used_us`
}

// usable reports why nothing may be issued for the grant any more, if so.
func (g *grantState) usable(now time.Time) error {
	switch {
	case !g.ended.IsZero():
		return denied("The access was revoked; connect the app again.")
	case !g.keyRevoked.IsZero():
		return denied("The access key was revoked; connect the app again with a new one.")
	case !g.KeyExpires.IsZero() && !now.Before(g.KeyExpires):
		return denied("The access key has expired; connect the app again with a new one.")
	default:
		return nil
	}
}

func denied(msg string) error { return &pierre.Error{Kind: pierre.KindDenied, Msg: msg} }

// BeginGrant keeps a grant whose authorization code has that hash.
func (s *Store) BeginGrant(ctx context.Context, g pierre.Grant, code [32]byte) error {
	return s.update(ctx, "keeping a grant", func(t *tx) error {
		r := append(grantRow(&g), column{"code_hash", hash{&code}, false})
		if _, err := t.exec(ctx, r.insert("oauth_grants"), r.values()...); err != nil {
			return err
		}
		_, err := t.exec(ctx, `UPDATE oauth_clients SET used_us = $2 WHERE id = $1`, g.ClientID, g.Created.UnixMicro())
		return err
	})
}

// RedeemCode exchanges an authorization code, once. It lets issue check the request and make the tokens; issue may be
// called again. A code that is not known is [pierre.KindNotFound], and one that may not be used [pierre.KindDenied]. One
// that was redeemed before is [pierre.KindConflict] and ends the grant: one of the two who had it was a thief (RFC 6749,
// section 4.1.2).
func (s *Store) RedeemCode(
	ctx context.Context, code [32]byte, now time.Time, issue func(pierre.Grant) (pierre.TokenPair, error),
) (pierre.Grant, error) {
	var g grantState
	var reused bool
	err := s.update(ctx, "redeeming an authorization code", func(t *tx) (err error) {
		if g, err = t.grant(ctx, "", "g.code_hash = $1", code[:]); err != nil {
			return err
		}
		if reused = !g.redeemed.IsZero(); reused {
			return t.endGrant(ctx, &g, now, pierre.ChangeKey)
		}
		if err := g.usable(now); err != nil {
			return err
		}
		if !now.Before(g.CodeExpires) {
			return denied("The authorization code has expired; connect the app again.")
		}
		pair, err := issue(g.Grant)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE oauth_grants SET redeemed_us = $2 WHERE id = $1`, g.ID, now.UnixMicro()); err != nil {
			return err
		}
		return t.insertTokens(ctx, g.ID, pair, now)
	})
	if err == nil && reused {
		err = &pierre.Error{Kind: pierre.KindConflict, Msg: "The authorization code was used before; the access that it gave was revoked."}
	}
	return g.Grant, err
}

// RefreshTokens exchanges a refresh token. issue and the errors are as for [Store.RedeemCode]: a token that was exchanged
// before ends the grant (RFC 9700, section 4.14.2), unless that was a moment ago.
func (s *Store) RefreshTokens(
	ctx context.Context, refresh [32]byte, now time.Time, issue func(pierre.Grant) (pierre.TokenPair, error),
) (pierre.Grant, error) {
	var g grantState
	var reused bool
	err := s.update(ctx, "refreshing tokens", func(t *tx) (err error) {
		var kind string
		var expires, used time.Time
		g, err = t.grant(ctx, joinTokens, "t.hash = $1", refresh[:], &kind, instant{&expires}, instant{&used})
		if err == nil && kind != refreshToken {
			err = pierre.NotFound("the code or token")
		}
		if err == nil {
			err = g.usable(now)
		}
		if err != nil {
			return err
		}
		pair, err := issue(g.Grant)
		if err != nil {
			return err
		}
		if reused = !used.IsZero() && now.Sub(used) >= repeatedRefreshFor; reused {
			return t.endGrant(ctx, &g, now, pierre.ChangeKey)
		}
		if !now.Before(expires) {
			return denied("The refresh token has expired; connect the app again.")
		}
		if _, err := t.exec(ctx, `UPDATE oauth_tokens SET used_us = $2 WHERE hash = $1 AND used_us IS NULL`, refresh[:], now.UnixMicro()); err != nil {
			return err
		}
		return t.insertTokens(ctx, g.ID, pair, now)
	})
	if err == nil && reused {
		err = &pierre.Error{Kind: pierre.KindConflict, Msg: "The refresh token was used before; the access was revoked."}
	}
	return g.Grant, err
}

// RevokeToken ends the grant of an access or refresh token of that client, and returns the key that it was for. One that
// is not known, or another client's, is [pierre.KindNotFound].
func (s *Store) RevokeToken(ctx context.Context, token [32]byte, clientID string, now time.Time) (pierre.KeyID, error) {
	var g grantState
	err := s.update(ctx, "revoking a token", func(t *tx) (err error) {
		var kind string
		var expires, used time.Time
		g, err = t.grant(ctx, joinTokens, "t.hash = $1", token[:], &kind, instant{&expires}, instant{&used})
		if err != nil {
			return err
		}
		if g.ClientID != clientID {
			return pierre.NotFound("the code or token")
		}
		return t.endGrant(ctx, &g, now, pierre.ChangeKey)
	})
	return g.KeyID, err
}

// AccessToken returns what is known of the access token with that hash.
func (s *Store) AccessToken(ctx context.Context, token [32]byte) (pierre.AccessToken, error) {
	var a pierre.AccessToken
	err := s.row(ctx, `SELECT g.id, g.key_id, k.hash, t.scopes, g.resource, t.expires_us, g.ended_us
		FROM oauth_tokens t JOIN oauth_grants g ON g.id = t.grant_id JOIN api_keys k ON k.id = g.key_id
		WHERE t.hash = $1 AND t.kind = $2`, token[:], accessToken).
		Scan(&a.GrantID, &a.KeyID, hash{&a.KeyHash}, jsonText{&a.Scopes, false}, &a.Resource, instant{&a.Expires}, instant{&a.Ended})
	return a, s.classify(err, "the access token")
}

func (t *tx) insertTokens(ctx context.Context, id pierre.GrantID, p pierre.TokenPair, now time.Time) error {
	for _, token := range []struct {
		kind    string
		hash    [32]byte
		expires time.Time
	}{{accessToken, p.Access, p.AccessExpires}, {refreshToken, p.Refresh, p.RefreshExpires}} {
		_, err := t.exec(ctx, `INSERT INTO oauth_tokens (hash, grant_id, kind, scopes, created_us, expires_us) VALUES ($1, $2, $3, $4, $5, $6)`,
			token.hash[:], id, token.kind, jsonText{&p.Scopes, false}, now.UnixMicro(), token.expires.UnixMicro())
		if err != nil {
			return err
		}
	}
	return nil
}

// endGrant revokes the grant, and with it all its tokens. Servers that remember tokens of the key are told of a change of that kind.
func (t *tx) endGrant(ctx context.Context, g *grantState, now time.Time, kind pierre.ChangeKind) error {
	if !g.ended.IsZero() {
		return nil
	}
	if _, err := t.exec(ctx, `UPDATE oauth_grants SET ended_us = $2 WHERE id = $1`, g.ID, now.UnixMicro()); err != nil {
		return err
	}
	return t.keyChanged(ctx, now, kind, g.KeyID)
}
