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

// Decode reads the JSON body of r, at most 1 MiB and without unknown fields, into a T and validates it.
func Decode[T interface{ Validate() error }](w http.ResponseWriter, r *http.Request) (T, error) {
	var v T
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		return v, explain(err)
	}
	if err := dec.Decode(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		return v, &pierre.Error{Kind: pierre.KindInvalid, Msg: "The request body must be one JSON object.", Err: err}
	}
	return v, v.Validate()
}

func explain(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &pierre.Error{Kind: pierre.KindTooLarge, Msg: "The request body is over 1 MiB.", Err: tooLarge}
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return pierre.Invalid(wrong.Field, "%s must be a %s, not a %s.", wrong.Field, jsonName(wrong.Type), wrong.Value)
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name := strings.Trim(field, `"`)
		return pierre.Invalid(name, "There is no field %s; check its spelling.", name)
	}
	return &pierre.Error{Kind: pierre.KindInvalid, Msg: "The request body is not valid JSON.", Err: err}
}

// jsonName says what JSON calls a Go type.
func jsonName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "whole number"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice, reflect.Array:
		return "list"
	default:
		return "JSON object"
	}
}
