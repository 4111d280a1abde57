package streamable

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/web"
)

// postMessage takes one message of either era.
func (s *Server) postMessage(w http.ResponseWriter, r *http.Request) {
	s.post(&Exchange{w: w, r: r, json: accepts(r.Header, "application/json"), sse: accepts(r.Header, "text/event-stream")}, r)
}

// ServePlain takes one message whatever the Content-Type says, and answers it in plain JSON; the credential may be in the
// message's auth member. Nothing is kept between messages. It has to be behind [Server.Admit].
func (s *Server) ServePlain(w http.ResponseWriter, r *http.Request) {
	r.Header.Del(mcp.HeaderSessionID)
	s.post(&Exchange{w: w, r: r, json: true, plain: true}, r)
}

func (s *Server) post(x *Exchange, r *http.Request) {
	x.server, x.msg, x.gone = s, &message{}, r.Context().Done()
	if err := s.receive(x, r); err != nil {
		s.refuse(x.w, r, x.msg.id, err, web.Presented(r.Header) || x.msg.auth != "")
	}
}

// receive reads a message and handles it. It returns an error only if nothing was written.
//
// A credential in a header is verified before the message is read, and without one only a small message is. If it is not
// accepted, a small message is read all the same, because the answer repeats its id.
func (s *Server) receive(x *Exchange, r *http.Request) error {
	if !x.json && !x.sse {
		return Refuse(http.StatusNotAcceptable, mcp.INVALID_REQUEST, "Accept must admit application/json or text/event-stream.")
	}
	if err := s.checkContentType(x); err != nil {
		return err
	}
	sent, refused := s.callers.Identify(r)
	body, free, err := s.readBody(r, sent)
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
	c, err := sent.Caller(r, x.msg.auth)
	if err != nil {
		return err
	}
	if x.session, err = s.sessionOf(r.Context(), x, c.Owner()); err != nil {
		return err
	}
	x.session.begin(s.now())
	defer func() { x.session.finish(s.now()) }()
	switch {
	case x.msg.isResponse():
		return s.response(x)
	case x.msg.isNotification():
		s.notification(r.Context(), x, c)
		return nil
	default:
		return s.request(r.Context(), x, c)
	}
}

// checkContentType keeps HTML forms out, which browsers send anywhere without asking. Plain messages that have to show a
// credential may leave the header to their tool, as curl -d does.
func (s *Server) checkContentType(x *Exchange) error {
	if x.plain && !s.opts.Open {
		return nil
	}
	const wanted = "application/json"
	sent := x.r.Header.Get("Content-Type")
	if sent == wanted {
		return nil
	}
	if mediaType, _, err := mime.ParseMediaType(sent); err != nil || mediaType != wanted {
		return Refuse(http.StatusUnsupportedMediaType, mcp.INVALID_REQUEST, "Content-Type must be application/json.")
	}
	return nil
}

// sessionOf returns the session of a request: the one that it names, a new one for initialize, or else one that is
// forgotten with the request. Sessions are for clients of the older protocol that take streams; a client that wants
// nothing but answers may do without.
func (s *Server) sessionOf(ctx context.Context, x *Exchange, o Owner) (*session, error) {
	id := x.r.Header.Get(mcp.HeaderSessionID)
	switch {
	case x.modern:
		return &session{}, nil
	case x.msg.name == string(mcp.MethodInitialize) && x.sse:
		return newSession(rand.Text(), o, s.now()), nil
	case x.msg.name == string(mcp.MethodInitialize) || id == "":
		return &session{}, nil
	}
	found, ok := s.sessions.find(ctx, id, o)
	if !ok {
		return nil, Refuse(http.StatusNotFound, http.StatusNotFound, noSession)
	}
	return found, nil
}

// response takes a client's response to a request of a tool.
func (s *Server) response(x *Exchange) error {
	if !x.resolve(x.msg.id, reply{result: x.msg.result, fault: x.msg.fault}) {
		return Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "No request with this id waits for a response in this session.")
	}
	x.w.WriteHeader(http.StatusAccepted)
	return nil
}

// notification takes a client's notification. A modern client cancels by hanging up; its cancellations mean nothing.
func (s *Server) notification(ctx context.Context, x *Exchange, c Caller) {
	switch {
	case x.modern:
	case x.msg.name == string(mcp.MethodNotificationCancelled):
		if id := x.msg.cancelled; id != nil {
			x.cancel(id)
		}
	default:
		s.mcp.HandleMessage(s.mcp.WithContext(c.Context(ctx), x), x.msg.inner(0))
	}
	x.w.WriteHeader(http.StatusAccepted)
}

// request answers a request. Requests of a tenant that run at once are few, and the others wait for their turn.
func (s *Server) request(ctx context.Context, x *Exchange, c Caller) error {
	x.edit = x.exactToken
	ctx = c.Context(ctx)
	method := mcp.MCPMethod(x.msg.name)
	if x.msg.size > maxHandshake && (method == mcp.MethodInitialize || method == mcp.MethodSubscriptionsListen) { // it is kept
		return Refuse(http.StatusRequestEntityTooLarge, http.StatusRequestEntityTooLarge, fmt.Sprintf("The message of %s may have %d bytes.", method, maxHandshake))
	}
	if method == mcp.MethodSubscriptionsListen && x.modern {
		return s.listen(ctx, x, c)
	}
	tenant, err := s.handler.Admit(ctx, x.msg.name)
	if err != nil {
		return err
	}
	if err := x.enter(ctx, s.work, tenant); err != nil {
		return err
	}
	defer x.Leave()
	if x.resumable() {
		// Hanging up does not cancel a call of the older protocol: its client may come back for the answer.
		detached, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		if x.untrack, err = x.track(x.msg.id, cancel); err != nil {
			return err
		}
		defer x.untrack()
		ctx = detached
	}
	if method == mcp.MethodInitialize && x.resumable() {
		x.answer(s.initialize(ctx, x))
	} else {
		x.answer(s.handler.Answer(ctx, x))
	}
	return nil
}

// initialize answers the older protocol's handshake, and opens the session if it went well.
func (s *Server) initialize(ctx context.Context, x *Exchange) Answer {
	a := x.Dispatch(ctx)
	if a.Failed {
		return a
	}
	err := s.share(x.session)
	if err == nil {
		err = s.sessions.add(ctx, x.session)
	}
	if err != nil {
		s.log.ErrorContext(ctx, "opening a session failed", slog.Any("err", err))
		return x.Refused(err)
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

// listen carries a subscription until the client hangs up, may no longer use it or the server stops.
func (s *Server) listen(ctx context.Context, x *Exchange, c Caller) error {
	if !x.sse {
		return Refuse(http.StatusNotAcceptable, mcp.INVALID_REQUEST, "Accept must admit text/event-stream for subscriptions/listen.")
	}
	ctx, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer stop()
	l := &listener{Exchange: x, number: s.requestIDs.Add(1), owner: c.Owner(), stop: stop}
	x.edit = l.tag
	forget, err := s.sessions.listen(ctx, l)
	if err != nil {
		return err
	}
	watching.Go(func() { c.WhileValid(ctx, stop) })
	a := x.dispatch(ctx, l)
	forget()
	x.answer(a)
	return nil
}
