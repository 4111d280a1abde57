// Package pierre holds the domain: users, keys, limits, activities and calls.
// It imports only the standard library; every other package may import it.
package pierre

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Kind classifies an [Error] for the caller's decision: retry, fix the input, give up.
type Kind int

// The kinds. The zero Kind is internal, so a forgotten classification never leaks.
const (
	KindInternal        Kind = iota
	KindInvalid              // the caller must change the input
	KindMalformed            // the request cannot be read at all, or contradicts itself
	KindUnauthenticated      // no credential, or one that is not accepted
	KindDenied               // a known caller that may not do this
	KindNotFound             // absent, or somebody else's
	KindConflict             // the state does not allow it
	KindTooLarge             // over a size limit
	KindRateLimited          // over a rate limit or quota
	KindUnavailable          // try again later
	KindStorageFull          // the disk is full: the operator must act
)

// An Error carries what a person may see, apart from what only the log may see.
type Error struct {
	Kind  Kind
	Field string // the input field that is wrong, if one is
	Msg   string // shown to the caller: what is wrong, and what to do next
	Err   error  // logged only

	RetryAfter time.Duration // when to try again; 0: not known
}

// ErrMaybeMade is in the tree of the error of a change that may have been made or not.
var ErrMaybeMade = errors.New("the change may have been made")

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Msg
	}
	return fmt.Sprintf("%s: %v", strings.TrimSuffix(e.Msg, "."), e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first [Error] in err's tree, or [KindInternal].
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// MessageOf returns what a person may read about err, or fallback if err is internal.
func MessageOf(err error, fallback string) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Kind != KindInternal {
		return e.Msg
	}
	return fallback
}

// RetryAfterOf returns when it is worth to try again after err, or fallback if err does not know.
func RetryAfterOf(err error, fallback time.Duration) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok && e.RetryAfter > 0 {
		return e.RetryAfter
	}
	return fallback
}

// Invalid returns a [KindInvalid] error about the named input field.
func Invalid(field, format string, args ...any) *Error {
	return &Error{Kind: KindInvalid, Field: field, Msg: fmt.Sprintf(format, args...)}
}

// NotFound returns a [KindNotFound] error for what, which also stands for another user's.
func NotFound(what string) *Error {
	return &Error{Kind: KindNotFound, Msg: what + " not found"}
}
