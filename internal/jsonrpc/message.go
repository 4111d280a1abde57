// Package jsonrpc reads the JSON-RPC 2.0 messages of MCP without decoding them. It checks the text in one pass and
// points at the members that a program between a client and a tool must understand; ids, numbers and unknown members
// stay the bytes that they were.
//
// What a message means, and which messages are allowed, is left to the caller.
package jsonrpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Members of params._meta that are read (revision 2026-07-28).
const (
	MetaVersion      = "io.modelcontextprotocol/protocolVersion"
	MetaCapabilities = "io.modelcontextprotocol/clientCapabilities"
)

// MaxDepth is the default limit of nesting, which encoding/json has as well.
const MaxDepth = 10_000

// The ways in which a text is no message.
var (
	ErrSyntax    = errors.New("not valid JSON")
	ErrTooDeep   = errors.New("arrays and objects are nested too deeply")
	ErrNotObject = errors.New("not a JSON object")
	ErrNotUTF8   = errors.New("not valid UTF-8")
)

// A RepeatedError is an object that has a member twice.
type RepeatedError struct{ Name string }

func (e *RepeatedError) Error() string {
	return fmt.Sprintf("the member %.40q occurs twice in an object", e.Name)
}

// A Message is one JSON-RPC message: its text as it came, and slices of that text for the members of interest. Each is
// JSON unless it says otherwise. A member that is absent is nil.
type Message struct {
	Raw     []byte // the whole message
	Version []byte // "jsonrpc"
	ID      []byte
	Params  []byte
	Result  []byte
	Error   []byte
	Auth    []byte // "auth", which is no member of JSON-RPC: a credential in the body

	RawMethod []byte // "method"
	Method    string // its text; "" if it is absent or no string

	// Members of params. They are found in whatever case, as encoding/json finds them.
	Name          []byte // of a tool or prompt
	URI           []byte // of a resource
	Arguments     []byte
	Cursor        []byte
	RequestID     []byte // the request that notifications/cancelled is about
	ProgressToken []byte // the token that notifications/progress is about
	Meta          []byte // "_meta"
	MoreParams    bool   // there are others than name, arguments and _meta

	// Members of params._meta.
	OfferedToken    []byte // the progress token that a request offers
	ProtocolVersion []byte // revision 2026-07-28 and later state it in every message
	Capabilities    []byte // of the client, in the same revisions
}

// Options are the optional settings of [Parse]; the zero value reads any JSON.
type Options struct {
	// MaxDepth bounds arrays and objects within each other. Default: [MaxDepth].
	MaxDepth int
	// Strict refuses what two readers may understand differently (RFC 7493, I-JSON): an object with a member
	// twice, wherever it is, and text that is not UTF-8.
	Strict bool
}

// Parse checks that raw is one JSON object and finds the members of a message in it. With a [RepeatedError] and with
// [ErrNotUTF8] it returns what it found, so that an answer can name the request. Of several members of one name the
// last counts, except for an id if Strict is set: it is nil then.
func Parse(raw []byte, opts Options) (Message, error) {
	if opts.MaxDepth == 0 {
		opts.MaxDepth = MaxDepth
	}
	s := scanner{b: raw, maxDepth: opts.MaxDepth, strict: opts.Strict}
	s.m.Raw = raw
	start := s.space(0)
	isObject := start < len(raw) && raw[start] == '{'
	end := s.value(start, 0, inMessage)
	switch {
	case end < 0 && s.tooDeep:
		return Message{Raw: raw}, ErrTooDeep
	case end < 0 || s.space(end) != len(raw):
		return Message{Raw: raw}, ErrSyntax
	case !isObject:
		return Message{Raw: raw}, ErrNotObject
	}
	s.m.Method, _ = Text(s.m.RawMethod)
	if s.repeated != nil {
		if s.idRepeated {
			s.m.ID = nil
		}
		return s.m, &RepeatedError{Name: string(s.repeated)}
	}
	if opts.Strict && !utf8.Valid(raw) {
		if !utf8.Valid(s.m.ID) {
			s.m.ID = nil
		}
		return s.m, ErrNotUTF8
	}
	return s.m, nil
}

// IsRequest reports whether m wants an answer.
func (m *Message) IsRequest() bool { return m.Method != "" && m.ID != nil }

// IsNotification reports whether m wants none.
func (m *Message) IsNotification() bool { return m.Method != "" && m.ID == nil }

// IsResponse reports whether m is an answer.
func (m *Message) IsResponse() bool {
	return m.Method == "" && m.ID != nil && (m.Result != nil || m.Error != nil)
}

// An Edit is a member's value, a slice of a message's text, and what is to stand in its place.
type Edit struct{ Old, New []byte }

// Edited returns the text of m with all edits made. They must not overlap.
func (m *Message) Edited(edits ...Edit) []byte {
	size := len(m.Raw) + 1 // for a line break
	for _, e := range edits {
		size += len(e.New)
	}
	out := make([]byte, 0, size)
	done := 0
	for _, e := range slices.SortedFunc(slices.Values(edits), func(a, b Edit) int { return m.offset(a.Old) - m.offset(b.Old) }) {
		out = append(out, m.Raw[done:m.offset(e.Old)]...)
		out = append(out, e.New...)
		done = m.offset(e.Old) + len(e.Old)
	}
	return append(out, m.Raw[done:]...)
}

// offset returns where part begins in the text of m. The two share their array, so what is left of it tells.
func (m *Message) offset(part []byte) int { return cap(m.Raw) - cap(part) }

// Text decodes a JSON string; ok is false if value is something else.
func Text(value []byte) (text string, ok bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	plain := value[1 : len(value)-1]
	if bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
		return string(plain), true
	}
	return decode(value)
}

// AppendText appends text as json.Marshal writes it, which is slower for what most texts are.
func AppendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			encoded, err := json.Marshal(text)
			if err != nil { // not of a string
				return b
			}
			return append(b, encoded...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}

// decode is apart from Text, which allocates nothing else.
func decode(value []byte) (text string, ok bool) {
	err := json.Unmarshal(value, &text)
	return text, err == nil
}

// unescape returns the text of a member's name, in place if nothing in it is escaped.
func unescape(name []byte) []byte {
	if bytes.IndexByte(name, '\\') < 0 {
		return name[1 : len(name)-1]
	}
	text, _ := Text(name)
	return []byte(text)
}
