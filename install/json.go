package install

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// A jsonFormat edits JSON, with or without comments and trailing commas.
type jsonFormat struct{}

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
		return v, fmt.Errorf("it is not valid JSON, correct it first: %s", cause)
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
			return -1, fmt.Errorf("it has the member %q twice, correct it first", name)
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
			return v, false, fmt.Errorf("the parent of %q is no object, correct it first", name)
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

func (jsonFormat) find(data []byte, path []string) (raw map[string]any, found bool, err error) {
	_, data = splitBOM(data)
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, false, nil
	}
	root, err := rootObject(data)
	if err != nil {
		return nil, false, err
	}
	v, found, err := lookup(root, path)
	if err != nil || !found {
		return nil, false, err
	}
	if err := value(v, &raw); err != nil {
		return nil, true, nil //nolint:nilerr // what is no object is an entry that starts nothing
	}
	return raw, true, nil
}

// remote lists the members by which hosts reach a server without a program.
func remote() []string { return []string{"url", "serverUrl", "httpUrl", "headers"} }

func (jsonFormat) merge(data []byte, path []string, e Entry, s shape) ([]byte, error) {
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
	if _, isObject := old.Value.(*hujson.Object); !found || !isObject {
		doc.set(path, s.entry(path[len(path)-1], e))
	} else {
		doc.update(path, e, s)
	}
	return append(slices.Clip(bom), doc.src...), doc.err
}

// update changes in an existing entry what the client manages, and leaves the
// rest, such as a host's own switches, alone.
func (d *jsonEdit) update(path []string, e Entry, s shape) {
	for _, f := range s.managed(e) {
		d.set(append(slices.Clip(path), f.name), f.value)
	}
	for _, name := range remote() {
		d.remove(append(slices.Clip(path), name))
	}
	env := append(slices.Clip(path), s.env)
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		d.set(append(slices.Clip(env), name), e.Env[name])
	}
	if _, ok := e.Env[KeyVariable]; !ok && d.remove(append(slices.Clip(env), KeyVariable)) {
		d.removeEmpty(env)
	}
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
