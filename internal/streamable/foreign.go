package streamable

import (
	"net/http"

	"github.com/pierre-mcp/pierre/internal/web"
)

const (
	// maxForeign and maxOwnerForeign are how many messages of other protocols are answered at once, of all and of one group of owners.
	maxForeign      = 1024
	maxOwnerForeign = 32

	// decodedPerByte is how many bytes JSON takes for each of its own once it is decoded as a whole: 23 were measured, of a list of empty objects.
	decodedPerByte = 24
)

// Receive reads a message of another protocol, whose answer asks the Server in turn: a body of at most limit bytes. It admits requests
// as [Server.Admit] does, and only those of known callers. Until answer returns, the message counts against the bytes of its owner with
// what it takes when it is decoded, and against the few messages that an owner may have running at once.
func (s *Server) Receive(w http.ResponseWriter, r *http.Request, limit int64, answer func(body []byte)) {
	s.Admit(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, free, err := s.readForeign(r, limit)
		if err != nil {
			s.refuse(w, r, nil, err, web.Presented(r.Header))
			return
		}
		defer free()
		answer(body)
	})).ServeHTTP(w, r)
}

func (s *Server) readForeign(r *http.Request, limit int64) (body []byte, free func(), err error) {
	sent, err := s.callers.Identify(r)
	if err != nil {
		return nil, nil, err
	}
	c, err := sent.Caller(r, "")
	if err != nil {
		return nil, nil, err
	}
	owner := c.Owner().Group
	if !s.foreign.take(owner, 1) {
		return nil, nil, explainBody(errNoBudget, limit, true)
	}
	body, freeBytes, err := s.knownBytes.read(r, owner, limit, decodedPerByte)
	if err != nil {
		s.foreign.give(owner, 1)
		return nil, nil, explainBody(err, limit, true)
	}
	return body, func() { freeBytes(); s.foreign.give(owner, 1) }, nil
}
