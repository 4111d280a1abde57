package oauthapi

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// codeLifetime is how long an app has to exchange its code (RFC 6749, section 4.1.2, allows ten minutes at most).
const codeLifetime = time.Minute

// consent takes a person's decision: the form of the page that authorize shows.
func (s *Server) consent(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return badRequest("The form cannot be read. Go back to the app and connect it again.")
	}
	p, err := s.unseal(r, r.PostForm.Get("request"))
	if err != nil {
		return err
	}
	if r.PostForm.Get("decision") != "allow" {
		return s.refuse(w, r, p, oidc.ErrAccessDenied().WithDescription("The access was not given."))
	}
	key := strings.TrimSpace(r.PostForm.Get("key"))
	if key == "" {
		return s.ask(w, r, http.StatusUnprocessableEntity, p, "Enter your access key.")
	}
	who, err := s.keys.Verify(r.Context(), key)
	switch status := web.Status(err); {
	case err == nil && who.Type == pierre.KeyApplication:
		return s.ask(w, r, http.StatusUnprocessableEntity, p, "This key is an application's, and no one person's; enter a key of your own.")
	case err == nil:
		return s.allow(w, r, p, who)
	case status == http.StatusInternalServerError || web.ClientGone(r, err):
		return err
	case status == http.StatusUnauthorized:
		return s.ask(w, r, http.StatusUnprocessableEntity, p, pierre.MessageOf(err, ""))
	default: // too many tries, a busy server, a network from which the key may not be used
		web.SetAdvice(w.Header(), err, true)
		return s.ask(w, r, status, p, pierre.MessageOf(err, ""))
	}
}

// allow keeps the grant and sends the app its code.
func (s *Server) allow(w http.ResponseWriter, r *http.Request, p pending, who access.Principal) error {
	web.Claim(r.Context(), string(who.KeyID))
	now := s.now()
	code := access.GenerateToken(access.Code)
	g := pierre.Grant{
		ID: pierre.NewGrantID(), KeyID: who.KeyID, ClientID: p.ClientID, ClientName: p.ClientName, RedirectURI: p.Redirect,
		Challenge: p.Challenge, Scopes: p.Scopes, Resource: Resource(s.issuer), Created: now, CodeExpires: now.Add(codeLifetime),
	}
	if err := s.store.BeginGrant(r.Context(), g, code.Hash()); err != nil {
		return err
	}
	s.log.InfoContext(r.Context(), "a person gave an app access", slog.String("key_id", string(g.KeyID)), slog.String("grant_id", string(g.ID)),
		slog.String("client_id", g.ClientID), slog.String("client_name", g.ClientName), slog.String("request_id", web.RequestID(r.Context())))
	return s.sendBack(w, r, p, authorizationCode{Code: code.Reveal(), State: p.State, Issuer: s.issuer})
}
