package tools

import "github.com/google/jsonschema-go/jsonschema"

// outline returns the schema of an answer as lists of tools state it by default: the names of the members, which carry the
// unit, and their types. Models pay for every byte of a list, with each conversation, and read the answers without it.
func outline(s *jsonschema.Schema) *jsonschema.Schema {
	o := &jsonschema.Schema{Type: s.Type, Required: s.Required, PropertyOrder: s.PropertyOrder, Properties: map[string]*jsonschema.Schema{}}
	for name, p := range s.Properties {
		o.Properties[name] = &jsonschema.Schema{Type: p.Type}
	}
	return o
}
