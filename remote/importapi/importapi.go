// Package importapi is the server's door for recordings: POST /api/import takes
// one file or archive per request as its body, streams it to disk within a
// limit, and answers with a report on every file in it. docs/imports.md has the
// whole story.
//
// It owns the transport. What is read from files is package activityfile's, what
// they do to a user's activities package importer's, who calls package access's.
// An import is not a tool call and does not count against a key's limit.
package importapi

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// An Authenticator tells who holds a key. Its errors are [pierre.KindUnauthenticated] if the key is not accepted.
type Authenticator interface {
	Verify(ctx context.Context, key string) (access.Principal, error)
}

// An Importer imports uploads.
type Importer interface {
	Import(ctx context.Context, user pierre.UserID, src *activityfile.Source, watch importer.Watch) (pierre.ImportSummary, error)
}

// Options configure a [Server]. One of Auth and Principal is required.
type Options struct {
	Auth      Authenticator
	Principal *access.Principal // single-tenant: whoever calls acts as this principal, and no key is asked for
	Dir       string            // where uploads lie while they are read; "" is the system's temporary folder
	MaxBytes  int64             // of an upload; 0: 2 GiB
	PerUser   int               // imports of one user at a time; 0: 4
	Log       *slog.Logger      // nil: nothing is logged
}

const (
	defaultMaxBytes = 2 << 30
	defaultPerUser  = 4
)

// A Server answers POST /api/import. It is safe for concurrent use.
type Server struct {
	imports Importer
	opts    Options
	handler http.Handler

	mu      sync.Mutex
	running map[pierre.UserID]int
}

// New returns a Server.
func New(imports Importer, opts Options) *Server {
	if opts.MaxBytes == 0 {
		opts.MaxBytes = defaultMaxBytes
	}
	if opts.PerUser == 0 {
		opts.PerUser = defaultPerUser
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{imports: imports, opts: opts, running: map[pierre.UserID]int{}}
	mux := http.NewServeMux()
	mux.Handle("POST /api/import", web.Handle(opts.Log, s.upload))
	mux.Handle("/api/import", web.OnlyMethods(opts.Log, http.MethodPost))
	protection := http.NewCrossOriginProtection() // no web page uploads on a visitor's behalf
	protection.SetDenyHandler(web.Handle(opts.Log, func(http.ResponseWriter, *http.Request) error {
		return &pierre.Error{Kind: pierre.KindDenied, Msg: "Web pages of other origins may not upload to this server."}
	}))
	s.handler = protection.Handler(mux)
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) upload(w http.ResponseWriter, r *http.Request) error {
	who, err := s.authenticate(r)
	if err != nil {
		return err
	}
	if r.ContentLength > s.opts.MaxBytes {
		return s.tooLarge()
	}
	name, err := fileName(r)
	if err != nil {
		return err
	}
	if isForm(r) {
		return pierre.Invalid("Content-Type", "The body must be the file as it is, not a form: curl --data-binary @run.fit, not -F.")
	}
	leave, err := s.enter(who.UserID)
	if err != nil {
		w.Header().Set("Retry-After", "2")
		return err
	}
	defer leave()
	file, size, err := s.receive(w, r)
	if err != nil {
		return err
	}
	defer file.discard()
	out := newAnswer(w, r)
	sum, err := s.imports.Import(r.Context(), who.UserID, activityfile.NewSource(name, file, size), importer.Watch{Row: out.row, Progress: out.progress})
	out.stop()
	attrs := []slog.Attr{
		slog.String("user_id", string(who.UserID)), slog.Int64("bytes", size),
		slog.Int("files", sum.Files), slog.Int("activities", sum.Activities), slog.Int("failed", sum.Failed),
	}
	if err != nil {
		attrs = append(attrs, slog.Any("err", err))
	}
	s.opts.Log.LogAttrs(r.Context(), slog.LevelInfo, "import ended", attrs...)
	if cause := context.Cause(r.Context()); cause != nil {
		if errors.Is(cause, web.ErrStopping) && !out.started {
			w.Header().Set("Retry-After", "5")
			return cause
		}
		return nil // the client is gone, or has an answer without an end, which tells it to send the upload again
	}
	if full(err) { // of something that was unpacked on the way
		err = onDisk(err)
	}
	return out.end(sum, err)
}

// authenticate returns who calls.
func (s *Server) authenticate(r *http.Request) (access.Principal, error) {
	if s.opts.Principal != nil {
		if !loopback(r.Host) { // a page that rebinds its domain to this machine has that domain as Host
			return access.Principal{}, &pierre.Error{Kind: pierre.KindDenied, Msg: "This server answers only to localhost."}
		}
		web.Claim(r.Context(), "personal")
		return *s.opts.Principal, nil
	}
	key, err := access.FromHeader(r.Header)
	if err != nil {
		return access.Principal{}, err
	}
	who, err := s.opts.Auth.Verify(r.Context(), key.Reveal())
	if err == nil {
		web.Claim(r.Context(), string(who.KeyID))
	}
	return who, err
}

// enter counts the user's imports, and refuses one too many: each holds disk space and a processor.
func (s *Server) enter(user pierre.UserID) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[user] >= s.opts.PerUser {
		return nil, &pierre.Error{
			Kind: pierre.KindRateLimited, Msg: "Too many imports of yours are running; try again when one has ended.",
		}
	}
	s.running[user]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.running[user]--; s.running[user] == 0 {
			delete(s.running, user)
		}
	}, nil
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}
