// Package exportapi is the server's API for taking data away: GET /api/export answers with an archive of all that is kept of its
// caller. docs/EXPORT.md describes it.
//
// It owns the transport. What is in the archive is package exporter's, and whose a key is package access's. An export is not a
// tool call and does not count against a key's limit.
package exportapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// An Exporter writes all that is kept of a user.
type Exporter interface {
	Export(ctx context.Context, user pierre.UserID, w io.Writer) (exportfile.Manifest, error)
}

// Callers tell who sends a request.
type Callers interface {
	Caller(r *http.Request) (access.Principal, error)
}

// Options adjust a [Server]. The zero value works.
type Options struct {
	Exports int              // of all users at a time; 0: 8
	Log     *slog.Logger     // nil: nothing is logged
	Now     func() time.Time // nil: time.Now
}

const (
	defaultExports = 8

	perHour = 10 // exports of a user: each reads the whole history, and nobody needs more

	sharePerCustomer = 2 // the athletes of a customer's application may have 1/sharePerCustomer of the exports

	// A reader that was waited for longer than patience takes leastRate bytes per second on average, or the answer breaks off: it
	// keeps one of few places. Each write has a deadline of its own (package web).
	patience  = time.Minute
	leastRate = 16 << 10
)

var errSlowReader = errors.New("the reader took less than 16 KiB per second")

// A Server answers GET /api/export. It is safe for concurrent use.
type Server struct {
	exports Exporter
	callers Callers
	opts    Options
	handler http.Handler

	mu        sync.Mutex
	all       int
	running   map[pierre.UserID]bool
	begun     map[pierre.UserID]int // exports of this hour
	hourEnds  time.Time
	customers map[pierre.UserID]int
}

// New returns a Server that has exports write the archives of callers.
func New(exports Exporter, callers Callers, opts Options) *Server {
	opts.Exports = cmp.Or(opts.Exports, defaultExports)
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Server{exports: exports, callers: callers, opts: opts, running: map[pierre.UserID]bool{}, customers: map[pierre.UserID]int{}}
	mux := http.NewServeMux()
	mux.Handle("GET /api/export", web.Handle(opts.Log, s.export))
	mux.Handle("/api/export", web.OnlyMethods(opts.Log, http.MethodGet))
	s.handler = mux
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) export(w http.ResponseWriter, r *http.Request) error {
	who, err := s.caller(r)
	if err != nil {
		return err
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "application/zip")
		return nil
	}
	leave, err := s.enter(who, s.opts.Now())
	if err != nil {
		return err
	}
	defer leave()
	out := &answer{w: w, now: s.opts.Now, name: exportfile.DefaultName(s.opts.Now().UTC())}
	began := time.Now()
	m, err := s.exports.Export(r.Context(), who.UserID, out)
	attrs := []slog.Attr{
		slog.String("user_id", string(who.UserID)), slog.Int64("bytes", out.bytes), slog.Int("activities", m.Activities), slog.Duration("duration", time.Since(began)),
	}
	if err != nil {
		attrs = append(attrs, slog.Any("err", err))
	}
	s.opts.Log.LogAttrs(r.Context(), slog.LevelInfo, "export ended", attrs...)
	if err == nil {
		return nil
	}
	if cause := context.Cause(r.Context()); errors.Is(cause, web.ErrStopping) {
		err = cause
	}
	if !out.started {
		return err
	}
	panic(http.ErrAbortHandler) //nolint:forbidigo // the way to end an answer so that its reader knows that it is not whole
}

// caller returns who asks. Whoever may use only some tools may not have everything.
func (s *Server) caller(r *http.Request) (access.Principal, error) {
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return access.Principal{}, &pierre.Error{Kind: pierre.KindDenied, Msg: "Web pages of other origins may not fetch an export from this server."}
	}
	who, err := s.callers.Caller(r)
	if err == nil && who.Tools != nil {
		err = &pierre.Error{Kind: pierre.KindDenied, Msg: "This key may use only some of the tools, and an export holds everything: use a key without that restriction."}
	}
	return who, err
}

// enter takes one of the places for exports. A user has one, and so many in an hour, also of those that break off; the athletes of one
// customer's application have at most half of them.
func (s *Server) enter(who access.Principal, now time.Time) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !now.Before(s.hourEnds) {
		s.hourEnds, s.begun = now.Add(time.Hour), map[pierre.UserID]int{}
	}
	switch {
	case s.running[who.UserID]:
		return nil, &pierre.Error{Kind: pierre.KindRateLimited, RetryAfter: 5 * time.Second, Msg: "An export of yours is running; begin another when it has ended."}
	case s.begun[who.UserID] >= perHour:
		wait := s.hourEnds.Sub(now)
		return nil, &pierre.Error{Kind: pierre.KindRateLimited, RetryAfter: wait, Msg: fmt.Sprintf("You began %d exports within an hour; begin the next one in %s.", perHour, human.Plural(int(math.Ceil(wait.Minutes())), "minute"))}
	case s.customers[who.Customer] >= max(1, s.opts.Exports/sharePerCustomer):
		return nil, &pierre.Error{Kind: pierre.KindRateLimited, RetryAfter: 5 * time.Second, Msg: "Too many exports of your application's athletes are running; try again when one has ended."}
	case s.all >= s.opts.Exports:
		return nil, &pierre.Error{Kind: pierre.KindUnavailable, RetryAfter: 10 * time.Second, Msg: "The server is busy with other exports; try again in a moment."}
	}
	s.running[who.UserID] = true
	s.begun[who.UserID]++
	s.customers[who.Customer]++
	s.all++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all--
		delete(s.running, who.UserID)
		if s.customers[who.Customer]--; s.customers[who.Customer] == 0 {
			delete(s.customers, who.Customer)
		}
	}, nil
}

// An answer is the response to a request, which begins with the archive's first bytes: until then, there can be another answer.
type answer struct {
	w       http.ResponseWriter
	now     func() time.Time
	name    string
	started bool
	bytes   int64
	waited  time.Duration // for the reader
}

func (a *answer) Write(b []byte) (int, error) {
	if !a.started {
		a.started = true
		h := a.w.Header()
		h.Set("Content-Type", "application/zip")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.name}))
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
	}
	began := a.now()
	n, err := a.w.Write(b)
	a.bytes += int64(n)
	a.waited += a.now().Sub(began)
	if err == nil && a.waited > patience && float64(a.bytes) < leastRate*a.waited.Seconds() {
		err = errSlowReader
	}
	return n, err
}
