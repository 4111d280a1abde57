package bridge

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// A toolList remembers of the server's tools what the relay needs, as tools/list tells it.
type toolList struct {
	mu    sync.Mutex
	tools map[string]tool
}

type tool struct {
	repeatable bool // read-only or idempotent: running it twice does no harm
	mirrored   []parameter
}

// A parameter is an argument that travels in a header too ("x-mcp-header", revision 2026-07-28).
type parameter struct {
	path   []string // of property names
	header string   // without the prefix Mcp-Param-
}

// repeatable reports whether the server said that the tool may run twice.
func (l *toolList) repeatable(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tools[name].repeatable
}

func (l *toolList) mirrored(name string) []parameter {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tools[name].mirrored
}

// listedTool is what the relay reads of a tool.
type listedTool struct {
	Name        string `json:"name"`
	Annotations struct {
		ReadOnly   bool `json:"readOnlyHint"`
		Idempotent bool `json:"idempotentHint"`
	} `json:"annotations"`
	InputSchema json.RawMessage `json:"inputSchema"`
}

// learn reads a result of tools/list. It returns the result without the tools that
// mirror arguments in a forbidden way: in the later era clients must not show them,
// and a host on stdio cannot know. If there are none, the bytes are those it was given.
func (l *toolList) learn(result []byte, modern bool) []byte {
	var list struct {
		Tools []json.RawMessage `json:"tools"`
	}
	if json.Unmarshal(result, &list) != nil {
		return result // the host will complain better than the relay can
	}
	kept := make([]json.RawMessage, 0, len(list.Tools))
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tools == nil {
		l.tools = make(map[string]tool)
	}
	for _, raw := range list.Tools {
		var t listedTool
		if json.Unmarshal(raw, &t) != nil {
			kept = append(kept, raw)
			continue
		}
		known := tool{repeatable: t.Annotations.ReadOnly || t.Annotations.Idempotent}
		legal := true
		if modern && bytes.Contains(t.InputSchema, []byte("x-mcp-header")) {
			known.mirrored, legal = mirroredParameters(t.InputSchema)
		}
		if legal {
			kept = append(kept, raw)
			l.tools[t.Name] = known
		}
	}
	if len(kept) == len(list.Tools) {
		return result
	}
	return withTools(result, kept)
}

// withTools returns result with other tools.
func withTools(result []byte, tools []json.RawMessage) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(result, &members) != nil {
		return result
	}
	list, err := json.Marshal(tools)
	if err != nil {
		return result
	}
	members["tools"] = list
	out, err := json.Marshal(members)
	if err != nil {
		return result
	}
	return out
}

// property is the part of a JSON Schema that can hold x-mcp-header.
type property struct {
	Type       json.RawMessage     `json:"type"`
	Header     json.RawMessage     `json:"x-mcp-header"`
	Properties map[string]property `json:"properties"`
}

// mirroredParameters returns the arguments that schema wants in headers. It reports
// false if one of them is not a string, integer or boolean, has no proper header
// name, or shares it with another.
func mirroredParameters(schema []byte) ([]parameter, bool) {
	var root property
	if json.Unmarshal(schema, &root) != nil {
		return nil, false
	}
	var found []parameter
	seen := make(map[string]bool)
	var walk func(p property, path []string) bool
	walk = func(p property, path []string) bool {
		if p.Header != nil {
			name := unquote(p.Header)
			lower := strings.ToLower(name)
			if !isToken(name) || !isPrimitive(p.Type) || seen[lower] || len(path) == 0 {
				return false
			}
			seen[lower] = true
			found = append(found, parameter{path: path, header: name})
		}
		for key, sub := range p.Properties {
			if !walk(sub, append(slices.Clip(path), key)) {
				return false
			}
		}
		return true
	}
	if !walk(root, nil) {
		return nil, false
	}
	return found, true
}

// isToken reports whether s may be part of a header's name (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

func isPrimitive(schemaType json.RawMessage) bool {
	var types []string
	if name := unquote(schemaType); name != "" {
		types = []string{name}
	} else if json.Unmarshal(schemaType, &types) != nil {
		return false
	}
	for _, t := range types {
		if t != "string" && t != "integer" && t != "boolean" {
			return false
		}
	}
	return len(types) > 0
}

// lookup returns the argument that p names, or nil.
func (p parameter) lookup(arguments []byte) []byte {
	value := json.RawMessage(arguments)
	for _, key := range p.path {
		var members map[string]json.RawMessage
		if json.Unmarshal(value, &members) != nil {
			return nil
		}
		value = members[key]
	}
	return value
}
