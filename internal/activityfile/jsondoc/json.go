// Package jsondoc reads JSON as watches and their exports write it: with marks before it, values of the wrong type and numbers that
// are none, and lists of any length one element at a time.
package jsondoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
)

// Clean returns a document without the mark before it, and with null for each bare NaN, which JSON does not have.
func Clean(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	if !bytes.Contains(text, []byte("NaN")) {
		return text
	}
	clean := make([]byte, 0, len(text)+len(text)/3+1)
	inString := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\' && i+1 < len(text):
			clean = append(clean, c, text[i+1])
			i++
			continue
		case c == '"':
			inString = !inString
		case !inString && bytes.HasPrefix(text[i:], []byte("NaN")):
			clean = append(clean, "null"...)
			i += 2
			continue
		}
		clean = append(clean, text[i])
	}
	return clean
}

// Decode reads a clean document into v, or as much of it as has the types of v.
func Decode(text []byte, v any) error { return tolerant(json.Unmarshal(text, v)) }

// Each hands the elements of a list to keep until that wants no more. What is no list has none.
func Each[T any](text []byte, keep func(T) bool) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if token, err := dec.Token(); err != nil || token != json.Delim('[') {
		return err
	}
	for dec.More() {
		var element T
		if err := tolerant(dec.Decode(&element)); err != nil {
			return err
		}
		if !keep(element) {
			return nil
		}
	}
	return nil
}

// tolerant returns err unless it says that a value is of another type than expected: the others were read.
func tolerant(err error) error {
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return nil
	}
	return err
}

// A Number is a number of a document, NaN where something else stands for one that is not known. Pointers to it are nil where a
// document has none.
type Number float64

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(text []byte) error {
	*n = Number(math.NaN())
	if v, err := strconv.ParseFloat(string(text), 64); err == nil {
		*n = Number(v)
	}
	return nil
}

// Value returns the number, NaN if there is none.
func (n *Number) Value() float64 {
	if n == nil {
		return math.NaN()
	}
	return float64(*n)
}

// Positive returns the number times factor, or nil for what devices write if they did not measure: 0 or nothing.
func (n *Number) Positive(factor float64) *float64 { return draft.Positive(n.Value() * factor) }

// Known returns the number, which may well be 0.
func (n *Number) Known() *float64 {
	if v := n.Value(); !math.IsNaN(v) {
		return &v
	}
	return nil
}
