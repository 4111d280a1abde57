package mcpapi

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/web"
)

// postMCP takes one message of either era.
func (s *Server) postMCP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{w: w, gone: r.Context().Done(), json: accepts(r.Header, "application/json"), sse: accepts(r.Header, "text/event-stream")}
	s.post(x, r)
}

// postGuide takes one message as the provisioning guide writes it: the key may be in the body, and the response is
// plain JSON. Nothing is kept between messages.
func (s *Server) postGuide(w http.ResponseWriter, r *http.Request) {
	r.Header.Del(mcp.HeaderSessionID)
	s.post(&exchange{w: w, gone: r.Context().Done(), json: true}, r)
}

func (s *Server) post(x *exchange, r *http.Request) {
	x.msg = &message{}
	if err := s.receive(x, r); err != nil {
		s.refuse(x.w, r, x.msg.id, err, web.Presented(r.Header) || x.msg.auth != "")
	}
}

// receive reads a message and handles it. It returns an error only if nothing was written.
//
// A credential in a header is verified before the message is read, and without one only a small message is. If it is not
// accepted, a small message is read all the same, because the answer repeats its id.
func (s *Server) receive(x *exchange, r *http.Request) error {
	if !x.json && !x.sse {
		return refuse(http.StatusNotAcceptable, mcp.INVALID_REQUEST, "Accept must admit application/json or text/event-stream.")
	}
	if err := s.checkContentType(r); err != nil {
		return err
	}
	c, refused := s.fromHeader(r)
	body, free, err := s.readBody(r, c)
	defer free()
	if err == nil {
		err = x.msg.parse(body)
	}
	if refused != nil {
		return refused
	}
	if err != nil {
		return err
	}
	x.modern = isModern(r.Header, x.msg)
	if err := checkEra(r.Header, x.msg, x.modern); err != nil {
		return err
	}
	if c, err = s.withAuth(r.Context(), c, x.msg.auth); err != nil {
		return err
	}
	if c, err = s.actFor(r.Context(), c, r.Header); err != nil {
		return err
	}
	if x.session, err = s.sessionOf(r.Context(), r.Header, x, c.Principal); err != nil {
		return err
	}
	x.session.begin(s.now())
	defer func() { x.session.finish(s.now()) }()
	switch {
	case x.msg.isResponse():
		return s.response(x)
	case x.msg.isNotification():
		s.notification(r.Context(), x, c.Principal)
		return nil
	default:
		return s.request(r, x, c)
	}
}

// checkContentType keeps HTML forms out, which browsers send anywhere without asking. The guide's clients, which come
// with a key, may leave the header to their tool, as curl -d does.
func (s *Server) checkContentType(r *http.Request) error {
	if r.URL.Path == "/" && s.callers.personal == nil {
		return nil
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, mcp.INVALID_REQUEST, "Content-Type must be application/json.")
	}
	return nil
}

// sessionOf returns the session of a request: the one that it names, a new one for initialize, or else one that is
// forgotten with the request. Sessions are for clients of the older protocol that take streams; a client that wants
// nothing but answers may do without.
func (s *Server) sessionOf(ctx context.Context, h http.Header, x *exchange, p access.Principal) (*session, error) {
	id := h.Get(mcp.HeaderSessionID)
	switch {
	case x.modern:
		return &session{}, nil
	case x.msg.name == string(mcp.MethodInitialize) && x.sse:
		return newSession(rand.Text(), ownerOf(p), s.now()), nil
	case x.msg.name == string(mcp.MethodInitialize) || id == "":
		return &session{}, nil
	}
	found, ok := s.sessions.find(ctx, id, ownerOf(p))
	if !ok {
		return nil, refuse(http.StatusNotFound, http.StatusNotFound, noSession)
	}
	return found, nil
}

// response takes a client's response to a request of a tool.
func (s *Server) response(x *exchange) error {
	if !x.resolve(x.msg.id, reply{result: x.msg.result, fault: x.msg.fault}) {
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "No request with this id waits for a response in this session.")
	}
	x.w.WriteHeader(http.StatusAccepted)
	return nil
}

// notification takes a client's notification. A modern client cancels by hanging up; its cancellations mean nothing.
func (s *Server) notification(ctx context.Context, x *exchange, p access.Principal) {
	switch {
	case x.modern:
	case x.msg.name == string(mcp.MethodNotificationCancelled):
		if id := x.msg.cancelled; id != nil {
			x.cancel(id)
		}
	default:
		s.mcp.HandleMessage(s.mcp.WithContext(access.WithPrincipal(ctx, p), x), x.msg.inner(0))
	}
	x.w.WriteHeader(http.StatusAccepted)
}

// request answers a request. Requests of a user that run at once are few, and the others wait for their turn.
func (s *Server) request(r *http.Request, x *exchange, c caller) error {
	x.nextID = func() int64 { return s.requestIDs.Add(1) }
	x.edit = x.exactToken
	ctx := access.WithPrincipal(r.Context(), c.Principal)
	method := mcp.MCPMethod(x.msg.name)
	if x.msg.size > maxHandshake && (method == mcp.MethodInitialize || method == mcp.MethodSubscriptionsListen) { // it is kept
		return refuse(http.StatusRequestEntityTooLarge, http.StatusRequestEntityTooLarge, fmt.Sprintf("The message of %s may have %d bytes.", method, maxHandshake))
	}
	if method == mcp.MethodSubscriptionsListen && x.modern {
		return s.listen(ctx, x, c)
	}
	if method == mcp.MethodToolsCall && s.opts.Overload != nil {
		if err := s.opts.Overload.Admit(s.now()); err != nil {
			return err
		}
	}
	if err := x.enter(ctx, s.work, string(c.UserID)); err != nil {
		return err
	}
	defer x.leave()
	if x.resumable() {
		// Hanging up does not cancel a call of the older protocol: its client may come back for the answer.
		detached, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		var err error
		if x.untrack, err = x.track(x.msg.id, cancel); err != nil {
			return err
		}
		defer x.untrack()
		ctx = detached
	}
	switch {
	case method == mcp.MethodToolsCall:
		x.answer(s.callTool(ctx, r, x, c.Principal))
	case method == mcp.MethodToolsList:
		x.answer(s.listTools(ctx, r.Header, x, c.Principal))
	case method == mcp.MethodInitialize && x.resumable():
		x.answer(s.initialize(ctx, x))
	default:
		x.answer(s.dispatch(ctx, x, x))
	}
	return nil
}

// initialize answers the older protocol's handshake, and opens the session if it went well.
func (s *Server) initialize(ctx context.Context, x *exchange) answer {
	a := s.dispatch(ctx, x, x)
	if a.failed {
		return a
	}
	err := s.share(x.session)
	if err == nil {
		err = s.sessions.add(ctx, x.session)
	}
	if err != nil {
		s.log.ErrorContext(ctx, "opening a session failed", slog.Any("err", err))
		return refusalOf(err).answerWith(x.msg.id, false)
	}
	x.w.Header().Set(mcp.HeaderSessionID, x.session.id)
	return a
}

// share gives a session that was initialized the id by which other servers can go on with it, if there may be others.
func (s *Server) share(fresh *session) error {
	if s.opts.Sessions == nil {
		return nil
	}
	id, err := sharedID(s.opts.Sessions, fresh, s.now())
	if err != nil {
		return err
	}
	fresh.id = id
	fresh.share()
	return nil
}

// listen carries a subscription until the client hangs up, its key is no longer valid or the server stops.
func (s *Server) listen(ctx context.Context, x *exchange, c caller) error {
	if !x.sse {
		return refuse(http.StatusNotAcceptable, mcp.INVALID_REQUEST, "Accept must admit text/event-stream for subscriptions/listen.")
	}
	ctx, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer stop()
	l := &listener{exchange: x, number: x.nextID(), owner: ownerOf(c.Principal), stop: stop}
	x.edit = l.tag
	forget, err := s.sessions.listen(ctx, l)
	if err != nil {
		return err
	}
	watching.Go(func() { s.whileValid(ctx, c, stop) })
	a := s.dispatch(ctx, x, l)
	forget()
	x.answer(a)
	return nil
}
