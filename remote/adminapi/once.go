package adminapi

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

const (
	idempotencyHeader = "Idempotency-Key"
	maxIdempotencyKey = 255
)

// actOnce is act for a request that its client may repeat: with the same Idempotency-Key it
// makes the change a single time. The body counts as what it says, not as how it is written.
func (s *Server) actOnce(r *http.Request, caller pierre.AdminToken, body any) (pierre.Act, error) {
	act, err := s.act(r, caller)
	key := r.Header.Get(idempotencyHeader)
	if err != nil || key == "" {
		return act, err
	}
	if len(r.Header.Values(idempotencyHeader)) > 1 {
		return act, pierre.Invalid(idempotencyHeader, "The request carries more than one %s; send one.", idempotencyHeader)
	}
	visible := func(c rune) bool { return c > ' ' && c <= '~' }
	if len(key) > maxIdempotencyKey || strings.ContainsFunc(key, func(c rune) bool { return !visible(c) }) {
		return act, pierre.Invalid(idempotencyHeader, "%s must be 1 to %d visible ASCII characters, such as a UUID.", idempotencyHeader, maxIdempotencyKey)
	}
	meaning, err := json.Marshal(body)
	if err != nil {
		return act, fmt.Errorf("hashing the request: %w", err)
	}
	act.Once = &pierre.Once{
		Route:   r.Method + " " + r.URL.Path,
		Key:     key,
		Request: sha256.Sum256(meaning),
	}
	return act, nil
}

// seal encodes an answer that holds a fresh key, and encrypts it for the time it may be asked for again.
func (s *Server) seal(act pierre.Act, answer any) ([]byte, error) {
	body, err := json.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer: %w", err)
	}
	return s.sealer.Seal(body, purpose(act)), nil
}

// answerOnce writes what seal has sealed.
func (s *Server) answerOnce(w http.ResponseWriter, act pierre.Act, sealed []byte, repeated bool) error {
	body, err := s.sealer.Open(sealed, purpose(act))
	if err != nil {
		return err
	}
	if repeated {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	return web.WriteJSON(w, http.StatusCreated, json.RawMessage(body))
}

// purpose binds an answer to its request: nobody can move it to another row.
func purpose(act pierre.Act) []byte {
	if act.Once == nil {
		return nil
	}
	return pierre.AnswerPurpose(act.Token, act.Once.Route, act.Once.Key)
}
