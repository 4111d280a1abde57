package install

import (
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// A yamlFormat edits YAML files in which an entry is a block of lines below its
// section. The text of other lines stays as it is.
type yamlFormat struct{}

func yamlRoot(data []byte) (map[string]any, error) {
	_, data = splitBOM(data)
	if _, err := parseYAML(data); err != nil {
		return nil, err
	}
	root := map[string]any{}
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("it is not valid YAML, correct it first: %w", err)
	}
	return root, nil
}

func (yamlFormat) find(data []byte, path []string) (raw map[string]any, found bool, err error) {
	root, err := yamlRoot(data)
	if err != nil {
		return nil, false, err
	}
	section, isMap := root[path[0]].(map[string]any)
	if !isMap && root[path[0]] != nil {
		return nil, false, fmt.Errorf("%q is no mapping, correct it first", path[0])
	}
	v, found := section[path[1]]
	if _, odd := v.(map[any]any); odd {
		return nil, false, fmt.Errorf("its entry %q has members that are no words: change it by hand", path[1])
	}
	raw, _ = v.(map[string]any)
	return raw, found, nil
}

func (f yamlFormat) merge(data []byte, path []string, e Entry, s shape) ([]byte, error) {
	bom, data := splitBOM(data)
	raw, found, err := f.find(data, path)
	if err != nil {
		return nil, err
	}
	if found && s.current(raw, e, remoteYAML()) {
		return append(slices.Clip(bom), data...), nil
	}
	doc, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	members := s.entry(path[1], e)
	if found {
		members = s.renewed(raw, e)
	}
	var after []byte
	if found {
		after, err = doc.replace(path, members)
	} else {
		after, err = doc.insert(path, members)
	}
	return append(slices.Clip(bom), after...), err
}

// remoteYAML is [remote] for goose.
func remoteYAML() []string { return append(remote(), "uri") }

// renewed is an existing entry with what the client manages, in front of what else stands there.
func (s shape) renewed(old map[string]any, e Entry) object {
	members := s.managed(e)
	rest := maps.Clone(old)
	for _, f := range members {
		delete(rest, f.name)
	}
	for _, name := range remoteYAML() {
		delete(rest, name)
	}
	env, _ := rest[s.env].(map[string]any)
	env = maps.Clone(env)
	if env == nil {
		env = map[string]any{}
	}
	delete(env, KeyVariable)
	for name, v := range e.Env {
		env[name] = v
	}
	delete(rest, s.env)
	if len(env) > 0 {
		rest[s.env] = env
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		members = append(members, field{name, rest[name]})
	}
	return members
}

func (yamlFormat) remove(data []byte, path []string) ([]byte, error) {
	bom, data := splitBOM(data)
	d, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	at, err := d.span(path)
	if err != nil {
		return nil, err
	}
	after := d.spliceLines(at.from, at.to, "")
	if key, section := d.section(path[0]); len(section.Content) == 2 {
		colon, _ := d.colon(path[0], key)
		after = slices.Concat(after[:colon], []byte(" {}"), after[colon:])
	}
	return append(slices.Clip(bom), after...), nil
}

func (yamlFormat) check(before, after []byte, path []string) error {
	was, err := yamlRoot(before)
	if err != nil {
		return err
	}
	is, err := yamlRoot(after)
	if err != nil {
		return err
	}
	return sameRest(withoutEmpty(was, path), withoutEmpty(is, path))
}

// withoutEmpty is [without]; a section without a value counts as one that is not there.
func withoutEmpty(root map[string]any, path []string) map[string]any {
	if v, ok := root[path[0]]; ok && v == nil {
		delete(root, path[0])
	}
	return without(root, path)
}
