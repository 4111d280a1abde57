package tools

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Lists of tools have a brief form, because models pay for every byte of them with each conversation: descriptions end after
// their first sentence, an answer is described when it comes, by the names of its members, and what a wrong argument would be
// answered with stands in that answer alone. A field of arguments may have the tag
//
//	brief:"text"   in place of the first sentence; "-": the argument is not listed, and taken all the same

const (
	mostWords = 30   // of a choice that a brief list spells out
	mostLimit = 1000 // greater limits of numbers, and negative ones, are only there to refuse nonsense
)

// Listing returns what a list of tools shows of a tool in a profile, and whether it shows the tool at all. It is a view: what
// it leaves out can be called all the same. What may be called is what a key allows.
func (c *Catalog) Listing() func(pierre.ToolProfile, mcp.Tool) (mcp.Tool, bool) {
	brief := map[string]mcp.Tool{}
	for _, t := range c.all {
		brief[t.definition.Name] = t.brief
	}
	return func(profile pierre.ToolProfile, t mcp.Tool) (mcp.Tool, bool) {
		if profile == pierre.ProfileFull {
			return t, true
		}
		if b, ok := brief[t.Name]; ok {
			t = b
		}
		return t, InProfile(profile, t.Name)
	}
}

// briefly returns the definition in the brief form, with the brief schema of its arguments.
func briefly(t mcp.Tool, in json.RawMessage) mcp.Tool {
	t.Description = firstSentence(t.Description) + "."
	t.Annotations.Title = "" // the tool has it
	t.RawInputSchema, t.RawOutputSchema = in, nil
	return t
}

// briefArguments shortens the schema of the type t.
func briefArguments(s *jsonschema.Schema, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	s.MinLength, s.MaxLength, s.MinItems, s.MaxItems = nil, nil, nil, nil
	if s.Maximum != nil && (*s.Maximum > mostLimit || *s.Minimum < 0) {
		s.Minimum, s.Maximum = nil, nil
	}
	if len(s.Enum) > mostWords {
		s.Enum = nil
	}
	switch t.Kind() {
	case reflect.Slice:
		s.Items.Description = ""
		briefArguments(s.Items, t.Elem())
	case reflect.Struct:
		for _, f := range fieldsOf(t) {
			doc, set := f.Tag.Lookup("brief")
			if doc == "-" {
				delete(s.Properties, f.name)
				s.PropertyOrder = slices.DeleteFunc(s.PropertyOrder, func(name string) bool { return name == f.name })
				continue
			}
			p := s.Properties[f.name]
			if !set {
				doc = firstSentence(p.Description)
			}
			p.Description = doc
			briefArguments(p, f.Type)
			if p.Items != nil && ownNames(s, p.Items.Enum) {
				p.Items.Enum = nil
			}
		}
	default:
	}
}

// ownNames reports whether words are names of members of s, which states them already.
func ownNames(s *jsonschema.Schema, words []any) bool {
	for _, w := range words {
		name, ok := w.(string)
		if _, known := s.Properties[name]; !ok || !known {
			return false
		}
	}
	return len(words) > 0
}

func firstSentence(s string) string {
	first, _, _ := strings.Cut(s, ". ")
	return strings.TrimSuffix(first, ".")
}
