package staff

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
)

// OIDC signs staff in with accounts of another site (OpenID Connect), which is then the only way. Who may is who has an
// account or an invitation for the address that the other site says it has checked.
type OIDC struct {
	config OIDCConfig
	client *http.Client

	mu    sync.Mutex
	known *issuer // nil: it was not reached yet
}

// An issuer is what the other site says of how it signs people in.
type issuer struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	config   oauth2.Config
}

const callbackPath = "/admin/sign-in/oidc/callback"

// OIDCConfig says which site signs people in.
type OIDCConfig struct {
	Name   string // for the button, such as "Example SSO"
	Issuer string // the origin, or more, that its tokens name
	Client string // the id that it knows this site by
	Secret secret.String
	Base   string // this site's origin; its callback is /admin/sign-in/oidc/callback
}

const oidcWait = 10 * time.Second // for each answer of the other site

// NewOIDC returns a way to sign in at the issuer. It is first asked when somebody signs in, so that a site starts while the
// issuer is away.
func NewOIDC(c OIDCConfig, transport http.RoundTripper) *OIDC {
	return &OIDC{config: c, client: &http.Client{Timeout: oidcWait, Transport: transport}}
}

// issuer returns what the issuer says, which it is asked for until it answers once.
func (o *OIDC) issuer(ctx context.Context) (*issuer, error) {
	o.mu.Lock()
	known := o.known
	o.mu.Unlock()
	if known != nil {
		return known, nil
	}
	c := o.config
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, o.client), c.Issuer)
	if err != nil {
		return nil, &pierre.Error{
			Kind: pierre.KindUnavailable, Msg: c.Name + " does not answer, so nobody can sign in. Try again in a minute.",
			Err: fmt.Errorf("asking %s how it signs people in: %w", c.Issuer, err),
		}
	}
	known = &issuer{
		provider: provider, verifier: provider.Verifier(&oidc.Config{ClientID: c.Client}),
		config: oauth2.Config{
			ClientID: c.Client, ClientSecret: c.Secret.Reveal(), Endpoint: provider.Endpoint(),
			RedirectURL: c.Base + callbackPath, Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
		},
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.known = known
	return known, nil
}

// beginOIDC sends the browser to the other site.
func (s *Service) beginOIDC(w http.ResponseWriter, r *http.Request) error {
	at, err := s.opts.OIDC.issuer(r.Context())
	if err != nil {
		return err
	}
	p := pending{
		Next: route.Local(r.URL.Query().Get("next"), home), State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
	}
	if err := s.begin(w, r, "", db.StageBegun, p.encode()); err != nil {
		return err
	}
	return goTo(w, r, at.config.AuthCodeURL(p.State, oidc.Nonce(p.Nonce), oauth2.S256ChallengeOption(p.Verifier)))
}

// finishOIDC signs in whom the other site vouches for.
func (s *Service) finishOIDC(w http.ResponseWriter, r *http.Request) error {
	refused := func(err error) error {
		return &pierre.Error{Kind: pierre.KindUnauthenticated, Msg: "Signing in did not work. Begin again.", Err: err}
	}
	v, _, err := s.session(r)
	if err != nil || v.Stage != db.StageBegun {
		return refused(err)
	}
	p, q := pendingOf(v), r.URL.Query()
	if p.State == "" || subtle.ConstantTimeCompare([]byte(p.State), []byte(q.Get("state"))) != 1 {
		return refused(fmt.Errorf("the state is not the one of this browser's sign-in"))
	}
	if err := s.db.DropSession(r.Context(), v.Hash); err != nil { // each is answered once
		return err
	}
	who, err := s.opts.OIDC.identify(r.Context(), q.Get("code"), p)
	if err != nil {
		return refused(err)
	}
	of, err := s.admitted(r.Context(), who)
	if err != nil {
		return err
	}
	if err := s.finish(w, r, of, s.opts.OIDC.config.Name); err != nil {
		return err
	}
	return goTo(w, r, p.Next)
}

// An identity is what the other site says of somebody.
type identity struct {
	Email    string `json:"email"`
	Verified bool   `json:"email_verified"`
	Name     string `json:"name"`
}

// identify exchanges the code of a sign-in for what the issuer says of who signed in there.
func (o *OIDC) identify(ctx context.Context, code string, p pending) (identity, error) {
	var who identity
	at, err := o.issuer(ctx)
	if err != nil {
		return who, err
	}
	ctx = oidc.ClientContext(ctx, o.client)
	tokens, err := at.config.Exchange(ctx, code, oauth2.VerifierOption(p.Verifier))
	if err != nil {
		return who, fmt.Errorf("exchanging the code: %w", err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return who, fmt.Errorf("the issuer sent no ID token")
	}
	token, err := at.verifier.Verify(ctx, raw)
	if err != nil {
		return who, fmt.Errorf("checking the ID token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(p.Nonce)) != 1 {
		return who, fmt.Errorf("the ID token is for another sign-in")
	}
	if err := token.Claims(&who); err != nil {
		return who, fmt.Errorf("reading the ID token: %w", err)
	}
	if who.Email == "" { // issuers may say it only when they are asked
		info, err := at.provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		if err != nil {
			return who, fmt.Errorf("asking who signed in: %w", err)
		}
		if info.Subject != token.Subject {
			return who, fmt.Errorf("the issuer told of somebody else")
		}
		if err := info.Claims(&who); err != nil {
			return who, fmt.Errorf("reading who signed in: %w", err)
		}
	}
	return who, nil
}

// admitted returns the account of somebody. An invitation makes it; a link of the operator's gives an account its role.
func (s *Service) admitted(ctx context.Context, who identity) (db.Staff, error) {
	denied := &pierre.Error{Kind: pierre.KindDenied, Msg: "You have no account here. Ask an owner to invite your e-mail address."}
	email, err := pierre.NormalizeEmail(who.Email)
	if err != nil || !who.Verified {
		return db.Staff{}, denied
	}
	of, err := s.db.StaffByEmail(ctx, email)
	if err == nil {
		return s.promoted(ctx, of)
	}
	if pierre.KindOf(err) != pierre.KindNotFound {
		return of, err
	}
	name := who.Name
	if checkName(name) != nil {
		name = ""
	}
	of, err = s.db.UseInvitation(ctx, "", db.Staff{ID: newID(), Email: email, Name: name, Created: s.opts.Now()})
	if pierre.KindOf(err) == pierre.KindNotFound {
		return of, denied
	}
	return of, err
}

// promoted uses up the link that the operator's shell made for an account, if there is one.
func (s *Service) promoted(ctx context.Context, of db.Staff) (db.Staff, error) {
	l, err := s.db.LinkTo(ctx, of.Email, db.LinkReset, s.opts.Now())
	if pierre.KindOf(err) == pierre.KindNotFound || err == nil && l.By != operator {
		return of, nil
	}
	if err != nil {
		return of, err
	}
	return s.db.ResetStaff(ctx, db.Act{Person: of.Email, At: s.opts.Now()}, of.ID, l, func(of *db.Staff) { of.Role = l.Role })
}
