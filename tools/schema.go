package tools

import (
	"bytes"
	"encoding/json"
)

// A schema is the plain part of JSON Schema that every MCP host understands: no $ref, no unions, no nulls.
// The same schema is published, checks arguments and, in tests, results.
type schema struct {
	kind     string // object, array, string, integer, number or boolean
	doc      string
	values   []string // of a string: the ones allowed
	min, max *float64 // of a number; of an array: its length; of a string: the most bytes
	form     *form    // of a string, beyond its length
	fallback any      // of an argument: what the tool takes if it is not given
	fields   []field  // of an object, in the order of importance
	items    *schema  // of an array
	others   *schema  // of an object: its members besides fields, whose names are data
}

// A form is what a string must be; doc completes "must be".
type form struct {
	doc string
	is  func(string) bool
}

// A field is a member of an object.
type field struct {
	name     string
	required bool
	schema
}

func req(name string, s schema) field { return field{name, true, s} }
func opt(name string, s schema) field { return field{name, false, s} }

func object(doc string, fields ...field) schema {
	return schema{kind: "object", doc: doc, fields: fields}
}

// mapping is an object whose members' names are data, besides some fields.
func mapping(doc string, others schema, fields ...field) schema {
	return schema{kind: "object", doc: doc, others: &others, fields: fields}
}

func array(doc string, items schema) schema { return schema{kind: "array", doc: doc, items: &items} }
func str(doc string) schema                 { return schema{kind: "string", doc: doc} }
func number(doc string) schema              { return schema{kind: "number", doc: doc} }
func integer(doc string) schema             { return schema{kind: "integer", doc: doc} }
func boolean(doc string) schema             { return schema{kind: "boolean", doc: doc} }

func choice[S ~string](doc string, values ...S) schema {
	s := str(doc)
	for _, v := range values {
		s.values = append(s.values, string(v))
	}
	return s
}

func (s schema) within(least, most float64) schema {
	s.min, s.max = &least, &most
	return s
}

func (s schema) of(f form) schema {
	s.form = &f
	return s
}

func (s schema) otherwise(v any) schema {
	s.fallback = v
	return s
}

// names lists the members of an object.
func (s schema) names() []string {
	names := make([]string, len(s.fields))
	for i, f := range s.fields {
		names[i] = f.name
	}
	return names
}

// MarshalJSON writes s as a JSON Schema whose properties keep their order.
func (s schema) MarshalJSON() ([]byte, error) {
	wire := struct {
		Type        string     `json:"type"`
		Description string     `json:"description,omitempty"`
		Enum        []string   `json:"enum,omitempty"`
		Minimum     *float64   `json:"minimum,omitempty"`
		Maximum     *float64   `json:"maximum,omitempty"`
		MinLength   *float64   `json:"minLength,omitempty"`
		MaxLength   *float64   `json:"maxLength,omitempty"`
		MinItems    *float64   `json:"minItems,omitempty"`
		MaxItems    *float64   `json:"maxItems,omitempty"`
		Default     any        `json:"default,omitempty"`
		Items       *schema    `json:"items,omitempty"`
		Properties  properties `json:"properties,omitzero"`
		Required    []string   `json:"required,omitempty"`
		Others      *schema    `json:"additionalProperties,omitempty"`
	}{Type: s.kind, Description: s.doc, Enum: s.values, Default: s.fallback, Items: s.items, Others: s.others}
	switch s.kind {
	case "array":
		wire.MinItems, wire.MaxItems = s.min, s.max
	case "string":
		wire.MinLength, wire.MaxLength = s.min, s.max
	case "object":
		wire.Properties = append(properties{}, s.fields...)
		for _, f := range s.fields {
			if f.required {
				wire.Required = append(wire.Required, f.name)
			}
		}
	default:
		wire.Minimum, wire.Maximum = s.min, s.max
	}
	return json.Marshal(wire)
}

// properties are written in their order, which a map would lose.
type properties []field

func (p properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, f := range p {
		name, err := json.Marshal(f.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(f.schema)
		if err != nil {
			return nil, err
		}
		b.WriteByte("{,"[min(i, 1)])
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	if len(p) == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// raw renders a schema that this package wrote.
func (s schema) raw() json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) //nolint:forbidigo // a schema holds only strings and finite numbers, which always encode
	}
	return b
}
