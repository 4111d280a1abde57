package install

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzEdit holds the editors to their promise on any text: they refuse it, or the
// entry is there, nothing else has changed, a second edit changes nothing, and
// taking the entry out of a section with other entries restores the bytes.
func FuzzEdit(f *testing.F) {
	inputs, err := filepath.Glob("testdata/*.in")
	if err != nil {
		f.Fatal(err)
	}
	for _, in := range inputs {
		data, err := os.ReadFile(in)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(strings.HasPrefix(filepath.Base(in), "codex"), data)
	}
	for _, s := range []string{
		"{}", "{/*a*/}", "{//a\n}", "{\"a\":1,//c\n}", "{ \"s\" : {\"e\":1},}", "{\"s\":{\"b\":1//c\n,\n\"a\":{}//d\n}}",
		"{\"s\":{\"a\":1,//c\n\"e\":2,\"b\":3}}", "{\"s\":{//c\n\"e\":{\"env\":{\"PIERRE_AUTH_KEY\":1}}/**/,/**/}}",
	} {
		f.Add(false, []byte(s))
	}
	for _, s := range []string{"[s.e]", "[s]\ne.command=1", "[[s.e]]", "[s.\"e\"]#c\nargs=[\n1,#d\n]\n[s.e.env]\nA='b'", "s={a={}}", "a=\"\"\"\n[s.e]\"\"\""} {
		f.Add(true, []byte(s))
	}
	path := []string{"s", "e"}
	e := Entry{Command: "/x/mcp-client", Args: []string{"--url", "https://a/?b&c", "\x7f\"\\\n"}}
	f.Fuzz(func(t *testing.T, isTOML bool, data []byte) {
		var edit format = jsonFormat{}
		if isTOML {
			edit = tomlFormat{}
		}
		_, had, err := edit.find(data, path)
		if err != nil {
			return
		}
		after, err := edit.merge(data, path, e, nil)
		if err != nil || edit.check(data, after, path) != nil {
			return // refused
		}
		got, found, err := edit.find(after, path)
		if err != nil || !found || got.Command != e.Command || strings.Join(got.Args, " ") != strings.Join(e.Args, " ") {
			t.Fatalf("%q became %q: %+v, %v", data, after, got, err)
		}
		again, err := edit.merge(after, path, e, nil)
		if err != nil || !bytes.Equal(again, after) {
			t.Fatalf("%q became %q: %v", after, again, err)
		}
		removed, err := edit.remove(after, path)
		if err != nil || edit.check(data, removed, path) != nil {
			t.Fatalf("%q became %q and %q: %v", data, after, removed, err)
		}
		if !isTOML && !had && siblings(t, data, path[0]) && !bytes.Equal(removed, data) {
			t.Fatalf("%q became %q and %q", data, after, removed)
		}
	})
}

// siblings reports whether the section has entries.
func siblings(t *testing.T, data []byte, section string) bool {
	t.Helper()
	_, data = splitBOM(data)
	if len(bytes.TrimSpace(data)) == 0 {
		return false
	}
	root, err := rootObject(data)
	if err != nil {
		t.Fatal(err)
	}
	v, found, err := lookup(root, []string{section})
	var members map[string]any
	return err == nil && found && value(v, &members) == nil && len(members) > 0
}
