package toolcall

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/mcpclient"
)

// Find returns the index of the tool of that name, or an error that lists the tools there are.
func Find(tools []mcpclient.Tool, name string) (int, error) {
	i := slices.IndexFunc(tools, func(t mcpclient.Tool) bool { return t.Name == name })
	if i < 0 {
		return i, fmt.Errorf("the server offers no tool %q with your key; there are: %s", name, human.Text(strings.Join(toolNames(tools), ", ")))
	}
	return i, nil
}

func toolNames(tools []mcpclient.Tool) []string {
	names := make([]string, len(tools))
	for i, t := range tools {
		names[i] = t.Name
	}
	slices.Sort(names)
	return names
}

// PrintList writes the names and the descriptions of tools.
func PrintList(out io.Writer, tools []mcpclient.Tool) error {
	var b strings.Builder
	for _, t := range tools {
		fmt.Fprintf(&b, "%s\n%s", t.Name, wrap(t.Description, "    "))
	}
	_, err := io.WriteString(out, human.Text(b.String()))
	return err
}

// PrintTool writes all about one tool, its arguments included.
func PrintTool(out io.Writer, t mcpclient.Tool) error {
	var b strings.Builder
	b.WriteString(t.Name)
	if t.Title != "" {
		b.WriteString(" (" + t.Title + ")")
	}
	b.WriteString("\n" + wrap(t.Description, "    "))
	if len(t.InputSchema.Properties) > 0 {
		b.WriteString("\nArguments:\n")
	}
	for _, name := range slices.Sorted(maps.Keys(t.InputSchema.Properties)) {
		p := t.InputSchema.Properties[name]
		fmt.Fprintf(&b, "  %s  %s\n%s", name, facts(p, slices.Contains(t.InputSchema.Required, name)), wrap(p.Description, "      "))
	}
	_, err := io.WriteString(out, human.Text(b.String()))
	return err
}

// facts says in one line what an argument may be.
func facts(p mcpclient.Property, required bool) string {
	var facts []string
	if types := typesOf(p); len(types) > 0 {
		facts = append(facts, strings.Join(types, " or "))
	}
	if required {
		facts = append(facts, "required")
	}
	if len(p.Enum) > 0 {
		var values []string
		for _, v := range p.Enum {
			values = append(values, fmt.Sprint(v))
		}
		facts = append(facts, "one of "+strings.Join(values, ", "))
	}
	if p.Minimum != nil {
		facts = append(facts, "at least "+decimal(*p.Minimum))
	}
	if p.Maximum != nil {
		facts = append(facts, "at most "+decimal(*p.Maximum))
	}
	if p.Default != nil {
		facts = append(facts, fmt.Sprintf("default %v", p.Default))
	}
	return strings.Join(facts, ", ")
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// typesOf are the JSON types that an argument may have.
func typesOf(p mcpclient.Property) []string {
	var one string
	var several []string
	switch {
	case json.Unmarshal(p.Type, &one) == nil:
		return []string{one}
	case json.Unmarshal(p.Type, &several) == nil:
		return several
	default:
		return nil
	}
}

// wrap breaks text into lines of at most 80 characters, paragraph by paragraph.
func wrap(text, indent string) string {
	const width = 80
	var b strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		line := indent
		for word := range strings.FieldsSeq(paragraph) {
			if len(line)+len(" ")+len(word) > width && line != indent {
				b.WriteString(line + "\n")
				line = indent
			}
			if line != indent {
				line += " "
			}
			line += word
		}
		if line != indent {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
