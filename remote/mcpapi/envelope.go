package mcpapi

import (
	"encoding/json"
	"net/http"
	"strconv"

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

	name    string         // of the method
	version string         // protocolVersion of params._meta
	capable bool           // params._meta declares the client's capabilities
	token   json.RawMessage // progressToken of params._meta
}

// parse reads a body. Its errors are refusals; the id is set whenever the body has a usable one.
func (m *message) parse(body []byte) error {
	m.size = int64(len(body))
	if tooDeep(body) {
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "The message nests arrays and objects more than "+strconv.Itoa(maxNesting)+" levels deep.")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		if !json.Valid(body) {
			return refuse(http.StatusBadRequest, mcp.PARSE_ERROR, "The request body is not valid JSON.")
		}
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "The request body must be one JSON-RPC message; batches are not supported.")
	}
	id, hasID := members["id"]
	if hasID && !isID(id) {
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "id must be a string or a number.")
	}
	m.id, m.method, m.params = id, members["method"], members["params"]
	m.result, m.fault = members["result"], members["error"]
	if string(members["jsonrpc"]) != `"2.0"` {
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, `jsonrpc must be "2.0".`)
	}
	if auth, ok := members["auth"]; ok && json.Unmarshal(auth, &m.auth) != nil {
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "auth must be a string: the API key.")
	}
	return m.classify()
}

// classify checks that m is a request, a notification or a response.
func (m *message) classify() error {
	switch {
	case m.method == nil && m.id != nil && (m.result != nil) != (m.fault != nil):
		return nil
	case m.method == nil || json.Unmarshal(m.method, &m.name) != nil || m.name == "":
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "method must be the name of a method.")
	case m.params != nil && m.params[0] != '{':
		return refuse(http.StatusBadRequest, mcp.INVALID_REQUEST, "params must be an object.")
	}
	m.readMeta()
	return nil
}

// readMeta looks at params._meta with the decoder that mcp-go uses, so that both decide alike. What has the wrong type
// counts as absent.
func (m *message) readMeta() {
	var params struct {
		Meta json.RawMessage `json:"_meta"`
	}
	var meta map[string]json.RawMessage
	if json.Unmarshal(m.params, &params) != nil || json.Unmarshal(params.Meta, &meta) != nil {
		return
	}
	if json.Unmarshal(meta[mcp.MetaKeyProtocolVersion], &m.version) != nil {
		m.version = ""
	}
	capabilities := meta[mcp.MetaKeyClientCapabilities]
	m.capable = len(capabilities) > 0 && capabilities[0] == '{'
	m.token = meta["progressToken"]
}

// tool returns the name of the tool that a tools/call names, as mcp-go reads it.
func (m *message) tool() string {
	var params struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(m.params, &params) != nil {
		return ""
	}
	return params.Name
}

// cursor returns the cursor of a list request. A wrong one is mcp-go's to refuse.
func (m *message) cursor() string {
	var params struct {
		Cursor json.RawMessage `json:"cursor"`
	}
	if json.Unmarshal(m.params, &params) != nil {
		return ""
	}
	return string(params.Cursor)
}

// cancelled returns the id of the request that notifications/cancelled is about, nil if it names none.
func (m *message) cancelled() json.RawMessage {
	var params struct {
		RequestID json.RawMessage `json:"requestId"`
	}
	if json.Unmarshal(m.params, &params) != nil || len(params.RequestID) == 0 || !isID(params.RequestID) {
		return nil
	}
	return params.RequestID
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
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return `"` + text
	}
	return string(raw)
}

// tooDeep reports whether body nests too deeply, valid JSON or not. It keeps recursive decoders from deep recursion.
func tooDeep(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxNesting {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
