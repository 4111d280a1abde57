// Package toolcall turns what a person types at a terminal into the arguments of a
// tool, and tools and their results into text that a person reads.
package toolcall

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/mcpclient"
)

// MaxArguments bounds the arguments that are read from stdin.
const MaxArguments = 16 << 20

// WholeArguments reads --args; nil if it was not given.
func WholeArguments(stdin io.Reader, args string, pairs []string) (json.RawMessage, error) {
	if args == "" {
		return nil, nil
	}
	if len(pairs) > 0 {
		return nil, cli.Usagef("--args and NAME=VALUE exclude each other")
	}
	text := []byte(args)
	if args == "-" {
		var err error
		if text, err = io.ReadAll(io.LimitReader(stdin, MaxArguments+1)); err != nil {
			return nil, fmt.Errorf("reading the arguments from stdin: %w", err)
		}
		if len(text) > MaxArguments {
			return nil, fmt.Errorf("the arguments on stdin are larger than %d MiB", MaxArguments>>20)
		}
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil || object == nil {
		return nil, cli.Usagef("--args is not a JSON object")
	}
	return bytes.TrimSpace(text), nil
}

// PairArguments reads NAME=VALUE pairs as the schema of the tool says.
func PairArguments(s mcpclient.Schema, pairs []string) (json.RawMessage, error) {
	arguments := make(map[string]json.RawMessage, len(pairs))
	for _, pair := range pairs {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, cli.Usagef("%q must look like NAME=VALUE", pair)
		}
		if _, twice := arguments[name]; twice {
			return nil, cli.Usagef("the argument %s is given twice", name)
		}
		value, err := readValue(s.Properties[name], text)
		if err != nil {
			return nil, cli.Usagef("the argument %s: %w", name, err)
		}
		arguments[name] = value
	}
	raw, err := json.Marshal(arguments)
	if err != nil {
		return nil, fmt.Errorf("encoding the arguments: %w", err)
	}
	return raw, nil
}

// readValue makes a JSON value of text. Without a schema, text that is JSON is that value, other text is a string.
func readValue(p mcpclient.Property, text string) (json.RawMessage, error) {
	types := typesOf(p)
	asJSON := json.Valid([]byte(text))
	switch {
	case asJSON && (len(types) == 0 || fits(typeOf(text), types)):
		return json.RawMessage(text), nil
	case len(types) == 0 || slices.Contains(types, "string"):
		return json.Marshal(text)
	case slices.Contains(types, "array"):
		return readList(p, text)
	default:
		return nil, fmt.Errorf("%q is not of the type %s", text, strings.Join(types, " or "))
	}
}

// typeOf is the type, in the words of JSON Schema, of a valid JSON text that is not quoted text: that is taken literally.
func typeOf(text string) string {
	switch strings.TrimSpace(text)[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	case '"':
		return ""
	}
	if strings.ContainsAny(text, ".eE") {
		return "number"
	}
	return "integer"
}

func fits(name string, types []string) bool {
	return slices.Contains(types, name) || name == "integer" && slices.Contains(types, "number")
}

func readList(p mcpclient.Property, text string) (json.RawMessage, error) {
	var item mcpclient.Property
	if len(p.Items) > 0 {
		_ = json.Unmarshal(p.Items, &item) // a schema of another form says nothing about the type
	}
	list := []json.RawMessage{}
	if text == "" {
		return json.Marshal(list)
	}
	for part := range strings.SplitSeq(text, ",") {
		v, err := readValue(item, part)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return json.Marshal(list)
}
