package provider

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A LimitedError says that the provider asks to wait.
type LimitedError struct{ Until time.Time }

func (e *LimitedError) Error() string {
	return "the provider asks to wait until " + e.Until.UTC().Format(time.RFC3339)
}

// A StatusError is an answer of a provider that is no success.
type StatusError struct {
	Status int
	Body   string // its beginning
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("the provider answered %d %s: %.200q", e.Status, http.StatusText(e.Status), e.Body)
}

// errRefused says that the provider no longer accepts the credentials.
var errRefused = errors.New("the provider does not accept the credentials")

// errSealed says that the credentials of a connection cannot be opened with this server's keys.
var errSealed = errors.New("the credentials of the connection cannot be opened")

// errOvertaken says that another server fetches, or that the connection is gone.
var errOvertaken = errors.New("another server fetches over this connection")

// errLost says that the athlete's account is gone at this server.
func lost(err error) bool { return pierre.KindOf(err) == pierre.KindNotFound }

// gone reports whether a provider's answer says that the thing asked for is not there, or not for us, and will not be.
// What a provider answers to a request for tokens says nothing of that.
func gone(err error) bool {
	e, ok := errors.AsType[*StatusError](err)
	return ok && !isKept(err) && (e.Status == http.StatusNotFound || e.Status == http.StatusGone || e.Status == http.StatusForbidden || e.Status == http.StatusUnprocessableEntity)
}

// A malformedError is an answer that cannot be read.
type malformedError struct{ err error }

func (e *malformedError) Error() string { return "reading the provider's answer: " + e.err.Error() }

func (e *malformedError) Unwrap() error { return e.err }

// off says why a provider is not switched on.
func off(p *Provider, why string) error {
	return &pierre.Error{Kind: pierre.KindConflict, Field: "provider", Msg: p.Title + " is not switched on on this server: " + why}
}
