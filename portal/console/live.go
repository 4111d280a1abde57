package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/usage"
)

const (
	liveAgain = 3000             // milliseconds until a browser whose stream broke comes back
	liveFor   = 15 * time.Minute // then it comes back, so that a session that ended is noticed
)

func (s *Service) live(w http.ResponseWriter, r *http.Request) error {
	return s.pages.Page(w, r, http.StatusOK, "console/live", struct{}{})
}

// events passes the server's live numbers on, which name no person and no arguments of calls. When the stream ends, the
// browser asks again from the last event that it saw.
func (s *Service) events(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), liveFor)
	defer cancel()
	started := false
	control := http.NewResponseController(w)
	err := s.as(r).Events(ctx, r.Header.Get("Last-Event-ID"), func(e usage.LiveEvent) error {
		if !started {
			started = true
			h := w.Header()
			h.Set("Content-Type", "text/event-stream")
			h.Set("Cache-Control", "no-store")
			h.Set("X-Accel-Buffering", "no") // nginx would collect events
			w.WriteHeader(http.StatusOK)
			if _, err := fmt.Fprintf(w, "retry: %d\n\n", liveAgain); err != nil {
				return err
			}
		}
		data := strings.ReplaceAll(string(e.Data), "\n", "\ndata: ")
		if _, err := fmt.Fprintf(w, "id: %s\nevent: %s\ndata: %s\n\n", e.ID, e.Type, data); err != nil {
			return err
		}
		if err := control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		return nil
	})
	if !started {
		return of(err)
	}
	if r.Context().Err() == nil {
		s.opts.Log.InfoContext(r.Context(), "a live view ended", slog.Any("err", err))
	}
	return nil
}
