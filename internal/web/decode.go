package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const maxBody = 1 << 20

// Decode reads the JSON body of r into a T and validates it. It is strict, because a request that is read otherwise than it
// was meant makes a change that nobody asked for: the body is one object of at most 1 MiB, each member is a field of T in
// the field's letter case, at most once, of the field's type, and all of it is UTF-8. A body that cannot be read is a
// [pierre.KindMalformed] error; other mistakes are [pierre.KindInvalid] ones about the field.
func Decode[T interface{ Validate() error }](w http.ResponseWriter, r *http.Request) (T, error) {
	var v T
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return v, unread(err)
	}
	if err := checkMembers(body, reflect.TypeFor[T]()); err != nil {
		return v, err
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return v, explain(err, reflect.TypeFor[T]())
	}
	return v, v.Validate()
}

func unread(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &pierre.Error{Kind: pierre.KindTooLarge, Msg: "The request body is over 1 MiB.", Err: tooLarge}
	}
	return &pierre.Error{Kind: pierre.KindMalformed, Msg: "The request body ended before it was complete.", Err: err}
}

func explain(err error, t reflect.Type) error {
	if mistake, ok := errors.AsType[*pierre.Error](err); ok { // of a type that decodes itself
		return mistake
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field == "" {
			return notAnObject(err)
		}
		value, _, _ := strings.Cut(wrong.Value, " ") // "number 1.5"
		return wrongType(memberPath(t, wrong.Field), wrong.Type, value)
	}
	return notJSON(err)
}

// memberPath takes the names of embedded structs, which JSON does not show, out of a path of encoding/json.
func memberPath(t reflect.Type, path string) string {
	first, rest, ok := strings.Cut(path, ".")
	if f, embedded := t.FieldByName(first); ok && embedded && f.Anonymous {
		return memberPath(f.Type, rest)
	}
	return path
}

func notJSON(err error) error {
	return &pierre.Error{Kind: pierre.KindMalformed, Msg: "The request body is not valid JSON.", Err: err}
}

func notAnObject(err error) error {
	return &pierre.Error{Kind: pierre.KindMalformed, Msg: "The request body must be one JSON object.", Err: err}
}

func wrongType(field string, want reflect.Type, got string) error {
	if article, ok := map[string]string{
		"string": "a string", "number": "a number", "bool": "a boolean", "array": "a list", "object": "an object",
	}[got]; ok {
		got = article
	}
	if want := jsonName(want); want != "a whole number" || got != "a number" {
		return pierre.Invalid(field, "%s must be %s, not %s.", field, want, got)
	}
	return pierre.Invalid(field, "%s must be a whole number of at most 18 digits.", field)
}

// jsonName says what JSON calls a Go type.
func jsonName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "a boolean"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list"
	default:
		return "an object"
	}
}
