// Package streamable serves an MCP server of mcp-go over HTTP: the Streamable HTTP transport of the specifications
// 2025-11-25, with sessions, and 2026-07-28, without, on one endpoint.
//
// It owns envelopes, sessions, SSE streams and their resumption, cancellation, the origin check, what a client may read of
// an error, and bounds on all of what clients can make it keep. The protocol's methods belong to mcp-go's MCPServer, whose
// HandleMessage it calls; see docs/decisions/0001-own-http-handler-over-handlemessage.md. Who sends a request it learns
// from [Callers], and how a request is answered its user decides in a [Handler].
package streamable

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/fair"
	"github.com/pierre-mcp/pierre/internal/web"
)

// Options are what a Server may have in addition; the zero value works.
type Options struct {
	Log *slog.Logger // nil: nothing is logged

	AllowedOrigins []string // web origins, such as https://app.example.com, that may call from a browser

	// Open says that no credential is asked for: whoever reaches the server may call. Then only pages of AllowedOrigins may
	// call, and requests that come in on a loopback address must name it in Host.
	Open bool

	Sessions Sealer     // seals the ids of sessions that other servers may go on with; nil: there are no others
	Work     *fair.Gate // shares the work between tenants; nil: one of its own

	MaxBodyBytes       int64            // of a request; 0: 4 MiB
	SessionIdleTimeout time.Duration    // 0: one hour
	Now                func() time.Time // nil: time.Now
}

const (
	defaultMaxBodyBytes       = 4 << 20
	defaultSessionIdleTimeout = time.Hour
)

// A Server carries MCP over HTTP. It is safe for concurrent use.
type Server struct {
	mcp          *server.MCPServer
	callers      Callers
	handler      Handler
	opts         Options
	log          *slog.Logger
	now          func() time.Time
	otherMethods http.Handler
	origins      map[string]bool
	sessions     *sessionTable
	running      *drain
	work         *fair.Gate

	unknownBytes, knownBytes *budget
	foreign                  *budget // messages of other protocols, instead of bytes

	requestIDs atomic.Int64 // inside towards mcp-go, and of requests to clients
}

// New returns a Server for m, whose requests handler answers.
func New(m *server.MCPServer, callers Callers, handler Handler, opts Options) *Server {
	s := &Server{
		mcp:     m,
		callers: callers,
		handler: handler,
		opts:    opts,
		log:     opts.Log,
		now:     opts.Now,
		origins: map[string]bool{},
		running: newDrain(),
		work:    opts.Work,

		unknownBytes: newBudget(maxUnknownBytes, maxUnknownBytes),
		knownBytes:   newBudget(maxKnownBytes, maxOwnerBytes),
		foreign:      newBudget(maxForeign, maxOwnerForeign),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.work == nil {
		s.work = fair.New(fair.Options{})
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.opts.MaxBodyBytes == 0 {
		s.opts.MaxBodyBytes = defaultMaxBodyBytes
	}
	if s.opts.SessionIdleTimeout == 0 {
		s.opts.SessionIdleTimeout = defaultSessionIdleTimeout
	}
	for _, origin := range opts.AllowedOrigins {
		s.origins[origin] = true
	}
	s.sessions = newSessionTable(m, s.opts.SessionIdleTimeout, s.now, s.opts.Sessions)
	s.otherMethods = web.OnlyMethods(s.log, http.MethodPost, http.MethodGet, http.MethodDelete)
	return s
}

// Admit returns a handler that stands before all that the Server answers, and may stand before more: it refuses requests
// of foreign web pages, and all of them after [Server.Close], which waits for those that it let in.
func (s *Server) Admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.running.enter() {
			s.refuse(w, r, nil, web.ErrStopping, false)
			return
		}
		defer s.running.leave()
		if err := s.checkOrigin(w, r); err != nil {
			s.refuse(w, r, nil, err, false)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ServeHTTP implements [http.Handler]: it is the MCP endpoint, on whatever path it is mounted. It has to be behind
// [Server.Admit].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		s.postMessage(w, r)
	case http.MethodGet, http.MethodHead:
		s.get(w, r)
	case http.MethodDelete:
		s.delete(w, r)
	case http.MethodOptions:
		preflight(w, r)
	default:
		s.otherMethods.ServeHTTP(w, r)
	}
}

// End ends the sessions and streams of the owners that match.
func (s *Server) End(ctx context.Context, match func(Owner) bool) { s.sessions.endWhere(ctx, match) }

// Sessions returns how many sessions and how many streams are open.
func (s *Server) Sessions() (sessions, streams int) { return s.sessions.size() }

// Close lets no more requests in, ends the streams, and returns when the running requests are answered, or when ctx ends.
// Without it, shutting down an HTTP server would wait for clients to hang up.
func (s *Server) Close(ctx context.Context) error {
	s.running.close()
	s.sessions.closeAll(ctx)
	return s.running.wait(ctx)
}
