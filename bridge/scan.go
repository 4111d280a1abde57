package bridge

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/bits"
)

// maxDepth bounds nesting, as encoding/json does.
const maxDepth = 10_000

var errSyntax = errors.New("not a JSON object")

// A message is one JSON-RPC message: its bytes as they came, and slices of them
// for the few members that the relay must understand. A member that is absent is nil.
type message struct {
	raw    []byte
	id     []byte // JSON
	method string
	result []byte // JSON
	err    []byte // JSON

	// Members of params.
	name      []byte // JSON; of a tool or prompt
	uri       []byte // JSON; of a resource
	arguments []byte // JSON
	requestID []byte // JSON; the request that notifications/cancelled is about
	progress  []byte // JSON; the token that notifications/progress is about

	// Members of params._meta.
	token   []byte // JSON; the progress token that a request offers
	version string // the protocol revision: 2026-07-28 and later state it in every message
}

func (m *message) isRequest() bool      { return m.method != "" && m.id != nil }
func (m *message) isNotification() bool { return m.method != "" && m.id == nil }
func (m *message) isResponse() bool {
	return m.method == "" && m.id != nil && (m.result != nil || m.err != nil)
}

// parse validates raw as one JSON object and finds the members of a message, in a
// single pass and without decoding: what the relay does not understand, it does not touch.
func parse(raw []byte) (message, error) {
	p := parser{b: raw}
	p.m.raw = raw
	i := p.space(0)
	if i == len(raw) || raw[i] != '{' {
		return message{}, errSyntax
	}
	i = p.object(i, 0, inMessage)
	if i < 0 || p.space(i) != len(raw) {
		return message{}, errSyntax
	}
	return p.m, nil
}

// A place is an object of a message that holds members of interest.
type place uint8

const (
	elsewhere place = iota
	inMessage
	inParams
	inMeta
)

// A parser walks JSON text (RFC 8259). Its methods take the offset of a
// production and return the offset behind it, or -1.
type parser struct {
	b []byte
	m message
}

// space skips white space.
func (p *parser) space(i int) int {
	for i < len(p.b) && (p.b[i] == ' ' || p.b[i] == '\t' || p.b[i] == '\n' || p.b[i] == '\r') {
		i++
	}
	return i
}

func (p *parser) value(i, depth int, at place) int {
	if i >= len(p.b) || depth > maxDepth {
		return -1
	}
	switch p.b[i] {
	case '{':
		return p.object(i, depth, at)
	case '[':
		return p.array(i, depth)
	case '"':
		return p.str(i)
	case 't':
		return p.literal(i, "true")
	case 'f':
		return p.literal(i, "false")
	case 'n':
		return p.literal(i, "null")
	default:
		return p.number(i)
	}
}

func (p *parser) object(i, depth int, at place) int {
	i = p.space(i + 1)
	if i < len(p.b) && p.b[i] == '}' {
		return i + 1
	}
	for i < len(p.b) && p.b[i] == '"' {
		end := p.str(i)
		if end < 0 {
			return -1
		}
		var key []byte
		if at != elsewhere {
			key = unescape(p.b[i:end])
		}
		i = p.space(end)
		if i == len(p.b) || p.b[i] != ':' {
			return -1
		}
		i = p.space(i + 1)
		inside := elsewhere
		if at != elsewhere {
			inside = at.enter(key)
		}
		end = p.value(i, depth+1, inside)
		if end < 0 {
			return -1
		}
		if at != elsewhere {
			p.m.set(at, key, p.b[i:end])
		}
		i = p.space(end)
		switch {
		case i == len(p.b):
			return -1
		case p.b[i] == '}':
			return i + 1
		case p.b[i] != ',':
			return -1
		}
		i = p.space(i + 1)
	}
	return -1
}

func (p *parser) array(i, depth int) int {
	i = p.space(i + 1)
	if i < len(p.b) && p.b[i] == ']' {
		return i + 1
	}
	for {
		i = p.value(i, depth+1, elsewhere)
		if i < 0 {
			return -1
		}
		i = p.space(i)
		switch {
		case i == len(p.b):
			return -1
		case p.b[i] == ']':
			return i + 1
		case p.b[i] != ',':
			return -1
		}
		i = p.space(i + 1)
	}
}

// str skips a string, eight bytes at a time where nothing in it needs a look:
// results are mostly long strings.
func (p *parser) str(i int) int {
	i++
	for {
		for i+8 <= len(p.b) {
			n := plainBytes(binary.LittleEndian.Uint64(p.b[i:]))
			i += n
			if n < 8 {
				break
			}
		}
		if i >= len(p.b) {
			return -1
		}
		switch c := p.b[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			i = p.escape(i)
			if i < 0 {
				return -1
			}
		case c < ' ':
			return -1
		default:
			i++
		}
	}
}

// plainBytes counts the leading bytes of w that are neither a control character nor a quote nor a backslash.
func plainBytes(w uint64) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, slash := w^(ones*'"'), w^(ones*'\\')
	special := ((w - ones*' ') &^ w) | ((quote - ones) &^ quote) | ((slash - ones) &^ slash)
	return bits.TrailingZeros64(special&highs) / 8
}

func (p *parser) escape(i int) int {
	if i+1 >= len(p.b) {
		return -1
	}
	switch p.b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if i+6 > len(p.b) {
			return -1
		}
		for _, c := range p.b[i+2 : i+6] {
			if !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
				return -1
			}
		}
		return i + 6
	default:
		return -1
	}
}

func (p *parser) literal(i int, want string) int {
	if end := i + len(want); end <= len(p.b) && string(p.b[i:end]) == want {
		return end
	}
	return -1
}

func (p *parser) number(i int) int {
	if p.b[i] == '-' {
		i++
	}
	switch {
	case i == len(p.b) || !isDigit(p.b[i]):
		return -1
	case p.b[i] == '0':
		i++
	default:
		i = p.digits(i)
	}
	if i < len(p.b) && p.b[i] == '.' {
		if i = p.digits(i + 1); i < 0 {
			return -1
		}
	}
	if i < len(p.b) && (p.b[i] == 'e' || p.b[i] == 'E') {
		i++
		if i < len(p.b) && (p.b[i] == '+' || p.b[i] == '-') {
			i++
		}
		i = p.digits(i)
	}
	return i
}

// digits skips at least one digit.
func (p *parser) digits(i int) int {
	start := i
	for i < len(p.b) && isDigit(p.b[i]) {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// enter says which place the object under key is.
func (at place) enter(key []byte) place {
	switch {
	case at == inMessage && string(key) == "params":
		return inParams
	case at == inParams && string(key) == "_meta":
		return inMeta
	default:
		return elsewhere
	}
}

// set remembers a member of interest. Key is without quotes.
func (m *message) set(at place, key, value []byte) {
	switch at {
	case inMessage:
		switch string(key) {
		case "id":
			m.id = value
		case "method":
			m.method = unquote(value)
		case "result":
			m.result = value
		case "error":
			m.err = value
		}
	case inParams:
		switch string(key) {
		case "name":
			m.name = value
		case "uri":
			m.uri = value
		case "arguments":
			m.arguments = value
		case "requestId":
			m.requestID = value
		case "progressToken":
			m.progress = value
		}
	case inMeta:
		switch string(key) {
		case "progressToken":
			m.token = value
		case metaVersion:
			m.version = unquote(value)
		}
	case elsewhere:
	}
}

// unescape returns the text of a JSON string, in place if nothing in it is escaped.
func unescape(value []byte) []byte {
	if bytes.IndexByte(value, '\\') >= 0 {
		return []byte(unquote(value))
	}
	return value[1 : len(value)-1]
}

// unquote decodes a JSON string; anything else becomes "".
func unquote(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1])
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}
