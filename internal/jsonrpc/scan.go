package jsonrpc

import (
	"bytes"
	"slices"
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
	if at == inParams && field != &s.m.Name && field != &s.m.Arguments && field != &s.m.Meta {
		s.m.MoreParams = true
	}
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
