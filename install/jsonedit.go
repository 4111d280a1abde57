package install

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/tailscale/hujson"
)

// A jsonEdit changes single members in the text of a JSON file. The text between
// them, comments included, stays as it is. After an error it does nothing more.
type jsonEdit struct {
	src  []byte
	root hujson.Value // src, parsed
	err  error
}

// splice replaces src[from:to], and parses what results.
func (d *jsonEdit) splice(from, to int, text string) {
	src := make([]byte, 0, len(d.src)+len(text))
	src = append(append(append(src, d.src[:from]...), text...), d.src[to:]...)
	root, err := rootObject(src)
	if err != nil {
		d.err = err
		return
	}
	d.src, d.root = src, root
}

// set makes v the value at path. Objects that path leads through are made as
// needed; a value that is equal already keeps its bytes.
func (d *jsonEdit) set(path []string, v any) {
	if d.err != nil {
		return
	}
	owner := d.root
	for n, name := range path {
		o, ok := owner.Value.(*hujson.Object)
		if !ok {
			d.replace(owner, d.indentAt(owner.StartOffset), nest(path[n:], v))
			return
		}
		i, err := member(o, name)
		if err != nil {
			d.err = err
			return
		}
		if i < 0 {
			d.insert(owner, o, name, nest(path[n+1:], v))
			return
		}
		owner = o.Members[i].Value
	}
	if !equalJSON(owner, v) {
		d.replace(owner, d.indentAt(owner.StartOffset), v)
	}
}

// nest wraps v into objects.
func nest(path []string, v any) any {
	for _, name := range slices.Backward(path) {
		v = object{{name, v}}
	}
	return v
}

func equalJSON(have hujson.Value, want any) bool {
	var a, b any
	return value(have, &a) == nil && json.Unmarshal(compact(want), &b) == nil && reflect.DeepEqual(a, b)
}

func (d *jsonEdit) replace(old hujson.Value, indent string, v any) {
	text := d.indented(v, indent)
	if d.oneLine(old) {
		text = inline(v)
	}
	d.splice(old.StartOffset, old.EndOffset, text)
}

// oneLine reports whether v is a list or an object with content that stands on a single line.
func (d *jsonEdit) oneLine(v hujson.Value) bool {
	text := d.src[v.StartOffset:v.EndOffset]
	return (text[0] == '{' || text[0] == '[') && len(text) > len("{}") && !bytes.ContainsRune(text, '\n')
}

// minified reports whether the file was written by a program for programs, without any line break.
func (d *jsonEdit) minified() bool {
	o, ok := d.root.Value.(*hujson.Object)
	return ok && len(o.Members) > 0 && !bytes.ContainsRune(d.src, '\n')
}

// insert appends a member to the object o in the layout of its last one.
func (d *jsonEdit) insert(owner hujson.Value, o *hujson.Object, name string, v any) {
	end := owner.EndOffset - len("}")
	at := end - len(o.AfterExtra) + len(trimRight(o.AfterExtra)) // after the comments
	if len(o.Members) == 0 {
		if d.minified() {
			d.splice(at, end, string(compact(name))+":"+string(compact(v)))
			return
		}
		outer := d.indentAt(owner.StartOffset)
		inner := outer + d.unit()
		d.splice(at, end, d.eol()+inner+d.member(name, v, inner)+d.eol()+outer)
		return
	}
	last := o.Members[len(o.Members)-1]
	var text string
	if d.oneLine(owner) {
		text = " " + string(compact(name)) + ": " + inline(v)
	} else {
		indent := d.indentAt(last.Name.StartOffset)
		text = d.eol() + indent + d.member(name, v, indent)
	}
	if last.Value.AfterExtra != nil { // a trailing comma
		d.splice(at, at, text+",")
		return
	}
	comma := last.Value.EndOffset
	d.splice(comma, at, ","+string(d.src[comma:at])+text)
}

// remove takes the member at path out, with its comma and the space before it; it reports whether it was there.
func (d *jsonEdit) remove(path []string) bool {
	if d.err != nil {
		return false
	}
	owner, found, err := lookup(d.root, path[:len(path)-1])
	o, ok := owner.Value.(*hujson.Object)
	if err != nil || !found || !ok {
		d.err = err
		return false
	}
	i, err := member(o, path[len(path)-1])
	if err != nil || i < 0 {
		d.err = err
		return false
	}
	if len(o.Members) == 1 && len(trimRight(o.Members[0].Name.BeforeExtra)) == 0 &&
		len(trimRight(o.AfterExtra)) == 0 && len(trimRight(o.Members[0].Value.AfterExtra)) == 0 {
		d.splice(owner.StartOffset, owner.EndOffset, "{}")
		return true
	}
	d.cut(o, i)
	return true
}

// cut takes o's i-th member out.
func (d *jsonEdit) cut(o *hujson.Object, i int) {
	m := o.Members[i]
	before := m.Name.BeforeExtra
	from, to := m.Name.StartOffset-len(before)+len(trimRight(before)), m.Value.EndOffset
	rest := m.Value.EndOffset + len(m.Value.AfterExtra)
	comma := i < len(o.Members)-1 || m.Value.AfterExtra != nil
	after := d.src[to:]
	if comma {
		after = append(bytes.Clone(m.Value.AfterExtra), d.src[rest+len(","):]...)
	}
	gap := ""
	if endsInLineComment(trimRight(before)) && !bytes.HasPrefix(bytes.TrimLeft(after, " \t\r"), []byte("\n")) {
		gap = d.eol() // what follows must not become part of the comment
	}
	text := gap + string(after)
	if !comma && i > 0 {
		prev := o.Members[i-1].Value
		at := prev.EndOffset + len(prev.AfterExtra)
		text = string(d.src[at+len(","):from]) + text
		from = at
	}
	d.splice(from, len(d.src), text)
}

// endsInLineComment reports whether what follows comments and white space would be part of a comment.
func endsInLineComment(extra []byte) bool {
	for {
		extra = bytes.TrimLeft(extra, " \t\r\n")
		if len(extra) < len("//") {
			return false
		}
		isLine, end := extra[1] == '/', "*/"
		if isLine {
			end = "\n"
		}
		_, rest, closed := bytes.Cut(extra[len("//"):], []byte(end))
		if !closed {
			return isLine
		}
		extra = rest
	}
}

// removeEmpty takes the member at path out if it is an object without content.
func (d *jsonEdit) removeEmpty(path []string) {
	v, found, err := lookup(d.root, path)
	if d.err != nil || err != nil || !found {
		return
	}
	if o, ok := v.Value.(*hujson.Object); ok && len(o.Members) == 0 && len(trimRight(o.AfterExtra)) == 0 {
		d.remove(path)
	}
}

func (d *jsonEdit) member(name string, v any, indent string) string {
	return string(compact(name)) + ": " + d.indented(v, indent)
}

// indented encodes v over several lines; the first one is not indented.
func (d *jsonEdit) indented(v any, indent string) string {
	var b bytes.Buffer
	if err := json.Indent(&b, compact(v), indent, d.unit()); err != nil {
		panic(err) //nolint:forbidigo // what compact returns is JSON
	}
	return string(bytes.ReplaceAll(b.Bytes(), []byte("\n"), []byte(d.eol())))
}

// indentAt is the white space that begins the line of an offset.
func (d *jsonEdit) indentAt(offset int) string {
	line := d.src[bytes.LastIndexByte(d.src[:offset], '\n')+1 : offset]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// unit is one step of indentation in this file.
func (d *jsonEdit) unit() string {
	if o, ok := d.root.Value.(*hujson.Object); ok {
		for _, m := range o.Members {
			outer, inner := d.indentAt(d.root.StartOffset), d.indentAt(m.Name.StartOffset)
			if len(inner) > len(outer) {
				return inner[len(outer):]
			}
		}
	}
	return "  "
}

func (d *jsonEdit) eol() string {
	if i := bytes.IndexByte(d.src, '\n'); i > 0 && d.src[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// trimRight trims the white space of JSON.
func trimRight(extra []byte) []byte { return bytes.TrimRight(extra, " \t\r\n") }
