package access

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// Admin tokens follow RFC 8725: one algorithm, one issuer and audience, and a type of their own, in
// the header and in the claims, so that no other JWT signed with the same secret passes for one.
const (
	adminIssuer   = "pierre-mcp-server"
	adminAudience = "admin-api"
	adminType     = "admin+jwt"

	clockLeeway    = 30 * time.Second // admin-setup may run on another machine
	maxTokenLength = 4096
)

type adminClaims struct {
	jwt.RegisteredClaims

	Type        string              `json:"typ"`
	Service     string              `json:"service"`
	Permissions []pierre.Permission `json:"permissions"` // for the holder to know; the row decides
}

// SignAdminToken returns the token that its row t stands for. Times count in whole seconds.
func SignAdminToken(key secret.String, t pierre.AdminToken) (secret.String, error) {
	claims := adminClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    adminIssuer,
			Audience:  jwt.ClaimStrings{adminAudience},
			Subject:   string(t.ID),
			ID:        string(t.ID),
			IssuedAt:  jwt.NewNumericDate(t.Created),
			NotBefore: jwt.NewNumericDate(t.Created),
			ExpiresAt: numericDate(t.Expires),
		},
		Type:        adminType,
		Service:     t.Service,
		Permissions: t.Permissions,
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	token.Header["typ"] = adminType
	token.Header["kid"] = key.ID()
	signed, err := token.SignedString([]byte(key.Reveal()))
	return secret.New(signed), err
}

// numericDate returns nil, which leaves the claim out, for the zero time.
func numericDate(t time.Time) *jwt.NumericDate {
	if t.IsZero() {
		return nil
	}
	return jwt.NewNumericDate(t)
}

// A TokenStore is where the rows of admin tokens are kept.
type TokenStore interface {
	// AdminToken returns the row, whatever its status, or a [pierre.KindNotFound] error.
	AdminToken(ctx context.Context, id pierre.AdminTokenID) (pierre.AdminToken, error)
}

// AdminSecrets are what admin tokens are signed with.
type AdminSecrets interface {
	// JWTSecrets returns the secrets that a token may be signed with whose header has that kid; "": it has none.
	JWTSecrets(kid string) []secret.String
	// JWTSecret returns the one that new tokens are signed with.
	JWTSecret() secret.String
}

// An AdminVerifier verifies admin tokens. It reads the token's row each time, so that a token which admin-setup revoked in
// another process is refused by the next call.
type AdminVerifier struct {
	keys   AdminSecrets
	rows   TokenStore
	now    func() time.Time
	parser *jwt.Parser
	failed failures
}

// NewAdminVerifier returns a verifier of the tokens signed with one of the secrets.
func NewAdminVerifier(keys AdminSecrets, rows TokenStore, now func() time.Time) *AdminVerifier {
	return &AdminVerifier{keys: keys, rows: rows, now: now, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithIssuer(adminIssuer),
		jwt.WithAudience(adminAudience),
		jwt.WithIssuedAt(),
		jwt.WithNotBeforeRequired(),
		jwt.WithLeeway(clockLeeway),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(now),
	)}
}

// Sign returns the token that its row stands for; see [SignAdminToken].
func (v *AdminVerifier) Sign(row pierre.AdminToken) (secret.String, error) {
	return SignAdminToken(v.keys.JWTSecret(), row)
}

// Verify returns the row of the token; its permissions are the row's. A token that is missing, not valid,
// expired or revoked is a [pierre.KindUnauthenticated] error that says which, or [pierre.KindRateLimited] if too many
// came from the same client (see [WithClient]); any other error is the store's.
func (v *AdminVerifier) Verify(ctx context.Context, text string) (pierre.AdminToken, error) {
	if text == "" {
		return pierre.AdminToken{}, missingAdminToken()
	}
	row, err := v.verify(ctx, text)
	if err != nil {
		err = v.failed.check(ctx, v.now(), text, err)
	}
	return row, err
}

func (v *AdminVerifier) verify(ctx context.Context, text string) (pierre.AdminToken, error) {
	claims, err := v.parse(text)
	if err != nil {
		return pierre.AdminToken{}, err
	}
	lookup, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	row, err := v.rows.AdminToken(lookup, pierre.AdminTokenID(claims.ID))
	if pierre.KindOf(err) == pierre.KindNotFound {
		return pierre.AdminToken{}, refuse("This server does not know this admin token; was it made for another database?")
	}
	if err != nil {
		return pierre.AdminToken{}, slow(lookup, err)
	}
	now := v.now()
	switch {
	case !row.Revoked.IsZero(): // whatever the clock says: that of the machine that revoked it may be ahead
		return pierre.AdminToken{}, refuse("This admin token was revoked or rotated; use the new one.")
	case !sameSecond(claims.ExpiresAt, row.Expires):
		return pierre.AdminToken{}, invalidToken(errors.New("exp is not the row's"))
	case !row.Expires.IsZero() && !now.Before(row.Expires):
		return pierre.AdminToken{}, expiredToken()
	}
	return row, nil
}

func (v *AdminVerifier) parse(text string) (*adminClaims, error) {
	if strings.HasPrefix(text, livePrefix) || strings.HasPrefix(text, trialPrefix) {
		return nil, refuse("This is an API key, which is not a valid admin token; admin tokens are made by admin-setup generate-token.")
	}
	if len(text) > maxTokenLength {
		return nil, invalidToken(errors.New("too long"))
	}
	var claims adminClaims
	token, err := v.parser.ParseWithClaims(text, &claims, v.keysOf)
	switch {
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		e := refuse("This admin token was not signed by this server; was it made with another JWT_SECRET or data folder?")
		e.Err = err
		return nil, e
	case errors.Is(err, jwt.ErrTokenExpired):
		return nil, expiredToken()
	case err != nil:
		return nil, invalidToken(err)
	case hasCritical(token): // RFC 7515, section 4.1.11: what is not understood must be refused
		return nil, invalidToken(errors.New("the header has crit"))
	case token.Header["typ"] != adminType || claims.Type != adminType:
		return nil, invalidToken(errors.New("typ is not " + adminType))
	case claims.ID == "" || claims.Subject != claims.ID:
		return nil, invalidToken(errors.New("sub and jti differ"))
	case claims.IssuedAt == nil:
		return nil, invalidToken(errors.New("no iat"))
	}
	return &claims, nil
}

// keysOf returns what the token may be signed with. Tokens of earlier versions do not say with what.
func (v *AdminVerifier) keysOf(token *jwt.Token) (any, error) {
	kid, _ := token.Header["kid"].(string)
	var set jwt.VerificationKeySet
	for _, s := range v.keys.JWTSecrets(kid) {
		set.Keys = append(set.Keys, []byte(s.Reveal()))
	}
	if len(set.Keys) == 0 {
		return nil, jwt.ErrTokenSignatureInvalid
	}
	return set, nil
}

func hasCritical(token *jwt.Token) bool {
	_, ok := token.Header["crit"]
	return ok
}

func sameSecond(claim *jwt.NumericDate, row time.Time) bool {
	if claim == nil || row.IsZero() {
		return claim == nil && row.IsZero()
	}
	return claim.Unix() == row.Unix()
}

func expiredToken() error {
	return refuse("This admin token has expired; make a new one with admin-setup rotate-token.")
}

func invalidToken(cause error) error {
	e := refuse("This is not a valid admin token; admin tokens are made by admin-setup generate-token.")
	e.Err = cause
	return e
}
