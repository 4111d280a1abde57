package install

import (
	"strings"
	"testing"
)

// One edit of an existing entry: what its host and its user put there stays, other ways to a server go.
func TestUpdates(t *testing.T) {
	withKey := plainEntry()
	withKey.Env = map[string]string{KeyVariable: "k"}
	for name, tc := range map[string]struct {
		f             format
		e             Entry
		before, after string
	}{
		"JSON keeps switches and comments": {
			jsonFormat{},
			plainEntry(),
			"{\"s\":{\"e\":{\n  // mine\n  \"disabled\": true,\n  \"command\": \"old\",\n  \"args\": []\n}}}",
			"{\"s\":{\"e\":{\n  // mine\n  \"disabled\": true,\n  \"command\": \"/c\",\n  \"args\": [\n    \"-a\"\n  ]\n}}}",
		},
		"JSON drops the remote form": {
			jsonFormat{},
			plainEntry(),
			`{"s":{"e":{"url": "https://a", "headers": {"Authorization": "Bearer x"}, "command": "/c", "args": ["-a"]}}}`,
			`{"s":{"e":{ "command": "/c", "args": ["-a"]}}}`,
		},
		"JSON replaces what is no object": {
			jsonFormat{},
			plainEntry(), `{"s":{"e": "nothing", "x": 1}}`,
			"{\"s\":{\"e\": {\n  \"command\": \"/c\",\n  \"args\": [\n    \"-a\"\n  ]\n}, \"x\": 1}}",
		},
		"JSON takes the key out, and leaves other variables": {
			jsonFormat{},
			plainEntry(),
			`{"s":{"e":{"command": "/c", "args": ["-a"], "env": {"A": "b", "PIERRE_AUTH_KEY": "k"}}}}`,
			`{"s":{"e":{"command": "/c", "args": ["-a"], "env": {"A": "b"}}}}`,
		},
		"JSON puts the key beside other variables": {
			jsonFormat{},
			withKey,
			`{"s":{"e":{"command": "/c", "args": ["-a"], "env": {"A": "b"}}}}`,
			`{"s":{"e":{"command": "/c", "args": ["-a"], "env": {"A": "b", "PIERRE_AUTH_KEY": "k"}}}}`,
		},
		"JSON replaces variables that are no object": {
			jsonFormat{},
			withKey,
			`{"s":{"e":{"command": "/c", "args": ["-a"], "env": []}}}`,
			"{\"s\":{\"e\":{\"command\": \"/c\", \"args\": [\"-a\"], \"env\": {\n  \"PIERRE_AUTH_KEY\": \"k\"\n}}}}",
		},
		"JSON keeps numbers that a float cannot hold": {
			jsonFormat{},
			plainEntry(),
			`{"id":12345678901234567890,"s":{"e":{"command":"/d","args":["-a"]}}}`,
			`{"id":12345678901234567890,"s":{"e":{"command":"/c","args":["-a"]}}}`,
		},
		"TOML drops the remote form and its tables": {
			tomlFormat{},
			plainEntry(),
			"[s.e]\nurl = \"https://a\"\ntimeout = 9\n[s.e.http_headers]\nA = \"b\"\n[s.x]\nb = 1\n",
			"[s.e]\ncommand = \"/c\"\nargs = [\"-a\"]\ntimeout = 9\n[s.x]\nb = 1\n",
		},
		"TOML puts the key beside other variables": {
			tomlFormat{},
			withKey,
			"[s.e]\ncommand = \"/c\"\nargs = [\"-a\"]\n\n[s.e.env]\nA = \"b\"\n# of x\n[x]\n",
			"[s.e]\ncommand = \"/c\"\nargs = [\"-a\"]\n[s.e.env]\nA = 'b'\nPIERRE_AUTH_KEY = 'k'\n# of x\n[x]\n",
		},
		"YAML replaces what is no mapping": {
			yamlFormat{}, plainEntry(), "s:\n  e: nothing\n  x: 1\n", "s:\n  e:\n    command: \"/c\"\n    args:\n      - \"-a\"\n  x: 1\n",
		},
		"YAML drops the remote form": {
			yamlFormat{},
			plainEntry(),
			"s:\n  e:\n    uri: https://a\n    headers: {A: b}\n    timeout: 9\n",
			"s:\n  e:\n    command: \"/c\"\n    args:\n      - \"-a\"\n    timeout: 9\n",
		},
	} {
		path := []string{"s", "e"}
		after, err := tc.f.merge([]byte(tc.before), path, tc.e, standard())
		if err == nil {
			err = tc.f.check([]byte(tc.before), after, path)
		}
		if err != nil || string(after) != tc.after {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, after, tc.after)
		}
	}
}

// What an edit cannot keep is refused, with what to do about it.
func TestEditsThatAreRefused(t *testing.T) {
	for _, tc := range []struct {
		f            format
		before, says string
	}{
		{jsonFormat{}, `{"s":{"e":{"command":"a","command":"b"}}}`, `"command" twice`},
		{jsonFormat{}, `{"s":{"e":1,"e":2}}`, `"e" twice`},
		{jsonFormat{}, `{"s":"text"}`, "is no object"},
		{jsonFormat{}, `"text"`, "no JSON object"},
		{jsonFormat{}, "\xff\xfe{\x00}\x00", "not valid JSON"}, // UTF-16
		{jsonFormat{}, `{"s":{},`, "not valid JSON"},
		{jsonFormat{}, `{'s':{}}`, "not valid JSON"},
		{jsonFormat{}, `{"s":{}} trailing`, "not valid JSON"},
		{tomlFormat{}, "[s.e]\ncommand = 'a'\ncommand = 'b'\n", "not valid TOML"},
		{tomlFormat{}, "[s.e]\n[s.e]\n", "not valid TOML"},
		{tomlFormat{}, "s = 1\n", "already exists"},
		{tomlFormat{}, "[[s]]\n", "unusual"},
		{tomlFormat{}, "[s]\ne = {command = 'a'}\n", "change it by hand"},
		{tomlFormat{}, "s.e.command = 'a'\n", "change it by hand"},
		{tomlFormat{}, "\xff\xfea\x00", "not valid TOML"},
		{yamlFormat{}, "s:\n\te: 1\n", "not valid YAML"},
		{yamlFormat{}, "s: *nowhere\n", "not valid YAML"},
		{yamlFormat{}, "s:\n  e: 1\n  e: 2\n", "not valid YAML"},
		{yamlFormat{}, "a: 1\rs: 2\r", "unusual line ends"},
		{yamlFormat{}, "a: \"x\u2028y\"\n", "unusual line ends"},
		{yamlFormat{}, "--- 1\n", "no YAML mapping"},
		{yamlFormat{}, "a: 1\n---\ns:\n", "more than one YAML document"},
		{yamlFormat{}, "{a: 1}\n", "by hand"},
		{yamlFormat{}, "s: !!map {}\n", "by hand"},
		{yamlFormat{}, "s: [1]\n", "no mapping"},
		{yamlFormat{}, "s: {e: {command: a}}\n", "by hand"},
	} {
		path := []string{"s", "e"}
		after, err := tc.f.merge([]byte(tc.before), path, plainEntry(), standard())
		if err == nil {
			err = tc.f.check([]byte(tc.before), after, path)
		}
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%q became %q, %v; want %q", tc.before, after, err, tc.says)
		}
	}
}

// The check finds every change beside the entry, however small.
func TestChecks(t *testing.T) {
	for _, tc := range []struct {
		f                     format
		before, same, differs string
	}{
		{jsonFormat{}, `{"a":1,"s":{"x":{}}}`, `{"a":1,"s":{"x":{},"e":{}}}`, `{"a":2,"s":{"x":{},"e":{}}}`},
		{jsonFormat{}, `{"a":1}`, `{"s":{"e":{}},"a":1}`, `{"s":{"e":{}}}`},
		{jsonFormat{}, `{"a":9007199254740993}`, `{"a":9007199254740993,"s":{}}`, `{"a":9007199254740992,"s":{}}`},
		{jsonFormat{}, ``, `{"s":{"e":{}}}`, `{"s":{"e":{},"x":{}}}`},
		{tomlFormat{}, "a = 1\n[s.x]\n", "a = 1\n[s.x]\n[s.e]\n", "a = 1\n[s.e]\n"},
		{tomlFormat{}, "a = 1\n", "a = 1\n[s.e]\n", "a = 1.0\n[s.e]\n"},
		{yamlFormat{}, "a: 1\ns:\n", "a: 1\ns:\n  e: 1\n", "a: '1'\ns:\n  e: 1\n"},
		{yamlFormat{}, "s:\n  x: 1\n", "s:\n  x: 1\n  e: 1\n", "s:\n  e: 1\n"},
	} {
		path := []string{"s", "e"}
		if err := tc.f.check([]byte(tc.before), []byte(tc.same), path); err != nil {
			t.Errorf("%q and %q: %v", tc.before, tc.same, err)
		}
		if err := tc.f.check([]byte(tc.before), []byte(tc.differs), path); err == nil {
			t.Errorf("%q and %q: no difference was found", tc.before, tc.differs)
		}
		if err := tc.f.check([]byte(tc.before), []byte("{"), path); err == nil {
			t.Errorf("%q and what does not parse: no difference was found", tc.before)
		}
	}
}

// An entry is current only if nothing that the client manages differs.
func TestCurrent(t *testing.T) {
	sh := standard(field{"type", "stdio"})
	e := Entry{Command: "/c", Args: []string{"-a"}, Env: map[string]string{"A": "b"}}
	fresh := func() map[string]any {
		return map[string]any{"type": "stdio", "command": "/c", "args": []any{"-a"}, "env": map[string]any{"A": "b", "TZ": "UTC"}, "mine": true}
	}
	if !sh.current(fresh(), e, remote()) {
		t.Error("the entry as it should be is not current")
	}
	for name, change := range map[string]func(raw map[string]any){
		"another program":    func(raw map[string]any) { raw["command"] = "/d" },
		"another type":       func(raw map[string]any) { raw["type"] = "http" },
		"no arguments":       func(raw map[string]any) { delete(raw, "args") },
		"another argument":   func(raw map[string]any) { raw["args"] = []any{"-a", "-b"} },
		"no variable":        func(raw map[string]any) { delete(raw, "env") },
		"another value":      func(raw map[string]any) { raw["env"] = map[string]any{"A": "c"} },
		"a key that is left": func(raw map[string]any) { raw["env"] = map[string]any{"A": "b", KeyVariable: "k"} },
		"a URL":              func(raw map[string]any) { raw["url"] = "https://a" },
	} {
		raw := fresh()
		change(raw)
		if sh.current(raw, e, remote()) {
			t.Errorf("%s counts as current", name)
		}
	}
}
