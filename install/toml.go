package install

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// A tomlFormat edits TOML files in which an entry is a table: [mcp_servers.pierre].
// The text of other tables stays as it is; an entry that is written as an inline
// table or with dotted keys is left to its author.
type tomlFormat struct{}

func tomlRoot(data []byte) (map[string]any, error) {
	_, data = splitBOM(data)
	root := map[string]any{}
	if err := toml.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("it is not valid TOML, correct it first: %w", err)
	}
	return root, nil
}

func tomlEntry(data []byte, path []string) (raw map[string]any, found bool, err error) {
	root, err := tomlRoot(data)
	if err != nil {
		return nil, false, err
	}
	section, _ := root[path[0]].(map[string]any)
	v, found := section[path[1]]
	raw, _ = v.(map[string]any)
	return raw, found, nil
}

func (tomlFormat) find(data []byte, path []string) (raw map[string]any, found bool, err error) {
	return tomlEntry(data, path)
}

func (tomlFormat) merge(data []byte, path []string, e Entry, sh shape) ([]byte, error) {
	bom, data := splitBOM(data)
	raw, found, err := tomlEntry(data, path)
	if err != nil {
		return nil, err
	}
	eol := "\n"
	if bytes.Contains(data, []byte("\r\n")) {
		eol = "\r\n"
	}
	text := strings.ReplaceAll(tableText(path, raw, e), "\n", eol)
	switch {
	case !found:
		data = appendTable(data, text, eol)
	case !sh.current(raw, e, remoteTOML()):
		spans, err := tableSpans(data, path)
		if err != nil {
			return nil, err
		}
		out := bytes.Clone(data)
		for _, s := range slices.Backward(spans[1:]) {
			out = cutLines(out, s)
		}
		data = slices.Replace(out, spans[0].from, spans[0].to, []byte(text)...)
	}
	return append(slices.Clip(bom), data...), nil
}

// remoteTOML is [remote] for Codex.
func remoteTOML() []string {
	return append(remote(), "bearer_token_env_var", "http_headers", "env_http_headers")
}

// tableText is the table for e, with what else stands in the old one.
func tableText(path []string, old map[string]any, e Entry) string {
	rest := map[string]any{}
	maps.Copy(rest, old)
	for _, name := range append(remoteTOML(), "command", "args") {
		delete(rest, name)
	}
	env := map[string]any{}
	if was, ok := old["env"].(map[string]any); ok {
		maps.Copy(env, was)
	}
	delete(env, KeyVariable)
	for name, v := range e.Env {
		env[name] = v
	}
	delete(rest, "env")
	if len(env) > 0 {
		rest["env"] = env
	}
	header := tomlKey(path)
	// A JSON string is a TOML string.
	return fmt.Sprintf("[%s]\ncommand = %s\nargs = %s\n", header, compact(e.Command), inline(e.Args)) + membersText(header, rest)
}

// membersText encodes members of the table called header, its own tables last.
func membersText(header string, members map[string]any) string {
	encoded, err := toml.Marshal(members)
	if err != nil {
		panic(err) //nolint:forbidigo // it was decoded from TOML
	}
	var b strings.Builder
	for line := range strings.Lines(string(encoded)) {
		// The encoder writes tables of their own as [name], lists of them as [[name]].
		if inner := strings.TrimLeft(line, "["); inner != line {
			line = line[:len(line)-len(inner)] + header + "." + inner
		}
		b.WriteString(line)
	}
	return b.String()
}

func tomlKey(path []string) string {
	parts := make([]string, len(path))
	for i, p := range path {
		parts[i] = p
		if p == "" || strings.ContainsFunc(p, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
		}) {
			parts[i] = string(compact(p))
		}
	}
	return strings.Join(parts, ".")
}

// appendTable adds a table at the end, after a blank line.
func appendTable(data []byte, text, eol string) []byte {
	out := bytes.Clone(data)
	if len(out) > 0 && !bytes.HasSuffix(out, []byte("\n")) {
		out = append(out, eol...)
	}
	if len(out) > 0 {
		out = append(out, eol...)
	}
	return append(out, text...)
}

// A span is a range of bytes.
type span struct{ from, to int }

// tableSpans finds the lines of the table at path and of the tables below it: from
// each header to the end of the last line with a key. Comments after that line
// belong to what follows.
func tableSpans(data []byte, path []string) ([]span, error) {
	var spans []span
	var p unstable.Parser
	p.Reset(data)
	inside := false
	for p.NextExpression() {
		n := p.Expression()
		if n.Kind == unstable.KeyValue {
			if inside {
				spans[len(spans)-1].to = lineEnd(data, int(n.Raw.Offset+n.Raw.Length))
			}
			continue
		}
		key, at := keyOf(n)
		inside = len(key) >= len(path) && slices.Equal(key[:len(path)], path)
		if inside {
			spans = append(spans, span{bytes.LastIndexByte(data[:at], '\n') + 1, lineEnd(data, at)})
		}
	}
	if err := p.Error(); err != nil {
		return nil, fmt.Errorf("it is not valid TOML, correct it first: %w", err)
	}
	if len(spans) == 0 {
		return nil, fmt.Errorf("its entry is not written as a table [%s]: change it by hand", tomlKey(path))
	}
	return spans, nil
}

// keyOf returns the name of a table and the offset of its first part.
func keyOf(n *unstable.Node) (key []string, offset int) {
	for it := n.Key(); it.Next(); {
		part := it.Node()
		if key == nil {
			offset = int(part.Raw.Offset)
		}
		key = append(key, string(part.Data))
	}
	return key, offset
}

// lineEnd is the offset after the line that offset is in.
func lineEnd(data []byte, offset int) int {
	if i := bytes.IndexByte(data[offset:], '\n'); i >= 0 {
		return offset + i + 1
	}
	return len(data)
}

// cutLines takes the lines of s out, with the blank line before them.
func cutLines(data []byte, s span) []byte {
	before := bytes.TrimSuffix(bytes.TrimSuffix(data[:s.from], []byte("\n")), []byte("\r"))
	if bytes.HasSuffix(before, []byte("\n")) {
		s.from = len(before)
	}
	return slices.Delete(data, s.from, s.to)
}

func (tomlFormat) remove(data []byte, path []string) ([]byte, error) {
	bom, data := splitBOM(data)
	spans, err := tableSpans(data, path)
	if err != nil {
		return nil, err
	}
	out := bytes.Clone(data)
	for _, s := range slices.Backward(spans) {
		out = cutLines(out, s)
	}
	return append(slices.Clip(bom), out...), nil
}

func (tomlFormat) check(before, after []byte, path []string) error {
	was, err := tomlRoot(before)
	if err != nil {
		return err
	}
	is, err := tomlRoot(after)
	if err != nil {
		return err
	}
	return sameRest(without(was, path), without(is, path))
}
