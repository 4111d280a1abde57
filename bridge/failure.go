package bridge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
)

// JSON-RPC error codes. The bridge's own errors carry the HTTP status that fits
// them, outside the ranges that JSON-RPC and MCP reserve.
const (
	codeParse          = -32700
	codeInvalidRequest = -32600
	codeMethodNotFound = -32601
)

// An answerError is an error that the bridge itself gives. Its text is for the
// user of the host: what is wrong, and what to do.
type answerError struct {
	code int
	text string
	data errorData
}

type errorData struct {
	Status     int `json:"status,omitempty"`     // HTTP
	RetryAfter int `json:"retryAfter,omitempty"` // s
}

func (f *answerError) Error() string { return f.text }

// errorLine is the answer to the request with the given id; nil means unknown.
func errorLine(id []byte, f *answerError) []byte {
	if id == nil {
		id = []byte("null")
	}
	var answer struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   struct {
			Code    int        `json:"code"`
			Message string     `json:"message"`
			Data    *errorData `json:"data,omitempty"`
		} `json:"error"`
	}
	answer.Version, answer.ID = "2.0", id
	answer.Error.Code, answer.Error.Message = f.code, f.text
	if f.data != (errorData{}) {
		answer.Error.Data = &f.data
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		panic(err) //nolint:forbidigo // the id was parsed, the rest is strings and numbers
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func lineTooLong(limit int) *answerError {
	return &answerError{code: codeInvalidRequest, text: fmt.Sprintf("A message of more than %d MiB was not sent: it is too large.", limit>>20)}
}

func malformed(line []byte, err error) *answerError {
	if line[0] == '[' && errors.Is(err, jsonrpc.ErrNotObject) {
		return &answerError{code: codeInvalidRequest, text: "Batches are not supported (MCP 2025-06-18 removed them): send each message on a line of its own."}
	}
	if errors.Is(err, jsonrpc.ErrTooDeep) {
		return &answerError{code: codeInvalidRequest, text: "The message nests arrays and objects too deeply."}
	}
	return &answerError{code: codeParse, text: "The line is not one JSON object."}
}

func notAMessage() *answerError {
	return &answerError{code: codeInvalidRequest, text: "The line is not a JSON-RPC message: it has no method, and no id with a result or an error."}
}

// A Cause is why a request could not be answered, where the user of a program can do something about it.
type Cause int

// The causes that [Options.Advice] is asked about.
const (
	NoKey             Cause = iota + 1 // the server wants a key, and there is none
	KeyRefused                         // the server does not accept the key
	NotPermitted                       // the key does not permit the request
	LimitReached                       // the key's limit is used up for now
	UnknownAuthority                   // the server's certificate is signed by an authority that this computer does not know
	ClientCertificate                  // the server refused the TLS connection, perhaps because it wants a client certificate
)

// A Failure is what is known about a request that could not be answered.
type Failure struct {
	Cause Cause
	Host  string // of the server, with its port if it has one
}

// advised returns text and what the program advises.
func (b *Bridge) advised(text string, cause Cause) string {
	if advice := b.opts.Advice(Failure{Cause: cause, Host: b.host}); advice != "" {
		return text + " " + advice
	}
	return text
}
