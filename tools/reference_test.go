//go:build !race

package tools_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/tools"
)

const referenceHead = `# The tools

<!-- made by make golden -->

Made from the tools themselves: what stands here is what a client gets.
The examples are calls on an invented season of training; ids and cursors are numbered.

Every result has structuredContent, which matches the tool's outputSchema, and the text form that is shown here.
What was wrong with a call comes back as a result with isError and a sentence for each mistake.

What a server tells its clients at the start:

> %s

How many tools tools/list shows, and how much of each, is a view, which saves a model's context; what it leaves out can
be called all the same, if the key allows it. The profiles of tools:

| profile | tools |
|---|---|
| minimal | %s: briefly |
| default | all but %s, which do what others do or are for questions that few ask, briefly: what to give; the names in each answer carry the unit; at most 6 000 tokens (o200k) |
| full | all, with the whole schemas of arguments and answers, for programs that hold answers to them: nearly nine times as much |

A request asks for a profile in the header X-Pierre-Tools, but gets
no more than its key's profile (tool_profile, or its tier's); a request that does not ask gets its key's profile or, if that
has none, the server's (--tool-profile). get_usage is not on personal servers, where there is no key; get_weather is on servers with --weather,
search_food, get_food_details and analyze_meal_nutrition on those with --food-file.

Tools that read activities take ` + "`provider`" + `, too, which the profile default lists only where it helps; goals that are set always count all sources.
`

// docs/TOOLS.md describes the tools as they are.
func TestReference(t *testing.T) {
	h, ids := sampleHost(t)
	listed := map[string]listedTool{}
	for _, tool := range h.list() {
		listed[tool.Name] = tool
	}
	calls := usual(ids)
	set := slices.IndexFunc(calls, func(c call) bool { return c.tool == "set_athlete_profile" })
	h.call(calls[set].tool, calls[set].args)

	var b strings.Builder
	fmt.Fprintf(&b, referenceHead, strings.ReplaceAll(tools.Instructions, "\n", "\n> "), strings.Join(ofProfile(calls, pierre.ProfileMinimal, true), ", "), strings.Join(ofProfile(calls, pierre.ProfileDefault, false), ", "))
	for _, c := range calls {
		tool := listed[c.tool]
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", tool.Name, tool.Description)
		describeArguments(&b, tool.InputSchema)
		args, err := json.Marshal(c.args)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "Example:\n\n```json\n%s\n```\n\n```text\n%s\n```\n\n[Its structuredContent](../tools/testdata/answers/%s.golden.txt)\n",
			args, h.call(c.tool, c.args).Text, c.tool)
	}
	golden(t, filepath.Join("..", "..", "docs", "TOOLS.md"), []byte(b.String()))
}

func describeArguments(b *strings.Builder, s *jsonschema.Schema) {
	b.WriteString("| argument | type | |\n|---|---|---|\n")
	describeMembers(b, "", s)
	b.WriteString("\n")
}

// describeMembers lists the required members first.
func describeMembers(b *strings.Builder, prefix string, s *jsonschema.Schema) {
	names := slices.Sorted(maps.Keys(s.Properties))
	slices.SortStableFunc(names, func(a, b string) int {
		switch ra, rb := slices.Contains(s.Required, a), slices.Contains(s.Required, b); {
		case ra == rb:
			return 0
		case ra:
			return -1
		}
		return 1
	})
	for _, name := range names {
		p, note := s.Properties[name], ""
		if slices.Contains(s.Required, name) {
			note = " (required)"
		}
		fmt.Fprintf(b, "| `%s`%s | %s | %s%s |\n", prefix+name, note, typeOf(p), describe(p), defaultOf(p))
		describeMembers(b, prefix+name+".", p)
	}
}

func describe(s *jsonschema.Schema) string {
	if s.Items == nil || s.Items.Description == "" {
		return s.Description
	}
	return s.Description + " " + s.Items.Description + "."
}

// typeOf says what a value may be.
func typeOf(s *jsonschema.Schema) string {
	const most = 24 // values of an enumeration
	switch {
	case s.Type == "array":
		return "list of: " + typeOf(s.Items)
	case s.Enum != nil:
		var values []string
		for _, v := range s.Enum[:min(len(s.Enum), most)] {
			values = append(values, fmt.Sprint(v))
		}
		if len(s.Enum) > most {
			values = append(values, "…")
		}
		return strings.Join(values, ", ")
	case s.Minimum != nil:
		return fmt.Sprintf("%s, %.10g to %.10g", s.Type, *s.Minimum, *s.Maximum)
	}
	return s.Type
}

func defaultOf(s *jsonschema.Schema) string {
	if s.Default == nil {
		return ""
	}
	return " Default: " + strings.Trim(string(s.Default), `"`) + "."
}

// ofProfile lists the tools that a profile has, or those that it has not.
func ofProfile(calls []call, profile pierre.ToolProfile, has bool) []string {
	var names []string
	for _, c := range calls {
		if tools.InProfile(profile, c.tool) == has {
			names = append(names, c.tool)
		}
	}
	return names
}
