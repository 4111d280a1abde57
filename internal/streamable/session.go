package streamable

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
)

// Finished streams are kept for clients whose connection broke just before the answer: so many of a session, and so
// many bytes of their messages.
const (
	maxFinished      = 16
	maxFinishedBytes = 256 << 10

	maxKeptText = 256 // of a client's name and version
	maxAsked    = 32  // requests to the client that wait for their responses
)

// A session is what a client of the older protocol negotiated, and its streams. The zero session stands for none: a
// stateless request has one of its own.
//
// It is also what mcp-go notifies when lists change ([server.ClientSession]).
type session struct {
	id         string
	owner      Owner   // who opened it: nobody else can use it
	standalone *stream // for GET
	done       chan struct{}

	mu          sync.Mutex
	initialized bool
	version     string
	client      mcp.Implementation // name and version only
	can         mcp.ClientCapabilities
	level       mcp.LoggingLevel
	streams     []*stream                     // of POST requests, oldest first
	lastStream  int64                         // the highest number of streams
	asked       map[string]chan<- reply       // requests to the client, by the key of their id
	inFlight    map[string]context.CancelFunc // requests of the client, by the key of their id
	active      int                           // HTTP requests in this session now
	seen        time.Time                     // when the last one began or ended
	closed      bool
}

// A reply is a client's response to a request of the server.
type reply struct {
	result json.RawMessage
	fault  json.RawMessage
}

func newSession(id string, owner Owner, now time.Time) *session {
	return &session{
		id:         id,
		owner:      owner,
		standalone: newStream(0, true),
		done:       make(chan struct{}),
		asked:      map[string]chan<- reply{},
		inFlight:   map[string]context.CancelFunc{},
		seen:       now,
	}
}

// SessionID implements [server.ClientSession].
func (s *session) SessionID() string { return s.id }

// NotificationChannel implements [server.ClientSession].
func (s *session) NotificationChannel() chan<- mcp.JSONRPCNotification {
	return s.standalone.reserve(nil)
}

// Initialize implements [server.ClientSession].
func (s *session) Initialize() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.initialized = true
}

// Initialized implements [server.ClientSession]. Requests without a session are complete in themselves.
func (s *session) Initialized() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.initialized || s.id == ""
}

// SetLogLevel implements [server.SessionWithLogging].
func (s *session) SetLogLevel(level mcp.LoggingLevel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.level = level
}

// GetLogLevel implements [server.SessionWithLogging]. A client that set no level hears of errors.
func (s *session) GetLogLevel() mcp.LoggingLevel {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.level == "" {
		return mcp.LoggingLevelError
	}
	return s.level
}

// GetClientInfo implements [server.SessionWithClientInfo].
func (s *session) GetClientInfo() mcp.Implementation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client
}

// SetClientInfo implements [server.SessionWithClientInfo].
func (s *session) SetClientInfo(client mcp.Implementation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client = mcp.Implementation{Name: shorten(client.Name), Version: shorten(client.Version)}
}

// shorten returns at most maxKeptText bytes of what a client says about itself, in memory of their own.
func shorten(text string) string { return clip(text, maxKeptText) }

// clip returns at most limit bytes of text, in memory of their own.
func clip(text string, limit int) string {
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "")
	}
	return strings.Clone(text)
}

// GetClientCapabilities implements [server.SessionWithClientInfo].
func (s *session) GetClientCapabilities() mcp.ClientCapabilities {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.can
}

// SetClientCapabilities implements [server.SessionWithClientInfo]. It keeps whether a client can be asked for something,
// and nothing of what it may have sent along.
func (s *session) SetClientCapabilities(can mcp.ClientCapabilities) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.can = mcp.ClientCapabilities{}
	if can.Sampling != nil {
		s.can.Sampling = &mcp.SamplingCapability{}
	}
	if can.Elicitation != nil {
		s.can.Elicitation = &mcp.ElicitationCapability{}
	}
	if can.Roots != nil {
		s.can.Roots = &struct {
			ListChanged bool `json:"listChanged,omitempty"`
		}{can.Roots.ListChanged}
	}
}

// ProtocolVersion implements [server.SessionWithProtocolVersion].
func (s *session) ProtocolVersion() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// SetProtocolVersion notes what initialize negotiated.
func (s *session) SetProtocolVersion(version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = version
}

// begin notes that an HTTP request uses the session.
func (s *session) begin(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active++
	s.seen = now
}

func (s *session) finish(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active--
	s.seen = now
}

// idleSince returns when the session was used last; ok is false while it is in use.
func (s *session) idleSince() (seen time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen, s.active == 0
}

// close ends the streams, and the requests that wait for the client.
func (s *session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	close(s.done)
	s.standalone.end()
}

// track makes a request of the client cancellable; untrack forgets it. Two requests with one id cannot run at a time:
// neither a cancellation nor an answer would say which one it is about.
func (s *session) track(id json.RawMessage, cancel context.CancelFunc) (untrack func(), err error) {
	key := jsonrpc.Key(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, running := s.inFlight[key]; running {
		return nil, Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "A request with this id is running in this session already.")
	}
	s.inFlight[key] = cancel
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.inFlight, key)
	}), nil
}

// cancel cancels the request with that id, if it is running.
func (s *session) cancel(id json.RawMessage) {
	s.mu.Lock()
	cancel := s.inFlight[jsonrpc.Key(id)]
	s.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

// openStream returns a new stream for a POST request, which a client can come back to.
func (s *session) openStream() *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastStream++
	st := newStream(s.lastStream, true)
	s.streams = append(s.streams, st)
	s.forgetFinished()
	return st
}

// forgetFinished keeps the streams that are running and the newest of the others.
func (s *session) forgetFinished() {
	finished, bytes := 0, 0
	for i, st := range slices.Backward(s.streams) {
		if !st.isEnded() {
			continue
		}
		finished++
		bytes += st.size()
		if finished > maxFinished || bytes > maxFinishedBytes {
			s.streams[i] = nil
		}
	}
	s.streams = slices.DeleteFunc(s.streams, func(st *stream) bool { return st == nil })
}

// stream returns the stream of that number.
func (s *session) stream(number int64) (*stream, bool) {
	if number == s.standalone.number {
		return s.standalone, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.streams {
		if st.number == number {
			return st, true
		}
	}
	return nil, false
}

// expect returns where the client's response to the request with that id will arrive.
func (s *session) expect(id int64) (replies <-chan reply, forget func(), err error) {
	key := strconv.FormatInt(id, 10)
	ch := make(chan reply, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) == maxAsked {
		return nil, nil, fmt.Errorf("it has not answered %d requests", maxAsked)
	}
	s.asked[key] = ch
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.asked, key)
	}, nil
}

// resolve passes a client's response on to the request that waits for it, and reports whether there is one.
func (s *session) resolve(id json.RawMessage, r reply) bool {
	key := jsonrpc.Key(id)
	s.mu.Lock()
	ch, ok := s.asked[key]
	delete(s.asked, key)
	s.mu.Unlock()
	if ok {
		ch <- r // it has space: each id is resolved once
	}
	return ok
}
