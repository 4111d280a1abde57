package mcpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"
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
	auth   string          // the key of the guide's clients; nothing else sees it
	size   int64           // bytes of the body

	name    string          // of the method
	version string          // protocolVersion of params._meta
	capable bool            // params._meta declares the client's capabilities
	token   json.RawMessage // progressToken of params._meta
}

// parse reads a body. Its errors are refusals; the id is set whenever the body has a usable one.
func (m *message) parse(body []byte) error {
	m.size = int64(len(body))
	switch {
	case tooDeep(body):
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "The message nests arrays and objects more than "+strconv.Itoa(maxNesting)+" levels deep.")
	case !json.Valid(body):
		return refuse(http.StatusBadRequest, mcp.PARSE_ERROR, "The request body is not valid JSON.")
	case !utf8.Valid(body): // which json.Valid does not ask for: the id, sent back, would spoil the answer
		return refuse(http.StatusBadRequest, mcp.PARSE_ERROR, "The request body is not valid UTF-8.")
	case body[skipSpace(body, 0)] != '{':
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "The request body must be one JSON-RPC message; batches are not supported.")
	}
	var version, id, auth json.RawMessage
	members(body, func(key []byte, value json.RawMessage) {
		switch string(key) {
		case "jsonrpc":
			version = value
		case "id":
			id = value
		case "method":
			m.method = value
		case "params":
			m.params = value
		case "result":
			m.result = value
		case "error":
			m.fault = value
		case "auth":
			auth = value
		}
	})
	if id != nil && !isID(id) {
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "id must be a string or a number.")
	}
	m.id = id
	if string(version) != `"2.0"` {
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, `jsonrpc must be "2.0".`)
	}
	var ok bool
	if m.auth, ok = text(auth); auth != nil && !ok {
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "auth must be a string: the API key.")
	}
	return m.classify()
}

// classify checks that m is a request, a notification or a response.
func (m *message) classify() error {
	var ok bool
	switch m.name, ok = text(m.method); {
	case m.method == nil && m.id != nil && (m.result != nil) != (m.fault != nil):
		return nil
	case !ok || m.name == "":
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "method must be the name of a method.")
	case m.params != nil && m.params[0] != '{':
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "params must be an object.")
	}
	m.readMeta()
	return nil
}

// readMeta looks at params._meta as mcp-go does, so that both decide alike. What has the wrong type counts as absent.
func (m *message) readMeta() {
	members(member(m.params, "_meta"), func(key []byte, value json.RawMessage) {
		switch string(key) {
		case mcp.MetaKeyProtocolVersion:
			m.version, _ = text(value)
		case mcp.MetaKeyClientCapabilities:
			m.capable = value[0] == '{'
		case "progressToken":
			m.token = value
		}
	})
}

// tool returns the name of the tool that a tools/call names, as mcp-go reads it: null says nothing.
func (m *message) tool() (name string) {
	members(m.params, func(key []byte, value json.RawMessage) {
		if bytes.EqualFold(key, []byte("name")) && string(value) != "null" {
			name, _ = text(value)
		}
	})
	return name
}

// cancelled returns the id of the request that notifications/cancelled is about, nil if it names none.
func (m *message) cancelled() json.RawMessage {
	id := member(m.params, "requestId")
	if id == nil || !isID(id) {
		return nil
	}
	return id
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

// isID reports whether raw is a string or a number. MCP forbids null.
func isID(raw json.RawMessage) bool {
	return raw[0] == '"' || raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
}

// idKey returns the same text for ids that are equal: strings may be escaped in different ways.
func idKey(raw json.RawMessage) string {
	if s, ok := text(raw); ok {
		return `"` + s
	}
	return string(raw)
}
