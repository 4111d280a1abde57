package oauthapi

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// badRequest is an authorization request that is not answered to the app, because it is not certain whose it is. The
// person reads why.
func badRequest(msg string) error { return &pierre.Error{Kind: pierre.KindMalformed, Msg: msg} }

// errForeignForm is the refusal of a form that another site sent.
func errForeignForm() error {
	return &pierre.Error{Kind: pierre.KindDenied, Msg: "This form was sent by another site. Go back to the app and connect it again."}
}

// errExpiredPage is the refusal of a form that this server did not make for this browser, or too long ago.
func errExpiredPage() error {
	return &pierre.Error{Kind: pierre.KindDenied, Msg: "This page has expired, or cookies are off. Go back to the app and connect it again."}
}

// fail answers a program. What is no OAuth error of ours becomes one; only the log reads the rest.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if web.ClientGone(r, err) {
		web.Abandon(r, err)
		return
	}
	e, status := oauthError(err)
	if !web.Note(r.Context(), err) && status >= http.StatusInternalServerError {
		s.log.LogAttrs(r.Context(), slog.LevelError, "oauth request failed", slog.String("path", r.URL.Path), slog.Int("status", status), slog.Any("err", err))
	}
	if web.Started(r) {
		return
	}
	h := w.Header()
	noStore(h)
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Basic") // RFC 6749, section 5.2, for clients that tried to authenticate
	}
	if wait := pierre.RetryAfterOf(err, time.Second); status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		h.Set("Retry-After", strconv.FormatInt(web.Seconds(wait), 10))
	}
	if err := web.WriteJSON(w, status, e); err != nil {
		web.Abandon(r, err)
	}
}

// oauthError returns the error that a program may read, and its status.
func oauthError(err error) (*oidc.Error, int) {
	if e, ok := errors.AsType[*oidc.Error](err); ok {
		if e.ErrorType == oidc.InvalidClient {
			return e, http.StatusUnauthorized
		}
		return e, http.StatusBadRequest
	}
	msg := pierre.MessageOf(err, "Something went wrong on the server; the operator's log says what.")
	switch pierre.KindOf(err) {
	case pierre.KindNotFound:
		return oidc.ErrInvalidGrant().WithDescription("%s", "The code or token is not known; connect the app again."), http.StatusBadRequest
	case pierre.KindDenied, pierre.KindConflict:
		return oidc.ErrInvalidGrant().WithDescription("%s", msg), http.StatusBadRequest
	case pierre.KindMalformed, pierre.KindInvalid:
		return oidc.ErrInvalidRequest().WithDescription("%s", msg), http.StatusBadRequest
	default:
		e := oidc.ErrServerError().WithDescription("%s", msg)
		if status := web.Status(err); status != http.StatusInternalServerError {
			e.ErrorType = "temporarily_unavailable" // RFC 6749, section 4.1.2.1
			return e, status
		}
		return e, http.StatusInternalServerError
	}
}

// noStore keeps an answer out of caches.
func noStore(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
}
