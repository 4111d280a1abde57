package streamable

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
)

// A reply is a client's response to a request of the server.
type reply struct {
	result json.RawMessage
	fault  json.RawMessage
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
