package streamable

import (
	"context"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/web"
)

// get opens the stream on which a session hears what belongs to no request, or goes on with any stream of the session
// after the event that Last-Event-ID names.
func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	if err := s.stream(w, r); err != nil {
		s.refuse(w, r, nil, err, web.Presented(r.Header))
	}
}

func (s *Server) stream(w http.ResponseWriter, r *http.Request) error {
	if !accepts(r.Header, "text/event-stream") {
		return Refuse(http.StatusNotAcceptable, mcp.INVALID_REQUEST, "Accept must admit text/event-stream.")
	}
	found, c, err := s.sessionOnly(w, r)
	if err != nil {
		return err
	}
	found.begin(s.now())
	defer func() { found.finish(s.now()) }()
	st, last := found.standalone, found.standalone.lastSent()
	if id := r.Header.Get(mcp.HeaderLastEventID); id != "" {
		number, event, ok := parseEventID(id)
		here := ok && !(elsewhere(number) && number != st.number)
		if here {
			st, ok = found.stream(number)
		}
		if !ok {
			return Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "Last-Event-ID names no stream that is kept.")
		}
		if here {
			last = event
		}
	}
	closeStream, err := s.sessions.openStream(c.Owner())
	if err != nil {
		return err
	}
	defer closeStream()
	ctx, end := context.WithCancel(r.Context())
	var watching sync.WaitGroup
	defer watching.Wait()
	defer end()
	watching.Go(func() { c.WhileValid(ctx, end) })
	out := newSSEWriter(w)
	out.comment() // so that the client sees at once that it is connected: nginx keeps the headers until there is more
	st.serve(out, last, ctx.Done(), st.attach())
	return nil
}

// delete ends a session.
func (s *Server) delete(w http.ResponseWriter, r *http.Request) {
	found, _, err := s.sessionOnly(w, r)
	if err != nil {
		s.refuse(w, r, nil, err, web.Presented(r.Header))
		return
	}
	s.sessions.bury(r.Context(), found)
	w.WriteHeader(http.StatusNoContent)
}

// sessionOnly returns the session of a request without a body, and its caller. The modern protocol has neither such requests nor sessions.
func (s *Server) sessionOnly(w http.ResponseWriter, r *http.Request) (*session, Caller, error) {
	version := r.Header.Get(mcp.HeaderProtocolVersion)
	if mcp.IsModernProtocol(version) {
		w.Header().Set("Allow", http.MethodPost)
		return nil, nil, Refuse(http.StatusMethodNotAllowed, mcp.INVALID_REQUEST, r.Method+" is not part of the protocol since 2026-07-28; see subscriptions/listen.")
	}
	if version != "" && !mcp.IsValidProtocolVersion(version) {
		return nil, nil, Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "MCP-Protocol-Version names no version that this server knows.")
	}
	sent, err := s.callers.Identify(r)
	if err != nil {
		return nil, nil, err
	}
	c, err := sent.Caller(r, "")
	if err != nil {
		return nil, nil, err
	}
	id := r.Header.Get(mcp.HeaderSessionID)
	if id == "" {
		return nil, nil, Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "Mcp-Session-Id is missing; initialize gives it out.")
	}
	found, ok := s.sessions.find(r.Context(), id, c.Owner())
	if !ok {
		return nil, nil, Refuse(http.StatusNotFound, http.StatusNotFound, noSession)
	}
	return found, c, nil
}
