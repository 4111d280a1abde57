package streamable

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/jsonrpc"
)

// maxNesting bounds the arrays and objects within each other. Tool arguments need a handful.
const maxNesting = 128

// A message is one JSON-RPC message from a client. Ids stay the bytes that the client sent: as numbers they would pass
// through a float64 and lose digits.
type message struct {
	id     json.RawMessage // a string or a number; nil in a notification
	method json.RawMessage // a string; nil in a response
	params json.RawMessage // an object, or nil
	result json.RawMessage // of a response
	fault  json.RawMessage // the error member of a response
	auth   string          // a credential, for clients that cannot set headers; nothing else sees it
	size   int64           // bytes of the body

	name    string          // of the method
	version string          // protocolVersion of params._meta
	capable bool            // params._meta declares the client's capabilities
	token   json.RawMessage // progressToken of params._meta

	target    string          // the name member of params: of a tool or a prompt
	paged     bool            // the client asks for a page of a list
	arguments json.RawMessage // of a tool
	meta      json.RawMessage // the _meta member of params
	more      bool            // params have other members than name, arguments and _meta
	cancelled json.RawMessage // id of the request that notifications/cancelled is about
}

// parse reads a body. Its errors are refusals; the id is set whenever the body has a usable one.
func (m *message) parse(body []byte) error {
	m.size = int64(len(body))
	read, err := jsonrpc.Parse(body, jsonrpc.Options{MaxDepth: maxNesting, Strict: true})
	if read.ID != nil && jsonrpc.IsID(read.ID) {
		m.id = read.ID
	}
	switch {
	case err != nil:
		return unreadable(err)
	case read.ID != nil && m.id == nil:
		return Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "id must be a string or a number.")
	case string(read.Version) != `"2.0"`:
		return Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, `jsonrpc must be "2.0".`)
	}
	var ok bool
	if m.auth, ok = jsonrpc.Text(read.Auth); read.Auth != nil && !ok {
		return Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "auth must be a string: the credential.")
	}
	m.method, m.params, m.result, m.fault = read.RawMethod, read.Params, read.Result, read.Error
	return m.classify(&read)
}

// unreadable is the refusal of a body that is no message.
func unreadable(err error) error {
	repeated, isRepeated := errors.AsType[*jsonrpc.RepeatedError](err)
	switch {
	case isRepeated:
		return Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, fmt.Sprintf("The member %.40q occurs twice in one object of the request body.", repeated.Name))
	case errors.Is(err, jsonrpc.ErrTooDeep):
		return Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "The message nests arrays and objects more than "+strconv.Itoa(maxNesting)+" levels deep.")
	case errors.Is(err, jsonrpc.ErrNotUTF8):
		return Refuse(http.StatusBadRequest, mcp.PARSE_ERROR, "The request body is not valid UTF-8.")
	case errors.Is(err, jsonrpc.ErrNotObject):
		return Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "The request body must be one JSON-RPC message; batches are not supported.")
	default:
		return Refuse(http.StatusBadRequest, mcp.PARSE_ERROR, "The request body is not valid JSON.")
	}
}

// classify checks that m is a request, a notification or a response, and keeps what it needs of its params.
func (m *message) classify(read *jsonrpc.Message) error {
	m.name = read.Method
	switch {
	case m.method == nil && m.id != nil && (m.result != nil) != (m.fault != nil):
		return nil
	case m.name == "":
		return Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "method must be the name of a method.")
	case m.params != nil && m.params[0] != '{':
		return Refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "params must be an object.")
	}
	// What has the wrong type counts as absent, as it does for mcp-go.
	m.version, _ = jsonrpc.Text(read.ProtocolVersion)
	m.capable = len(read.Capabilities) > 0 && read.Capabilities[0] == '{'
	m.token = read.OfferedToken
	m.target, _ = jsonrpc.Text(read.Name)
	m.paged = read.Cursor != nil
	m.arguments, m.meta, m.more = read.Arguments, read.Meta, read.MoreParams
	if jsonrpc.IsID(read.RequestID) {
		m.cancelled = read.RequestID
	}
	return nil
}

func (m *message) isResponse() bool     { return m.method == nil }
func (m *message) isNotification() bool { return m.id == nil }

// inner returns the request as mcp-go sees it: with an id of our own, and without members that JSON-RPC does not know.
func (m *message) inner(id int64) json.RawMessage {
	b := make([]byte, 0, len(m.params)+len(m.method)+64)
	b = append(b, `{"jsonrpc":"2.0"`...)
	if id != 0 {
		b = append(b, `,"id":`...)
		b = strconv.AppendInt(b, id, 10)
	}
	b = append(b, `,"method":`...)
	b = append(b, m.method...)
	if m.params != nil {
		b = append(b, `,"params":`...)
		b = append(b, m.params...)
	}
	return append(b, '}')
}
