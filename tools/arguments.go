package tools

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// check compares the arguments of a call with the object schema s. It returns those that are good and a sentence
// for each that is not. Null stands for not given, because models fill optional arguments with it.
//
// The names of the members in problems begin with prefix.
func (s schema) check(prefix string, args map[string]any) (good map[string]any, problems []string) {
	good = map[string]any{}
	for _, f := range s.fields {
		v := args[f.name]
		switch {
		case v == nil && f.required:
			problems = append(problems, fmt.Sprintf("%s is missing: %s", prefix+f.name, f.doc))
		case v != nil:
			if p := f.problems(prefix+f.name, v); p != nil {
				problems = append(problems, p...)
				continue
			}
			good[f.name] = v
		}
	}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if slices.Contains(s.names(), name) {
			continue
		}
		known := "there are none"
		if len(s.fields) > 0 {
			known = "the arguments are " + prefix + strings.Join(s.names(), ", "+prefix)
		}
		problems = append(problems, fmt.Sprintf("%s is not an argument of this tool; %s.", quote(prefix+name), known))
	}
	return good, problems
}

// problems says what is wrong with the value v, which is called name.
func (s schema) problems(name string, v any) []string {
	wrong := func(format string, args ...any) []string {
		return []string{name + " must be " + fmt.Sprintf(format, args...) + ", not " + quote(v) + "."}
	}
	switch s.kind {
	case "string":
		return s.stringProblems(v, wrong)
	case "integer", "number":
		n, ok := v.(float64)
		article := map[string]string{"integer": "an integer", "number": "a number"}[s.kind]
		if !ok || s.kind == "integer" && n != math.Trunc(n) {
			return wrong("%s", article)
		}
		if s.min != nil && (n < *s.min || n > *s.max) {
			return wrong("%s from %s to %s", article, plain(*s.min), plain(*s.max))
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			return wrong("true or false")
		}
	case "array":
		list, ok := v.([]any)
		if !ok {
			return wrong("a list")
		}
		return s.listProblems(name, list)
	case "object":
		members, ok := v.(map[string]any)
		if !ok {
			return wrong("an object")
		}
		_, problems := s.check(name+".", members)
		return problems
	}
	return nil
}

func (s schema) listProblems(name string, list []any) []string {
	if s.min != nil && (len(list) < int(*s.min) || len(list) > int(*s.max)) {
		return []string{fmt.Sprintf("%s must have %s to %s entries, not %d.", name, plain(*s.min), plain(*s.max), len(list))}
	}
	var problems []string
	for i, item := range list {
		problems = append(problems, s.items.problems(fmt.Sprintf("%s[%d]", name, i), item)...)
	}
	return problems
}

func (s schema) stringProblems(v any, wrong func(string, ...any) []string) []string {
	str, ok := v.(string)
	switch {
	case s.values != nil:
		if !ok || !slices.Contains(s.values, str) {
			return wrong("one of %s", strings.Join(s.values, ", "))
		}
	case !ok:
		return wrong("a string")
	case s.min != nil && (len(str) < int(*s.min) || len(str) > int(*s.max)):
		return wrong("a string of %s to %s bytes", plain(*s.min), plain(*s.max))
	}
	return nil
}

// decode turns checked arguments into the struct that a tool takes. Every argument has its field there;
// a test keeps it so.
func decode[A any](args map[string]any) (A, error) {
	var a A
	b, err := json.Marshal(args)
	if err != nil {
		return a, fmt.Errorf("encoding checked arguments: %w", err)
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return a, fmt.Errorf("decoding checked arguments: %w", err)
	}
	return a, nil
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

func plain(f float64) string { return fmt.Sprintf("%.10g", f) }

const instantDoc = "an RFC 3339 time such as 2026-03-01T06:00:00Z, or a date such as 2026-03-01 (its midnight in the athlete's time zone)"

// instant reads an argument that names a time: RFC 3339, or a date, which means midnight in zone.
func instant(name, value string, zone *time.Location) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, value)
	if err != nil {
		at, err = time.ParseInLocation(time.DateOnly, value, zone)
	}
	if err != nil || at.Year() < 1900 || at.Year() > 2200 {
		return time.Time{}, pierre.Invalid(name, "%s must be %s, not %s.", name, instantDoc, quote(value))
	}
	return at.UTC(), nil
}

func appendProblem(problems []string, err error) []string {
	if err == nil {
		return problems
	}
	return append(problems, pierre.MessageOf(err, "An argument is wrong."))
}
