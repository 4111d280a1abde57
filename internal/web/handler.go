// Package web is the HTTP toolkit that every server here shares: handlers that
// return errors, strict decoding, problem documents (RFC 9457) and draining shutdown.
package web

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

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
	Success bool   `json:"success"` // always false: clients of the provisioning guide look for it
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

// Fail logs err and answers with the problem document for it.
func Fail(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	status := Status(err)
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	log.LogAttrs(r.Context(), level, "request failed", slog.String("method", r.Method),
		slog.String("path", r.URL.Path), slog.Int("status", status), slog.Any("err", err))
	WriteProblem(w, r, log, ProblemOf(err))
}

// WriteProblem answers with p.
func WriteProblem(w http.ResponseWriter, r *http.Request, log *slog.Logger, p Problem) {
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if p.Status == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "60")
	}
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
		Detail: pierre.MessageOf(err, "Something went wrong on the server; the operator's log says what."),
	}
	if e, ok := errors.AsType[*pierre.Error](err); ok {
		p.Field = e.Field
	}
	return p
}

// WriteJSON answers with v.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err = w.Write(append(body, '\n'))
	return err
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
