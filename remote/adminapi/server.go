// Package adminapi is the operator's HTTP API: API keys, their limits and usage, and the audit log. It has the wire types,
// the server and a typed client. Package access verifies the admin tokens, package usage makes the reports.
// openapi.json describes the routes; errors are problem documents (RFC 9457) with "success": false.
package adminapi

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/internal/web"
)

// A Store is where API keys and the audit log are kept.
type Store interface {
	keyReader
	keyWriter
	tierKeeper
	customerKeeper
	tokenKeeper

	AuditLog(ctx context.Context, q pierre.AuditQuery) (pierre.AuditPage, error)
}

type keyReader interface {
	APIKey(ctx context.Context, id pierre.KeyID) (pierre.APIKey, error)
	APIKeys(ctx context.Context, q pierre.KeyQuery) (pierre.KeyPage, error)
	LiveGrants(ctx context.Context, key pierre.KeyID, now time.Time) (int, error)
	ConnectedApps(ctx context.Context, key pierre.KeyID, now time.Time, limit int) ([]pierre.ConnectedApp, error)
}

// A keyWriter changes keys. The answer functions are called within the change's transaction; what they return is
// kept, if the act is to happen once, and comes back as the first answer.
type keyWriter interface {
	ProvisionAPIKey(ctx context.Context, act pierre.Act, k pierre.APIKey,
		answer func(pierre.APIKey) ([]byte, error)) (first []byte, repeated bool, err error)
	RotateAPIKey(ctx context.Context, act pierre.Act, id pierre.KeyID, replace func(old *pierre.APIKey) (pierre.APIKey, error),
		answer func(pierre.APIKey) ([]byte, error)) (first []byte, repeated bool, err error)
	UpdateAPIKey(ctx context.Context, act pierre.Act, id pierre.KeyID, change func(*pierre.APIKey) error) (pierre.APIKey, error)
	RevokeAPIKey(ctx context.Context, act pierre.Act, id pierre.KeyID) (pierre.APIKey, error)
	RevokeGrant(ctx context.Context, act pierre.Act, key pierre.KeyID, id pierre.GrantID) (pierre.ConnectedApp, error)
}

// A tierKeeper keeps tiers.
type tierKeeper interface {
	Tiers(ctx context.Context) ([]pierre.Plan, error)
	Tier(ctx context.Context, name pierre.Tier) (pierre.Plan, error)
	Plan(ctx context.Context, name pierre.Tier) (pierre.Plan, error)
	PutTier(ctx context.Context, act pierre.Act, p pierre.Plan) (made bool, err error)
	RemoveTier(ctx context.Context, act pierre.Act, name pierre.Tier) error
}

// A customerKeeper keeps the users that have keys.
type customerKeeper interface {
	Customers(ctx context.Context, q pierre.CustomerQuery) (pierre.CustomerPage, error)
	Customer(ctx context.Context, id pierre.UserID, q pierre.CustomerQuery) (pierre.Customer, error)
	UpdateCustomer(ctx context.Context, act pierre.Act, id pierre.UserID, tier pierre.Tier, change func(*pierre.User) error) error
	DeleteCustomer(ctx context.Context, act pierre.Act, id pierre.UserID) ([]pierre.KeyID, error)
}

// A tokenKeeper keeps admin tokens. The answer functions are as a keyWriter's.
type tokenKeeper interface {
	AdminTokens(ctx context.Context) ([]pierre.AdminToken, error)
	CreateAdminTokenOnce(ctx context.Context, act pierre.Act, a pierre.AdminToken,
		answer func() ([]byte, error)) (first []byte, repeated bool, err error)
	RotateAdminTokenOnce(ctx context.Context, act pierre.Act, id pierre.AdminTokenID,
		replace func(old pierre.AdminToken) (pierre.AdminToken, error),
		answer func(pierre.AdminToken) ([]byte, error)) (first []byte, repeated bool, err error)
	RevokeAdminToken(ctx context.Context, act pierre.Act, id pierre.AdminTokenID) (pierre.AdminToken, error)
	TouchAdminToken(ctx context.Context, id pierre.AdminTokenID, at time.Time) error
}

// An Authenticator verifies and signs admin tokens.
type Authenticator interface {
	Verify(ctx context.Context, token string) (pierre.AdminToken, error)
	Sign(row pierre.AdminToken) (secret.String, error)
}

// A UsageReader reports what calls add up to: those of a key in [from, to), or those that are asked for.
type UsageReader interface {
	Report(ctx context.Context, key pierre.KeyID, from, to time.Time) (usage.Report, error)
	Breakdown(ctx context.Context, q pierre.UsageQuery, page usage.Page) (usage.Breakdown, error)
}

// A Sealer encrypts answers that hold a fresh key while a repeated request may still get them.
type Sealer interface {
	Seal(plaintext, purpose []byte) []byte
	Open(sealed, purpose []byte) ([]byte, error)
}

// Options are what a Server can do without.
type Options struct {
	Keys access.KeyListener // is told of changed keys; nil: nobody
	// Leave ends the access to other services before a user is deleted, also that of the user's athletes; nil: there is none.
	Leave func(ctx context.Context, user pierre.UserID)
	Live  LiveUsage        // nil: no live numbers
	Tools []string         // the names of all tools, which rules may name; nil: any name
	Log   *slog.Logger     // nil: no log
	Now   func() time.Time // nil: time.Now
}

// A Server serves /admin/.
type Server struct {
	store  Store
	auth   Authenticator
	usage  UsageReader
	sealer Sealer
	opts   Options
	mux    *http.ServeMux

	heartbeat time.Duration // of streams
}

// New returns a Server.
func New(store Store, auth Authenticator, reports UsageReader, sealer Sealer, opts Options) *Server {
	if opts.Keys == nil {
		opts.Keys = access.KeyListeners{}
	}
	if opts.Leave == nil {
		opts.Leave = func(context.Context, pierre.UserID) {}
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Server{store: store, auth: auth, usage: reports, sealer: sealer, opts: opts, mux: http.NewServeMux(), heartbeat: heartbeat}
	s.mount()
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Answers are about persons, and some hold a key.
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	s.mux.ServeHTTP(w, r)
}

// A route is served to admin tokens that have its permission.
type route struct {
	method, path string
	permission   pierre.Permission // "": any token
	serve        func(w http.ResponseWriter, r *http.Request, caller pierre.AdminToken) error
}

func (s *Server) routes() []route {
	return []route{
		{"POST", "/admin/provision-api-key", pierre.PermProvisionKeys, s.provision},
		{"GET", "/admin/api-keys", pierre.PermListKeys, s.list},
		{"GET", "/admin/api-keys/{id}", pierre.PermListKeys, s.get},
		{"PATCH", "/admin/api-keys/{id}", pierre.PermUpdateKeyLimits, s.update},
		{"DELETE", "/admin/api-keys/{id}", pierre.PermRevokeKeys, s.revoke},
		{"POST", "/admin/api-keys/{id}/rotate", pierre.PermProvisionKeys, s.rotate},
		{"GET", "/admin/api-keys/{id}/usage", pierre.PermListKeys, s.report},
		{"GET", "/admin/api-keys/{id}/grants", pierre.PermListKeys, s.listApps},
		{"DELETE", "/admin/api-keys/{id}/grants/{grant}", pierre.PermRevokeKeys, s.revokeApp},
		{"GET", "/admin/tiers", pierre.PermListKeys, s.listTiers},
		{"GET", "/admin/tiers/{name}", pierre.PermListKeys, s.getTier},
		{"PUT", "/admin/tiers/{name}", pierre.PermUpdateKeyLimits, s.putTier},
		{"DELETE", "/admin/tiers/{name}", pierre.PermUpdateKeyLimits, s.removeTier},
		{"GET", "/admin/usage", pierre.PermListKeys, s.breakdown},
		{"GET", "/admin/users", pierre.PermManageUsers, s.listUsers},
		{"GET", "/admin/users/{id}", pierre.PermManageUsers, s.getUser},
		{"PATCH", "/admin/users/{id}", pierre.PermManageUsers, s.updateUser},
		{"DELETE", "/admin/users/{id}", pierre.PermManageUsers, s.deleteUser},
		{"GET", "/admin/tokens", pierre.PermManageAdminTokens, s.listTokens},
		{"POST", "/admin/tokens", pierre.PermManageAdminTokens, s.createToken},
		{"DELETE", "/admin/tokens/{id}", pierre.PermManageAdminTokens, s.revokeToken},
		{"POST", "/admin/tokens/{id}/rotate", pierre.PermManageAdminTokens, s.rotateToken},
		{"GET", "/admin/events", pierre.PermListKeys, s.events},
		{"GET", "/admin/audit", pierre.PermViewAuditLogs, s.audit},
		{"GET", "/admin/token-info", "", s.tokenInfo},
	}
}

const documentPath = "/admin/openapi.json"

func (s *Server) mount() {
	methods := map[string][]string{}
	for _, rt := range s.routes() {
		methods[rt.path] = append(methods[rt.path], rt.method)
		s.mux.Handle(rt.method+" "+rt.path, web.Handle(s.opts.Log, s.guard(rt)))
	}
	s.mux.HandleFunc("GET "+documentPath, serveDocument)
	methods[documentPath] = []string{"GET"}
	for path, allowed := range methods {
		slices.Sort(allowed)
		s.mux.Handle(path, web.OnlyMethods(s.opts.Log, allowed...))
	}
	s.mux.Handle("/", web.Handle(s.opts.Log, func(http.ResponseWriter, *http.Request) error {
		return &pierre.Error{Kind: pierre.KindNotFound, Msg: "There is no such route; /admin/openapi.json lists them."}
	}))
}
