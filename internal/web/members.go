package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	maxDepth     = 32
	maxNameShown = 64 // bytes of a member's name in an error
)

// checkMembers refuses what encoding/json overlooks when it reads body into a struct of type t: members that are given
// twice or in another letter case, null where there must be a value, text that is no UTF-8, and more after the object.
func checkMembers(body []byte, t reflect.Type) error {
	c := &memberCheck{body: body, dec: json.NewDecoder(bytes.NewReader(body))}
	c.dec.UseNumber()
	if first := bytes.TrimLeft(body, " \t\r\n"); len(first) > 0 && first[0] != '{' && json.Valid(body) {
		return notAnObject(nil)
	}
	if err := c.value(t, "", 0); err != nil {
		return err
	}
	if _, err := c.dec.Token(); !errors.Is(err, io.EOF) {
		return notAnObject(err)
	}
	return nil
}

type memberCheck struct {
	body []byte
	dec  *json.Decoder
}

// value checks the next value, which is for a field of type t; nil means that any type will do.
func (c *memberCheck) value(t reflect.Type, field string, depth int) error {
	start := c.dec.InputOffset()
	token, err := c.dec.Token()
	if err != nil {
		return notJSON(err)
	}
	t, nullable := underlying(t)
	switch token := token.(type) {
	case nil:
		if !nullable {
			return wrongType(field, t, "null")
		}
	case string:
		return c.text(start, field)
	case json.Delim:
		if depth == maxDepth {
			return &pierre.Error{Kind: pierre.KindMalformed, Field: field, Msg: "The request body is nested too deeply."}
		}
		if token == '{' {
			return c.object(t, field, depth+1)
		}
		return c.list(t, field, depth+1)
	}
	return nil
}

// underlying returns the type behind pointers, and whether null is a value of it. A type that decodes itself decides that,
// as does no type at all.
func underlying(t reflect.Type) (_ reflect.Type, nullable bool) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t != nil {
		if optional, ok := reflect.TypeAssert[Optional](reflect.Zero(t)); ok {
			inner, _ := underlying(optional.Optional())
			return inner, true
		}
	}
	if t == nil || t.Kind() == reflect.Interface || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil, true
	}
	return t, false
}

// An Optional is a field that may be null: its value is then one of the type that Optional returns.
type Optional interface{ Optional() reflect.Type }

func (c *memberCheck) list(t reflect.Type, field string, depth int) error {
	if t != nil && t.Kind() == reflect.Slice {
		t = t.Elem()
	} else {
		t = nil
	}
	for c.dec.More() {
		if err := c.value(t, field, depth); err != nil {
			return err
		}
	}
	return c.end()
}

func (c *memberCheck) object(t reflect.Type, field string, depth int) error {
	fields := fieldsOf(t)
	seen := map[string]bool{}
	for c.dec.More() {
		start := c.dec.InputOffset()
		token, err := c.dec.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return notJSON(err)
		}
		path := strings.TrimPrefix(field+"."+shown(name), ".")
		if err := c.text(start, path); err != nil {
			return err
		}
		if seen[name] {
			return pierre.Invalid(path, "%s is given twice; give it once.", path)
		}
		seen[name] = true
		of, known := fields[name]
		if fields != nil && !known {
			return unknownField(fields, path, name)
		}
		if t != nil && t.Kind() == reflect.Map {
			of = t.Elem()
		}
		if err := c.value(of, path, depth); err != nil {
			return err
		}
	}
	return c.end()
}

// end reads the end of a list or an object.
func (c *memberCheck) end() error {
	if _, err := c.dec.Token(); err != nil {
		return notJSON(err)
	}
	return nil
}

// text refuses a string that encoding/json would mend: what is no UTF-8, and half of a surrogate pair, become U+FFFD.
func (c *memberCheck) text(start int64, field string) error {
	if raw := c.body[start:c.dec.InputOffset()]; !utf8.Valid(raw) || halfPair(raw) {
		return pierre.Invalid(field, "%s holds text that is not valid UTF-8.", field)
	}
	return nil
}

// halfPair reports whether a string in JSON escapes one half of a surrogate pair without the other.
func halfPair(raw []byte) bool {
	high := false // the escape before was a high surrogate
	for len(raw) > 0 {
		unit, size := uint64(0), 1
		if raw[0] == '\\' && len(raw) > 1 {
			if size = 2; raw[1] == 'u' && len(raw) >= 6 {
				size = 6
				unit, _ = strconv.ParseUint(string(raw[2:6]), 16, 16) // the decoder has checked the digits
			}
		}
		low := 0xdc00 <= unit && unit < 0xe000
		if low != high {
			return true
		}
		high = 0xd800 <= unit && unit < 0xdc00
		raw = raw[size:]
	}
	return high
}

// fieldsOf returns the fields of a struct by their names in JSON, nil for other types.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	fields := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			fields[name] = f.Type
		}
	}
	return fields
}

func unknownField(fields map[string]reflect.Type, path, name string) error {
	for known := range fields {
		if strings.EqualFold(known, name) {
			return pierre.Invalid(path, "There is no field %s; write it %s.", path, known)
		}
	}
	return pierre.Invalid(path, "There is no field %s; check its spelling.", path)
}

func shown(name string) string {
	if len(name) <= maxNameShown {
		return name
	}
	return strings.ToValidUTF8(name[:maxNameShown], "") + "…"
}
