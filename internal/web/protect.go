package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// protect stands around everything that is served: a panic ends its request, with an answer, and
// nothing else, and no browser takes an answer for anything but what it says it is.
func protect(h http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		tracked := &startedWriter{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				tracked.crash(r, log, p)
			}
		}()
		h.ServeHTTP(tracked, r)
	})
}

// crash answers for a handler that panicked, unless it has begun to answer itself: half an answer
// must not look like a whole one, and is broken off.
func (w *startedWriter) crash(r *http.Request, log *slog.Logger, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p) //nolint:forbidigo // that is a handler's way to hang up
	}
	if !w.started {
		Fail(w, r, log, panicked(p))
		return
	}
	log.ErrorContext(r.Context(), "request panicked", slog.String("path", r.URL.Path), slog.Any("err", panicked(p)))
	panic(http.ErrAbortHandler) //nolint:forbidigo // as above
}

// panicked is the error for a recovered panic, with the stack for the log.
func panicked(p any) error { return fmt.Errorf("panic: %v\n%s", p, debug.Stack()) }

// A startedWriter knows whether the response has begun.
type startedWriter struct {
	http.ResponseWriter

	started bool
}

// WriteHeader implements [http.ResponseWriter].
func (w *startedWriter) WriteHeader(status int) {
	w.started = w.started || status >= http.StatusOK
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *startedWriter) Write(b []byte) (int, error) {
	w.started = true
	return w.ResponseWriter.Write(b)
}

// Unwrap is for [http.ResponseController].
func (w *startedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
