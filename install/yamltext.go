package install

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

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

// offset is where a node begins.
func (d yamlDoc) offset(n *yaml.Node) int {
	start := d.lineStart(n.Line)
	return start + byteColumn(string(d.src[start:d.lineStart(n.Line+1)]), n.Column)
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
