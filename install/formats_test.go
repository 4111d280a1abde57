package install

import (
	"strings"
	"testing"
)

// plainEntry is what the tables below put into a section "s" under the name "e".
func plainEntry() Entry { return Entry{Command: "/c", Args: []string{"-a"}} }

// An edit is a text, what it becomes when the entry is put in, and when it is taken out again.
type edit struct{ before, after, removed string }

// try puts the entry in and takes it out again.
func try(t *testing.T, f format, e edit) {
	t.Helper()
	path := []string{"s", "e"}
	after, err := f.merge([]byte(e.before), path, plainEntry(), standard())
	if err == nil {
		err = f.check([]byte(e.before), after, path)
	}
	if err != nil || string(after) != e.after {
		t.Errorf("%q became %v\n%q, want\n%q", e.before, err, after, e.after)
		return
	}
	if again, err := f.merge(after, path, plainEntry(), standard()); err != nil || string(again) != e.after {
		t.Errorf("%q: a second time, %v, it is %q", e.before, err, again)
	}
	removed, err := f.remove(after, path)
	if err != nil || string(removed) != e.removed {
		t.Errorf("%q: without the entry, %v,\n%q, want\n%q", e.before, err, removed, e.removed)
	}
}

func TestJSONEdits(t *testing.T) {
	for _, e := range []edit{
		{"", "{\n  \"s\": {\n    \"e\": {\n      \"command\": \"/c\",\n      \"args\": [\n        \"-a\"\n      ]\n    }\n  }\n}\n", "{\n  \"s\": {}\n}\n"},
		{`{"a":1}`, `{"a":1, "s": {"e": {"command": "/c", "args": ["-a"]}}}`, `{"a":1, "s": {}}`},
		{`{"s":{"x":{}}}`, `{"s":{"x":{}, "e": {"command": "/c", "args": ["-a"]}}}`, `{"s":{"x":{}}}`},
		{
			"{\"s\":{\n\t\"x\":{} // last\n}}",
			"{\"s\":{\n\t\"x\":{}, // last\n\t\"e\": {\n\t  \"command\": \"/c\",\n\t  \"args\": [\n\t    \"-a\"\n\t  ]\n\t}\n}}",
			"{\"s\":{\n\t\"x\":{} // last\n}}",
		},
	} {
		try(t, jsonFormat{}, e)
	}
}

func TestTOMLEdits(t *testing.T) {
	const table = "[s.e]\ncommand = \"/c\"\nargs = [\"-a\"]\n"
	for _, e := range []edit{
		{"", table, ""},
		{"a = 1", "a = 1\n\n" + table, "a = 1\n"},
		{"[s.x]\nb = 2\n# after\n", "[s.x]\nb = 2\n# after\n\n" + table, "[s.x]\nb = 2\n# after\n"},
		{"a = 1\r\n", "a = 1\r\n\r\n" + strings.ReplaceAll(table, "\n", "\r\n"), "a = 1\r\n"},
	} {
		try(t, tomlFormat{}, e)
	}
}

func TestYAMLEdits(t *testing.T) {
	const entry = "  e:\n    command: \"/c\"\n    args:\n      - \"-a\"\n"
	for _, e := range []edit{
		{"", "s:\n" + entry, "s: {}\n"},
		{"a: 1", "a: 1\ns:\n" + entry, "a: 1\ns: {}\n"},
		{"s:\n", "s:\n" + entry, "s: {}\n"},
		{"s: {} # none\nb: 2\n", "s: # none\n" + entry + "b: 2\n", "s: {} # none\nb: 2\n"},
		{"s: null\n", "s:\n" + entry, "s: {}\n"},
		{"s:\n  x: {a: 1}\n  # after\nb: 2\n", "s:\n" + entry + "  x: {a: 1}\n  # after\nb: 2\n", "s:\n  x: {a: 1}\n  # after\nb: 2\n"},
		{"s: # c\n  # of x\n  x: 1\n", "s: # c\n" + entry + "  # of x\n  x: 1\n", "s: # c\n  # of x\n  x: 1\n"},
		{"\"s\":\n    x: 1\n", "\"s\":\n    e:\n      command: \"/c\"\n      args:\n        - \"-a\"\n    x: 1\n", "\"s\":\n    x: 1\n"},
		{"s:\r\n  x: 1\r\n", "s:\r\n" + strings.ReplaceAll(entry, "\n", "\r\n") + "  x: 1\r\n", "s:\r\n  x: 1\r\n"},
	} {
		try(t, yamlFormat{}, e)
	}
}

// An entry that is replaced keeps what its user added, and what stands around it.
func TestYAMLReplaces(t *testing.T) {
	const before = "s:\n  x: 1\n  e:\n    url: https://old\n    timeout: 9\n    env:\n      PIERRE_AUTH_KEY: old\n      TZ: UTC\n    # inside\n\n  # of y\n  y: 2\n"
	const after = "s:\n  x: 1\n  e:\n    command: \"/c\"\n    args:\n      - \"-a\"\n    env: {\"TZ\":\"UTC\"}\n    timeout: 9\n\n  # of y\n  y: 2\n"
	got, err := (yamlFormat{}).merge([]byte(before), []string{"s", "e"}, plainEntry(), standard())
	if err != nil || string(got) != after {
		t.Errorf("%v:\n%s\nwant\n%s", err, got, after)
	}
	odd := "s:\n  e:\n    command: x\n    1: {2: 3}\n"
	if got, err := (yamlFormat{}).merge([]byte(odd), []string{"s", "e"}, plainEntry(), standard()); err == nil {
		t.Errorf("an entry with members that are no words became %s", got)
	}
}

// Texts that YAML would read as something else are quoted, and come back as they were.
func TestYAMLTexts(t *testing.T) {
	for _, text := range []string{"no", "null", "1.5", "~", "a: b", "# c", "\x7f\u0085\u2028\ufeff", "é", "\t", "-", "{", "'", `"`, `\`} {
		e := Entry{Command: text, Args: []string{text}, Env: map[string]string{KeyVariable: text}}
		data, err := (yamlFormat{}).merge(nil, []string{"no", text}, e, standard())
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		raw, found, err := (yamlFormat{}).find(data, []string{"no", text})
		if got := standard().read(raw); err != nil || !found || got.Command != text || got.Args[0] != text || got.Env[KeyVariable] != text {
			t.Errorf("%q came back as %+v, %v:\n%s", text, got, err, data)
		}
	}
}

func TestShapes(t *testing.T) {
	joined := shape{command: "command", env: "environment"}
	raw := map[string]any{"command": []any{"/c", "-a", 1}, "environment": map[string]any{"A": "b", "C": 1}}
	if got := joined.read(raw); got.Command != "/c" || len(got.Args) != 1 || got.Env["A"] != "b" || len(got.Env) != 1 {
		t.Errorf("read %+v", got)
	}
	if got := joined.read(map[string]any{"command": []any{}}); got.Command != "" {
		t.Errorf("an empty list is %+v", got)
	}
	if got := standard().read(map[string]any{"command": []any{"x"}, "args": "y", "env": 1}); got.Command != "" || got.Args != nil || got.Env != nil {
		t.Errorf("members of other types are %+v", got)
	}
	named := shape{command: "cmd", args: "args", env: "envs", named: "name", initial: []field{{"enabled", true}}}
	if got := string(compact(named.entry("e", Entry{Command: "/c", Env: map[string]string{"B": "2", "A": "1"}}))); got != `{"name":"e","cmd":"/c","args":[],"envs":{"A":"1","B":"2"},"enabled":true}` {
		t.Errorf("an entry is %s", got)
	}
}

func TestStarts(t *testing.T) {
	for command, want := range map[string]bool{
		"/usr/bin/mcp-client": true, `C:\Pierre\MCP-Client.EXE`: true, "mcp-client": true,
		"/usr/bin/mcp-client2": false, "": false, "/mcp-client/other": false,
	} {
		if got := (Entry{Command: command}).Starts("mcp-client"); got != want {
			t.Errorf("%s: %v", command, got)
		}
	}
}
