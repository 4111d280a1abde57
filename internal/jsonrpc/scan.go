package jsonrpc

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
)

// A scope is an object of a message that holds members of interest.
type scope uint8

const (
	elsewhere scope = iota
	inMessage
	inParams
	inMeta
)

// A scanner walks JSON text (RFC 8259). Its methods take the offset of a production and return the offset behind it,
// or -1.
type scanner struct {
	b        []byte
	maxDepth int
	strict   bool
	m        Message

	names      [][]byte // of the objects around the current offset, if strict
	repeated   []byte   // the first name that an object has twice
	idRepeated bool
	tooDeep    bool
}

// space skips white space.
func (s *scanner) space(i int) int {
	for i < len(s.b) && (s.b[i] == ' ' || s.b[i] == '\t' || s.b[i] == '\n' || s.b[i] == '\r') {
		i++
	}
	return i
}

// value skips a value that stands in depth arrays and objects.
func (s *scanner) value(i, depth int, at scope) int {
	if i >= len(s.b) {
		return -1
	}
	switch s.b[i] {
	case '{', '[':
		if depth == s.maxDepth {
			s.tooDeep = true
			return -1
		}
		if s.b[i] == '{' {
			return s.object(i, depth+1, at)
		}
		return s.array(i, depth+1)
	case '"':
		return s.str(i)
	case 't':
		return s.literal(i, "true")
	case 'f':
		return s.literal(i, "false")
	case 'n':
		return s.literal(i, "null")
	default:
		return s.number(i)
	}
}

func (s *scanner) object(i, depth int, at scope) int {
	first := len(s.names)
	i = s.space(i + 1)
	if i < len(s.b) && s.b[i] == '}' {
		return i + 1
	}
	for i < len(s.b) && s.b[i] == '"' {
		if i = s.member(i, depth, at); i < 0 {
			return -1
		}
		i = s.space(i)
		switch {
		case i == len(s.b):
			return -1
		case s.b[i] == '}':
			s.checkNames(first)
			return i + 1
		case s.b[i] != ',':
			return -1
		}
		i = s.space(i + 1)
	}
	return -1
}

// member skips a name, a colon and a value, and remembers what is of interest.
func (s *scanner) member(i, depth int, at scope) int {
	end := s.str(i)
	if end < 0 {
		return -1
	}
	var name []byte
	if at != elsewhere || s.strict {
		name = unescape(s.b[i:end])
	}
	if s.strict {
		s.names = append(s.names, name)
	}
	i = s.space(end)
	if i == len(s.b) || s.b[i] != ':' {
		return -1
	}
	i = s.space(i + 1)
	if at == elsewhere {
		return s.value(i, depth, elsewhere)
	}
	field := s.m.field(at, name)
	end = s.value(i, depth, s.within(at, field))
	if end >= 0 && field != nil {
		s.set(field, name, s.b[i:end])
	}
	return end
}

func (s *scanner) set(field *[]byte, name, value []byte) {
	if *field != nil {
		s.idRepeated = s.idRepeated || field == &s.m.ID
		s.repeat(name)
	}
	*field = value
}

// within returns the scope of the object that is the value of field in at.
func (s *scanner) within(at scope, field *[]byte) scope {
	switch {
	case at == inMessage && field == &s.m.Params:
		return inParams
	case at == inParams && field == &s.m.Meta:
		return inMeta
	default:
		return elsewhere
	}
}

// checkNames looks for a name that occurs twice among those of one object, from the given one on, and forgets them.
func (s *scanner) checkNames(first int) {
	names := s.names[first:]
	s.names = s.names[:first]
	const few = 8
	if len(names) > few {
		slices.SortFunc(names, bytes.Compare)
	}
	for i, name := range names {
		rest := names[i+1:]
		if len(names) > few {
			rest = rest[:min(1, len(rest))]
		}
		if slices.ContainsFunc(rest, func(other []byte) bool { return bytes.Equal(name, other) }) {
			s.repeat(name)
			return
		}
	}
}

func (s *scanner) repeat(name []byte) {
	if s.strict && s.repeated == nil {
		s.repeated = name
	}
}

func (s *scanner) array(i, depth int) int {
	i = s.space(i + 1)
	if i < len(s.b) && s.b[i] == ']' {
		return i + 1
	}
	for {
		i = s.value(i, depth, elsewhere)
		if i < 0 {
			return -1
		}
		i = s.space(i)
		switch {
		case i == len(s.b):
			return -1
		case s.b[i] == ']':
			return i + 1
		case s.b[i] != ',':
			return -1
		}
		i = s.space(i + 1)
	}
}

// str skips a string, eight bytes at a time where nothing in it needs a look: results are mostly long strings.
func (s *scanner) str(i int) int {
	i++
	for {
		for i+8 <= len(s.b) {
			n := plainBytes(binary.LittleEndian.Uint64(s.b[i:]))
			i += n
			if n < 8 {
				break
			}
		}
		if i >= len(s.b) {
			return -1
		}
		switch c := s.b[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			i = s.escape(i)
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

func (s *scanner) escape(i int) int {
	if i+1 >= len(s.b) {
		return -1
	}
	switch s.b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if i+6 > len(s.b) {
			return -1
		}
		for _, c := range s.b[i+2 : i+6] {
			if !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
				return -1
			}
		}
		return i + 6
	default:
		return -1
	}
}

func (s *scanner) literal(i int, want string) int {
	if end := i + len(want); end <= len(s.b) && string(s.b[i:end]) == want {
		return end
	}
	return -1
}

func (s *scanner) number(i int) int {
	if s.b[i] == '-' {
		i++
	}
	switch {
	case i == len(s.b) || !isDigit(s.b[i]):
		return -1
	case s.b[i] == '0':
		i++
	default:
		i = s.digits(i)
	}
	if i < len(s.b) && s.b[i] == '.' {
		if i = s.digits(i + 1); i < 0 {
			return -1
		}
	}
	if i < len(s.b) && (s.b[i] == 'e' || s.b[i] == 'E') {
		i++
		if i < len(s.b) && (s.b[i] == '+' || s.b[i] == '-') {
			i++
		}
		i = s.digits(i)
	}
	return i
}

// digits skips at least one digit.
func (s *scanner) digits(i int) int {
	start := i
	for i < len(s.b) && isDigit(s.b[i]) {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// field returns where the value of a member is kept, nil if it is of no interest.
func (m *Message) field(at scope, name []byte) *[]byte {
	switch at {
	case inMessage:
		return m.topField(string(name))
	case inParams:
		if f := m.paramField(string(name)); f != nil {
			return f
		}
		for _, known := range []string{"name", "uri", "arguments", "cursor", "requestId", "progressToken", "_meta"} {
			if strings.EqualFold(known, string(name)) {
				return m.paramField(known)
			}
		}
	case inMeta:
		switch string(name) {
		case "progressToken":
			return &m.OfferedToken
		case MetaVersion:
			return &m.ProtocolVersion
		case MetaCapabilities:
			return &m.Capabilities
		}
	case elsewhere:
	}
	return nil
}

func (m *Message) topField(name string) *[]byte {
	switch name {
	case "jsonrpc":
		return &m.Version
	case "id":
		return &m.ID
	case "method":
		return &m.RawMethod
	case "params":
		return &m.Params
	case "result":
		return &m.Result
	case "error":
		return &m.Error
	case "auth":
		return &m.Auth
	default:
		return nil
	}
}

func (m *Message) paramField(name string) *[]byte {
	switch name {
	case "name":
		return &m.Name
	case "uri":
		return &m.URI
	case "arguments":
		return &m.Arguments
	case "cursor":
		return &m.Cursor
	case "requestId":
		return &m.RequestID
	case "progressToken":
		return &m.ProgressToken
	case "_meta":
		return &m.Meta
	default:
		return nil
	}
}
