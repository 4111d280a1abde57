package streamable

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

const (
	// maxUnknownBody is the limit of a message whose credential, if there is one, is in the message itself.
	maxUnknownBody = 64 << 10
	// maxHandshake is the limit of messages from which something is kept: hosts send a kilobyte.
	maxHandshake = 64 << 10

	maxUnknownBytes = 16 << 20  // of all messages without an accepted credential that are being received
	maxKnownBytes   = 256 << 20 // of all other messages, until they are answered
	maxOwnerBytes   = 32 << 20  // of those of one group of owners

	firstBuffer = 4 << 10
)

// unknownPace is for clients that have not shown a credential yet.
func unknownPace() web.Pace { return web.Pace{Pause: 10 * time.Second, BytesPerSecond: 16 << 10} }

// A budget bounds the bytes of the messages that are in memory.
type budget struct {
	max, maxOwner int64

	mu    sync.Mutex
	total int64
	of    map[string]int64 // by owner
}

func newBudget(limit, ofOwner int64) *budget {
	return &budget{max: limit, maxOwner: ofOwner, of: map[string]int64{}}
}

func (b *budget) take(owner string, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.total+n > b.max || b.of[owner]+n > b.maxOwner {
		return false
	}
	b.total += n
	b.of[owner] += n
	return true
}

func (b *budget) give(owner string, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total -= n
	if b.of[owner] -= n; b.of[owner] == 0 {
		delete(b.of, owner)
	}
}

// read reads the body of a request of the owner. Each of its bytes counts weight times until free is called.
func (b *budget) read(r *http.Request, owner string, limit, weight int64) (body []byte, free func(), err error) {
	var taken int64
	free = func() { b.give(owner, taken) }
	take := func(n int64) bool {
		if !b.take(owner, n*weight) {
			return false
		}
		taken += n * weight
		return true
	}
	if body, err = readAll(r.Body, r.ContentLength, limit, take); err != nil {
		free()
		return nil, func() {}, err
	}
	return body, free, nil
}

// readBody reads the message of a caller that may not be known yet. The bytes count until free is called.
func (s *Server) readBody(r *http.Request, sent Credential) (body []byte, free func(), err error) {
	limit, from, owner, known := s.opts.MaxBodyBytes, s.knownBytes, "", false
	if sent != nil {
		owner, known = sent.Group()
	}
	if !known {
		limit, from, owner = min(limit, maxUnknownBody), s.unknownBytes, ""
		web.SetPace(r.Context(), unknownPace())
	}
	if body, free, err = from.read(r, owner, limit, 1); err != nil {
		return nil, free, explainBody(err, limit, known)
	}
	return body, free, nil
}

var (
	errTooLarge = errors.New("the body is over the limit")
	errNoBudget = errors.New("too many bytes of messages are in memory")
)

// readAll reads a body of which size bytes were announced, -1 if none were. It asks take before it allocates.
func readAll(r io.Reader, size, limit int64, take func(n int64) bool) ([]byte, error) {
	if size > limit {
		return nil, errTooLarge
	}
	if size < 0 {
		size = min(firstBuffer, limit)
	}
	var body []byte
	for n := size + 1; ; n = min(2*int64(cap(body)), limit+1) { // one more, to see the end
		if !take(n - int64(cap(body))) {
			return nil, errNoBudget
		}
		larger := make([]byte, len(body), n)
		copy(larger, body)
		body = larger
		for len(body) < cap(body) {
			got, err := r.Read(body[len(body):cap(body)])
			body = body[:len(body)+got]
			if err == io.EOF {
				return body, nil
			}
			if err != nil {
				return nil, err
			}
		}
		if int64(len(body)) > limit {
			return nil, errTooLarge
		}
	}
}

// explainBody returns the refusal of a body that could not be read.
func explainBody(err error, limit int64, known bool) error {
	switch {
	case errors.Is(err, errTooLarge) && known:
		return Refuse(http.StatusRequestEntityTooLarge, http.StatusRequestEntityTooLarge, fmt.Sprintf("The request body is larger than %d bytes.", limit))
	case errors.Is(err, errTooLarge):
		return Refuse(http.StatusRequestEntityTooLarge, http.StatusRequestEntityTooLarge,
			fmt.Sprintf("Without a credential in a header, such as Authorization: Bearer …, the request body may have %d bytes.", limit))
	case errors.Is(err, errNoBudget):
		return &pierre.Error{Kind: pierre.KindUnavailable, Err: err, RetryAfter: time.Second, Msg: "Too many messages are on their way; try again in a moment."}
	default:
		e := Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "The request body could not be read to its end.")
		e.Err = err
		return e
	}
}
