package streamable

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
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
