package oauthapi

import (
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"github.com/zitadel/schema"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

const (
	maxForm         = 16 << 10 // bytes
	accessLifetime  = time.Hour
	refreshLifetime = 30 * 24 * time.Hour
)

// formDecoder reads forms into the structs of package oidc; parameters that are not known are passed over (RFC 6749,
// section 3.1).
func formDecoder() *schema.Decoder {
	d := schema.NewDecoder()
	d.IgnoreUnknownKeys(true)
	return d
}

// readForm reads the body of a request for tokens. Parameters in the URL, which ends up in logs, and those that are given
// twice are refused (RFC 6749, sections 2.3.1 and 3.2); only resource may be (RFC 8707).
func readForm(w http.ResponseWriter, r *http.Request) error {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/x-www-form-urlencoded" {
		return oidc.ErrInvalidRequest().WithDescription("Content-Type must be application/x-www-form-urlencoded.")
	}
	if r.URL.RawQuery != "" {
		return oidc.ErrInvalidRequest().WithDescription("Parameters belong into the body, not into the URL.")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return oidc.ErrInvalidRequest().WithDescription("The form cannot be read, or is too long.")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 && name != "resource" {
			return oidc.ErrInvalidRequest().WithDescription("A parameter is given twice.")
		}
	}
	return nil
}

// token exchanges a code or a refresh token (RFC 6749, sections 4.1.3 and 6).
func (s *Server) token(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	switch grant := oidc.GrantType(r.PostForm.Get("grant_type")); grant {
	case oidc.GrantTypeCode:
		return s.redeem(w, r)
	case oidc.GrantTypeRefreshToken:
		return s.refresh(w, r)
	case "":
		return oidc.ErrInvalidRequest().WithDescription("grant_type is missing.")
	default:
		return oidc.ErrUnsupportedGrantType().WithDescription("grant_type must be authorization_code or refresh_token.")
	}
}

// issued is the tokens of an exchange in clear.
type issued struct {
	access, refresh access.Token
	pair            pierre.TokenPair
}

func (s *Server) issue(g *pierre.Grant, scopes []string, now time.Time) issued {
	i := issued{access: access.GenerateToken(access.AccessToken), refresh: access.GenerateToken(access.RefreshToken)}
	i.pair = pierre.TokenPair{
		Access: i.access.Hash(), Refresh: i.refresh.Hash(), Scopes: scopes,
		AccessExpires: notAfter(now.Add(accessLifetime), g.KeyExpires), RefreshExpires: notAfter(now.Add(refreshLifetime), g.KeyExpires),
	}
	return i
}

// notAfter returns the earlier time; a zero end is never.
func notAfter(t, end time.Time) time.Time {
	if !end.IsZero() && end.Before(t) {
		return end
	}
	return t
}

func (s *Server) redeem(w http.ResponseWriter, r *http.Request) error {
	req, err := op.ParseAccessTokenRequest(r, formDecoder())
	if err == nil {
		err = checkClient(req.ClientID, req.ClientSecret, req.ClientAssertion)
	}
	switch {
	case err != nil:
		return err
	case req.Code == "":
		return oidc.ErrInvalidRequest().WithDescription("code is missing.")
	case req.RedirectURI == "":
		return oidc.ErrInvalidRequest().WithDescription("redirect_uri is missing.")
	}
	code, ok := access.ParseToken(access.Code, req.Code)
	if !ok {
		return oidc.ErrInvalidGrant().WithDescription("The authorization code is not one of this server.")
	}
	now := s.now()
	var tokens issued
	g, err := s.store.RedeemCode(r.Context(), code.Hash(), now, func(g pierre.Grant) (pierre.TokenPair, error) {
		switch {
		case g.ClientID != req.ClientID:
			return pierre.TokenPair{}, oidc.ErrInvalidGrant().WithDescription("The authorization code is another client's.")
		case g.RedirectURI != req.RedirectURI:
			return pierre.TokenPair{}, oidc.ErrInvalidGrant().WithDescription("redirect_uri is not that of the authorization request.")
		}
		if err := op.AuthorizeCodeChallenge(req.CodeVerifier, &oidc.CodeChallenge{Challenge: g.Challenge, Method: oidc.CodeChallengeMethodS256}); err != nil {
			return pierre.TokenPair{}, err
		}
		if err := s.checkResource(r.PostForm["resource"]); err != nil {
			return pierre.TokenPair{}, err
		}
		tokens = s.issue(&g, g.Scopes, now)
		return tokens.pair, nil
	})
	return s.answer(w, r, g, tokens, now, err)
}

func (s *Server) refresh(w http.ResponseWriter, r *http.Request) error {
	req, err := op.ParseRefreshTokenRequest(r, formDecoder())
	if err == nil {
		err = checkClient(req.ClientID, req.ClientSecret, req.ClientAssertion)
	}
	switch {
	case err != nil:
		return err
	case req.RefreshToken == "":
		return oidc.ErrInvalidRequest().WithDescription("refresh_token is missing.")
	}
	old, ok := access.ParseToken(access.RefreshToken, req.RefreshToken)
	if !ok {
		return oidc.ErrInvalidGrant().WithDescription("The refresh token is not one of this server.")
	}
	now := s.now()
	var tokens issued
	g, err := s.store.RefreshTokens(r.Context(), old.Hash(), now, func(g pierre.Grant) (pierre.TokenPair, error) {
		if g.ClientID != req.ClientID {
			return pierre.TokenPair{}, oidc.ErrInvalidGrant().WithDescription("The refresh token is another client's.")
		}
		if err := s.checkResource(r.PostForm["resource"]); err != nil {
			return pierre.TokenPair{}, err
		}
		wanted := knownScopes(req.Scopes)
		for _, scope := range wanted {
			if !slices.Contains(g.Scopes, scope) {
				return pierre.TokenPair{}, oidc.ErrInvalidScope().WithDescription("The scope is wider than what was granted; connect the app again.")
			}
		}
		tokens = s.issue(&g, g.Narrow(wanted), now)
		return tokens.pair, nil
	})
	return s.answer(w, r, g, tokens, now, err)
}

// answer writes the tokens of an exchange, or passes its error on.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, g pierre.Grant, tokens issued, now time.Time, err error) error {
	if pierre.KindOf(err) == pierre.KindConflict { // a theft, perhaps: what was given is revoked
		s.changed(g.KeyID)
		s.log.WarnContext(r.Context(), "a code or token was used twice; the app's access was revoked",
			slog.String("key_id", string(g.KeyID)), slog.String("client_id", g.ClientID), slog.String("request_id", web.RequestID(r.Context())))
	}
	if err != nil {
		return err
	}
	web.Claim(r.Context(), string(g.KeyID))
	noStore(w.Header())
	return web.WriteJSON(w, http.StatusOK, oidc.AccessTokenResponse{
		AccessToken:  tokens.access.Reveal(),
		TokenType:    oidc.BearerToken,
		RefreshToken: tokens.refresh.Reveal(),
		ExpiresIn:    uint64(max(1, tokens.pair.AccessExpires.Sub(now)/time.Second)),
		Scope:        tokens.pair.Scopes,
	})
}

// revoke ends the access of an app that says it needs it no more (RFC 7009). A token that is not known is as good as
// revoked.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	if err := checkClient(r.PostForm.Get("client_id"), r.PostForm.Get("client_secret"), r.PostForm.Get("client_assertion")); err != nil {
		return err
	}
	text := r.PostForm.Get("token")
	if text == "" {
		return oidc.ErrInvalidRequest().WithDescription("token is missing.")
	}
	for _, kind := range []access.TokenKind{access.RefreshToken, access.AccessToken} {
		token, ok := access.ParseToken(kind, text)
		if !ok {
			continue
		}
		key, err := s.store.RevokeToken(r.Context(), token.Hash(), r.PostForm.Get("client_id"), s.now())
		if err == nil {
			s.changed(key)
		} else if pierre.KindOf(err) != pierre.KindNotFound {
			return err
		}
	}
	noStore(w.Header())
	w.WriteHeader(http.StatusOK)
	return nil
}

// checkClient refuses clients that try to authenticate: none of them has a secret.
func checkClient(id, secret, assertion string) error {
	switch {
	case id == "":
		return oidc.ErrInvalidClient().WithDescription("client_id is missing.")
	case secret != "" || assertion != "":
		return oidc.ErrInvalidClient().WithDescription("Clients of this server have no secret; use token_endpoint_auth_method none.")
	default:
		return nil
	}
}

// checkResource refuses tokens for other servers (RFC 8707, section 2). The endpoint is the only resource here; some
// clients name it by the origin.
func (s *Server) checkResource(resources []string) error {
	for _, resource := range resources {
		if resource != Resource(s.issuer) && resource != s.issuer && resource != s.issuer+"/" {
			return oidc.ErrInvalidTarget().WithDescription("The resource must be that of this server's metadata.")
		}
	}
	return nil
}

// knownScopes returns those of the scopes that this server knows; it passes over others, as RFC 6749, section 3.3, allows.
// offline_access is one of those: it asks for a refresh token, which every client gets.
func knownScopes(scopes []string) []string {
	return slices.DeleteFunc(pierre.Scopes(), func(scope string) bool { return !slices.Contains(scopes, scope) })
}
