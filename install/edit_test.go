package install

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kinds are the formats that FuzzEdit edits, by the endings of their files.
func kinds() []format { return []format{jsonFormat{}, tomlFormat{}, yamlFormat{}} }

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
		kind := byte(0)
		switch host, _, _ := strings.Cut(filepath.Base(in), "_"); host {
		case "codex":
			kind = 1
		case "goose":
			kind = 2
		}
		f.Add(kind, data)
	}
	for _, s := range []string{
		"{}", "{/*a*/}", "{//a\n}", "{\"a\":1,//c\n}", "{ \"s\" : {\"e\":1},}", "{\"s\":{\"b\":1//c\n,\n\"a\":{}//d\n}}",
		"{\"s\":{\"0\":{}/*0//0*/}}", "{\"s\":{\"\":{}/*/*/}}", "{\"s\":{\"0\":{}//*\n/*0*///0\n}}",
		"{\"s\":{\"a\":1,//c\n\"e\":2,\"b\":3}}", "{\"s\":{//c\n\"e\":{\"env\":{\"PIERRE_AUTH_KEY\":1}}/**/,/**/}}",
	} {
		f.Add(byte(0), []byte(s))
	}
	for _, s := range []string{"[s.e]", "[s]\ne.command=1", "[[s.e]]", "[s.\"e\"]#c\nargs=[\n1,#d\n]\n[s.e.env]\nA='b'", "s={a={}}", "a=\"\"\"\n[s.e]\"\"\""} {
		f.Add(byte(1), []byte(s))
	}
	for _, s := range []string{
		"s:", "s: {}", "s: ~ # c", "s: # c\n  a: 1\n  # d\nb: 2", "s:\n  e:\n    command: x\n    # in\n# out\nb: 2", "s: {a: {}}", "{s: {}}", "s: 1", "s: &x\n  e: *x",
		"---\ns:\n  a: |\n    s:\n      e: 1\n...\n", "a: 1\n---\nb: 2", "é: 1\n\"s\": {}\n", "s:\n    a: {b: 1}\n    e: {command: x,\n     args: []}\n", "# only\n", "s:\r\n  a: 1\r\n", "? s\n: a: 1\n",
		"s: !", "s:\n  !\n  a: 1\n",
	} {
		f.Add(byte(2), []byte(s))
	}
	path := []string{"s", "e"}
	e := Entry{Command: "/x/mcp-client", Args: []string{"--url", "https://a/?b&c", "\x7f\"\\\n\u2028é"}}
	sh := standard()
	f.Fuzz(func(t *testing.T, kind byte, data []byte) {
		edit := kinds()[int(kind)%len(kinds())]
		_, had, err := edit.find(data, path)
		if err != nil {
			return
		}
		after, err := edit.merge(data, path, e, sh)
		if err != nil || edit.check(data, after, path) != nil {
			return // refused
		}
		raw, found, err := edit.find(after, path)
		got := sh.read(raw)
		if err != nil || !found || got.Command != e.Command || strings.Join(got.Args, " ") != strings.Join(e.Args, " ") {
			t.Fatalf("%q became %q: %+v, %v", data, after, got, err)
		}
		again, err := edit.merge(after, path, e, sh)
		if err != nil || !bytes.Equal(again, after) {
			t.Fatalf("%q became %q: %v", after, again, err)
		}
		removed, err := edit.remove(after, path)
		if err != nil || edit.check(data, removed, path) != nil {
			t.Fatalf("%q became %q and %q: %v", data, after, removed, err)
		}
		if kind == 0 && !had && siblings(t, data, path[0]) && !bytes.Equal(removed, data) {
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
