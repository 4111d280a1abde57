package adminapi

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/internal/web"
)

const (
	heartbeat = 10 * time.Second // between two looks at the token, each with a comment
	eventsGap = 3000             // milliseconds until a viewer whose stream broke comes back
)

// A LiveUsage shows the usage of this moment.
type LiveUsage interface {
	Watch(after string) (*usage.Viewer, error)
}

// events streams live numbers as server-sent events (HTML Living Standard, chapter 9.2) until the client goes, the server
// stops, or the token is no longer accepted.
func (s *Server) events(w http.ResponseWriter, r *http.Request, _ pierre.AdminToken) error {
	if _, err := web.Query(r); err != nil {
		return err
	}
	if s.opts.Live == nil {
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "This server has no live numbers."}
	}
	token, err := access.FromHeader(r.Header)
	if err != nil {
		return err
	}
	viewer, err := s.opts.Live.Watch(r.Header.Get("Last-Event-ID"))
	if err != nil {
		return err
	}
	defer viewer.Close()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would collect events
	w.WriteHeader(http.StatusOK)
	if _, err := fmt.Fprintf(w, "retry: %d\n\n", eventsGap); err != nil {
		return err
	}
	return s.sendEvents(w, r, viewer.Events, token.Reveal())
}

// sendEvents sends events until they end, the client hangs up or its token is no longer valid.
func (s *Server) sendEvents(w http.ResponseWriter, r *http.Request, events <-chan usage.LiveEvent, token string) error {
	control := http.NewResponseController(w)
	beat := time.NewTicker(s.heartbeat)
	defer beat.Stop()
	for {
		if err := control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		select {
		case e, ok := <-events:
			if !ok {
				return nil
			}
			if _, err := fmt.Fprintf(w, "id: %s\nevent: %s\ndata: %s\n\n", e.ID, e.Type, e.Data); err != nil {
				return err
			}
		case <-beat.C:
			if err := s.stillListing(r, token); err != nil {
				return nil
			}
			if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil {
				return err
			}
		case <-r.Context().Done():
			return nil
		}
	}
}

// stillListing reports why the token may not see the numbers any more.
func (s *Server) stillListing(r *http.Request, token string) error {
	caller, err := s.auth.Verify(r.Context(), token)
	if err == nil && !slices.Contains(caller.Permissions, pierre.PermListKeys) {
		err = &pierre.Error{Kind: pierre.KindDenied, Msg: "This admin token may no longer list keys."}
	}
	return err
}
