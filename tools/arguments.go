package tools

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

// take checks the members of an object by their schema and sets the fields of the struct into. It says what is wrong
// with each member by itself. Null stands for not given, because models fill optional arguments with it. The names of
// the members in problems begin with prefix.
func take(prefix string, s *jsonschema.Schema, args map[string]any, into reflect.Value) []string {
	var problems []string
	for _, f := range fieldsOf(into.Type()) {
		p, v := s.Properties[f.name], args[f.name]
		switch {
		case v == nil && slices.Contains(s.Required, f.name):
			problems = append(problems, fmt.Sprintf("%s is missing: %s", prefix+f.name, p.Description))
		case v != nil:
			problems = append(problems, takeValue(prefix+f.name, p, v, into.FieldByIndex(f.Index))...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if s.Properties[name] != nil {
			continue
		}
		known := "there are none"
		if len(s.Properties) > 0 {
			known = "the arguments are " + prefix + strings.Join(names(s), ", "+prefix)
		}
		problems = append(problems, fmt.Sprintf("%s is not an argument of this tool; %s.", quote(prefix+name), known))
	}
	return problems
}

// takeValue sets into to the value v, which is called name, or says what is wrong with it.
func takeValue(name string, s *jsonschema.Schema, v any, into reflect.Value) []string {
	v = unquoted(s.Type, v)
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	wrong := func(format string, args ...any) []string {
		return []string{name + " must be " + fmt.Sprintf(format, args...) + ", not " + quote(v) + "."}
	}
	switch s.Type {
	case "string":
		return takeString(s, v, into, wrong)
	case "integer", "number":
		return takeNumber(s, v, into, wrong)
	case "boolean":
		b, ok := v.(bool)
		if !ok {
			return wrong("true or false")
		}
		into.SetBool(b)
	case "array":
		list, ok := v.([]any)
		if !ok {
			return wrong("a list")
		}
		return takeList(name, s, list, into)
	case "object":
		members, ok := v.(map[string]any)
		if !ok {
			return wrong("an object")
		}
		return take(name+".", s, members, into)
	}
	return nil
}

// unquoted returns what a string holds, if that is exactly a JSON value of the type: some hosts write numbers and lists as
// strings, however they are told.
func unquoted(kind string, v any) any {
	str, ok := v.(string)
	if !ok || kind == "string" {
		return v
	}
	var inner any
	if json.Unmarshal([]byte(str), &inner) != nil {
		return v
	}
	switch inner.(type) {
	case float64:
		ok = kind == "integer" || kind == "number"
	case bool:
		ok = kind == "boolean"
	case []any:
		ok = kind == "array"
	case map[string]any:
		ok = kind == "object"
	default:
		ok = false
	}
	if !ok {
		return v
	}
	return inner
}

func takeNumber(s *jsonschema.Schema, v any, into reflect.Value, wrong func(string, ...any) []string) []string {
	n, ok := v.(float64)
	article := "a number"
	if s.Type == "integer" {
		article, ok = "an integer", ok && n == math.Trunc(n)
	}
	if !ok {
		return wrong("%s", article)
	}
	if s.Minimum != nil && !(n >= *s.Minimum && n <= *s.Maximum) {
		return wrong("%s from %s to %s", article, plain(*s.Minimum), plain(*s.Maximum))
	}
	if into.CanInt() {
		into.SetInt(int64(n))
	} else {
		into.SetFloat(n)
	}
	return nil
}

func takeList(name string, s *jsonschema.Schema, list []any, into reflect.Value) []string {
	if s.MinItems != nil && (len(list) < *s.MinItems || len(list) > *s.MaxItems) {
		return []string{fmt.Sprintf("%s must have %d to %d entries, not %d.", name, *s.MinItems, *s.MaxItems, len(list))}
	}
	into.Set(reflect.MakeSlice(into.Type(), len(list), len(list)))
	var problems []string
	for i, item := range list {
		problems = append(problems, takeValue(fmt.Sprintf("%s[%d]", name, i), s.Items, item, into.Index(i))...)
	}
	return problems
}

// A formed string must have a form beyond its length.
type formed interface {
	form() string // completes "must be"
	valid() bool
}

func takeString(s *jsonschema.Schema, v any, into reflect.Value, wrong func(string, ...any) []string) []string {
	str, ok := v.(string)
	switch {
	case s.Enum != nil:
		if !ok || !slices.Contains(s.Enum, v) {
			return wrong("one of %s", listed(s.Enum))
		}
	case !ok:
		return wrong("a string")
	case s.MinLength != nil && (len(str) < *s.MinLength || len(str) > *s.MaxLength):
		return wrong("a string of %d to %d bytes", *s.MinLength, *s.MaxLength)
	}
	into.SetString(str)
	if f, ok := reflect.TypeAssert[formed](into); ok && !f.valid() {
		return wrong("%s", f.form())
	}
	return nil
}

func listed(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, ", ")
}

// quote shows a wrong value, shortened, as JSON.
func quote(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "that"
	}
	const most = 60
	if len(b) > most {
		return strings.ToValidUTF8(string(b[:most]), "") + "…"
	}
	return string(b)
}

// An instant is an argument that names a time.
type instant string

func (instant) form() string {
	return "an RFC 3339 time such as 2026-03-01T06:00:00Z or a date such as 2026-03-01, which means midnight in the athlete's time zone"
}

func (i instant) valid() bool { _, ok := i.in(time.UTC); return ok }

// in returns the time; a date means midnight in the zone.
func (i instant) in(zone *time.Location) (at time.Time, ok bool) {
	at, err := time.Parse(time.RFC3339, string(i))
	if err != nil {
		at, err = time.ParseInLocation(time.DateOnly, string(i), zone)
	}
	return at.UTC(), err == nil && at.Year() >= 1900 && at.Year() <= 2200
}

// isDate reports whether i names a day, not a time of day.
func (i instant) isDate() bool {
	_, err := time.Parse(time.DateOnly, string(i))
	return err == nil
}

// A date is an argument that names a day.
type date string

func (date) form() string { return "a date such as 2026-09-27" }

func (d date) valid() bool { _, ok := d.day(); return ok }

// day returns the day as midnight UTC; the zero time and false if d is none.
func (d date) day() (time.Time, bool) {
	at, err := time.Parse(time.DateOnly, string(d))
	return at, err == nil
}
