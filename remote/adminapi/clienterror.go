package adminapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// An Error is what the server answered instead of doing what it was asked for.
type Error struct {
	Status     int           // of HTTP
	Detail     string        // what is wrong, and what is allowed
	Field      string        // that is wrong, "" if it is not one
	Request    string        // by which the server's log knows the request, "" if the server does not say
	RetryAfter time.Duration // when to try again, 0 if the server does not say
}

func (e *Error) Error() string {
	text := fmt.Sprintf("the server answered %d: %s", e.Status, e.Detail)
	if e.Field != "" {
		text += " (" + e.Field + ")"
	}
	if e.Request != "" {
		text += " The server's log knows the request as " + e.Request + "."
	}
	if e.RetryAfter > 0 {
		text += fmt.Sprintf(" Try again in %v.", e.RetryAfter)
	}
	return text
}

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseInt(h.Get("Retry-After"), 10, 32)
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// refusal reads a problem document. What answers with something else is not the server, but a proxy on the way.
func refusal(resp *http.Response, body []byte) error {
	e := &Error{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header)}
	var problem web.Problem
	if resp.Header.Get("Content-Type") == "application/problem+json" && json.Unmarshal(body, &problem) == nil {
		e.Detail, e.Field, e.Request = problem.Detail, problem.Field, problem.Request
	}
	if e.Detail == "" {
		e.Detail = http.StatusText(resp.StatusCode)
	}
	return e
}

// Unwrap returns the refusal as an error of the domain, for callers that decide by its kind. That the client's own token is
// not accepted is nothing that a caller could repair: it is [pierre.KindUnavailable].
func (e *Error) Unwrap() error {
	kinds := map[int]pierre.Kind{
		http.StatusUnprocessableEntity: pierre.KindInvalid, http.StatusBadRequest: pierre.KindInvalid, http.StatusNotFound: pierre.KindNotFound,
		http.StatusConflict: pierre.KindConflict, http.StatusRequestEntityTooLarge: pierre.KindTooLarge,
		http.StatusTooManyRequests: pierre.KindRateLimited, http.StatusInsufficientStorage: pierre.KindStorageFull,
	}
	kind, ok := kinds[e.Status]
	if !ok {
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: unavailableMsg, RetryAfter: e.RetryAfter}
	}
	return &pierre.Error{Kind: kind, Field: e.Field, Msg: e.Detail, RetryAfter: e.RetryAfter}
}
