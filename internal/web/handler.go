// Package web is the HTTP toolkit that every server here shares: handlers that
// return errors, strict decoding, problem documents (RFC 9457) and draining shutdown.
package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A HandlerFunc serves one route. It writes the response, or it returns an error
// and writes nothing.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// A Problem is the body of every error that is not a JSON-RPC answer (RFC 9457).
type Problem struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Status  int    `json:"status"`
	Detail  string `json:"detail"`
	Field   string `json:"field,omitempty"`
	Request string `json:"request_id,omitempty"` // by which the server's log knows the request, as X-Request-Id has it
	Success bool   `json:"success"`              // always false: clients of the provisioning guide look for it
}

// Handle adapts h: a returned error becomes a problem document, and only its
// message and status reach the client.
func Handle(log *slog.Logger, h HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			Fail(w, r, log, err)
		}
	})
}

// StatusClientClosed is what the logs say of a request whose client went away before it was answered. nginx made the
// number known; no client ever sees it.
const StatusClientClosed = 499

// errClientGone is why a response could not be written to its end.
var errClientGone = errors.New("the client went away")

// Fail answers with the problem document for err, which goes into the log. If the client went away, or has the beginning
// of another answer, nothing is written.
func Fail(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	if ClientGone(r, err) {
		Abandon(r, err)
		return
	}
	if Started(r) {
		log.LogAttrs(r.Context(), slog.LevelError, "request failed after its answer had begun", slog.String("method", r.Method),
			slog.String("path", LoggedPath(r)), slog.String("request_id", RequestID(r.Context())), slog.String("err", Redact(err.Error())))
		return
	}
	if !Note(r.Context(), err) {
		level := slog.LevelInfo
		if Status(err) >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		log.LogAttrs(r.Context(), level, "request failed", slog.String("method", r.Method),
			slog.String("path", LoggedPath(r)), slog.Int("status", Status(err)), slog.String("err", Redact(err.Error())))
	}
	SetAdvice(w.Header(), err, Presented(r.Header))
	WriteProblem(w, r, log, ProblemOf(err))
}

// ClientGone reports whether err means no more than that nobody waits for the answer.
func ClientGone(r *http.Request, err error) bool {
	if errors.Is(err, errClientGone) {
		return true
	}
	cause := context.Cause(r.Context())
	return cause != nil && !errors.Is(cause, ErrStopping) && errors.Is(err, context.Canceled)
}

// Abandon notes that the client of a request went away, so that nobody needs an answer.
func Abandon(r *http.Request, err error) {
	if req := requestFrom(r.Context()); req != nil {
		req.quiet, req.err = true, err
	}
}

// Started reports whether the answer to a request has begun, as far as [Serve] knows.
func Started(r *http.Request) bool {
	req := requestFrom(r.Context())
	return req != nil && req.respond.started
}

// Presented reports whether a request has a header for credentials.
func Presented(h http.Header) bool { return h.Get("Authorization") != "" || h.Get("X-Api-Key") != "" }

// SetAdvice sets the headers that tell a client what to do about err: when to come back, and whether it is its credential
// that was not accepted (presented), rather than that there was none. With error="invalid_token" (RFC 6750, section 3.1)
// clients say so, and do not look for an OAuth server first.
func SetAdvice(h http.Header, err error, presented bool) {
	status := Status(err)
	switch status {
	case http.StatusUnauthorized:
		challenge := "Bearer"
		if presented {
			challenge = `Bearer error="invalid_token", error_description="` + quotable(pierre.MessageOf(err, "")) + `"`
		}
		h.Set("WWW-Authenticate", challenge)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if h.Get("Retry-After") == "" {
			fallback := time.Second
			if status == http.StatusTooManyRequests {
				fallback = time.Minute
			}
			h.Set("Retry-After", strconv.FormatInt(Seconds(pierre.RetryAfterOf(err, fallback)), 10))
		}
	}
}

// Seconds rounds up, so that a client that comes back after so many seconds is not early.
func Seconds(d time.Duration) int64 { return max(1, int64((d+time.Second-1)/time.Second)) }

// quotable replaces what an error_description may not hold (RFC 6750, section 3).
func quotable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"' || r == '\\':
			return '\''
		case r < ' ' || r > '~':
			return -1
		default:
			return r
		}
	}, text)
}

// WriteProblem answers with p, and with the request's id.
func WriteProblem(w http.ResponseWriter, r *http.Request, log *slog.Logger, p Problem) {
	p.Request = RequestID(r.Context())
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		log.DebugContext(r.Context(), "client went away", slog.Any("err", err))
	}
}

// OnlyMethods answers the requests for a path that knows only other methods than theirs.
func OnlyMethods(log *slog.Logger, methods ...string) http.Handler {
	allowed := strings.Join(methods, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allowed)
		WriteProblem(w, r, log, Problem{
			Type:   "about:blank",
			Title:  http.StatusText(http.StatusMethodNotAllowed),
			Status: http.StatusMethodNotAllowed,
			Detail: "This route knows only " + allowed + ".",
		})
	})
}

// ProblemOf returns the problem document for err, with only what a client may read.
func ProblemOf(err error) Problem {
	status := Status(err)
	p := Problem{
		Type:   "about:blank",
		Title:  http.StatusText(status),
		Status: status,
		Detail: Redact(pierre.MessageOf(err, "Something went wrong on the server; the operator's log says what.")),
	}
	if e, ok := errors.AsType[*pierre.Error](err); ok {
		p.Field = Redact(e.Field)
	}
	return p
}

// WriteJSON answers with v. Numbers that JSON does not have, NaN and the infinities, are an error and no answer.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if _, err := w.Write(append(body, '\n')); err != nil {
		return fmt.Errorf("%w: %w", errClientGone, err)
	}
	return nil
}

// Status maps an error to the status code that every API here answers with.
func Status(err error) int {
	switch pierre.KindOf(err) {
	case pierre.KindInvalid:
		return http.StatusUnprocessableEntity
	case pierre.KindMalformed:
		return http.StatusBadRequest
	case pierre.KindUnauthenticated:
		return http.StatusUnauthorized
	case pierre.KindDenied:
		return http.StatusForbidden
	case pierre.KindNotFound:
		return http.StatusNotFound
	case pierre.KindConflict:
		return http.StatusConflict
	case pierre.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	case pierre.KindRateLimited:
		return http.StatusTooManyRequests
	case pierre.KindUnavailable:
		return http.StatusServiceUnavailable
	case pierre.KindStorageFull:
		return http.StatusInsufficientStorage
	default:
		return http.StatusInternalServerError
	}
}
