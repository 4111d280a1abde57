package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// write writes the chapter of a document.
func (d *openAPI) write(b *strings.Builder, examples map[string]exchange) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n", d.name, d.Info.Description)
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range []string{"get", "post", "put", "patch", "delete"} {
			if op, ok := d.Paths[path][method]; ok {
				d.writeOperation(b, strings.ToUpper(method), path, op, examples)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		s := d.Components.Schemas[name]
		fmt.Fprintf(b, "\n### %s\n\n", d.heading(name))
		if s.Description != "" {
			fmt.Fprintf(b, "%s\n\n", s.Description)
		}
		if len(s.Properties) == 0 {
			fmt.Fprintf(b, "%s\n", d.kind(s))
			continue
		}
		b.WriteString("| member | type | |\n|---|---|---|\n")
		d.members(b, "", s)
	}
}

// heading is the heading of a schema; several documents have schemas of the same name.
func (d *openAPI) heading(name string) string { return name + " (" + d.name + ")" }

// link leads to a schema.
func (d *openAPI) link(ref string) string {
	name := ref[strings.LastIndex(ref, "/")+1:]
	anchor := strings.ToLower(strings.NewReplacer(" ", "-", "(", "", ")", "", ",", "").Replace(d.heading(name)))
	return fmt.Sprintf("[%s](#%s)", name, anchor)
}

func (d *openAPI) writeOperation(b *strings.Builder, method, path string, op operation, examples map[string]exchange) {
	fmt.Fprintf(b, "\n### %s %s\n\n%s\n", method, path, op.Summary)
	if op.Description != "" {
		fmt.Fprintf(b, "\n%s\n", op.Description)
	}
	if len(op.Parameters) > 0 {
		b.WriteString("\n| parameter | in | type | |\n|---|---|---|---|\n")
	}
	for _, p := range op.Parameters {
		if p.Ref != "" {
			p = d.Components.Parameters[p.Ref[strings.LastIndex(p.Ref, "/")+1:]]
		}
		fmt.Fprintf(b, "| `%s` | %s%s | %s | %s |\n", p.Name, p.In, required(p.Required), d.kind(p.Schema), d.about(cmp.Or(p.Description, p.Schema.Description), p.Schema))
	}
	if op.RequestBody != nil {
		for _, media := range slices.Sorted(maps.Keys(op.RequestBody.Content)) {
			fmt.Fprintf(b, "\nBody (`%s`): %s\n", media, d.kind(op.RequestBody.Content[media].Schema))
		}
	}
	b.WriteString("\n| status | answer |\n|---|---|\n")
	for _, row := range d.answers(op.Responses) {
		fmt.Fprintf(b, "| %s | %s |\n", row[0], row[1])
	}
	if e, ok := examples[method+" "+path]; ok {
		writeExample(b, method, e)
	}
}

// answers says what the answers are, each with its statuses.
func (d *openAPI) answers(responses map[string]response) (rows [][2]string) {
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		text := d.answer(responses[status])
		if last := len(rows) - 1; last >= 0 && rows[last][1] == text {
			rows[last][0] += ", " + status
		} else {
			rows = append(rows, [2]string{strings.Replace(status, "default", "others", 1), text})
		}
	}
	return rows
}

// answer says what an answer is.
func (d *openAPI) answer(r response) string {
	if r.Ref != "" {
		r = d.Components.Responses[r.Ref[strings.LastIndex(r.Ref, "/")+1:]]
	}
	text := r.Description
	for _, media := range slices.Sorted(maps.Keys(r.Content)) {
		if kind := d.kind(r.Content[media].Schema); strings.HasPrefix(kind, "[") {
			text = strings.TrimSuffix(text, ".") + ": " + kind
		}
	}
	return text
}

func writeExample(b *strings.Builder, method string, e exchange) {
	fmt.Fprintf(b, "\n```http\n%s %s\n", method, e.path)
	if e.asked != "" {
		fmt.Fprintf(b, "\n%s\n", indented(e.asked))
	}
	fmt.Fprintf(b, "```\n\n```http\n%d %s\n", e.status, http.StatusText(e.status))
	if e.answered != "" {
		fmt.Fprintf(b, "\n%s\n", e.answered)
	}
	b.WriteString("```\n")
}

func required(is bool) string {
	if is {
		return ", required"
	}
	return ""
}

// members writes a line for each member of an object, and for those of objects in it.
func (d *openAPI) members(b *strings.Builder, prefix string, s schema) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		fmt.Fprintf(b, "| `%s%s` | %s%s | %s |\n", prefix, name, d.kind(p), required(slices.Contains(s.Required, name)), d.about(p.Description, p))
		d.members(b, prefix+name+".", p)
		if p.Items != nil {
			d.members(b, prefix+name+"[].", *p.Items)
		}
	}
}

// kind says what a value is.
func (d *openAPI) kind(s schema) string {
	switch {
	case s.Ref != "":
		return d.link(s.Ref)
	case len(s.OneOf) > 0:
		var kinds []string
		for _, one := range s.OneOf {
			kinds = append(kinds, d.kind(one))
		}
		return strings.Join(kinds, " or ")
	case s.Const != nil:
		return fmt.Sprintf("`%v`", s.Const)
	case len(s.Enum) > 0:
		var values []string
		for _, v := range s.Enum {
			values = append(values, fmt.Sprintf("`%v`", v))
		}
		return strings.Join(values, ", ")
	case s.Items != nil:
		return "list of " + d.kind(*s.Items)
	}
	switch kind := s.Type.(type) {
	case string:
		return kind
	case []any:
		var kinds []string
		for _, k := range kind {
			kinds = append(kinds, fmt.Sprint(k))
		}
		return strings.Join(kinds, " or ")
	}
	return "any"
}

// about is the description of a value with its bounds.
func (d *openAPI) about(text string, s schema) string {
	for _, bound := range []struct {
		what string
		n    *json.Number
	}{
		{"at least", s.Minimum},
		{"at most", s.Maximum},
		{"characters at least", s.MinLength},
		{"characters at most", s.MaxLength},
		{"elements at least", s.MinItems},
		{"elements at most", s.MaxItems},
	} {
		if bound.n != nil {
			text += fmt.Sprintf(" (%s %s)", bound.what, bound.n)
		}
	}
	if s.Default != nil {
		text += fmt.Sprintf(" Default: `%v`.", s.Default)
	}
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(text, "\n", " "), "|", "\\|"))
}

// writeTools writes what tools/list says of each tool to a program that asks for all.
func (c *conversation) writeTools(b *strings.Builder) {
	c.t.Helper()
	_, fresh := c.ask("POST", "/admin/provision-api-key", c.admin, `{"user_email":"bo@example.com","tier":"starter","tool_profile":"full"}`, "")
	_, answer := c.ask("POST", "/", member(c.t, fresh, "api_key"), `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}`, "")
	var list struct {
		Result struct {
			Tools []struct {
				Name         string `json:"name"`
				InputSchema  schema `json:"inputSchema"`
				OutputSchema schema `json:"outputSchema"`
				Annotations  struct {
					ReadOnly    bool `json:"readOnlyHint"`
					Destructive bool `json:"destructiveHint"`
					Idempotent  bool `json:"idempotentHint"`
				} `json:"annotations"`
			} `json:"tools"`
		} `json:"result"`
	}
	if err := json.Unmarshal([]byte(answer), &list); err != nil || len(list.Result.Tools) < 20 {
		c.t.Fatalf("%d tools: %v\n%.300s", len(list.Result.Tools), err, answer)
	}
	b.WriteString("\n## Tools\n\nWhat `tools/call` runs. [TOOLS.md](TOOLS.md) describes the arguments, with an example of each; * marks those that are needed.\n\n" +
		"| tool | changes | arguments | members of `structuredContent` |\n|---|---|---|---|\n")
	for _, tool := range list.Result.Tools {
		changes := "nothing"
		switch a := tool.Annotations; {
		case a.ReadOnly:
		case a.Destructive:
			changes = "replaces or removes"
		case a.Idempotent:
			changes = "adds, once"
		default:
			changes = "adds"
		}
		fmt.Fprintf(b, "| [%s](TOOLS.md#%s) | %s | %s | %s |\n", tool.Name, tool.Name, changes, names(tool.InputSchema), names(tool.OutputSchema))
	}
}

// names lists the members of an object, those that are needed with a star.
func names(s schema) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		star := ""
		if slices.Contains(s.Required, name) {
			star = "*"
		}
		all = append(all, "`"+name+"`"+star)
	}
	return strings.Join(all, ", ")
}
