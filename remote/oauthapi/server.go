// Package oauthapi is the OAuth front of the MCP endpoint, for hosts that cannot send an API key: a person gives the key
// once, on a page of this server, and the host gets tokens that stand for it.
//
// It is an authorization server in the sense of OAuth 2.1 as the MCP specification 2026-07-28 asks for one: authorization
// codes with PKCE (RFC 7636, S256 only), public clients, which register themselves (RFC 7591) or are described at their
// client id's URL, rotating refresh tokens, and the metadata by which clients find all of that (RFC 8414, RFC 9728). The
// grammar is zitadel/oidc's; see docs/decisions/0006-oauth-grants-stand-for-keys.md. Package access verifies keys and
// tokens, the store keeps grants, and package clientdoc fetches clients' documents.
package oauthapi

import (
	"context"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/clientdoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// A Store keeps apps, grants and the hashes of their codes and tokens.
type Store interface {
	ClientStore
	GrantStore
}

// A ClientStore keeps the apps that registered themselves.
type ClientStore interface {
	RegisterOAuthClient(ctx context.Context, c pierre.OAuthClient, most int) error
	OAuthClient(ctx context.Context, id string) (pierre.OAuthClient, error)
}

// A GrantStore keeps grants. What its methods promise is said at those of package store.
type GrantStore interface {
	BeginGrant(ctx context.Context, g pierre.Grant, code [32]byte) error
	RedeemCode(ctx context.Context, code [32]byte, now time.Time, issue func(pierre.Grant) (pierre.TokenPair, error)) (pierre.Grant, error)
	RefreshTokens(ctx context.Context, refresh [32]byte, now time.Time, issue func(pierre.Grant) (pierre.TokenPair, error)) (pierre.Grant, error)
	RevokeToken(ctx context.Context, token [32]byte, clientID string, now time.Time) (pierre.KeyID, error)
}

// Keys verify API keys; errors are as for [access.Verifier.Verify].
type Keys interface {
	Verify(ctx context.Context, key string) (access.Principal, error)
}

// A Sealer encrypts what a person's browser brings back, bound to its purpose.
type Sealer interface {
	Seal(plaintext, purpose []byte) []byte
	Open(sealed, purpose []byte) ([]byte, error)
}

// Documents are the metadata documents of apps.
type Documents interface {
	Fetch(ctx context.Context, clientID string) (clientdoc.Document, error)
}

// Options are what a Server may have in addition; the zero value works.
type Options struct {
	Changes        access.KeyListener // is told when grants of a key were revoked; nil: nobody
	Documents      Documents          // nil: fetched from the public internet
	TrustedProxies []netip.Prefix     // peers whose X-Forwarded-For is believed
	Log            *slog.Logger       // nil: nothing is logged
	Now            func() time.Time   // nil: time.Now
}

// A Server serves the OAuth front. It is safe for concurrent use.
type Server struct {
	issuer string
	store  Store
	keys   Keys
	sealer Sealer
	opts   Options
	log    *slog.Logger
	now    func() time.Time
	pages  *template.Template
	asked  arrivals // documents that were asked for
	came   arrivals // registrations
	mux    *http.ServeMux
}

// The routes.
const (
	resourcePath  = "/.well-known/oauth-protected-resource"
	metadataPath  = "/.well-known/oauth-authorization-server"
	openIDPath    = "/.well-known/openid-configuration"
	authorizePath = "/oauth/authorize"
	tokenPath     = "/oauth/token" //nolint:gosec // it is no credential
	registerPath  = "/oauth/register"
	revokePath    = "/oauth/revoke"
	mcpPath       = "/mcp"
)

// Routes lists the paths that a Server serves.
func Routes() []string {
	return []string{resourcePath, resourcePath + mcpPath, metadataPath, openIDPath, authorizePath, tokenPath, registerPath, revokePath}
}

// Resource returns the URL of the MCP endpoint of a server that clients reach at the origin issuer.
func Resource(issuer string) string { return issuer + mcpPath }

// ResourceMetadata returns the URL of the document by which clients of that endpoint find the OAuth front.
func ResourceMetadata(issuer string) string { return issuer + resourcePath + mcpPath }

// New returns a Server for the MCP endpoint of the origin issuer, such as https://fit.example.com.
func New(issuer string, store Store, keys Keys, sealer Sealer, opts Options) (*Server, error) {
	s := &Server{issuer: issuer, store: store, keys: keys, sealer: sealer, opts: opts, log: opts.Log, now: opts.Now, mux: http.NewServeMux()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.opts.Documents == nil {
		s.opts.Documents = clientdoc.New(clientdoc.Options{})
	}
	s.asked, s.came = arrivals{most: maxDocuments}, arrivals{most: maxRegistrations}
	var err error
	if s.pages, err = template.New("page").Parse(pageHTML); err != nil {
		return nil, err
	}
	return s, s.route()
}

// route mounts the routes: those for programs, which any web page may call as none of them takes cookies, and those for
// people.
func (s *Server) route() error {
	s.api("GET", resourcePath, s.resource(s.issuer))
	s.api("GET", resourcePath+mcpPath, s.resource(Resource(s.issuer)))
	s.api("GET", metadataPath, s.metadata)
	s.api("GET", openIDPath, s.metadata)
	s.api("POST", tokenPath, s.token)
	s.api("POST", revokePath, s.revoke)
	s.api("POST", registerPath, s.register)
	fromHere := http.NewCrossOriginProtection()
	if err := fromHere.AddTrustedOrigin(s.issuer); err != nil { // behind a proxy Host may be another
		return err
	}
	fromHere.SetDenyHandler(s.page(func(http.ResponseWriter, *http.Request) error { return errForeignForm() }))
	s.mux.Handle("GET "+authorizePath, s.page(s.authorize))
	s.mux.Handle("POST "+authorizePath, fromHere.Handler(s.page(s.consent)))
	s.mux.Handle(authorizePath, web.OnlyMethods(s.log, http.MethodGet, http.MethodPost))
	return nil
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// api mounts a route for programs: h answers, or returns an error, which is answered as RFC 6749, section 5.2, has it.
func (s *Server) api(method, path string, h web.HandlerFunc) {
	s.mux.HandleFunc(method+" "+path, func(w http.ResponseWriter, r *http.Request) {
		allowAnyOrigin(w.Header())
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
	s.mux.HandleFunc("OPTIONS "+path, func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		allowAnyOrigin(h)
		h.Set("Access-Control-Allow-Methods", method)
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, MCP-Protocol-Version")
		h.Set("Access-Control-Max-Age", "7200")
		w.WriteHeader(http.StatusNoContent)
	})
	s.mux.Handle(path, web.OnlyMethods(s.log, method))
}

func allowAnyOrigin(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After, X-Request-Id")
}

// changed tells those who remember the key's tokens that some of them were revoked.
func (s *Server) changed(key pierre.KeyID) {
	if s.opts.Changes != nil {
		s.opts.Changes.Changed(key)
	}
}
