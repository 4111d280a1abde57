package install

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A yamlFormat edits YAML files in which an entry is a block of lines below its
// section. The text of other lines stays as it is.
type yamlFormat struct{}

// A yamlDoc is a parsed configuration.
type yamlDoc struct {
	src  []byte
	root *yaml.Node // the mapping; nil: the file holds nothing
}

func parseYAML(data []byte) (yamlDoc, error) {
	// YAML has more line ends than editors show; with them its line numbers are not ours.
	if bytes.ContainsAny(bytes.ReplaceAll(data, []byte("\r\n"), nil), "\r\u0085\u2028\u2029") {
		return yamlDoc{}, errors.New("it has unusual line ends, correct them first")
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return yamlDoc{src: data}, nil
	}
	if err != nil {
		return yamlDoc{}, fmt.Errorf("it is not valid YAML, correct it first: %w", err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return yamlDoc{}, errors.New("it holds more than one YAML document, or text after the end of one")
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return yamlDoc{src: data}, nil
	}
	if root.Kind != yaml.MappingNode {
		return yamlDoc{}, errors.New("it holds no YAML mapping, so it is no configuration")
	}
	return yamlDoc{src: data, root: root}, nil
}

// member returns the index of the key called name in m's content, -1 if there is none.
func yamlMember(m *yaml.Node, name string) int {
	for i := 0; m != nil && i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == name {
			return i
		}
	}
	return -1
}

// section returns the value of the section, and its key; nil if there is none.
func (d yamlDoc) section(name string) (key, value *yaml.Node) {
	if i := yamlMember(d.root, name); i >= 0 {
		return d.root.Content[i], d.root.Content[i+1]
	}
	return nil, nil
}

func yamlRoot(data []byte) (map[string]any, error) {
	_, data = splitBOM(data)
	if _, err := parseYAML(data); err != nil {
		return nil, err
	}
	root := map[string]any{}
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("it is not valid YAML, correct it first: %w", err)
	}
	return root, nil
}

func (yamlFormat) find(data []byte, path []string) (raw map[string]any, found bool, err error) {
	root, err := yamlRoot(data)
	if err != nil {
		return nil, false, err
	}
	section, isMap := root[path[0]].(map[string]any)
	if !isMap && root[path[0]] != nil {
		return nil, false, fmt.Errorf("%q is no mapping, correct it first", path[0])
	}
	v, found := section[path[1]]
	if _, odd := v.(map[any]any); odd {
		return nil, false, fmt.Errorf("its entry %q has members that are no words: change it by hand", path[1])
	}
	raw, _ = v.(map[string]any)
	return raw, found, nil
}

func (f yamlFormat) merge(data []byte, path []string, e Entry, s shape) ([]byte, error) {
	bom, data := splitBOM(data)
	raw, found, err := f.find(data, path)
	if err != nil {
		return nil, err
	}
	if found && s.current(raw, e, remoteYAML()) {
		return append(slices.Clip(bom), data...), nil
	}
	doc, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	members := s.entry(path[1], e)
	if found {
		members = s.renewed(raw, e)
	}
	var after []byte
	if found {
		after, err = doc.replace(path, members)
	} else {
		after, err = doc.insert(path, members)
	}
	return append(slices.Clip(bom), after...), err
}

// remoteYAML is [remote] for goose.
func remoteYAML() []string { return append(remote(), "uri") }

// renewed is an existing entry with what the client manages, in front of what else stands there.
func (s shape) renewed(old map[string]any, e Entry) object {
	members := s.managed(e)
	rest := maps.Clone(old)
	for _, f := range members {
		delete(rest, f.name)
	}
	for _, name := range remoteYAML() {
		delete(rest, name)
	}
	env, _ := rest[s.env].(map[string]any)
	env = maps.Clone(env)
	if env == nil {
		env = map[string]any{}
	}
	delete(env, KeyVariable)
	for name, v := range e.Env {
		env[name] = v
	}
	delete(rest, s.env)
	if len(env) > 0 {
		rest[s.env] = env
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		members = append(members, field{name, rest[name]})
	}
	return members
}

// insert adds an entry that is not there.
func (d yamlDoc) insert(path []string, members object) ([]byte, error) {
	key, section := d.section(path[0])
	switch {
	case key == nil && d.root != nil && d.root.Style&yaml.FlowStyle != 0:
		return nil, errors.New("it is written as one flow mapping: add the entry by hand")
	case key == nil:
		text, err := block(path[1], members, "  ")
		return d.appendLines(yamlKey(path[0]) + ":\n" + text), err
	case !d.plain(path[0], key, section):
		return nil, fmt.Errorf("%q is written in an unusual form: add the entry by hand", path[0])
	case section.Kind == yaml.MappingNode && section.Style&yaml.FlowStyle == 0:
		// At its beginning: where the last entry ends, a comment may begin that belongs to it.
		text, err := block(path[1], members, strings.Repeat(" ", section.Content[0].Column-1))
		return d.spliceLines(key.Line+1, key.Line+1, text), err
	case section.Kind == yaml.MappingNode && len(section.Content) == 0, section.Tag == "!!null":
		text, err := block(path[1], members, strings.Repeat(" ", key.Column+1))
		return d.fill(key, section, text), err
	default:
		return nil, fmt.Errorf("%q is written in another form than lines of entries: add the entry by hand", path[0])
	}
}

// fill puts lines below a section that holds nothing: "extensions:", "extensions: {}", "extensions: null".
func (d yamlDoc) fill(key, section *yaml.Node, lines string) []byte {
	at := d.lineStart(key.Line)
	end := d.lineStart(key.Line + 1)
	line := string(d.src[at:end])
	if section.Line == key.Line && section.Column > key.Column {
		from := byteColumn(line, section.Column)
		for _, empty := range []string{"{}", "null", "Null", "NULL", "~"} {
			if rest, ok := strings.CutPrefix(line[from:], empty); ok {
				line = strings.TrimRight(line[:from], " ") + rest
				break
			}
		}
	}
	if !strings.HasSuffix(line, "\n") {
		line += d.eol()
	}
	return slices.Concat(d.src[:at], []byte(line+d.lines(lines)), d.src[end:])
}

// replace writes an entry that is there anew.
func (d yamlDoc) replace(path []string, members object) ([]byte, error) {
	at, err := d.span(path)
	if err != nil {
		return nil, err
	}
	text, err := block(path[1], members, at.indent)
	return d.spliceLines(at.from, at.to, text), err
}

func (yamlFormat) remove(data []byte, path []string) ([]byte, error) {
	bom, data := splitBOM(data)
	d, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	at, err := d.span(path)
	if err != nil {
		return nil, err
	}
	after := d.spliceLines(at.from, at.to, "")
	if key, section := d.section(path[0]); len(section.Content) == 2 {
		colon, _ := d.colon(path[0], key)
		after = slices.Concat(after[:colon], []byte(" {}"), after[colon:])
	}
	return append(slices.Clip(bom), after...), nil
}

// yamlLines are the lines of an entry, from (included) to to (not included).
type yamlLines struct {
	from, to int
	indent   string // of the first line
}

func (d yamlDoc) span(path []string) (yamlLines, error) {
	sectionKey, section := d.section(path[0])
	i := -1
	if section != nil && d.plain(path[0], sectionKey, section) && section.Kind == yaml.MappingNode && section.Style&yaml.FlowStyle == 0 {
		i = yamlMember(section, path[1])
	}
	if i < 0 {
		return yamlLines{}, fmt.Errorf("its entry is not written as lines below %q: change it by hand", path[0])
	}
	key := section.Content[i]
	to := d.count() + 1
	if i+2 < len(section.Content) {
		to = section.Content[i+2].Line
	} else if j := yamlMember(d.root, path[0]); j+2 < len(d.root.Content) {
		to = d.root.Content[j+2].Line
	}
	// Comments and blank lines at the end belong to what follows, unless they are indented below the entry.
	for to > key.Line+1 {
		line := string(d.src[d.lineStart(to-1):d.lineStart(to)])
		text := strings.TrimLeft(line, " ")
		if blank := strings.TrimSpace(text) == ""; !blank && (text[0] != '#' || len(line)-len(text) >= key.Column) {
			break
		}
		to--
	}
	return yamlLines{key.Line, to, strings.Repeat(" ", key.Column-1)}, nil
}

// plain reports whether a section is written as "name:", without an anchor or a tag.
func (d yamlDoc) plain(name string, key, section *yaml.Node) bool {
	_, ok := d.colon(name, key)
	return ok && section.Anchor == "" && section.Style&yaml.TaggedStyle == 0 && section.Kind != yaml.AliasNode
}

// colon is the offset after the colon of a section's key; false if it does not follow the key.
func (d yamlDoc) colon(name string, key *yaml.Node) (offset int, ok bool) {
	start := d.lineStart(key.Line)
	at := start + byteColumn(string(d.src[start:]), key.Column)
	for _, form := range []string{name, `"` + name + `"`, "'" + name + "'"} {
		if bytes.HasPrefix(d.src[at:], []byte(form+":")) {
			return at + len(form) + 1, key.Anchor == ""
		}
	}
	return 0, false
}

// lineStart is the offset at which a line begins; lines count from 1.
func (d yamlDoc) lineStart(line int) int {
	at := 0
	for n := 1; n < line; n++ {
		i := bytes.IndexByte(d.src[at:], '\n')
		if i < 0 {
			return len(d.src)
		}
		at += i + 1
	}
	return at
}

// count is the number of lines.
func (d yamlDoc) count() int {
	n := bytes.Count(d.src, []byte("\n"))
	if len(d.src) > 0 && !bytes.HasSuffix(d.src, []byte("\n")) {
		n++
	}
	return n
}

func (d yamlDoc) eol() string {
	if bytes.Contains(d.src, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

func (d yamlDoc) lines(text string) string { return strings.ReplaceAll(text, "\n", d.eol()) }

// spliceLines replaces the lines from (included) to to (not included).
func (d yamlDoc) spliceLines(from, to int, text string) []byte {
	return slices.Concat(d.src[:d.lineStart(from)], []byte(d.lines(text)), d.src[d.lineStart(to):])
}

func (d yamlDoc) appendLines(text string) []byte {
	src := d.src
	if len(src) > 0 && !bytes.HasSuffix(src, []byte("\n")) {
		src = append(slices.Clip(src), d.eol()...)
	}
	return append(slices.Clip(src), d.lines(text)...)
}

// byteColumn is the offset in a line of a column, which counts characters from 1.
func byteColumn(line string, column int) int {
	n := 1
	for i := range line {
		if n == column {
			return i
		}
		n++
	}
	return len(line)
}

// block is an entry as lines. Its values are written as JSON, which is YAML too.
func block(name string, members object, indent string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s:\n", indent, yamlKey(name))
	for _, m := range members {
		list, ok := m.value.([]string)
		if ok && len(list) > 0 {
			fmt.Fprintf(&b, "%s  %s:\n", indent, yamlKey(m.name))
			for _, item := range list {
				fmt.Fprintf(&b, "%s    - %s\n", indent, yamlText(compact(item)))
			}
			continue
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return "", fmt.Errorf("its member %q cannot be written anew, change it by hand: %w", m.name, err)
		}
		fmt.Fprintf(&b, "%s  %s: %s\n", indent, yamlKey(m.name), yamlText(value))
	}
	return b.String(), nil
}

// yamlText escapes the characters of JSON text that YAML does not take as they are.
func yamlText(text []byte) string {
	var b strings.Builder
	for _, r := range string(text) {
		if r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// yamlKey writes a key, quoted unless it is a plain word.
func yamlKey(name string) string {
	plain := name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	}) && name[0] > '9'
	var v any
	if plain && yaml.Unmarshal([]byte(name), &v) == nil && v == name { // "no" and "null" are words with a meaning
		return name
	}
	return yamlText(compact(name))
}

func (yamlFormat) check(before, after []byte, path []string) error {
	was, err := yamlRoot(before)
	if err != nil {
		return err
	}
	is, err := yamlRoot(after)
	if err != nil {
		return err
	}
	return sameRest(withoutEmpty(was, path), withoutEmpty(is, path))
}

// withoutEmpty is [without]; a section without a value counts as one that is not there.
func withoutEmpty(root map[string]any, path []string) map[string]any {
	if v, ok := root[path[0]]; ok && v == nil {
		delete(root, path[0])
	}
	return without(root, path)
}
