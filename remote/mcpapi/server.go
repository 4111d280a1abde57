// Package mcpapi is the server's MCP API: one HTTP handler for /mcp, where the stateless protocol of 2026-07-28 and
// the older one with sessions live on the same endpoint, and for POST / of the provisioning guide.
//
// It decides who may do what: credential → principal → limit → tool → usage. The transport, with its sessions and streams,
// is package streamable's. Keys belong to package access, limits to package limit, and the record of calls to package usage.
package mcpapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/clientinfo"
	"github.com/pierre-mcp/pierre/internal/fair"
	"github.com/pierre-mcp/pierre/internal/limit"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/streamable"
	"github.com/pierre-mcp/pierre/internal/web"
)

// An Authenticator finds the holder of a key. Its errors are [pierre.KindUnauthenticated] if the key is not accepted.
type Authenticator interface {
	Verify(ctx context.Context, key string) (access.Principal, error)
}

// Athletes know for which athlete a caller acts. Their error is [pierre.KindMalformed] if the headers do not fit the caller.
type Athletes interface {
	ActFor(p access.Principal, r *http.Request) (access.Principal, error)
}

// A Limiter admits tool calls and counts them.
type Limiter interface {
	Reserve(ctx context.Context, buckets []pierre.Bucket, now time.Time) (limit.Reservation, error)
}

// A Recorder keeps tool calls.
type Recorder interface {
	// Record returns when the call is durable. It ends the reservation: the call is kept, or given back.
	Record(ctx context.Context, r limit.Reservation, c pierre.Call) error
	// Refuse counts a call that was refused.
	Refuse(c pierre.Call) error
}

// Clients describe clients by their addresses.
type Clients interface {
	// Describe returns what may be kept of an address.
	Describe(addr netip.Addr, at time.Time) (country, hash string)
}

// An Overload says whether the server can take a further tool call at now. Its errors are [pierre.KindUnavailable].
type Overload interface {
	Admit(now time.Time) error
}

// A Listing says what lists of tools show of a tool in a profile, and whether they show it at all.
type Listing = func(profile pierre.ToolProfile, tool mcp.Tool) (mcp.Tool, bool)

// Options are what a Server may have in addition; the zero value works.
type Options struct {
	Clients Clients      // nil: addresses without countries
	Log     *slog.Logger // nil: nothing is logged

	AllowedOrigins []string       // web origins, such as https://app.example.com, that may call from a browser
	TrustedProxies []netip.Prefix // peers whose X-Forwarded-For is believed

	// ResourceMetadata is the URL of the document that says how to get access tokens (RFC 9728); "": there are none.
	ResourceMetadata string

	Overload Overload // refuses tool calls before they begin; nil: none

	Sessions streamable.Sealer // seals the ids of sessions that other servers may go on with; nil: there are no others

	Work *fair.Gate // shares the work between users; nil: one of its own

	ToolProfile pierre.ToolProfile     // of keys that have none; "": default
	Listing     Listing                // nil: every tool is in every profile, as it is
	Free        func(tool string) bool // tools whose calls no limit counts or refuses; nil: there are none

	MaxBodyBytes       int64            // of a request; 0: 4 MiB
	SessionIdleTimeout time.Duration    // 0: one hour
	Now                func() time.Time // nil: time.Now
}

// cacheTTL is how long a modern client may keep a list. The lists depend on the key: they are private.
const cacheTTL = 5 * time.Minute

// A Server answers MCP over HTTP. It is safe for concurrent use.
type Server struct {
	mcp       *server.MCPServer
	mcpValues context.Context //nolint:containedctx // what m puts into every context, see [captureValues]
	callers   *callers
	limiter   Limiter
	recorder  Recorder
	opts      Options
	log       *slog.Logger
	now       func() time.Time
	tools     *toolCache
	transport *streamable.Server
	routes    http.Handler
}

// New returns a Server for the tools of m, which it changes: m will show and run only the tools that the principal in
// the context may use, and tell this Server when its tools change. Tools may be called without m, so its own hooks of calls,
// middleware and schema checks would not see every call: it should have none.
func New(m *server.MCPServer, who Callers, limiter Limiter, recorder Recorder, opts Options) *Server {
	opts = opts.withDefaults()
	s := &Server{
		mcp:      m,
		callers:  &callers{Callers: who, resource: opts.ResourceMetadata, now: opts.Now},
		limiter:  limiter,
		recorder: recorder,
		opts:     opts,
		log:      opts.Log,
		now:      opts.Now,
		tools:    newToolCache(),
	}
	s.adopt(m)
	s.mcpValues = captureValues(m)
	s.transport = streamable.New(m, s.callers, requests{s}, streamable.Options{
		Log:                opts.Log,
		AllowedOrigins:     opts.AllowedOrigins,
		Open:               who.personal != nil,
		Sessions:           opts.Sessions,
		Work:               opts.Work,
		MaxBodyBytes:       opts.MaxBodyBytes,
		SessionIdleTimeout: opts.SessionIdleTimeout,
		Now:                opts.Now,
	})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", s.transport.ServePlain)
	mux.Handle("/{$}", web.OnlyMethods(s.log, http.MethodPost))
	mux.Handle("/", web.Handle(s.log, func(http.ResponseWriter, *http.Request) error {
		return &pierre.Error{Kind: pierre.KindNotFound, Msg: "There is no such page; the MCP endpoint is /mcp."}
	}))
	s.routes = s.transport.Admit(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/mcp" { // what is asked for most does not go through the mux
			s.transport.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	return s
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Clients == nil {
		o.Clients = clientinfo.New(nil)
	}
	if o.ToolProfile == "" {
		o.ToolProfile = pierre.ProfileDefault
	}
	if o.Listing == nil {
		o.Listing = func(_ pierre.ToolProfile, t mcp.Tool) (mcp.Tool, bool) { return t, true }
	}
	if o.Free == nil {
		o.Free = func(string) bool { return false }
	}
	return o
}

// adopt applies to m what this Server relies on. The capability makes m announce changed tools, to the cache too.
func (s *Server) adopt(m *server.MCPServer) {
	for _, option := range []server.ServerOption{
		server.WithToolCapabilities(true),
		server.WithToolFilter(s.visibleTools),
		server.WithCacheHints(cacheTTL.Milliseconds(), mcp.CacheScopePrivate),
		server.WithToolHandlerMiddleware(s.guard),
		server.WithResourceHandlerMiddleware(noteResource),
		server.WithPromptHandlerMiddleware(notePrompt),
	} {
		option(m)
	}
	if err := m.RegisterSession(context.Background(), s.tools); err != nil {
		s.log.Warn("lists of tools that were kept earlier will miss tools that are added later", slog.Any("err", err))
	}
}

// ServeHTTP implements [http.Handler] for /mcp and /.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routes.ServeHTTP(w, r) }

// Receive reads a message of another protocol, whose answer asks this Server in turn; see [streamable.Server.Receive].
func (s *Server) Receive(w http.ResponseWriter, r *http.Request, limit int64, answer func(body []byte)) {
	s.transport.Receive(w, r, limit, answer)
}

// Sessions returns how many sessions and how many streams are open.
func (s *Server) Sessions() (sessions, streams int) { return s.transport.Sessions() }

// Close lets no more requests in, ends the streams, and returns when the running calls are answered, or when ctx ends.
// Without it, shutting down an HTTP server would wait for clients to hang up.
func (s *Server) Close(ctx context.Context) error { return s.transport.Close(ctx) }
