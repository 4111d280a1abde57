package install

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

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
	// A tag "!" leaves no trace in the node, so the text is looked at.
	tagged := bytes.HasPrefix(d.src[d.offset(section):], []byte("!"))
	return ok && section.Anchor == "" && !tagged && section.Kind != yaml.AliasNode
}

// colon is the offset after the colon of a section's key; false if it does not follow the key.
func (d yamlDoc) colon(name string, key *yaml.Node) (offset int, ok bool) {
	at := d.offset(key)
	for _, form := range []string{name, `"` + name + `"`, "'" + name + "'"} {
		if bytes.HasPrefix(d.src[at:], []byte(form+":")) {
			return at + len(form) + 1, key.Anchor == ""
		}
	}
	return 0, false
}
