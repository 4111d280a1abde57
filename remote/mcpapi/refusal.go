package mcpapi

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

// internalMessage is all that a client reads about an error that is not its own.
const internalMessage = "Something went wrong on the server; the operator's log says what."

// A refusal is an error that the client may read: the error member of a JSON-RPC response.
type refusal struct {
	status  int // of HTTP; 0: what the protocol's era prescribes for the code
	code    int
	message string
	data    any
	cause   error // for the log
}

func (e *refusal) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s (code %d): %v", e.message, e.code, e.cause)
	}
	return fmt.Sprintf("%s (code %d)", e.message, e.code)
}

// Unwrap returns what caused the refusal.
func (e *refusal) Unwrap() error { return e.cause }

func refuse(status, code int, message string) *refusal {
	return &refusal{status: status, code: code, message: message}
}

// refusalOf returns what a client may read about err. Codes of our own lie outside the ranges that JSON-RPC and MCP
// reserve: they are the HTTP status codes.
func refusalOf(err error) *refusal {
	if e, ok := errors.AsType[*refusal](err); ok {
		return e
	}
	status := web.Status(err)
	if status == http.StatusInternalServerError {
		return refuse(status, mcp.INTERNAL_ERROR, internalMessage)
	}
	if status == http.StatusBadRequest {
		return refuse(status, mcp.INVALID_REQUEST, pierre.MessageOf(err, internalMessage))
	}
	return refuse(status, status, pierre.MessageOf(err, internalMessage))
}

// An answer is what a request is answered with: a JSON-RPC response.
type answer struct {
	status int
	body   []byte
	result json.RawMessage // nil for an error
	failed bool            // an error, or a tool's result that says so
}

// answerWith returns the answer to the request with that id.
func answerWith(id, result json.RawMessage) answer {
	b := make([]byte, 0, len(id)+len(result)+40)
	b = append(b, `{"jsonrpc":"2.0","id":`...)
	b = append(b, id...)
	b = append(b, `,"result":`...)
	b = append(b, result...)
	return answer{status: http.StatusOK, body: append(b, '}'), result: result}
}

// answerWith returns the answer to the request with that id for an error; a nil id is left out.
func (e *refusal) answerWith(id json.RawMessage, modern bool) answer {
	status := e.status
	if status == 0 {
		status = statusOf(e.code, modern)
	}
	return answer{status: status, body: e.encode(id), failed: true}
}

func (e *refusal) encode(id json.RawMessage) []byte {
	body, err := json.Marshal(struct {
		JSONRPC string                  `json:"jsonrpc"`
		ID      json.RawMessage         `json:"id,omitempty"`
		Error   mcp.JSONRPCErrorDetails `json:"error"`
	}{mcp.JSONRPC_VERSION, id, mcp.JSONRPCErrorDetails{Code: e.code, Message: e.message, Data: e.data}})
	if err != nil { // data that cannot be JSON
		return (&refusal{code: mcp.INTERNAL_ERROR, message: internalMessage}).encode(id)
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
	e := refusalOf(err)
	if !web.Note(r.Context(), err) {
		level := slog.LevelInfo
		if e.status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		s.log.LogAttrs(r.Context(), level, "mcp request refused", slog.String("method", r.Method), slog.Int("status", e.status), slog.Any("err", err))
	}
	if web.Started(r) {
		return
	}
	web.SetAdvice(w.Header(), err, presented)
	s.setChallenge(w, r, err)
	writeJSON(w, e.answerWith(id, false))
}
