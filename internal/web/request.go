package web

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A request is what [Serve] knows of a request while it is handled.
type request struct {
	id      string
	trace   string                   // its trace, "" if there is none
	logPath func(path string) string // see [Options]
	owner   string                   // whose credential was accepted, see [Claim]; "" for nobody's
	err     error                    // why it was refused or failed, see [Note]
	quiet   bool                     // the client went away: nobody was answered
	body    *pacedBody
	respond *responseWriter
}

type requestKey struct{}

func requestFrom(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

// RequestID returns the id by which the logs and the client (X-Request-Id) know the request, "" outside of [Serve].
func RequestID(ctx context.Context) string {
	if r := requestFrom(ctx); r != nil {
		return r.id
	}
	return ""
}

// SetTrace says to which trace the request belongs, for its line in the log.
func SetTrace(ctx context.Context, id string) {
	if r := requestFrom(ctx); r != nil {
		r.trace = id
	}
}

// Note says why a request is answered as it is, for its line in the log. It reports whether there will be one: outside
// of [Serve] the caller logs for itself.
func Note(ctx context.Context, err error) bool {
	r := requestFrom(ctx)
	if r != nil {
		r.err = err
	}
	return r != nil
}

// LoggedPath returns the path of a request as a log may hold it: without credentials, and as [Options.LogPath] says.
func LoggedPath(r *http.Request) string { return requestFrom(r.Context()).loggedPath(r) }

func (req *request) loggedPath(r *http.Request) string {
	path := r.URL.Path
	if req != nil && req.logPath != nil {
		path = req.logPath(path)
	}
	return Redact(path)
}

// A front stands before every handler: it gives requests their ids and deadlines, keeps account of connections, answers
// for handlers that panic, and logs.
type front struct {
	handler http.Handler
	log     *slog.Logger
	opts    Options
	ids     *requestIDs
	refused *sparseLog
}

// ServeHTTP implements [http.Handler].
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	c, _ := r.Context().Value(connKey{}).(*conn)
	c.work()
	req := &request{id: f.ids.of(r), logPath: f.opts.LogPath}
	req.respond = newResponseWriter(w, r, c, began)
	if r.Body != nil && r.Body != http.NoBody {
		req.body = newPacedBody(r.Body, req.respond.control, c, began)
		req.respond.body = req.body
	}
	r = r.WithContext(context.WithValue(r.Context(), requestKey{}, req))
	if req.body != nil {
		r.Body = req.body
	}
	h := req.respond.Header()
	h.Set("X-Request-Id", req.id)
	h.Set("X-Content-Type-Options", "nosniff") // no browser takes an answer for anything but what it says it is
	defer func() {
		f.done(r, req, began)
		now := req.respond.end()
		req.body.end(now)
		c.next()
		c.wait(now)
	}()
	if c.ambiguous(r) {
		req.respond.Header().Set("Connection", "close")
		Fail(req.respond, r, f.log, &pierre.Error{
			Kind: pierre.KindMalformed, Msg: "The request has Transfer-Encoding and Content-Length; send one of them.",
		})
		return
	}
	f.handler.ServeHTTP(req.respond, r)
}

// done measures and logs the request.
func (f *front) done(r *http.Request, req *request, began time.Time) {
	out := req.respond
	took := time.Since(began)
	status := req.outcome(r.Context())
	level := slog.LevelInfo
	switch {
	case status == StatusClientClosed:
		level = slog.LevelDebug
	case status >= http.StatusInternalServerError && pierre.KindOf(req.err) == pierre.KindInternal:
		level = slog.LevelError
	case status >= http.StatusInternalServerError:
		level = slog.LevelWarn
	case status < http.StatusBadRequest && !f.opts.AccessLog:
		return
	}
	attrs := append(make([]slog.Attr, 0, 9),
		slog.String("method", r.Method), slog.String("path", req.loggedPath(r)), slog.Int("status", status),
		slog.Int64("bytes", out.bytes), slog.Duration("took", took), slog.String("request_id", req.id))
	if req.trace != "" {
		attrs = append(attrs, slog.String("trace_id", req.trace))
	}
	if req.owner != "" {
		attrs = append(attrs, slog.String("owner", req.owner))
	}
	if req.err != nil {
		attrs = append(attrs, slog.String("err", Redact(req.err.Error())))
	}
	if status >= http.StatusBadRequest && status < http.StatusInternalServerError {
		f.refused.log(r.Context(), began, level, req.owner, status, attrs)
		return
	}
	f.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// outcome returns the status that the request was answered with.
func (req *request) outcome(ctx context.Context) int {
	switch {
	case req.quiet || !req.respond.started && ctx.Err() != nil:
		return StatusClientClosed
	case !req.respond.started:
		return http.StatusOK
	default:
		return req.respond.status
	}
}

// Outcome returns what became of a request of [Serve], for metrics: its status, and whether the answer was a stream of
// events, which lasts as long as its client wants.
func Outcome(r *http.Request) (status int, stream bool) {
	req := requestFrom(r.Context())
	if req == nil {
		return http.StatusOK, false
	}
	return req.outcome(r.Context()), req.respond.Header().Get("Content-Type") == "text/event-stream"
}

// requestIDs gives each request an id.
type requestIDs struct {
	prefix string
	last   atomic.Uint64
}

func newRequestIDs() *requestIDs { return &requestIDs{prefix: strings.ToLower(rand.Text()[:8]) + "-"} }

const maxRequestID = 64

// of returns the id that the client chose, if it is harmless, or a new one.
func (i *requestIDs) of(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); id != "" && len(id) <= maxRequestID && strings.Trim(id, idLetters) == "" && Redact(id) == id {
		return id
	}
	return i.prefix + strconv.FormatUint(i.last.Add(1), 36)
}

const idLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
