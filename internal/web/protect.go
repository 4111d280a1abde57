package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// protect stands around everything that is served: a panic ends its request, with an answer, and nothing else.
func protect(h http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				crash(w, r, log, p)
			}
		}()
		h.ServeHTTP(w, r)
	})
}

// crash answers for a handler that panicked, unless it has begun to answer itself: half an answer
// must not look like a whole one, and is broken off.
func crash(w http.ResponseWriter, r *http.Request, log *slog.Logger, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p) //nolint:forbidigo // that is a handler's way to hang up
	}
	started := Started(r)
	Fail(w, r, log, Panicked(p))
	if started {
		panic(http.ErrAbortHandler) //nolint:forbidigo // as above
	}
}

// Panicked is the error for a recovered panic, with the stack for the log.
func Panicked(p any) error { return fmt.Errorf("panic: %v\n%s", p, debug.Stack()) }
