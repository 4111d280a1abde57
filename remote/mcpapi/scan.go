package mcpapi

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// The functions here take values out of JSON that [json.Valid] has accepted, without decoding the rest: a call's
// arguments are decoded once, by the tool.

// members calls f with each member of an object, in order. Anything else has none.
func members(object []byte, f func(key []byte, value json.RawMessage)) {
	i := skipSpace(object, 0)
	if i == len(object) || object[i] != '{' {
		return
	}
	for i = skipSpace(object, i+1); object[i] != '}'; i = skipSpace(object, i) {
		if object[i] == ',' {
			i = skipSpace(object, i+1)
		}
		keyEnd := skipString(object, i)
		key := object[i+1 : keyEnd-1]
		if bytes.IndexByte(key, '\\') >= 0 {
			decoded, _ := text(object[i:keyEnd])
			key = []byte(decoded)
		}
		i = skipSpace(object, skipSpace(object, keyEnd)+1) // the colon
		end := skipValue(object, i)
		f(key, object[i:end])
		i = end
	}
}

// member returns the last member of an object that [json.Unmarshal] would decode into a field of that name, nil if there
// is none: it does not care for case.
func member(object []byte, name string) (value json.RawMessage) {
	members(object, func(key []byte, v json.RawMessage) {
		if bytes.EqualFold(key, []byte(name)) {
			value = v
		}
	})
	return value
}

// text decodes a string; ok is false if raw is something else.
func text(raw []byte) (s string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	plain := raw[1 : len(raw)-1]
	if bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
		return string(plain), true
	}
	return s, json.Unmarshal(raw, &s) == nil
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns where the string that begins at i ends.
func skipString(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue returns where the value that begins at i ends.
func skipValue(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = skipString(b, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // of the object around a number, true, false or null
			}
			depth--
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return i
}

// tooDeep reports whether body nests too deeply, valid JSON or not: it is asked before anything recurses.
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
