package install

import (
	"maps"
	"slices"
)

// A field is a member of an entry whose place among the others matters to the reader.
type field struct {
	name  string
	value any
}

// A shape says which members an entry has in one host's configuration.
type shape struct {
	command string // the program's path
	args    string // its arguments; empty: command is the list of the program and its arguments
	env     string // its environment

	always  []field // the host needs them to start a program
	initial []field // of a new entry; the user may change them
	named   string  // member that repeats the entry's name; empty: none
}

// standard is the shape that most hosts share.
func standard(always ...field) shape {
	return shape{command: "command", args: "args", env: "env", always: always}
}

// managed are the members that the client sets, in new entries and in those that are there.
func (s shape) managed(e Entry) object {
	args := slices.Clone(e.Args)
	if args == nil {
		args = []string{}
	}
	if s.args == "" {
		return slices.Concat(s.always, object{{s.command, append([]string{e.Command}, args...)}})
	}
	return slices.Concat(s.always, object{{s.command, e.Command}, {s.args, args}})
}

// entry is a new entry of that name.
func (s shape) entry(name string, e Entry) object {
	fields := s.managed(e)
	if s.named != "" {
		fields = append(object{{s.named, name}}, fields...)
	}
	if len(e.Env) > 0 {
		var env object
		for _, variable := range slices.Sorted(maps.Keys(e.Env)) {
			env = append(env, field{variable, e.Env[variable]})
		}
		fields = append(fields, field{s.env, env})
	}
	return append(fields, s.initial...)
}

// read reads an entry out of a decoded object. What has another type than it should counts as absent.
func (s shape) read(raw map[string]any) Entry {
	var e Entry
	e.Command, _ = raw[s.command].(string)
	args := textList(raw[s.args])
	if s.args == "" {
		if list := textList(raw[s.command]); len(list) > 0 {
			e.Command, args = list[0], list[1:]
		}
	}
	e.Args = args
	env, _ := raw[s.env].(map[string]any)
	for name, v := range env {
		if text, ok := v.(string); ok {
			if e.Env == nil {
				e.Env = map[string]string{}
			}
			e.Env[name] = text
		}
	}
	return e
}

func textList(v any) []string {
	list, _ := v.([]any)
	var texts []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// current reports whether an existing entry says already what e wants.
func (s shape) current(raw map[string]any, e Entry, remote []string) bool {
	for _, name := range remote {
		if _, ok := raw[name]; ok {
			return false
		}
	}
	for _, f := range s.always {
		if raw[f.name] != f.value {
			return false
		}
	}
	have := s.read(raw)
	for name, v := range e.Env {
		if have.Env[name] != v {
			return false
		}
	}
	return have.Command == e.Command && slices.Equal(have.Args, e.Args) && have.Env[KeyVariable] == e.Env[KeyVariable]
}
