package streamable

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
)

// InternalMessage is all that a client reads about an error that is not its own.
const InternalMessage = "Something went wrong on the server; the operator's log says what."

// An Error is one that the client may read: the error member of a JSON-RPC response.
type Error struct {
	Status  int // of HTTP; 0: what the era of the protocol prescribes for the code
	Code    int
	Message string
	Data    any
	Err     error // for the log
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s (code %d): %v", e.Message, e.Code, e.Err)
	}
	return fmt.Sprintf("%s (code %d)", e.Message, e.Code)
}

// Unwrap returns what caused the refusal.
func (e *Error) Unwrap() error { return e.Err }

// Refuse returns a refusal with an HTTP status (0: see [Error]), a code and a text.
func Refuse(status, code int, message string) *Error {
	return &Error{Status: status, Code: code, Message: message}
}

// RefusalOf returns what a client may read about err. Codes of our own lie outside the ranges that JSON-RPC and MCP
// reserve: they are the HTTP status codes.
func RefusalOf(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	status := web.Status(err)
	if status == http.StatusInternalServerError {
		return Refuse(status, mcp.INTERNAL_ERROR, InternalMessage)
	}
	if status == http.StatusBadRequest {
		return Refuse(status, mcp.INVALID_REQUEST, pierre.MessageOf(err, InternalMessage))
	}
	return Refuse(status, status, pierre.MessageOf(err, InternalMessage))
}

// An Answer is what a request is answered with: a JSON-RPC response.
type Answer struct {
	Status int // of HTTP
	Body   []byte
	Result json.RawMessage // nil for an error
	Failed bool            // an error, or a tool's result that says so
}

// answerWith returns the answer to the request with that id.
func answerWith(id, result json.RawMessage) Answer {
	b := make([]byte, 0, len(id)+len(result)+40)
	b = append(b, `{"jsonrpc":"2.0","id":`...)
	b = append(b, id...)
	b = append(b, `,"result":`...)
	b = append(b, result...)
	return Answer{Status: http.StatusOK, Body: append(b, '}'), Result: result}
}

// answerWith returns the answer to the request with that id for an error; a nil id is left out.
func (e *Error) answerWith(id json.RawMessage, modern bool) Answer {
	status := e.Status
	if status == 0 {
		status = statusOf(e.Code, modern)
	}
	return Answer{Status: status, Body: e.encode(id), Failed: true}
}

func (e *Error) encode(id json.RawMessage) []byte {
	body, err := json.Marshal(struct {
		JSONRPC string                  `json:"jsonrpc"`
		ID      json.RawMessage         `json:"id,omitempty"`
		Error   mcp.JSONRPCErrorDetails `json:"error"`
	}{mcp.JSONRPC_VERSION, id, mcp.JSONRPCErrorDetails{Code: e.Code, Message: e.Message, Data: e.Data}})
	if err != nil { // data that cannot be JSON
		return (&Error{Code: mcp.INTERNAL_ERROR, Message: InternalMessage}).encode(id)
	}
	return body
}

// statusOf returns the HTTP status for a JSON-RPC error. Only the modern protocol maps errors to statuses, so that
// intermediaries need not read bodies; before, they travel as successes.
func statusOf(code int, modern bool) int {
	if !modern {
		return http.StatusOK
	}
	switch code {
	case mcp.METHOD_NOT_FOUND:
		return http.StatusNotFound
	case mcp.HEADER_MISMATCH, mcp.MISSING_REQUIRED_CLIENT_CAPABILITY, mcp.UNSUPPORTED_PROTOCOL_VERSION,
		mcp.INVALID_REQUEST, mcp.INVALID_PARAMS, mcp.PARSE_ERROR:
		return http.StatusBadRequest
	default:
		return http.StatusOK
	}
}

// refuse answers a request that was not handled; presented says that it came with a credential. If the client went away,
// or has the beginning of another answer, nothing is written.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, id json.RawMessage, err error, presented bool) {
	if web.ClientGone(r, err) {
		web.Abandon(r, err)
		return
	}
	e := RefusalOf(err)
	if !web.Note(r.Context(), err) {
		level := slog.LevelInfo
		if e.Status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		s.log.LogAttrs(r.Context(), level, "mcp request refused", slog.String("method", r.Method), slog.Int("status", e.Status), slog.Any("err", err))
	}
	if web.Started(r) {
		return
	}
	web.SetAdvice(w.Header(), err, presented)
	s.callers.Challenge(w.Header(), r, err)
	writeJSON(w, e.answerWith(id, false))
}
