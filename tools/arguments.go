package tools

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// check says what is wrong with the members of an object, each by itself. Null stands for not given, because
// models fill optional arguments with it. The names of the members in problems begin with prefix.
func (s schema) check(prefix string, args map[string]any) []string {
	var problems []string
	for _, f := range s.fields {
		switch v := args[f.name]; {
		case v == nil && f.required:
			problems = append(problems, fmt.Sprintf("%s is missing: %s", prefix+f.name, f.doc))
		case v != nil:
			problems = append(problems, f.problems(prefix+f.name, v)...)
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
	return problems
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
		return s.check(name+".", members)
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
	case s.form != nil && !s.form.is(str):
		return wrong("%s", s.form.doc)
	}
	return nil
}

// decode turns checked arguments, or members of a profile, into their struct, which has a field for each.
func decode[A any](members map[string]any) (A, error) {
	var a A
	b, err := json.Marshal(members)
	if err != nil {
		return a, fmt.Errorf("encoding members: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return a, fmt.Errorf("decoding members: %w", err)
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

// instant is the form of arguments that name a time.
func instant() form {
	return form{
		"an RFC 3339 time such as 2026-03-01T06:00:00Z or a date such as 2026-03-01, which means midnight in the athlete's time zone",
		func(s string) bool { _, ok := parseInstant(s, time.UTC); return ok },
	}
}

// parseInstant reads an [instant]; a date means midnight in zone.
func parseInstant(s string, zone *time.Location) (at time.Time, ok bool) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		at, err = time.ParseInLocation(time.DateOnly, s, zone)
	}
	return at.UTC(), err == nil && at.Year() >= 1900 && at.Year() <= 2200
}

// date is the form of arguments that name a day.
func date() form {
	return form{"a date such as 2026-09-27", func(s string) bool {
		_, err := time.Parse(time.DateOnly, s)
		return err == nil
	}}
}

// zoneName is the form of arguments that name a time zone. The server's own, "Local", is nobody's.
func zoneName() form {
	return form{"an IANA name such as Europe/Paris", func(s string) bool {
		_, err := time.LoadLocation(s)
		return err == nil && s != "Local"
	}}
}
