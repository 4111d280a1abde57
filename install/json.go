package install

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// A jsonFormat edits JSON, with or without comments and trailing commas.
type jsonFormat struct{}

// A field is a member of a JSON object whose order matters to the reader.
type field struct {
	name  string
	value any
}

// An object is a JSON object with its members in order.
type object []field

// MarshalJSON implements [json.Marshaler].
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(compact(f.name))
		b.WriteByte(':')
		b.Write(compact(f.value))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// compact encodes what an entry is made of: strings, lists and objects of them.
func compact(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // a URL with & stays readable
	if err := enc.Encode(v); err != nil {
		panic(err) //nolint:forbidigo // strings, lists and objects of them can be encoded
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// inline encodes what an entry is made of on one line, with the spaces that people put.
func inline(v any) string {
	switch v := v.(type) {
	case object:
		parts := make([]string, len(v))
		for i, f := range v {
			parts[i] = inline(f.name) + ": " + inline(f.value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []string:
		parts := make([]string, len(v))
		for i, s := range v {
			parts[i] = inline(s)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		return string(compact(v))
	}
}

// rootObject parses data; a file without content counts as an empty object.
func rootObject(data []byte) (hujson.Value, error) {
	v, err := hujson.Parse(data)
	if err != nil {
		cause := strings.TrimPrefix(err.Error(), "hujson: ")
		return v, fmt.Errorf("it is not valid JSON, mend it first: %s", cause)
	}
	if _, ok := v.Value.(*hujson.Object); !ok {
		return v, errors.New("it holds no JSON object, so it is no configuration")
	}
	return v, nil
}

// splitBOM separates the byte order mark that some editors on Windows write.
func splitBOM(data []byte) (bom, rest []byte) {
	const n = len("\ufeff")
	if bytes.HasPrefix(data, []byte("\ufeff")) {
		return data[:n], data[n:]
	}
	return nil, data
}

// member returns the index of o's member called name, -1 if there is none. A name
// that is there twice is an error: readers differ in which of them counts.
func member(o *hujson.Object, name string) (int, error) {
	at := -1
	for i, m := range o.Members {
		literal, ok := m.Name.Value.(hujson.Literal)
		if !ok || literal.String() != name {
			continue
		}
		if at >= 0 {
			return -1, fmt.Errorf("it has the member %q twice, mend it first", name)
		}
		at = i
	}
	return at, nil
}

// lookup returns the value at path; false if it is absent. What path leads through must be objects.
func lookup(v hujson.Value, path []string) (hujson.Value, bool, error) {
	for _, name := range path {
		o, ok := v.Value.(*hujson.Object)
		if !ok {
			return v, false, fmt.Errorf("the parent of %q is no object, mend it first", name)
		}
		i, err := member(o, name)
		if err != nil || i < 0 {
			return v, false, err
		}
		v = o.Members[i].Value
	}
	return v, true, nil
}

// value decodes v into dst.
func value(v hujson.Value, dst any) error {
	v = v.Clone()
	v.BeforeExtra, v.AfterExtra = nil, nil
	v.Standardize()
	dec := json.NewDecoder(bytes.NewReader(v.Pack()))
	dec.UseNumber()
	return dec.Decode(dst)
}

func (jsonFormat) find(data []byte, path []string) (Entry, bool, error) {
	_, data = splitBOM(data)
	if len(bytes.TrimSpace(data)) == 0 {
		return Entry{}, false, nil
	}
	root, err := rootObject(data)
	if err != nil {
		return Entry{}, false, err
	}
	v, found, err := lookup(root, path)
	if err != nil || !found {
		return Entry{}, false, err
	}
	var raw map[string]any
	if err := value(v, &raw); err != nil {
		return Entry{}, true, nil //nolint:nilerr // what is no object is an entry that starts nothing
	}
	return entryOf(raw), true, nil
}

// entryOf reads an entry out of a decoded object. What has another type than it should counts as absent.
func entryOf(raw map[string]any) Entry {
	var e Entry
	e.Command, _ = raw["command"].(string)
	args, _ := raw["args"].([]any)
	for _, a := range args {
		if s, ok := a.(string); ok {
			e.Args = append(e.Args, s)
		}
	}
	env, _ := raw["env"].(map[string]any)
	for name, v := range env {
		if s, ok := v.(string); ok {
			if e.Env == nil {
				e.Env = map[string]string{}
			}
			e.Env[name] = s
		}
	}
	return e
}

// remote lists the members by which hosts reach a server without a program.
func remote() []string { return []string{"url", "serverUrl", "httpUrl", "headers"} }

func (jsonFormat) merge(data []byte, path []string, e Entry, extra []field) ([]byte, error) {
	bom, data := splitBOM(data)
	if len(bytes.TrimSpace(data)) == 0 {
		data = []byte("{}\n")
	}
	root, err := rootObject(data)
	if err != nil {
		return nil, err
	}
	doc := &jsonEdit{src: data, root: root}
	old, found, err := lookup(root, path)
	if err != nil {
		return nil, err
	}
	fields := slices.Concat(extra, object{{"command", e.Command}, {"args", notNil(e.Args)}})
	if _, isObject := old.Value.(*hujson.Object); !found || !isObject {
		if key, ok := e.Env[KeyVariable]; ok {
			fields = append(fields, field{"env", object{{KeyVariable, key}}})
		}
		doc.set(path, fields)
	} else {
		doc.update(path, fields, e)
	}
	return append(slices.Clip(bom), doc.src...), doc.err
}

// update changes in an existing entry what the client manages, and leaves the
// rest, such as a host's own switches, alone.
func (d *jsonEdit) update(path []string, fields object, e Entry) {
	for _, f := range fields {
		d.set(append(slices.Clip(path), f.name), f.value)
	}
	for _, name := range remote() {
		d.remove(append(slices.Clip(path), name))
	}
	env := append(slices.Clip(path), "env")
	variable := append(slices.Clip(env), KeyVariable)
	if key, ok := e.Env[KeyVariable]; ok {
		d.set(variable, key)
		return
	}
	if d.remove(variable) {
		d.removeEmpty(env)
	}
}

func notNil(args []string) []string {
	if args == nil {
		return []string{}
	}
	return args
}

func (jsonFormat) remove(data []byte, path []string) ([]byte, error) {
	bom, data := splitBOM(data)
	root, err := rootObject(data)
	if err != nil {
		return nil, err
	}
	doc := &jsonEdit{src: data, root: root}
	doc.remove(path)
	return append(slices.Clip(bom), doc.src...), doc.err
}

func (jsonFormat) check(before, after []byte, path []string) error {
	was, err := jsonWithout(before, path)
	if err != nil {
		return err
	}
	is, err := jsonWithout(after, path)
	if err != nil {
		return err
	}
	return sameRest(was, is)
}

func jsonWithout(data []byte, path []string) (map[string]any, error) {
	_, data = splitBOM(data)
	rest := map[string]any{}
	if len(bytes.TrimSpace(data)) > 0 {
		root, err := rootObject(data)
		if err != nil {
			return nil, err
		}
		if err := value(root, &rest); err != nil {
			return nil, err
		}
	}
	return without(rest, path), nil
}

// without takes the entry out of a decoded configuration, and the section with it if nothing else is in there.
func without(root map[string]any, path []string) map[string]any {
	section, ok := root[path[0]].(map[string]any)
	if !ok {
		return root
	}
	delete(section, path[1])
	if len(section) == 0 {
		delete(root, path[0])
	}
	return root
}

func sameRest(was, is map[string]any) error {
	if !reflect.DeepEqual(was, is) {
		return errors.New("its form is too unusual to change one entry safely; add the entry by hand")
	}
	return nil
}
