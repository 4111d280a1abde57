// Package clientapi serves /v1/: what the holder of a key may ask of the server besides MCP. It owns the routes, their
// JSON and their OpenAPI document. Keys are package access's, limits package allowance's, athletes the store's.
//
// Nothing here is a tool call: it neither counts against a limit nor is it refused by one.
package clientapi

import (
	"context"
	_ "embed"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/allowance"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// An Authenticator finds the holder of a key. Its errors are [pierre.KindUnauthenticated] if the key is not accepted.
type Authenticator interface {
	Verify(ctx context.Context, key string) (access.Principal, error)
}

// An AthleteStore keeps the athletes of customers.
type AthleteStore interface {
	Athletes(ctx context.Context, q pierre.AthleteQuery) (pierre.AthletePage, error)
	Athlete(ctx context.Context, customer pierre.UserID, name pierre.AthleteName) (pierre.Athlete, error)
	DeleteAthlete(ctx context.Context, act pierre.Act, customer pierre.UserID, name pierre.AthleteName) (pierre.UserID, error)
}

// Allowances say what the holder of a key may do.
type Allowances interface {
	Of(ctx context.Context, p access.Principal) (allowance.Allowance, error)
}

// A Store keeps customers and their athletes.
type Store interface {
	AthleteStore
	AccountStore
}

// Options are what a Server can do without.
type Options struct {
	Keys  access.KeyListener                               // is told of deleted athletes; nil: nobody
	Leave func(ctx context.Context, athlete pierre.UserID) // ends the access to other services before a deletion; nil: there is none
	Tools func() []string                                  // the names of all tools; nil: there are none
	Log   *slog.Logger                                     // nil: no log
	// DeleteAccounts lets the holders of personal keys delete their accounts.
	DeleteAccounts bool
	Now            func() time.Time // nil: time.Now
}

// A Server serves /v1/. It is safe for concurrent use.
type Server struct {
	auth       Authenticator
	athletes   AthleteStore
	accounts   AccountStore
	allowances Allowances
	opts       Options
	mux        *http.ServeMux
}

// New returns a Server.
func New(auth Authenticator, store Store, allowances Allowances, opts Options) *Server {
	if opts.Keys == nil {
		opts.Keys = access.KeyListeners{}
	}
	if opts.Leave == nil {
		opts.Leave = func(context.Context, pierre.UserID) {}
	}
	if opts.Tools == nil {
		opts.Tools = func() []string { return nil }
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Server{auth: auth, athletes: store, accounts: store, allowances: allowances, opts: opts, mux: http.NewServeMux()}
	s.mount()
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	s.mux.ServeHTTP(w, r)
}

// A route is served to keys.
type route struct {
	method, path string
	application  bool // it is for applications' keys only
	serve        func(w http.ResponseWriter, r *http.Request, caller access.Principal) error
}

// ValidatePath is where the provisioning guide has holders of keys find out whether a key is accepted. It answers as
// /v1/limits does.
const ValidatePath = "/admin/api-keys/validate"

func (s *Server) routes() []route {
	return []route{
		{"GET", "/v1/limits", false, s.limits},
		{"GET", ValidatePath, false, s.limits},
		{"GET", "/v1/account", false, s.account},
		{"DELETE", "/v1/account", false, s.deleteAccount},
		{"GET", "/v1/athletes", true, s.list},
		{"GET", "/v1/athletes/{name}", true, s.get},
		{"DELETE", "/v1/athletes/{name}", true, s.delete},
	}
}

// document describes every route (OpenAPI 3.1). Tests hold the routes and the answers to it.
//
//go:embed openapi.json
var document []byte

const documentPath = "/v1/openapi.json"

func (s *Server) mount() {
	methods := map[string][]string{documentPath: {"GET"}}
	for _, rt := range s.routes() {
		methods[rt.path] = append(methods[rt.path], rt.method)
		s.mux.Handle(rt.method+" "+rt.path, web.Handle(s.opts.Log, s.guard(rt)))
	}
	s.mux.HandleFunc("GET "+documentPath, serveDocument)
	for path, allowed := range methods {
		slices.Sort(allowed)
		s.mux.Handle(path, web.OnlyMethods(s.opts.Log, allowed...))
	}
	s.mux.Handle("/", web.Handle(s.opts.Log, func(http.ResponseWriter, *http.Request) error {
		return &pierre.Error{Kind: pierre.KindNotFound, Msg: "There is no such route; " + documentPath + " lists them."}
	}))
}

// serveDocument asks for no key: the document is public.
func serveDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(document) // a client that went away needs no answer
}

// guard lets the holders of accepted keys use the route. What it serves is about the key: a header that names an athlete
// would have no effect, and is refused so that nobody believes that it has one.
func (s *Server) guard(rt route) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		key, err := access.FromHeader(r.Header)
		if err != nil {
			return err
		}
		caller, err := s.auth.Verify(r.Context(), key.Reveal())
		if err != nil {
			return err
		}
		web.Claim(r.Context(), string(caller.KeyID))
		if err := access.NoAthlete(r.Header, "This route is about the key, not about one athlete: leave the header "+pierre.HeaderAthlete+" out."); err != nil {
			return err
		}
		if caller.ReadOnly && r.Method != http.MethodGet && r.Method != http.MethodHead {
			return &pierre.Error{Kind: pierre.KindDenied, Msg: "This app was given access that changes nothing; connect it again to allow it more."}
		}
		if rt.application && caller.Type != pierre.KeyApplication {
			return &pierre.Error{Kind: pierre.KindDenied, Msg: "Only the key of an application has athletes; this one is a person's."}
		}
		return rt.serve(w, r, caller)
	}
}
